//! One inspection, written for a person, a page, a program or a code scanner.

mod markdown;
mod sarif;
mod text;

pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use glasshouse_contract::{ColumnSpec, Name, Need, RuleSpec, Scope};
use glasshouse_control::{Change, GuardReport, Inspection, LineageReport, StatementReport};
use glasshouse_trust::{DependencyUse, Outcome, StepOutcome};
use similar::TextDiff;

/// The outcome in one sentence.
fn verdict(inspection: &Inspection) -> String {
    match &inspection.verdict.outcome {
        Outcome::Admitted { .. } => "would run here".to_owned(),
        Outcome::Waiting { .. } => "would wait here for an administrator's approval".to_owned(),
        Outcome::Refused { refusal } => format!("would be refused here: {refusal}"),
    }
}

const fn step(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Passed => "passed",
        StepOutcome::Failed => "failed",
        StepOutcome::Waiting => "waiting",
    }
}

const fn usage(used: DependencyUse) -> &'static str {
    match used {
        DependencyUse::Runtime => "part of it",
        DependencyUse::Build => "used to build it",
    }
}

/// The statements' and outputs' columns, by what they belong to.
fn columns(inspection: &Inspection) -> Vec<(&Name, &[ColumnSpec])> {
    let Some(query) = &inspection.query else { return Vec::new() };
    let statements = query.statements.iter().map(|statement| (&statement.name, statement.columns.as_slice()));
    statements.chain(query.outputs.iter().map(|output| (&output.name, output.columns.as_slice()))).collect()
}

/// What is sent for a statement, where it would be run.
fn sent<'a>(inspection: &'a Inspection, statement: &Name) -> Option<&'a StatementReport> {
    inspection.guard.iter().flat_map(|guard| &guard.statements).find(|report| report.statement == *statement)
}

/// Where each column comes from, by the statement or output that it belongs to.
fn lineage(report: &GuardReport) -> impl Iterator<Item = (&Name, &LineageReport)> {
    let statements =
        report.statements.iter().flat_map(|of| of.columns.iter().map(|column| (&of.statement, column)));
    statements
        .chain(report.outputs.iter().flat_map(|of| of.columns.iter().map(|column| (&of.output, column))))
}

/// A column's class, and whether it is below its floor on purpose.
fn class(column: &LineageReport) -> String {
    if column.lowered { format!("{} (lowered)", column.class) } else { column.class.to_string() }
}

/// What a column is made from; of many things the first few.
fn sources(column: &LineageReport) -> String {
    const MOST: usize = 6;
    let more = column.sources.len().saturating_sub(MOST);
    let mut text = column.sources.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    if text.is_empty() { "-".to_owned() } else { text }
}

/// How much of a table a rule sees at once.
fn scope(rule: &RuleSpec) -> &'static str {
    match rule.scope {
        Scope::Batch => "one batch at a time",
        Scope::Table => "whole tables",
    }
}

/// What a rule does to which columns, in words.
fn needs(rule: &RuleSpec) -> Vec<String> {
    let need = |need: &Need| {
        let names = need.columns.iter().map(ToString::to_string);
        let classes = need.classes.iter().map(|class| format!("every column of class {class}"));
        let what: Vec<String> = names.chain(classes).collect();
        let becomes = need.becomes.map_or_else(String::new, |becomes| format!(", becomes {}", becomes.class));
        format!("{} {} ({}){becomes}", need.access, what.join(", "), need.kind)
    };
    rule.needs.iter().map(need).collect()
}

/// One change in words; texts of several lines as a line-by-line difference.
fn change(change: &Change) -> String {
    match (&change.before, &change.now) {
        (None, Some(now)) => format!("+ {}: {now}", change.what),
        (Some(before), None) => format!("- {}: {before}", change.what),
        (Some(before), Some(now)) if before.contains('\n') || now.contains('\n') => {
            let lines = TextDiff::from_lines(before, now).unified_diff().context_radius(2).to_string();
            format!("~ {}:\n{}", change.what, lines.trim_end())
        }
        (before, now) => {
            let text = |side: &Option<String>| side.clone().unwrap_or_default();
            format!("~ {}: {} -> {}", change.what, text(before), text(now))
        }
    }
}

#[cfg(test)]
mod tests;
