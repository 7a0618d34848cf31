//! `glasshouse.toml`: what an operator chooses that is no decision of trust.

use std::{collections::BTreeSet, fs, io};

use glasshouse_contract::{Fault, FaultKind, Level, PluginId};
use glasshouse_registry::Layout;
use glasshouse_site::SiteConfig;
use serde::Deserialize;

use crate::Access;

/// What `glasshouse init` writes: every choice there is, commented out, each with its reason.
pub const COMMENTED: &str = "\
# Glasshouse: what an operator chooses. A line that is commented out shows the default or an
# example. What is trusted stands in trust.toml, which `glasshouse trust` edits. A change counts
# from the next run on.

# How much is collected: basic, enhanced or full. Each level includes the ones before it.
# level = \"enhanced\"

# A site database to collect from, once in seven days. There may be several.
# [[site]]
# name = \"cas\"                          # what you call it
# server = \"sql.contoso.example\"
# port = 1433                           # or: instance = \"CM\" (SQL Browser is asked for its port)
# database = \"CM_CAS\"
# installed = \"2026-01-07T14:00:00Z\"    # when the site was installed: runs are due every 7 x 24 h from
#                                       # then; else from when this host first saw the site
# hierarchy = \"3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E\"  # the support id, where the database does not say
# connections = 2                       # at the same time
# statement_timeout_s = 300
# allow_writing_login = true            # a login that can write, or is sysadmin, is refused without this
#
# [site.login]                          # exactly one way to log in; secrets stand in files or variables
# user = \"glasshouse_reader\"
# password_file = \"secrets/cas\"         # relative to this file; or: password_env = \"NAME\"
# # entra_token_file = \"secrets/token\"  # or: entra_token_env = \"NAME\"
# # windows = true                      # the account of this process (Windows)
# # kerberos = true                     # the ticket of this process (built with that feature)
#
# [site.tls]                            # without a line here: the system's certificate authorities
# ca_file = \"ca.pem\"                    # or: pin = \"sha256/BASE64\" of the server's public key
# server_name = \"sql.contoso.example\"   # the name in the certificate, where it is not `server`
# # accept_any_certificate = true       # says what it does: anybody in between can read and change
# # no_encryption = true                # says what it does: the password included

[control]
# Members of this group of the operating system may use every verb of `glasshouse` on the running
# host, as if they were the host's own account. Unix only.
# group = \"glasshouse\"

[results]
# Redaction rules over what was collected, in this order. Columns above `pseudonym` are never kept.
# rules = [\"glasshouse.rules.keyed-pseudonym\"]
";

/// The configuration. A missing file is the default; an unknown field is an error, so that a
/// misspelt choice is not silently no choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much is collected.
    pub level: Level,
    /// Where from.
    #[serde(rename = "site")]
    pub sites: Vec<SiteConfig>,
    control: Control,
    results: Results,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Control {
    group: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Results {
    rules: Vec<PluginId>,
}

impl Config {
    /// Reads the configuration of a state directory.
    ///
    /// # Errors
    /// When the file cannot be read or is malformed.
    pub fn load(layout: &Layout) -> Result<Self, Fault> {
        let path = layout.config();
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|cause| {
                Fault::new(
                    FaultKind::Malformed,
                    path.display(),
                    cause,
                    "mend the line; `glasshouse init` in an empty directory writes a file with every choice",
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Fault::new(
                FaultKind::Unreachable,
                path.display(),
                error,
                "let the host's account read the file",
            )),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        let mut names = BTreeSet::new();
        match config.sites.iter().find(|site| !names.insert(&site.name)) {
            Some(twice) => Err(format!("two sites are called `{}`", twice.name)),
            None => Ok(config),
        }
    }

    /// Who may use the control socket.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { group: self.control.group.clone() }
    }

    /// The rules over what is collected, in order.
    #[must_use]
    pub fn rules(&self) -> &[PluginId] {
        &self.results.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_the_default_and_every_example_in_it_is_valid() {
        assert_eq!(Config::parse(COMMENTED).unwrap(), Config::default());
        // A remark has no `=` or begins with a capital; an alternative begins with two marks.
        let examples: String = COMMENTED
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| !rest.starts_with(['#', ' '])).unwrap_or(line))
            .filter(|line| {
                line.starts_with('[') || line.contains(" = ") && line.starts_with(|c: char| c.is_lowercase())
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let config = Config::parse(&examples).unwrap_or_else(|error| panic!("{error}\n{examples}"));
        assert_eq!(config.access().group.as_deref(), Some("glasshouse"));
        assert_eq!(config.rules().len(), 1);
        assert_eq!(config.sites[0].database, "CM_CAS");
        assert_eq!(config.level, Level::Enhanced);
    }

    #[test]
    fn a_misspelt_choice_is_named_by_its_line() {
        let error = Config::parse("[control]\ngruop = \"x\"\n").unwrap_err();
        assert!(error.starts_with("line 2: unknown field `gruop`"), "{error}");
    }

    #[test]
    fn two_sites_of_one_name_are_refused() {
        let site =
            "[[site]]\nname = \"cas\"\nserver = \"a\"\ndatabase = \"CM\"\nlogin = { windows = true }\n";
        assert_eq!(Config::parse(&site.repeat(2)).unwrap_err(), "two sites are called `cas`");
    }
}
