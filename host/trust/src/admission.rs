//! The decision whether a plugin file may run: a chain of checks, each leaving a step in words.

mod signers;

use glasshouse_contract::{Asks, Manifest};
use jiff::{SignedDuration, Timestamp};
use semver::Version;

use crate::{
    Outcome, PluginFile, Refusal, Revocations, Signer, Statement, Step, StepOutcome, TrustStore, Verdict,
};

/// Long enough to get a new version through a change process.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Lists are renewed often and by a machine.
const WARN_BEFORE_LIST: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Everything that a decision about a plugin file depends on, besides the file.
#[derive(Clone, Debug)]
pub struct Admission<'a> {
    /// Whose signatures count, and what was granted.
    pub trust: &'a TrustStore,
    /// The revocation list in force; `None` where there never was one.
    pub revocations: Option<&'a Revocations>,
    /// The highest version of this plugin that was ever admitted.
    pub ratchet: Option<&'a Version>,
    /// The time.
    pub now: Timestamp,
    /// This host's version.
    pub host_version: Version,
}

impl Admission<'_> {
    /// Decides whether a file that is not running may run.
    #[must_use]
    pub fn judge(&self, file: &PluginFile) -> Verdict {
        self.decide(file, false)
    }

    /// Decides whether a plugin that is running may go on. The same, but for one thing: that the
    /// revocation list has expired is a warning. It stops what is new, not what was admitted
    /// while the list was good.
    #[must_use]
    pub fn judge_running(&self, file: &PluginFile) -> Verdict {
        self.decide(file, true)
    }

    fn decide(&self, file: &PluginFile, running: bool) -> Verdict {
        let manifest = file.manifest();
        let mut chain = Chain::default();
        let outcome = match self.walk(file, running, &mut chain) {
            Ok(outcome) => outcome,
            Err((check, refusal)) => {
                chain.step(check, StepOutcome::Failed, refusal.to_string());
                Outcome::Refused { refusal }
            }
        };
        Verdict {
            object: format!("{} {}", manifest.id, manifest.version),
            steps: chain.steps,
            signers: chain.signers,
            warnings: chain.warnings,
            outcome,
        }
    }

    /// Signatures first: until they hold, the statement is a stranger's word.
    fn walk(
        &self,
        file: &PluginFile,
        running: bool,
        chain: &mut Chain,
    ) -> Result<Outcome, (&'static str, Refusal)> {
        let at = |check: &'static str| move |refusal| (check, refusal);
        let (Some(envelope), Some(statement)) = (file.envelope(), file.statement()) else {
            return Err(("signatures", Refusal::NotSigned));
        };
        self.check_signatures(file.manifest().kind(), envelope, chain).map_err(at("signatures"))?;
        check_subject(file, statement, chain).map_err(at("file"))?;
        self.check_validity(statement, chain).map_err(at("validity"))?;
        self.check_host(statement, chain).map_err(at("host"))?;
        self.check_revocations(file, running, chain).map_err(at("revocations"))?;
        self.check_ratchet(file.manifest(), chain).map_err(at("ratchet"))?;
        Ok(self.compare_grant(file.manifest(), chain))
    }

    fn check_validity(&self, statement: &Statement, chain: &mut Chain) -> Result<(), Refusal> {
        let (not_before, not_after) = (statement.validity.not_before, statement.validity.not_after);
        if self.now < not_before {
            return Err(Refusal::NotYetValid { not_before });
        }
        if self.now >= not_after {
            return Err(Refusal::Expired { not_after });
        }
        self.warn_of("it", not_after, WARN_BEFORE, chain);
        chain.passed("validity", format!("valid from {not_before} to {not_after}"));
        Ok(())
    }

    fn check_host(&self, statement: &Statement, chain: &mut Chain) -> Result<(), Refusal> {
        let (minimum_host, host) = (&statement.validity.minimum_host, &self.host_version);
        if host < minimum_host {
            return Err(Refusal::HostTooOld { minimum_host: minimum_host.clone(), host: host.clone() });
        }
        chain.passed("host", format!("runs in host {minimum_host} and newer; this is {host}"));
        Ok(())
    }

    fn check_revocations(&self, file: &PluginFile, running: bool, chain: &mut Chain) -> Result<(), Refusal> {
        let Some(list) = self.revocations else {
            chain.passed("revocations", "there is no revocation list".to_owned());
            return Ok(());
        };
        if list.digests.contains(&file.digest()) {
            return Err(Refusal::DigestRevoked { digest: file.digest() });
        }
        if list.plugins.contains(&file.manifest().id) {
            return Err(Refusal::PluginRevoked { plugin: file.manifest().id.clone() });
        }
        let (version, expires) = (list.version, list.expires);
        if list.has_expired(self.now) {
            let refusal = Refusal::RevocationsExpired { version, expired: expires };
            if !running {
                return Err(refusal);
            }
            chain.warnings.push(refusal.to_string());
        } else {
            self.warn_of("the revocation list", expires, WARN_BEFORE_LIST, chain);
        }
        chain.passed("revocations", format!("not revoked by list version {version}, good until {expires}"));
        Ok(())
    }

    fn check_ratchet(&self, manifest: &Manifest, chain: &mut Chain) -> Result<(), Refusal> {
        let words = match self.ratchet {
            None => "no version of it was admitted before".to_owned(),
            // Build metadata does not make a version older or newer.
            Some(highest) if manifest.version.cmp_precedence(highest).is_lt() => {
                return Err(Refusal::Older { found: manifest.version.clone(), highest: highest.clone() });
            }
            Some(highest) => format!("not older than {highest}, the highest version admitted before"),
        };
        chain.passed("ratchet", words);
        Ok(())
    }

    fn compare_grant(&self, manifest: &Manifest, chain: &mut Chain) -> Outcome {
        let asks = manifest.asks();
        let (granted, words) = match self.trust.grant(&manifest.id) {
            None => (None, "nobody has approved it yet".to_owned()),
            Some(granted) => (Some(granted), "it asks for more than was granted".to_owned()),
        };
        let beyond = granted.map_or_else(|| asks.clone(), |granted| asks.beyond(granted));
        if granted.is_none() || !beyond.is_empty() {
            chain.step("grant", StepOutcome::Waiting, format!("{words}{}", list_of(&beyond)));
            return Outcome::Waiting { beyond };
        }
        chain.passed("grant", format!("all that it asks for was granted{}", list_of(&asks)));
        // Everything that it asks for is covered, so what it may do is just what it asks for.
        Outcome::Admitted { granted: asks }
    }

    fn warn_of(&self, what: &str, end: Timestamp, before: SignedDuration, chain: &mut Chain) {
        let left = end.duration_since(self.now);
        if left > SignedDuration::ZERO && left <= before {
            chain.warnings.push(format!("{what} expires in {} days, at {end}", left.as_hours() / 24));
        }
    }
}

