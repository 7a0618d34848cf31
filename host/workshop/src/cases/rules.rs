//! An administrator's own cases, for rules as a route has them. A host runs the rules, which it alone has the
//! trust, the settings and the keys for; here is what goes in and what must come out.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use glasshouse_contract::{EndpointHosts, Level, Name, RecordedTable};
use jiff::Timestamp;

use super::{
    CaseResult, Expect, Report,
    load::{Written, entries, folders, load_table, name_of},
    run::{ERROR, Outcomes},
    settle,
};
use crate::WorkshopError;

/// One recorded run of rules.
#[derive(Clone, Debug)]
pub struct RuleCase {
    /// The case's name: its folder's.
    pub name: String,
    /// The level.
    pub level: Level,
    /// When the run is said to be due.
    pub scheduled: Timestamp,
    /// Words that stand in for keys; of other names the host's own keys are used.
    pub keys: BTreeMap<Name, String>,
    /// Rows of one batch.
    pub batch_rows: u32,
    /// The texts of the recorded tables that the first rule gets.
    pub tables: Vec<String>,
    folder: PathBuf,
}

/// What came out of the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesMade {
    /// The tables after the last rule, as recorded tables.
    pub tables: Vec<String>,
    /// Why one of them gave up or was stopped; there are no tables then.
    pub failed: Option<String>,
}

/// Runs every case of a folder, or the one case that the folder is, each twice.
///
/// # Errors
/// When a case cannot be read or recorded, or `run` has no answer at all. A case that fails is in the report.
pub fn test_rules<E: From<WorkshopError>>(
    of: String,
    folder: &Path,
    expect: Expect,
    mut run: impl FnMut(&RuleCase) -> Result<RulesMade, E>,
) -> Result<Report, E> {
    let mut results = Vec::new();
    for case in RuleCase::load_all(folder)? {
        let started = Instant::now();
        let outcome = outcomes(run(&case)?)?;
        let took = started.elapsed();
        let failure = settle(&case.folder, &outcome, &outcomes(run(&case)?)?, expect)?;
        results.push(CaseResult { name: case.name, took, failure });
    }
    Ok(Report { of, results })
}

impl RuleCase {
    fn load_all(folder: &Path) -> Result<Vec<Self>, WorkshopError> {
        if folder.join("input").is_dir() {
            return Ok(vec![Self::load(folder.to_owned())?]);
        }
        folders(folder)?.into_iter().map(Self::load).collect()
    }

    fn load(folder: PathBuf) -> Result<Self, WorkshopError> {
        let file = folder.join("case.toml");
        let written = Written::read(&file)?;
        if !written.settings.is_empty() {
            return Err(WorkshopError::case(
                &file,
                "settings of rules are those of the route, in glasshouse.toml",
            ));
        }
        if !written.answers.is_empty() || written.hosts != EndpointHosts::default() {
            return Err(WorkshopError::case(&file, "answers and hosts are for a target; rules have none"));
        }
        let texts = entries(&folder.join("input"))?;
        let texts = texts.iter().map(|file| load_table(file).map(|(text, _)| text));
        Ok(Self {
            name: name_of(&folder),
            level: written.level,
            scheduled: written.scheduled(&file)?,
            batch_rows: written.batch_rows.unwrap_or(u32::MAX),
            tables: texts.collect::<Result<_, _>>()?,
            keys: written.keys,
            folder,
        })
    }
}

/// As the files that are recorded of a plugin's case.
fn outcomes(made: RulesMade) -> Result<Outcomes, WorkshopError> {
    let mut files = Outcomes::default();
    if let Some(words) = made.failed {
        files.put(ERROR, format!("{words}\n"));
        return Ok(files);
    }
    for text in made.tables {
        let recorded = RecordedTable::parse(&text)
            .map_err(|why| WorkshopError::Recording { path: PathBuf::from("what came out"), why })?;
        files.put(format!("{}.ndjson", recorded.table), text);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HEADER: &str =
        r#"{"table":"users","columns":[{"name":"User","type":"text","class":"identifier"}]}"#;

    fn case(toml: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("one/input");
        fs::create_dir_all(&input).unwrap();
        fs::write(folder.path().join("one/case.toml"), toml).unwrap();
        fs::write(input.join("users.ndjson"), format!("{HEADER}\n{{\"User\":\"ada\"}}\n")).unwrap();
        folder
    }

    fn upper(case: &RuleCase) -> Result<RulesMade, WorkshopError> {
        let tables = case.tables.iter().map(|text| text.replace("\"ada\"", "\"ADA\"")).collect();
        Ok(RulesMade { tables, failed: None })
    }

    #[test]
    fn what_the_rules_make_is_recorded_and_held_to_that() {
        let folder = case("keys = { default = \"a word\" }\nbatch_rows = 7\n");
        let cases = RuleCase::load_all(folder.path()).unwrap();
        assert_eq!((cases[0].batch_rows, cases[0].keys.len()), (7, 1));
        let test = |expect, run: fn(&RuleCase) -> Result<RulesMade, WorkshopError>| {
            test_rules("route results".to_owned(), folder.path(), expect, run).unwrap()
        };
        assert_eq!(test(Expect::Recorded, upper).failed(), 1, "nothing is recorded yet");
        assert_eq!(test(Expect::Anew, upper).failed(), 0);
        assert_eq!(test(Expect::Recorded, upper).failed(), 0);
        let report = test(Expect::Recorded, |case| {
            Ok(RulesMade { tables: case.tables.clone(), ..RulesMade::default() })
        });
        let words = report.results[0].failure.clone().unwrap();
        assert!(words.contains("-{\"User\":\"ADA\"}") && words.contains("+{\"User\":\"ada\"}"), "{words}");
        // A rule that gives up can be what a case is about.
        let gives_up: fn(&RuleCase) -> Result<RulesMade, WorkshopError> =
            |_| Ok(RulesMade { failed: Some("the rule gives up".to_owned()), ..RulesMade::default() });
        assert_eq!(test(Expect::Anew, gives_up).failed(), 0);
        assert_eq!(
            fs::read_to_string(folder.path().join("one/expected/error.txt")).unwrap(),
            "the rule gives up\n"
        );
        // The folder of one case is one case.
        let one = folder.path().join("one");
        assert_eq!(test_rules("x".to_owned(), &one, Expect::Recorded, gives_up).unwrap().results.len(), 1);
    }

    #[test]
    fn two_runs_that_differ_fail_the_case() {
        let folder = case("");
        let mut runs = 0;
        let report = test_rules("x".to_owned(), folder.path(), Expect::Anew, |case| {
            runs += 1;
            let tables = case.tables.iter().map(|text| text.replace("ada", &format!("ada{runs}")));
            Ok::<_, WorkshopError>(RulesMade { tables: tables.collect(), ..RulesMade::default() })
        });
        let words = report.unwrap().results[0].failure.clone().unwrap();
        assert_eq!(words, "two runs over the same input differ in users.ndjson");
    }

    #[test]
    fn what_a_case_for_rules_cannot_say_is_refused() {
        let error = |toml: &str| RuleCase::load_all(case(toml).path()).unwrap_err().to_string();
        assert!(error("settings = { least = \"9\" }\n").contains("those of the route"));
        assert!(error("[[answer]]\nstep = 0\nstatus = 200\n").contains("are for a target"));
        assert!(error("kees = {}\n").contains("unknown field `kees`"));
    }
}
