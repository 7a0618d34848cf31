//! What becomes of columns on routes, for a person: in `plan` and in `rule coverage`.

use std::fmt::Write as _;

use glasshouse_contract::DataClass;
use glasshouse_control::{ColumnFate, PlannedRoute, PlannedTable, RoutedColumn};

use super::redaction::rule_words;
use crate::screen::{self, Columns};

/// A route in some lines: what it has, how many columns go, which tables stop and why.
pub fn summary(route: &PlannedRoute) -> String {
    let mut text = format!("route {} (level {}, ceiling {}", route.route, route.level, route.ceiling);
    if let Some(target) = &route.target {
        let _ = write!(text, ", to {target}");
    }
    text.push_str(")\n");
    if let Some(fault) = &route.fault {
        let _ = writeln!(text, "  cannot be followed, so nothing is collected: {}", screen::line(fault));
        return text;
    }
    for rule in &route.rules {
        let _ = writeln!(text, "  {}", rule_words(rule));
    }
    if let Some(because) = &route.because {
        let _ = writeln!(text, "  because: {}", screen::line(because));
    }
    let count = |fate| {
        let columns = route.tables.iter().flat_map(|table| &table.columns);
        columns.filter(|column| column.verdict == fate).count()
    };
    let (goes, dropped, left_out) =
        (count(ColumnFate::Goes), count(ColumnFate::Dropped), count(ColumnFate::LeftOut));
    let tables = route.tables.len();
    let _ = writeln!(text, "  {tables} tables: {goes} columns go, {dropped} dropped, {left_out} left out");
    for table in route.tables.iter().filter(|table| table.stops) {
        let _ = writeln!(text, "  stops: {}/{}: {}", table.query, table.table, why_it_stops(table));
    }
    text
}

fn why_it_stops(table: &PlannedTable) -> String {
    if let Some(fault) = &table.fault {
        return screen::line(fault);
    }
    let above: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.verdict == ColumnFate::StopsTable)
        .map(|column| format!("{} is {}", column.column, class(column.class_out)))
        .collect();
    format!("{}, above {}", above.join(", "), table.ceiling)
}

/// Every column of a table on a route.
pub fn columns(table: &PlannedTable) -> String {
    let mut columns =
        Columns::new(&["COLUMN", "FLOOR", "CLASS", "RULES", "BECOMES", "CEILING", "VERDICT", "MADE FROM"]);
    for column in &table.columns {
        columns.row([
            column.column.to_string(),
            class(column.floor),
            column.class_in.to_string(),
            rules(column),
            class(column.class_out),
            table.ceiling.to_string(),
            verdict(column.verdict).to_owned(),
            column.sources.join(", "),
        ]);
    }
    columns.text()
}

fn rules(column: &RoutedColumn) -> String {
    let rules = column.rules.iter().map(|rule| {
        let unkeyed = if rule.unkeyed { ", without a key" } else { "" };
        format!("{} {} ({}{unkeyed})", rule.rule, rule.version, rule.digest.short())
    });
    let rules: Vec<String> = rules.collect();
    if rules.is_empty() { "-".to_owned() } else { rules.join(" > ") }
}

fn class(class: Option<DataClass>) -> String {
    class.map_or_else(|| "-".to_owned(), |class| class.to_string())
}

const fn verdict(fate: ColumnFate) -> &'static str {
    match fate {
        ColumnFate::Goes => "goes",
        ColumnFate::Dropped => "dropped",
        ColumnFate::LeftOut => "left out",
        ColumnFate::StopsTable => "stops the table",
        ColumnFate::Unknown => "unknown",
    }
}
