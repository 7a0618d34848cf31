use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, Name, PluginId};
use glasshouse_control::{Reply, Request, Route, RuleTrial};
use glasshouse_workshop::{Expect, RuleCase, RulesMade, WorkshopError, test_rules};

use super::{cases, unexpected};
use crate::{Ended, place::Place, screen};

/// Runs cases of your own through the rules that run here, and compares what comes out
///
/// The rules are those of a route, in its order and with its settings, or those that are named, as their
/// manifests set them. They are the installed ones, under the limits of this host, and the host looks at what each
/// does as it does in a run. Each case runs twice: the same input must give the same bytes. Nothing is kept or sent.
#[derive(Debug, Args)]
#[command(after_help = "\
A case is a folder, with files to read and edit, as `glasshouse plugin test` has them:
  CASES/NAME/input/TABLE.ndjson    what the first rule gets: a header with table and columns, then a row a line
  CASES/NAME/expected/             what must come out; --record writes it
  CASES/NAME/case.toml             optional: level = \"basic\", scheduled = 2026-01-05T06:00:00Z, batch_rows = 100,
                                   keys = { default = \"any word\" }
A rule that makes pseudonyms uses this host's key, so that what is recorded holds here and until the key is another
one; with a word for the key in case.toml it holds everywhere.

Exits with 1 where a case fails.

Examples:
  glasshouse rule test our-cases --record                             then read what was recorded
  glasshouse rule test our-cases --route headquarters --junit report.xml
  glasshouse rule test our-cases --rules glasshouse.rules.mask-identifiers,contoso.our-names")]
pub struct Test {
    /// A folder with cases, or one case
    #[arg(value_name = "FOLDER")]
    cases: PathBuf,
    /// The route whose rules are meant
    #[arg(long, value_name = "NAME", default_value = Route::RESULTS)]
    route: Name,
    /// These rules instead, in this order, as their manifests set them
    #[arg(long, value_name = "ID,ID", value_delimiter = ',', conflicts_with = "route")]
    rules: Option<Vec<PluginId>>,
    /// Record what comes out as what must come out
    #[arg(long)]
    record: bool,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// What ends the work: a case that cannot be read, or a host that does not answer.
enum Stopped {
    Workshop(WorkshopError),
    Host(Fault),
}

impl From<WorkshopError> for Stopped {
    fn from(error: WorkshopError) -> Self {
        Self::Workshop(error)
    }
}

impl Test {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let expect = if self.record { Expect::Anew } else { Expect::Recorded };
        let of = match &self.rules {
            Some(rules) => rules.iter().map(PluginId::as_str).collect::<Vec<_>>().join(", "),
            None => format!("rules of route {}", self.route),
        };
        let report = {
            let progress = screen::Progress::start("running the cases");
            test_rules(of, &self.cases, expect, |case| {
                progress.at(&case.name);
                self.ask(place, case)
            })
        };
        let report = report.map_err(|stopped| match stopped {
            Stopped::Workshop(error) => error.fault(),
            Stopped::Host(fault) => fault,
        })?;
        cases::tell(&report, self.record, self.junit.as_deref())
    }

    fn ask(&self, place: &Place, case: &RuleCase) -> Result<RulesMade, Stopped> {
        let trial = RuleTrial {
            route: self.route.clone(),
            rules: self.rules.clone(),
            run: case.name.clone(),
            level: case.level,
            scheduled: case.scheduled,
            keys: case.keys.clone(),
            batch_rows: case.batch_rows,
            tables: case.tables.clone(),
        };
        match place.ask("running the rules", Request::TryRules(trial)).map_err(Stopped::Host)? {
            Reply::RuleTrial(made) => Ok(RulesMade { tables: made.tables, failed: made.failed }),
            _ => Err(Stopped::Host(unexpected())),
        }
    }
}
