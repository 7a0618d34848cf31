use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Level, Name};
use glasshouse_control::{PlannedRoute, Reply, Request};

use super::{Output, unexpected};
use crate::{
    Ended,
    place::Place,
    screen,
    verb::routed::{columns, summary},
};

/// Shows for each column of each table what becomes of it on a route, before a row is read
///
/// FLOOR is the lowest class that a column may have by what it is made from, CLASS what it is when the first rule
/// gets it, BECOMES what the last one leaves. The rules themselves are asked, with a table that has no rows. A
/// column above the ceiling stops its table on that route; on the route `results` it is left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where a table stops, or a route cannot be followed.

Examples:
  glasshouse rule coverage
  glasshouse rule coverage --route headquarters --level basic
  glasshouse rule coverage --output json | jq '.[].tables[] | select(.stops) | {query, table}'")]
pub struct Coverage {
    /// Only this route
    #[arg(long, value_name = "NAME")]
    route: Option<Name>,
    /// As if this level were in force
    #[arg(long)]
    level: Option<Level>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Coverage {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Plan { site: None, level: self.level };
        let Reply::Plan(plan) = place.ask("asking the rules", request)? else { return Err(unexpected()) };
        let names: Vec<String> = plan.routes.iter().map(|route| route.route.to_string()).collect();
        let routes: Vec<PlannedRoute> = plan
            .routes
            .into_iter()
            .filter(|route| self.route.as_ref().is_none_or(|wanted| *wanted == route.route))
            .collect();
        if let (Some(route), true) = (&self.route, routes.is_empty()) {
            return Err(Fault::new(
                FaultKind::Malformed,
                format!("route `{route}`"),
                "glasshouse.toml describes no such route",
                format!("name one of these: {}", names.join(", ")),
            ));
        }
        match self.output {
            Output::Json => screen::print_json(&routes),
            Output::Text => screen::print(&text(&routes)),
        }
        let stops =
            |route: &PlannedRoute| route.fault.is_some() || route.tables.iter().any(|table| table.stops);
        Ok(if routes.iter().any(stops) { Ended::WithFindings } else { Ended::Well })
    }
}

fn text(routes: &[PlannedRoute]) -> String {
    let mut text = String::new();
    for route in routes {
        text.push_str(&summary(route));
        for table in &route.tables {
            let _ = writeln!(text, "\n{}/{} ({})", table.query, table.table, table.level);
            for line in columns(table).lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        text.push('\n');
    }
    text
}
