//! What an author writes: TOML, with SQL in it or in files beside it, and perhaps a Rust crate.

use std::{
    fs,
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use glasshouse_contract::Manifest;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::WorkshopError;

/// The source of a plugin.
#[derive(Debug)]
pub(crate) struct Source {
    /// The manifest as it goes into the plugin: the author's TOML with the SQL of its files filled in.
    pub manifest_text: String,
    pub manifest: Manifest,
    pub code: Code,
}

/// What a plugin runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Nothing of its own: a query that is SQL.
    PassThrough,
    /// The Rust crate in this folder.
    Rust(PathBuf),
}

impl Source {
    /// Reads a folder with a `plugin.toml`, or a TOML file by itself.
    pub(crate) fn read(path: &Path) -> Result<Self, WorkshopError> {
        let (file, code) = if path.is_dir() {
            let is_crate = path.join("Cargo.toml").is_file();
            let code = if is_crate { Code::Rust(path.to_owned()) } else { Code::PassThrough };
            (path.join("plugin.toml"), code)
        } else {
            (path.to_owned(), Code::PassThrough)
        };
        if path.is_dir() && !file.is_file() {
            let why = "has no plugin.toml";
            return Err(WorkshopError::NoSource { path: path.to_owned(), why });
        }
        let (manifest_text, manifest) = read_manifest(&file)?;
        if code == Code::PassThrough && manifest.query().is_none() {
            let why = "only a query can do without code: there is no Cargo.toml beside it";
            return Err(WorkshopError::NoSource { path: file, why });
        }
        if code == Code::PassThrough && manifest.query().is_some_and(|query| !query.outputs.is_empty()) {
            let why =
                "a query without code gives its statements' rows as they are: take its [[query.output]] out";
            return Err(WorkshopError::NoSource { path: file, why });
        }
        Ok(Self { manifest_text, manifest, code })
    }
}

/// Reads an author's TOML, puts the SQL of its files in, and checks it.
pub(crate) fn read_manifest(file: &Path) -> Result<(String, Manifest), WorkshopError> {
    let written = fs::read_to_string(file).map_err(WorkshopError::read(file))?;
    // Checked out on Windows or not, the same source gives the same plugin.
    let text = fill_in(&written.replace("\r\n", "\n"), file)?;
    let manifest = Manifest::parse(text.as_bytes())
        .map_err(|why| WorkshopError::Manifest { path: file.to_owned(), why })?;
    Ok((text, manifest))
}

/// Replaces each statement's `sql_file = "devices.sql"` by `sql` with what the file says.
fn fill_in(text: &str, file: &Path) -> Result<String, WorkshopError> {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        // Not TOML: the manifest's own reader says so, with the line.
        return Ok(text.to_owned());
    };
    let statements = document
        .get_mut("query")
        .and_then(Item::as_table_like_mut)
        .and_then(|query| query.get_mut("statement"))
        .and_then(Item::as_array_of_tables_mut);
    let mut filled = false;
    for statement in statements.into_iter().flat_map(|statements| statements.iter_mut()) {
        filled |= fill_in_statement(statement, file)?;
    }
    Ok(if filled { document.to_string() } else { text.to_owned() })
}

fn fill_in_statement(statement: &mut Table, file: &Path) -> Result<bool, WorkshopError> {
    let Some(item) = statement.remove("sql_file") else { return Ok(false) };
    let name = statement.get("name").and_then(Item::as_str).unwrap_or("without a name").to_owned();
    let wrong = |why: String| WorkshopError::SqlFile { path: file.to_owned(), statement: name.clone(), why };
    if statement.contains_key("sql") {
        return Err(wrong("has both `sql` and `sql_file`".to_owned()));
    }
    let Some(relative) = item.as_str() else {
        return Err(wrong("`sql_file` is the name of a file".to_owned()));
    };
    // A plugin is made of its own folder alone, wherever that is checked out.
    if !Path::new(relative).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(wrong(format!("`{relative}` is not inside the plugin's folder")));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let sql = read_inside(folder, relative).map_err(|error| wrong(format!("{relative}: {error}")))?;
    statement.insert("sql", value(sql.replace("\r\n", "\n").trim_end()));
    Ok(true)
}

