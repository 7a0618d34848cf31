mod decide;
mod list;
mod show;

use std::fmt::Write as _;

use clap::Subcommand;
use glasshouse_contract::Fault;
use glasshouse_control::HoldReport;

use super::sealed;
use crate::{Ended, place::Place, screen};

/// Shows what waits for a person, and decides it
///
/// Nothing leaves in another way than was approved: where a plugin, a statement, a column, a class, a rule, a route or
/// an endpoint is not as it was, what that touches is sealed and held. Approving sends those very bytes and makes
/// the plan the approved one; denying erases them, and the next run collects them again.
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  glasshouse hold list
  glasshouse hold show 3
  glasshouse hold approve 3 --reason \"the new column is a count\"
  glasshouse hold deny 3 --reason \"no serial numbers\""
)]
pub enum Hold {
    List(list::List),
    Show(show::Show),
    Approve(decide::Approve),
    Deny(decide::Deny),
}

impl Hold {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::List(verb) => verb.run(place),
            Self::Show(verb) => verb.run(place),
            Self::Approve(verb) => verb.run(place),
            Self::Deny(verb) => verb.run(place),
        }
    }
}

/// A hold with its difference and what it holds.
pub fn in_full(hold: &HoldReport) -> String {
    let mut text = format!(
        "hold {}: a {} of site {}, {} since {}\n",
        hold.hold,
        hold.kind,
        hold.site,
        hold.state,
        hold.opened.strftime("%Y-%m-%d %H:%M UTC")
    );
    if let Some(decided) = &hold.decided {
        let _ = writeln!(
            text,
            "{} by {}: {}",
            decided.at,
            screen::line(&decided.actor),
            screen::line(&decided.reason)
        );
    }
    text.push_str(&difference(&hold.difference));
    let _ = writeln!(text, "\n{} requests are held", hold.requests);
    if !hold.tables.is_empty() {
        let _ = write!(text, "\n{}", sealed::tables(&hold.tables));
    }
    text
}

/// The difference between two plans, route by route and query by query.
pub fn difference(lines: &[String]) -> String {
    if lines.is_empty() {
        return "\nnothing differs from the plan that was approved\n".to_owned();
    }
    let mut text = "\n`+` would be from now on, `-` was approved and would be no more:\n".to_owned();
    // `+ route query: what`; a query is `*` where the line is about all of them.
    let parts = |line: &str| {
        let (about, what) = line.split_once(": ").unwrap_or(("", line));
        let (sign, about) = about.split_once(' ').unwrap_or((about, ""));
        (about.to_owned(), sign.to_owned(), what.to_owned())
    };
    let mut lines: Vec<(String, String, String)> = lines.iter().map(|line| parts(line)).collect();
    // What is about the same stands together, in the order in which it came.
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    let mut last = None;
    for (about, sign, what) in &lines {
        if last != Some(about) {
            let (route, query) = about.split_once(' ').unwrap_or((about, "*"));
            let query = if query == "*" { "everything" } else { query };
            let _ = writeln!(text, "  route {}, {}", screen::line(route), screen::line(query));
            last = Some(about);
        }
        let _ = writeln!(text, "    {sign} {}", screen::line(what));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_grouped_by_what_it_is_about() {
        let lines = [
            "- hq *: level basic",
            "+ hq *: level full",
            "+ hq a.query: devices.Name identifier -> pseudonym",
        ];
        let text = difference(&lines.map(str::to_owned));
        insta::assert_snapshot!(text, @r"

        `+` would be from now on, `-` was approved and would be no more:
          route hq, everything
            - level basic
            + level full
          route hq, a.query
            + devices.Name identifier -> pseudonym
        ");
    }
}
