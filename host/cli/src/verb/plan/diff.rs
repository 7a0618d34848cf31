use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_control::{PlanDiffReport, SendingReply, SendingRequest};

use crate::{
    Ended,
    place::Place,
    screen,
    verb::{Output, hold, sealed, unexpected},
};

/// Shows how what would leave now differs from what was approved
///
/// A plan is the plugins with their digests, the columns with their classes, the rules with their settings, the level,
/// and the endpoints, route by route. Where it is not as approved, what the difference touches is sealed and held.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where something differs.

Examples:
  glasshouse plan diff
  glasshouse plan diff --site cas --output json")]
pub struct Diff {
    /// Only of this site; may be given several times
    #[arg(long, value_name = "NAME")]
    site: Vec<Name>,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Diff {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let plans = ask(place, self.site)?;
        match self.output {
            Output::Json => screen::print_json(&plans),
            Output::Text => screen::print(&plans.iter().map(text).collect::<Vec<_>>().join("\n")),
        }
        let same = plans.iter().all(|plan| plan.difference.is_empty());
        Ok(if same { Ended::Well } else { Ended::WithFindings })
    }
}

/// The differences of some sites, or of all.
pub fn ask(place: &Place, sites: Vec<Name>) -> Result<Vec<PlanDiffReport>, Fault> {
    match sealed::ask(place, "comparing plans", SendingRequest::PlanDiff { sites })? {
        SendingReply::PlanDiff(plans) => Ok(plans),
        _ => Err(unexpected()),
    }
}

pub fn text(plan: &PlanDiffReport) -> String {
    let mut text = format!("site {}: plan {}", plan.site, plan.digest);
    match &plan.approved {
        Some(approved) => {
            let (actor, reason) = (screen::line(&approved.actor), screen::line(&approved.reason));
            let _ = writeln!(text, "; the last one was approved at {} by {actor}: {reason}", approved.at);
        }
        None => text.push_str("; none was approved yet\n"),
    }
    if plan.lines == 0 {
        text.push_str("nothing leaves: no route leads to a target\n");
    }
    text.push_str(&hold::difference(&plan.difference));
    if let Some(hold) = plan.hold {
        let _ = writeln!(text, "\nhold {hold} waits for this plan");
    }
    text
}
