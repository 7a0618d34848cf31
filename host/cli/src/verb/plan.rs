mod approve;
mod diff;

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use glasshouse_contract::{Fault, FaultKind, Level, Name, PluginId};
use glasshouse_control::{PlanReport, PlannedColumn, PlannedRoute, PlannedStatement, Reply, Request};

use super::{
    Output,
    routed::{columns, summary},
    unexpected,
};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Shows which statements run at the level in force, why the others do not, and what each is made from
///
/// Nothing is connected to. A column's FLOOR is the lowest class that it may have by what it is made
/// from; CLASS is what its author declared. Then come the routes of glasshouse.toml: their rules, and which tables
/// stop there. With --columns each column is shown on each route, as in `glasshouse rule coverage`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  glasshouse plan
  glasshouse plan --level full
  glasshouse plan glasshouse.clients --columns --sql
  glasshouse plan diff                  how what would leave differs from what was approved
  glasshouse plan --site cas --output json | jq '.queries[].statements[] | {statement, last}'"
)]
pub struct Plan {
    #[command(subcommand)]
    verb: Option<PlanVerb>,

    /// Only this query
    query: Option<PluginId>,

    /// Show what each statement cost at this site the last time
    #[arg(long, value_name = "NAME")]
    site: Option<Name>,

    /// As if this level were in force
    #[arg(long)]
    level: Option<Level>,

    /// Show each column: what it is made from, its floor, its class, what rules make of it on each route
    #[arg(long)]
    columns: bool,

    /// Show the text that is sent to the site
    #[arg(long)]
    sql: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum PlanVerb {
    Approve(approve::Approve),
    Diff(diff::Diff),
}

impl Plan {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self.verb {
            Some(PlanVerb::Approve(verb)) => return verb.run(place),
            Some(PlanVerb::Diff(verb)) => return verb.run(place),
            None => {}
        }
        let request = Request::Plan { site: self.site.clone(), level: self.level };
        let Reply::Plan(mut plan) = place.ask("planning", request)? else { return Err(unexpected()) };
        if let Some(query) = &self.query {
            plan.plan.queries.retain(|planned| planned.query == *query);
            for route in &mut plan.routes {
                route.tables.retain(|table| table.query == *query);
            }
            if plan.plan.queries.is_empty() && plan.routes.iter().all(|route| route.tables.is_empty()) {
                return Err(Fault::new(
                    FaultKind::Malformed,
                    query,
                    "no such query is here",
                    "`glasshouse plan` names those that are; `glasshouse plugin list` shows why others are not",
                ));
            }
        }
        match self.output {
            Output::Json => screen::print_json(&plan),
            Output::Text => screen::print(&self.text(&plan)),
        }
        Ok(Ended::Well)
    }

    fn text(&self, report: &PlanReport) -> String {
        let plan = &report.plan;
        let all: usize = plan.queries.iter().map(|query| query.statements.len()).sum();
        let mut text = format!("level {}: {} of {all} statements run\n", plan.level, plan.running().count());
        for query in &plan.queries {
            let _ = writeln!(text, "\n{} {}: {}", query.query, query.version, screen::line(&query.title));
            if self.columns || self.sql {
                for statement in &query.statements {
                    text.push_str(&self.in_full(statement));
                }
                if self.columns {
                    text.push_str(&on_routes(&report.routes, |of| *of == query.query));
                }
            } else {
                text.push_str(&in_short(&query.statements));
            }
        }
        if self.columns {
            let own =
                on_routes(&report.routes, |query| plan.queries.iter().all(|known| known.query != *query));
            if !own.is_empty() {
                let _ = write!(text, "\nglasshouse.run: what the host itself says of each run\n{own}");
            }
        }
        if plan.queries.is_empty() && self.query.is_none() {
            text.push_str("no query runs here; `glasshouse plugin list` shows why\n");
        }
        for route in &report.routes {
            let _ = write!(text, "\n{}", summary(route));
        }
        for warning in &report.warnings {
            let _ = write!(text, "\nwarning: {}\n", screen::line(warning));
        }
        text
    }

    fn in_full(&self, statement: &PlannedStatement) -> String {
        let mut text = format!("\n  {} ({})", statement.statement, statement.level);
        match &statement.why_not {
            Some(why) => drop(writeln!(text, ": does not run: {}", screen::line(&why.words))),
            None => text.push('\n'),
        }
        if self.sql
            && let Some(sql) = &statement.sql
        {
            let _ = writeln!(text, "    {}", screen::line(sql));
        }
        if self.columns {
            let mut columns = Columns::new(&["COLUMN", "TYPE", "FLOOR", "CLASS", "KEPT", "MADE FROM"]);
            for column in &statement.columns {
                columns.row([
                    column.column.to_string(),
                    column.kind.to_string(),
                    column.floor.map_or_else(|| "-".to_owned(), |floor| floor.to_string()),
                    column.class.to_string(),
                    kept(column).to_owned(),
                    column.sources.join(", "),
                ]);
            }
            for line in columns.text().lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}

/// What becomes of the columns of a query's tables on each route.
fn on_routes(routes: &[PlannedRoute], is_meant: impl Fn(&PluginId) -> bool) -> String {
    let mut text = String::new();
    for route in routes {
        for table in route.tables.iter().filter(|table| is_meant(&table.query)) {
            let _ = writeln!(text, "\n  {} on route {}", table.table, route.route);
            for line in columns(table).lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

fn kept(column: &PlannedColumn) -> &'static str {
    match (column.kept, column.lowered) {
        (true, true) => "yes, lowered by grant",
        (true, false) => "yes",
        (false, _) => "no",
    }
}

fn in_short(statements: &[PlannedStatement]) -> String {
    let mut columns = Columns::new(&["  STATEMENT", "LEVEL", "ITEMS", "RUNS", "LAST TIME"]);
    for statement in statements {
        let last = statement.last.as_ref().map_or_else(String::new, |last| {
            format!("{}, {} rows in {} ms", last.state, last.rows_read, last.duration_ms)
        });
        columns.row([
            format!("  {}", statement.statement),
            statement.level.to_string(),
            statement.items.join(" "),
            statement.why_not.as_ref().map_or_else(|| "yes".to_owned(), |why| format!("no: {}", why.words)),
            last,
        ]);
    }
    columns.text()
}
