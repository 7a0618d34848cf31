use std::fmt::Write as _;

use glasshouse_control::Inspection;

use super::{change, class, columns, lineage, needs, scope, sent, sources, step, verdict};
use crate::screen::{line, shown};

/// The inspection as Markdown, for a ticket or a review.
pub fn markdown(inspection: &Inspection) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {} {}\n", inspection.id, inspection.version);
    let _ = writeln!(out, "{}\n\n{}\n", cell(&inspection.title), cell(&inspection.purpose));
    let _ = writeln!(out, "**Verdict:** {}\n", cell(&verdict(inspection)));
    for warning in &inspection.verdict.warnings {
        let _ = writeln!(out, "**Warning:** {}\n", cell(warning));
    }
    table(
        &mut out,
        &["Fact", "Value"],
        [
            ["Kind".to_owned(), inspection.kind.to_string()],
            ["Author, by its own word".to_owned(), inspection.author.clone()],
            ["Contract".to_owned(), inspection.api.clone()],
            ["Signers".to_owned(), signers(inspection)],
            ["Size".to_owned(), format!("{} bytes", inspection.size)],
            ["Plugin digest".to_owned(), inspection.digest.to_string()],
            ["File digest".to_owned(), inspection.file_digest.to_string()],
            ["Manifest digest".to_owned(), inspection.manifest_digest.to_string()],
        ],
    );
    section(&mut out, "Checks");
    let steps = &inspection.verdict.steps;
    table(
        &mut out,
        &["Check", "Outcome", "Why"],
        steps.iter().map(|check| [check.check.clone(), step(check.outcome).to_owned(), check.words.clone()]),
    );
    section(&mut out, "Asks");
    table(
        &mut out,
        &["Ask", "Granted"],
        inspection
            .asks
            .iter()
            .map(|ask| [ask.ask.to_string(), if ask.granted { "yes" } else { "no" }.to_owned()]),
    );
    section(&mut out, "Imports and exports");
    table(&mut out, &["Direction", "Interface"], {
        let imports = inspection.imports.iter().map(|name| ["import".to_owned(), name.clone()]);
        imports.chain(inspection.exports.iter().map(|name| ["export".to_owned(), name.clone()]))
    });
    section(&mut out, "Limits");
    table(
        &mut out,
        &["Limit", "Value", "Usual"],
        inspection
            .limits
            .iter()
            .map(|limit| [limit.name.to_string(), limit.value.to_string(), limit.default.to_string()]),
    );
    query(&mut out, inspection);
    if let Some(rule) = &inspection.rule {
        section(&mut out, &format!("Works on {}", scope(rule)));
        table(&mut out, &["What it does"], needs(rule).into_iter().map(|need| [need]));
    }
    if let Some(target) = &inspection.target {
        section(&mut out, "Endpoints");
        table(
            &mut out,
            &["Name", "Endpoint"],
            target.endpoints.iter().map(|endpoint| [endpoint.name.to_string(), endpoint.to_string()]),
        );
    }
    if let Some(dependencies) = &inspection.dependencies {
        section(&mut out, "Built from");
        table(
            &mut out,
            &["Crate", "Version", "Source", "Use"],
            dependencies.iter().map(|each| {
                [
                    each.name.clone(),
                    each.version.clone(),
                    each.source.clone(),
                    super::usage(each.used).to_owned(),
                ]
            }),
        );
    }
    if let Some(why) = &inspection.dependencies_unreadable {
        let _ = writeln!(out, "\n**Warning:** {}", cell(why));
    }
    difference(&mut out, inspection);
    out
}

fn query(out: &mut String, inspection: &Inspection) {
    let Some(query) = &inspection.query else { return };
    for statement in &query.statements {
        section(
            out,
            &format!("Statement {} ({}, {})", statement.name, statement.level, cell(&statement.cadence)),
        );
        fenced(out, "sql", &statement.sql);
        if let Some(report) = sent(inspection, &statement.name) {
            let _ = writeln!(out, "\nSQL Server gets:\n");
            fenced(out, "sql", &report.sends);
            let _ = writeln!(out, "\nIt reads {}.", cell(&report.reads.join(", ")));
            if !report.needs.is_empty() {
                let _ = writeln!(out, "It needs {}.", cell(&report.needs.join(", ")));
            }
        }
    }
    section(out, "Columns");
    let rows = columns(inspection).into_iter().flat_map(|(owner, specs)| {
        specs.iter().map(move |column| {
            [
                format!("{owner}.{}", column.name),
                column.kind.to_string(),
                column.class.to_string(),
                column.format.clone().unwrap_or_default(),
                column.description.clone(),
            ]
        })
    });
    table(out, &["Column", "Type", "Class", "Format", "What it says"], rows);
    guard(out, inspection);
}

fn guard(out: &mut String, inspection: &Inspection) {
    let Some(report) = &inspection.guard else { return };
    section(out, "What each column is made from");
    let rows = lineage(report).map(|(owner, column)| {
        [
            format!("{owner}.{}", column.column),
            class(column),
            column.floor.to_string(),
            column.why.clone(),
            sources(column),
        ]
    });
    table(out, &["Column", "Class", "Floor", "Why", "Made from"], rows);
    if !report.findings.is_empty() {
        section(out, "Refused for");
        let rows = report.findings.iter().map(|finding| {
            [finding.object.clone(), finding.code.clone(), finding.cause.clone(), finding.mend.clone()]
        });
        table(out, &["What", "Code", "Cause", "Mend"], rows);
    }
}

fn difference(out: &mut String, inspection: &Inspection) {
    let Some(difference) = &inspection.difference else { return };
    section(
        out,
        &format!(
            "Difference to {} {}, which runs now",
            difference.running_version,
            difference.running_digest.short()
        ),
    );
    let added = difference.asks_added.iter().map(|ask| format!("+ asks for {ask}"));
    let removed = difference.asks_removed.iter().map(|ask| format!("- asks for {ask}"));
    let lines: Vec<String> = added.chain(removed).chain(difference.changes.iter().map(change)).collect();
    if lines.is_empty() {
        out.push_str("None in what it says about itself.\n");
    } else {
        fenced(out, "diff", &lines.join("\n"));
    }
}

fn signers(inspection: &Inspection) -> String {
    let signers: Vec<String> = inspection.verdict.signers.iter().map(ToString::to_string).collect();
    if signers.is_empty() { "none".to_owned() } else { signers.join("; ") }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n## {title}\n");
}

fn table<const N: usize>(
    out: &mut String,
    headings: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    let _ = writeln!(out, "| {} |\n|{}", headings.join(" | "), " --- |".repeat(N));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.map(|value| cell(&value)).join(" | "));
    }
}

/// Text from a plugin inside a line of Markdown: it starts no column, tag, link or emphasis.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for character in line(text).chars() {
        if matches!(character, '\\' | '|' | '<' | '>' | '`' | '*' | '_' | '[' | ']' | '&' | '!' | '#') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text from a plugin as a block of code, in a fence longer than any in it.
fn fenced(out: &mut String, language: &str, text: &str) {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "{fence}{language}\n{}\n{fence}", shown(text).trim_end());
}
