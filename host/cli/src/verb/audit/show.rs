use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{AuditReport, AuditRequest, Reply, Request};

use super::{Output, signed, unexpected};
use crate::{Ended, place::Place, screen};

/// Shows how long the log is, its key, its newest checkpoint, and how many leaves of each kind it has
///
/// Keep the key elsewhere, and a checkpoint now and then: with both, whoever changes the past is found, also where
/// they have the host's own key. Ends with 1 where nothing more is signed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse audit show
  glasshouse audit show --output json | jq -r .note > checkpoint     a witness, to be kept elsewhere")]
pub struct Show {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Show {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Audit(AuditRequest::Show);
        let Reply::Audit(report) = place.ask("reading the audit log", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&report),
            Output::Text => screen::print(&text(&report)),
        }
        Ok(if report.trouble.is_some() { Ended::WithFindings } else { Ended::Well })
    }
}

fn text(report: &AuditReport) -> String {
    let mut text =
        format!("log         {}\nkey         {}\nleaves      {}\n", report.log, report.key, report.leaves);
    if let Some(checkpoint) = &report.checkpoint {
        text.push_str(&format!("signed      {}\n", signed(checkpoint)));
    }
    if let Some(fault) = &report.trouble {
        text.push_str(&format!(
            "nothing more is signed: {}\n  mend: {}\n",
            screen::shown(&fault.cause),
            screen::shown(&fault.mend)
        ));
    }
    let mut kinds = screen::Columns::new(&["KIND", "LEAVES"]);
    for (kind, count) in &report.kinds {
        kinds.row([kind.as_str(), &count.to_string()]);
    }
    text.push('\n');
    text.push_str(&kinds.text());
    if let Some(note) = &report.note {
        text.push_str(&format!(
            "\nThe newest checkpoint; whoever keeps it elsewhere is a witness:\n\n{note}"
        ));
    }
    text
}
