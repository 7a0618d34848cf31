//! `glasshouse.toml`: what an operator chooses that is no decision of trust.

use std::{fs, io};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::Access;
use glasshouse_registry::Layout;
use serde::Deserialize;

/// What `glasshouse init` writes: every choice there is, commented out, each with its reason.
pub const COMMENTED: &str = "\
# Glasshouse: what an operator chooses. A line that is commented out shows the default or an
# example. What is trusted stands in trust.toml, which `glasshouse trust` edits.

[control]
# Members of this group of the operating system may use every verb of `glasshouse` on the running
# host, as if they were the host's own account. Unix only.
# group = \"glasshouse\"
";

/// The configuration. A missing file is the default; an unknown field is an error, so that a
/// misspelt choice is not silently no choice.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    control: Control,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Control {
    group: Option<String>,
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
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })
    }

    /// Who may use the control socket.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { group: self.control.group.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_the_default_and_every_example_in_it_is_valid() {
        assert_eq!(Config::parse(COMMENTED).unwrap(), Config::default());
        let examples = COMMENTED.replace("# group", "group");
        assert_eq!(Config::parse(&examples).unwrap().access().group.as_deref(), Some("glasshouse"));
    }

    #[test]
    fn a_misspelt_choice_is_named_by_its_line() {
        let error = Config::parse("[control]\ngruop = \"x\"\n").unwrap_err();
        assert!(error.starts_with("line 2: unknown field `gruop`"), "{error}");
    }
}
