//! Everything that can be said of a plugin file without running it.

use glasshouse_contract::{
    Ask, Asks, Digest, Kind, KindSpec, LimitName, Limits, PluginId, QuerySpec, RuleSpec, SettingSpec,
    TargetSpec,
};
use glasshouse_guard::Floors;
use glasshouse_trust::{Dependency, Outcome, PluginFile, Refusal, Step, StepOutcome, Verdict};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Difference, GuardReport};

/// A plugin file, taken apart and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// The plugin's id.
    pub id: PluginId,
    /// Its version.
    pub version: Version,
    /// What it is.
    pub kind: Kind,
    /// The contract that it is made for.
    pub api: String,
    /// A few words for lists.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Who answers for it, by its own word.
    pub author: String,
    /// How large the file is.
    pub size: u64,
    /// The plugin's identity: the digest of what is signed.
    pub digest: Digest,
    /// The digest of the whole file, signatures and all.
    pub file_digest: Digest,
    /// The digest of the manifest.
    pub manifest_digest: Digest,
    /// Whether it would run here, and the chain of reasons.
    pub verdict: Verdict,
    /// What the component imports.
    pub imports: Vec<String>,
    /// What the component exports.
    pub exports: Vec<String>,
    /// What it asks for.
    pub asks: Vec<AskReport>,
    /// Its limits.
    pub limits: Vec<LimitReport>,
    /// What the administrator can set.
    pub settings: Vec<SettingSpec>,
    /// A query's statements and outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<QuerySpec>,
    /// What a query's SQL does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<GuardReport>,
    /// A rule's needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleSpec>,
    /// A target's endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetSpec>,
    /// The packages that it was built from, where the file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<Dependency>>,
    /// Why the list of packages cannot be read, where there is one that cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies_unreadable: Option<String>,
    /// The difference to the version that runs, where one runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// One thing that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskReport {
    /// What it asks.
    pub ask: Ask,
    /// Whether an administrator granted it.
    pub granted: bool,
}

/// One limit of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitReport {
    /// Which.
    pub name: LimitName,
    /// What the plugin asks for.
    pub value: u64,
    /// What every plugin gets.
    pub default: u64,
}

impl Inspection {
    /// Takes a file apart. `granted` is what the trust store grants to the plugin of that id, and `floors` is
    /// what its columns are held to.
    #[must_use]
    pub fn of(
        file: &PluginFile,
        verdict: Verdict,
        granted: Option<&Asks>,
        difference: Option<Difference>,
        floors: &Floors,
    ) -> Self {
        let manifest = file.manifest();
        let guard = GuardReport::of(manifest, floors);
        let verdict = match &guard {
            Some(guard) => with_guard(verdict, guard),
            None => verdict,
        };
        let asks = manifest.asks();
        let beyond = asks.beyond(granted.unwrap_or(&Asks::default()));
        let (dependencies, dependencies_unreadable) = match file.dependencies() {
            Ok(dependencies) => (dependencies, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let (mut query, mut rule, mut target) = (None, None, None);
        match &manifest.spec {
            KindSpec::Query(spec) => query = Some(spec.clone()),
            KindSpec::Rule(spec) => rule = Some(spec.clone()),
            KindSpec::Target(spec) => target = Some(spec.clone()),
        }
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            kind: manifest.kind(),
            api: manifest.api.clone(),
            title: manifest.title.clone(),
            purpose: manifest.purpose.clone(),
            author: manifest.author.clone(),
            size: file.bytes().len() as u64,
            digest: file.digest(),
            file_digest: Digest::of(file.bytes()),
            manifest_digest: file.manifest_digest(),
            verdict,
            imports: file.imports().to_vec(),
            exports: file.exports().to_vec(),
            asks: asks
                .iter()
                .map(|ask| AskReport {
                    ask: ask.clone(),
                    granted: beyond.iter().all(|missing| missing != ask),
                })
                .collect(),
            limits: manifest
                .limits
                .each()
                .into_iter()
                .zip(Limits::DEFAULT.each())
                .map(|((name, value), (_, default))| LimitReport { name, value, default })
                .collect(),
            settings: manifest.settings.clone(),
            query,
            guard,
            rule,
            target,
            dependencies,
            dependencies_unreadable,
            difference,
        }
    }
}

/// The guard's word beside those of trust: where both refuse a file, trust is named.
fn with_guard(mut verdict: Verdict, guard: &GuardReport) -> Verdict {
    let words = guard.words();
    let fine = guard.findings.is_empty();
    let outcome = if fine { StepOutcome::Passed } else { StepOutcome::Failed };
    verdict.steps.push(Step { check: "statements".to_owned(), outcome, words: words.clone() });
    if !fine && verdict.refusal().is_none() {
        verdict.outcome = Outcome::Refused { refusal: Refusal::Query { why: words } };
    }
    verdict
}