/// Reads a file that is inside a folder, whatever links lead to it: what is built is handed on, and a
/// stranger's source could otherwise take along any file that its builder may read.
fn read_inside(folder: &Path, relative: &str) -> io::Result<String> {
    let path = folder.join(relative).canonicalize()?;
    if !path.starts_with(folder.canonicalize()?) {
        return Err(io::Error::other("it is a link to a file outside the plugin's folder"));
    }
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut sql = String::new();
    // Longer than a manifest may be, which says so.
    fs::File::open(path)?.take(Manifest::MAX_BYTES as u64 + 1).read_to_string(&mut sql)?;
    Ok(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = r#"
# Kept.
id = "contoso.devices"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Devices"
purpose = "Counts devices."
author = "Contoso"

[[query.statement]]
name = "devices"
level = "basic"
sql_file = "devices.sql"
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices there are."
"#;

    fn read(toml: &str, sql: &str) -> Result<Source, WorkshopError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plugin.toml"), toml).unwrap();
        fs::write(folder.path().join("devices.sql"), sql).unwrap();
        Source::read(folder.path())
    }

    #[test]
    fn sql_in_a_file_is_filled_in_the_same_with_any_line_ends() {
        let sql = "-- counts\nSELECT COUNT(*) AS Devices\nFROM v_R_System\n";
        let source = read(QUERY, sql).unwrap();
        assert_eq!(source.manifest.query().unwrap().statements[0].sql, sql.trim_end());
        assert!(source.manifest_text.contains("# Kept."));
        assert_eq!(source.code, Code::PassThrough);
        let windows = read(&QUERY.replace('\n', "\r\n"), &sql.replace('\n', "\r\n")).unwrap();
        assert_eq!(windows.manifest_text, source.manifest_text);
    }

    #[test]
    fn what_cannot_stand_in_is_said() {
        let error =
            |from: &str, to: &str| read(&QUERY.replace(from, to), "SELECT 1").unwrap_err().to_string();
        let outside = error("devices.sql", "../devices.sql");
        assert_eq!(outside, "statement `devices`: `../devices.sql` is not inside the plugin's folder");
        assert!(error("devices.sql", "nowhere.sql").starts_with("statement `devices`: nowhere.sql: "));
        let both = error("level =", "sql = \"SELECT 1\"\nlevel =");
        assert_eq!(both, "statement `devices`: has both `sql` and `sql_file`");
        assert!(error("Counts devices.", "").contains("`purpose`"));
        assert!(error("id =", "id").contains("line 3"));
    }

    /// A stranger's source is built: what its builder may read must not go into the plugin.
    #[cfg(unix)]
    #[test]
    fn sql_that_lies_elsewhere_is_not_taken_along() {
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("secret"), "SELECT 1").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plugin.toml"), QUERY).unwrap();
        let sql = folder.path().join("devices.sql");
        let built = |target: &Path| {
            let _ = fs::remove_file(&sql);
            std::os::unix::fs::symlink(target, &sql).unwrap();
            Source::read(folder.path()).map(drop).map_err(|error| error.to_string())
        };
        let outside = "statement `devices`: devices.sql: it is a link to a file outside the plugin's folder";
        assert_eq!(built(&elsewhere.path().join("secret")).unwrap_err(), outside);
        assert_eq!(built(Path::new("/dev/zero")).unwrap_err(), outside);
        fs::create_dir(folder.path().join("sql")).unwrap();
        assert_eq!(built(Path::new("sql")).unwrap_err(), "statement `devices`: devices.sql: it is no file");
        fs::write(folder.path().join("sql/other.sql"), "SELECT 1").unwrap();
        built(Path::new("sql/other.sql")).unwrap();
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_plugin() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Source::read(folder.path()).unwrap_err().to_string(), "has no plugin.toml");
    }
}
