//! One inspection, written for a person, a page, a program or a code scanner.

mod markdown;
mod sarif;
mod text;

pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use glasshouse_contract::{ColumnSpec, Name, Need, RuleSpec, Scope};
use glasshouse_control::{Change, Inspection};
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
