//! The rules of the manifest, beyond what its types say.

use std::{collections::BTreeSet, fmt};

use semver::Version;
use serde::Deserialize;

use super::{
    Access, ColumnSpec, Kind, KindSpec, Manifest, ManifestError, QuerySpec, RuleSpec, Sample, SettingSpec,
    TargetSpec,
};
use crate::{API, Api, BadHost, DataClass, LimitName, Limits, Name, PluginId, endpoint::is_host};

pub(super) fn rule(field: impl fmt::Display, why: impl fmt::Display) -> ManifestError {
    ManifestError::Rule { field: field.to_string(), why: why.to_string() }
}

/// The manifest as written, before its rules are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    id: PluginId,
    version: Version,
    api: String,
    title: String,
    purpose: String,
    author: String,
    kind: Kind,
    #[serde(default, rename = "setting")]
    settings: Vec<SettingSpec>,
    #[serde(default)]
    limits: Limits,
    query: Option<QuerySpec>,
    rule: Option<RuleSpec>,
    target: Option<TargetSpec>,
    #[serde(default, rename = "sample")]
    samples: Vec<Sample>,
}

impl Written {
    pub(super) fn check(self) -> Result<Manifest, ManifestError> {
        Api::parse(&self.api)
            .ok_or_else(|| rule("api", format!("`{}` is no version; this host speaks {API}", self.api)))?
            .check()?;
        for (field, text, most) in
            [("title", &self.title, 100), ("purpose", &self.purpose, 1000), ("author", &self.author, 200)]
        {
            check_words(field, text, most)?;
        }
        check_limits(&self.limits)?;
        unique("setting", self.settings.iter().map(|setting| &setting.name))?;
        for setting in &self.settings {
            check_words(&format!("setting `{}`", setting.name), &setting.description, 1000)?;
        }
        let spec = match (self.kind, self.query, self.rule, self.target) {
            (Kind::Query, Some(query), None, None) => KindSpec::Query(check_query(query, &self.limits)?),
            (Kind::Rule, None, Some(spec), None) => KindSpec::Rule(check_rule(spec)?),
            (Kind::Target, None, None, Some(target)) => KindSpec::Target(check_target(target)?),
            (kind, ..) => {
                return Err(rule(
                    "kind",
                    format!("a {kind} has one section [{kind}] and none of another kind"),
                ));
            }
        };
        let manifest = Manifest {
            id: self.id,
            version: self.version,
            api: self.api,
            title: self.title,
            purpose: self.purpose,
            author: self.author,
            settings: self.settings,
            limits: self.limits,
            spec,
            samples: self.samples,
        };
        manifest.sample_tables()?;
        Ok(manifest)
    }
}

fn check_words(field: &str, text: &str, most: usize) -> Result<(), ManifestError> {
    match text.chars().count() {
        0 => Err(rule(field, "is empty")),
        long if long > most => Err(rule(field, format!("has {long} characters; at most {most} fit"))),
        _ => Ok(()),
    }
}

fn check_limits(limits: &Limits) -> Result<(), ManifestError> {
    for ((name, asked), (_, most)) in limits.each().into_iter().zip(Limits::CEILING.each()) {
        // A plugin that keeps no state or never logs may say so; nothing else works with 0.
        let least = u64::from(!matches!(name, LimitName::StateKib | LimitName::LogLines));
        if asked < least || asked > most {
            return Err(rule(format!("limits.{name}"), format!("{asked} is not between {least} and {most}")));
        }
    }
    Ok(())
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a Name>) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(rule(what, format!("two are called `{name}`")));
        }
    }
    Ok(())
}

