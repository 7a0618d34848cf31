//! What came out against what is recorded.

use std::{collections::BTreeMap, fs, path::Path};

use glasshouse_trust::replace_file;
use similar::TextDiff;

use super::run::Outcomes;
use crate::WorkshopError;

const FOLDER: &str = "expected";

/// `None` where everything is as recorded; else the differences as a person reads them.
pub(super) fn compare(case: &Path, outcomes: &Outcomes) -> Result<Option<String>, WorkshopError> {
    let folder = case.join(FOLDER);
    let Some(recorded) = read(&folder)? else {
        return Ok(Some("nothing is recorded yet: look at it with --record, then run again".to_owned()));
    };
    let none = Vec::new();
    let mut words = String::new();
    let names: std::collections::BTreeSet<&String> = recorded.keys().chain(outcomes.0.keys()).collect();
    for name in names {
        let (before, after) = (recorded.get(name), outcomes.0.get(name));
        if before == after {
            continue;
        }
        let heads = match (before, after) {
            (None, _) => format!("{FOLDER}/{name} is not recorded, and came out"),
            (_, None) => format!("{FOLDER}/{name} is recorded, and did not come out"),
            _ => format!("{FOLDER}/{name} differs (- recorded, + came out)"),
        };
        words.push_str(&format!("{heads}\n{}", difference(before.unwrap_or(&none), after.unwrap_or(&none))));
    }
    Ok((!words.is_empty()).then_some(words))
}

/// Whether that file is recorded.
pub(super) fn expects(case: &Path, file: &str) -> bool {
    case.join(FOLDER).join(file).is_file()
}

fn difference(before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let text = TextDiff::from_lines(before.as_ref(), after.as_ref())
        .unified_diff()
        .context_radius(1)
        .missing_newline_hint(false)
        .to_string();
    // Rows may hold anything; a person's screen is moved by none of it.
    text.lines().map(|line| format!("  {}\n", escaped(line))).collect()
}

fn escaped(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Makes what came out the expectation.
pub(super) fn record(case: &Path, outcomes: &Outcomes) -> Result<(), WorkshopError> {
    let folder = case.join(FOLDER);
    // What is recorded no more is deleted below: never in a folder that is somewhere else.
    for place in [case, &folder] {
        if fs::symlink_metadata(place).is_ok_and(|found| found.is_symlink()) {
            return Err(WorkshopError::case(place, "it is a link: nothing is recorded elsewhere"));
        }
    }
    fs::create_dir_all(&folder).map_err(WorkshopError::write(&folder))?;
    for name in read(&folder)?.unwrap_or_default().keys().filter(|name| !outcomes.0.contains_key(*name)) {
        let file = folder.join(name);
        fs::remove_file(&file).map_err(WorkshopError::write(&file))?;
    }
    for (name, bytes) in &outcomes.0 {
        let file = folder.join(name);
        // In the place of a link, not where it leads to.
        replace_file(&file, bytes, 0o644).map_err(WorkshopError::write(&file))?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Option<BTreeMap<String, Vec<u8>>>, WorkshopError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(WorkshopError::read(folder)(error)),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(WorkshopError::read(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && !name.starts_with('.') {
            files.insert(name, fs::read(&path).map_err(WorkshopError::read(&path))?);
        }
    }
    Ok((!files.is_empty()).then_some(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(files: &[(&str, &str)]) -> Outcomes {
        Outcomes(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn what_is_recorded_compares_equal_and_each_difference_is_shown() {
        let case = tempfile::tempdir().unwrap();
        let first = outcomes(&[("a.ndjson", "1\n2\n3\n4\n"), ("log.txt", "info: x\n")]);
        let unrecorded = compare(case.path(), &first).unwrap().unwrap();
        assert!(unrecorded.contains("--record"));
        record(case.path(), &first).unwrap();
        assert_eq!(compare(case.path(), &first).unwrap(), None);

        let second = outcomes(&[("a.ndjson", "1\n2\n3\n\u{1b}[2J\n"), ("state", "s")]);
        let words = compare(case.path(), &second).unwrap().unwrap();
        assert_eq!(
            words,
            "expected/a.ndjson differs (- recorded, + came out)\n  @@ -3,2 +3,2 @@\n   3\n  -4\n  +\\u{1b}[2J\n\
             expected/log.txt is recorded, and did not come out\n  @@ -1 +0,0 @@\n  -info: x\n\
             expected/state is not recorded, and came out\n  @@ -0,0 +1 @@\n  +s\n"
        );
        record(case.path(), &second).unwrap();
        assert_eq!(compare(case.path(), &second).unwrap(), None, "what no longer comes out is gone");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_recorded_by_way_of_a_link() {
        use std::os::unix::fs::symlink;
        let (case, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = home.path().join("theirs");
        fs::write(&theirs, "theirs").unwrap();
        let folder = case.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        symlink(&theirs, folder.join("a.ndjson")).unwrap();
        let made = outcomes(&[("a.ndjson", "ours")]);
        record(case.path(), &made).unwrap();
        assert_eq!(fs::read(folder.join("a.ndjson")).unwrap(), b"ours");

        fs::remove_dir_all(&folder).unwrap();
        symlink(home.path(), &folder).unwrap();
        let error = record(case.path(), &made).unwrap_err().to_string();
        assert!(error.contains("it is a link"), "{error}");
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