/// The steps as they are taken.
#[derive(Default)]
struct Chain {
    steps: Vec<Step>,
    signers: Vec<Signer>,
    warnings: Vec<String>,
}

impl Chain {
    fn step(&mut self, check: &str, outcome: StepOutcome, words: String) {
        self.steps.push(Step { check: check.to_owned(), outcome, words });
    }

    fn passed(&mut self, check: &str, words: String) {
        self.step(check, StepOutcome::Passed, words);
    }
}

/// The signatures hold; now whether they are about this file.
fn check_subject(file: &PluginFile, statement: &Statement, chain: &mut Chain) -> Result<(), Refusal> {
    let manifest = file.manifest();
    if statement.digest != file.digest() {
        return Err(Refusal::OtherFile { signed_for: statement.digest, found: file.digest() });
    }
    if statement.plugin != manifest.id {
        return Err(Refusal::OtherPlugin {
            signed_for: statement.plugin.clone(),
            found: manifest.id.clone(),
        });
    }
    if statement.manifest != file.manifest_digest() {
        return Err(Refusal::OtherManifest { signed_for: statement.manifest, found: file.manifest_digest() });
    }
    chain.passed("file", format!("the signatures are about this file, {}", file.digest()));
    Ok(())
}

fn list_of(asks: &Asks) -> String {
    let asks: Vec<String> = asks.iter().map(ToString::to_string).collect();
    if asks.is_empty() { String::new() } else { format!(": {}", asks.join("; ")) }
}