fn check_query(query: QuerySpec, limits: &Limits) -> Result<QuerySpec, ManifestError> {
    if query.statements.is_empty() {
        return Err(rule("query.statement", "a query has at least one statement"));
    }
    unique("query.statement", query.statements.iter().map(|statement| &statement.name))?;
    unique("query.output", query.outputs.iter().map(|output| &output.name))?;
    for statement in &query.statements {
        let field = format!("statement `{}`", statement.name);
        check_words(&format!("{field}.sql"), &statement.sql, 32_768)?;
        if !matches!(statement.cadence.as_str(), "weekly" | "daily" | "hourly") {
            return Err(rule(format!("{field}.cadence"), "is weekly, daily or hourly"));
        }
        check_columns(&field, &statement.columns, limits)?;
    }
    for output in &query.outputs {
        check_columns(&format!("output `{}`", output.name), &output.columns, limits)?;
    }
    Ok(query)
}

fn check_columns(owner: &str, columns: &[ColumnSpec], limits: &Limits) -> Result<(), ManifestError> {
    if columns.is_empty() || columns.len() as u64 > limits.columns {
        let found = columns.len();
        return Err(rule(owner, format!("has {found} columns; 1 to {} are allowed", limits.columns)));
    }
    let mut seen = BTreeSet::new();
    for column in columns {
        let field = format!("{owner} column `{}`", column.name);
        if !seen.insert(&column.name) {
            return Err(rule(owner, format!("two columns are called `{}`", column.name)));
        }
        check_words(&field, &column.description, 1000)?;
        if column.class == DataClass::Secret {
            return Err(rule(field, "a secret never enters a sandbox"));
        }
        if let Some(lowers) = &column.lowers {
            check_words(&format!("{field}.lowers"), lowers, 1000)?;
        }
        if let Some(format) = &column.format
            && !matches!(format.as_str(), "version" | "guid" | "date" | "code")
        {
            return Err(rule(
                field,
                format!("`{format}` is no format; there are version, guid, date and code"),
            ));
        }
    }
    Ok(())
}

fn check_rule(spec: RuleSpec) -> Result<RuleSpec, ManifestError> {
    if spec.needs.is_empty() {
        return Err(rule("rule.need", "a rule has at least one need"));
    }
    for (index, need) in spec.needs.iter().enumerate() {
        let field = format!("rule.need {}", index + 1);
        if need.columns.is_empty() && need.classes.is_empty() {
            return Err(rule(field, "names neither columns nor classes"));
        }
        if let Some(becomes) = need.becomes {
            if need.access != Access::Replace && becomes.kind.is_some_and(|kind| kind != need.kind) {
                return Err(rule(field, "only `replace` can change a column's type"));
            }
            if matches!(need.access, Access::Read | Access::Drop) {
                return Err(rule(
                    field,
                    format!("`{}` leaves no column that could become another", need.access),
                ));
            }
        }
    }
    Ok(spec)
}

fn check_target(target: TargetSpec) -> Result<TargetSpec, ManifestError> {
    if target.endpoints.is_empty() {
        return Err(rule("target.endpoint", "a target has at least one endpoint"));
    }
    unique("target.endpoint", target.endpoints.iter().map(|endpoint| &endpoint.name))?;
    for endpoint in &target.endpoints {
        let field = format!("endpoint `{}`", endpoint.name);
        if !matches!(endpoint.method.as_str(), "POST" | "PUT" | "PATCH") {
            return Err(rule(field, "the method is POST, PUT or PATCH"));
        }
        if let Some(host) = &endpoint.host
            && !is_host(host)
        {
            return Err(rule(field, BadHost::Spelling(host.clone())));
        }
        if !is_path(&endpoint.path_prefix) {
            return Err(rule(field, "the path prefix begins with / and has no .., //, ?, # or escapes"));
        }
    }
    for credential in &target.credentials {
        if !matches!(credential.as_str(), "bearer" | "basic" | "sas" | "client-certificate") {
            let why = format!("`{credential}` is none of bearer, basic, sas, client-certificate");
            return Err(rule("target.credentials", why));
        }
    }
    Ok(target)
}

fn is_path(text: &str) -> bool {
    text.len() <= 1024
        && text.starts_with('/')
        && !text.contains("//")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b))
        && text.split('/').all(|part| part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for bad in ["", "a", "/a/../b", "//a", "/a?b", "/%2e", "/a/./b", "/\u{e4}"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
