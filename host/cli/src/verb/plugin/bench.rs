use std::{path::PathBuf, time::Duration};

use clap::Args;
use glasshouse_contract::Fault;

use super::source;
use crate::{Ended, screen};

/// Measures how fast a plugin is on its recorded cases
///
/// Each case's rows are repeated to a full batch of 8,192 and run as a host would run them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse plugin bench devices --seconds 5")]
pub struct Bench {
    /// A folder with a plugin.toml, a TOML file with a query, or a plugin file
    #[arg(default_value = ".")]
    source: PathBuf,
    /// Where the cases are [default: cases/ beside the source]
    #[arg(long, value_name = "FOLDER")]
    cases: Option<PathBuf>,
    /// How long to run each case
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
}

impl Bench {
    pub fn run(self) -> Result<Ended, Fault> {
        let ready = source::make_ready(&self.source, self.cases.as_deref())?;
        let each = Duration::from_secs(u64::from(self.seconds));
        let paces = {
            let _progress = screen::Progress::start("measuring");
            glasshouse_workshop::bench(&ready.plugin, &ready.cases, each).map_err(source::fault)?
        };
        for pace in paces {
            screen::print(&screen::line(&pace.to_string()));
        }
        Ok(Ended::Well)
    }
}
