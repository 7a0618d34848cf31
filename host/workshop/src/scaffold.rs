//! A new plugin that builds and passes its test as it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Kind, PluginId};

use crate::{WorkshopError, sdk};

/// What a new plugin begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A Rust crate of some kind.
    Rust(Kind),
    /// A query that is SQL and nothing else.
    Sql,
}

/// Makes a folder with a new plugin in `parent` and returns it.
///
/// `name` is the plugin's id (`contoso.devices`) or its last part (`devices`, which becomes
/// `example.devices`). The SDK is the one at `sdk`, or else a copy that goes into the folder: nothing
/// has to be there before.
///
/// # Errors
/// When the name cannot be one, the folder is there already, or cannot be written.
pub fn scaffold(
    start: Start,
    name: &str,
    parent: &Path,
    sdk: Option<&Path>,
) -> Result<PathBuf, WorkshopError> {
    let id = PluginId::new(&if name.contains('.') { name.to_owned() } else { format!("example.{name}") })?;
    let name = id.as_str().rsplit('.').next().unwrap_or_default();
    let folder = parent.join(name);
    if folder.exists() {
        return Err(WorkshopError::Exists(folder));
    }
    // Cargo's names begin with a letter, a plugin id's parts need not.
    let crate_name =
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("p{name}") } else { name.to_owned() };
    let sdk_path = match sdk {
        Some(path) => std::path::absolute(path).map_err(WorkshopError::read(path))?.display().to_string(),
        None => "sdk".to_owned(),
    };
    let words = [
        ("@ID@", id.as_str()),
        ("@NAME@", &crate_name),
        ("@FILE@", name),
        ("@TITLE@", &title(name)),
        // A path in TOML: Windows' backslashes would be escapes.
        ("@SDK@", &sdk_path.replace('\\', "/")),
        ("@WHAT@", what(start)),
        ("@CODE@", code(start)),
    ];
    for (file, text) in files(start) {
        let text = words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        write(&folder.join(file), &text)?;
    }
    if matches!(start, Start::Rust(_)) && sdk.is_none() {
        for (file, text) in sdk::files() {
            write(&folder.join("sdk").join(file), &text)?;
        }
    }
    Ok(folder)
}

fn write(file: &Path, text: &str) -> Result<(), WorkshopError> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(WorkshopError::write(folder))?;
    }
    fs::write(file, text).map_err(WorkshopError::write(file))
}

/// `devices-by-os` -> `Devices by os`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const fn what(start: Start) -> &'static str {
    match start {
        Start::Sql => {
            "A query that is SQL and nothing else: each statement's rows become a table. No compiler is needed."
        }
        Start::Rust(Kind::Query) => {
            "A query in Rust: it folds its statements' rows into a table and carries state from run to run."
        }
        Start::Rust(Kind::Rule) => "A redaction rule in Rust: it changes columns until they may leave.",
        Start::Rust(Kind::Target) => {
            "An upload target in Rust: it turns tables into requests and reads the answers."
        }
    }
}

const fn code(start: Start) -> &'static str {
    match start {
        Start::Sql => "| `devices.sql` | the statement; the host runs it and hands its rows on |",
        Start::Rust(Kind::Query) => {
            "| `devices.sql` | the statement; the host runs it |\n| `src/lib.rs` | what becomes of its rows |\n\
             | `sdk/` | the SDK; `cargo doc --open -p glasshouse-sdk` is its manual |"
        }
        Start::Rust(_) => {
            "| `src/lib.rs` | the code |\n| `sdk/` | the SDK; `cargo doc --open -p glasshouse-sdk` is its manual |"
        }
    }
}

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../templates/", $file, ".in"))
    };
}

fn files(start: Start) -> Vec<(&'static str, &'static str)> {
    let mut files = vec![("README.md", template!("readme.md")), (".gitignore", template!("gitignore"))];
    if let Start::Rust(_) = start {
        files.push(("Cargo.toml", template!("cargo.toml")));
    }
    files.extend_from_slice(match start {
        Start::Sql => &[
            ("plugin.toml", template!("sql/plugin.toml")),
            ("devices.sql", template!("devices.sql")),
            ("cases/first/input/devices.ndjson", template!("devices.ndjson")),
            ("cases/first/expected/devices.ndjson", template!("sql/expected.ndjson")),
        ],
        Start::Rust(Kind::Query) => &[
            ("plugin.toml", template!("query/plugin.toml")),
            ("devices.sql", template!("devices.sql")),
            ("src/lib.rs", template!("query/lib.rs")),
            ("cases/first/input/devices.ndjson", template!("devices.ndjson")),
            ("cases/first/expected/devices-total.ndjson", template!("query/expected.ndjson")),
            ("cases/first/expected/state", template!("query/state")),
        ],
        Start::Rust(Kind::Rule) => &[
            ("plugin.toml", template!("rule/plugin.toml")),
            ("src/lib.rs", template!("rule/lib.rs")),
            ("cases/first/input/users.ndjson", template!("rule/users.ndjson")),
            ("cases/first/expected/users.ndjson", template!("rule/expected.ndjson")),
        ],
        Start::Rust(Kind::Target) => &[
            ("plugin.toml", template!("target/plugin.toml")),
            ("src/lib.rs", template!("target/lib.rs")),
            ("cases/first/case.toml", template!("target/case.toml")),
            ("cases/first/input/devices.ndjson", template!("devices.ndjson")),
            ("cases/first/expected/0.request", template!("target/request")),
            ("cases/first/expected/answers.txt", template!("target/answers.txt")),
        ],
    });
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_an_id_a_folder_and_a_title() {
        let parent = tempfile::tempdir().unwrap();
        let folder = scaffold(Start::Sql, "contoso.devices-by-os", parent.path(), None).unwrap();
        assert_eq!(folder, parent.path().join("devices-by-os"));
        let manifest = fs::read_to_string(folder.join("plugin.toml")).unwrap();
        assert!(
            manifest.contains("id = \"contoso.devices-by-os\"") && manifest.contains("\"Devices by os\"")
        );
        let again = scaffold(Start::Sql, "devices-by-os", parent.path(), None).unwrap_err();
        assert_eq!(again.to_string(), "is there already");
        for bad in ["../x", "", "A", "a/b", "x."] {
            assert!(
                matches!(scaffold(Start::Sql, bad, parent.path(), None), Err(WorkshopError::Name(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn no_placeholder_stays_behind() {
        for start in
            [Start::Sql, Start::Rust(Kind::Query), Start::Rust(Kind::Rule), Start::Rust(Kind::Target)]
        {
            let parent = tempfile::tempdir().unwrap();
            let folder = scaffold(start, "a.7b", parent.path(), None).unwrap();
            for (file, _) in files(start) {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                assert!(
                    !text.contains("@ID") && !text.contains("@NAME") && !text.contains("@SDK"),
                    "{file}: {text}"
                );
            }
        }
    }
}
