use std::fmt::Write as _;

use glasshouse_control::Inspection;

use super::{change, class, columns, lineage, needs, scope, sent, sources, step, verdict};
use crate::screen::{Columns, line, shown};

/// The inspection for a terminal.
pub fn text(inspection: &Inspection) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<10}{}", line(value));
    };
    fact("plugin", &format!("{} {} ({})", inspection.id, inspection.version, inspection.kind));
    fact("title", &inspection.title);
    fact("purpose", &inspection.purpose);
    fact("author", &format!("{} (by its own word)", inspection.author));
    fact("contract", &inspection.api);
    fact("size", &format!("{} bytes", inspection.size));
    fact("digest", &inspection.digest.to_string());
    fact("file", &inspection.file_digest.to_string());
    fact("manifest", &inspection.manifest_digest.to_string());
    fact("verdict", &verdict(inspection));
    for warning in &inspection.verdict.warnings {
        fact("warning", warning);
    }
    for signer in &inspection.verdict.signers {
        fact("signer", &signer.to_string());
    }
    checks(&mut out, inspection);
    component(&mut out, inspection);
    asks(&mut out, inspection);
    query(&mut out, inspection);
    rule(&mut out, inspection);
    target(&mut out, inspection);
    dependencies(&mut out, inspection);
    difference(&mut out, inspection);
    out
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{text}");
}

fn item(out: &mut String, text: &str) {
    let _ = writeln!(out, "  {}", line(text));
}

fn block(out: &mut String, text: &str) {
    for each in text.lines() {
        let _ = writeln!(out, "    {}", shown(each));
    }
}

fn table(out: &mut String, columns: &Columns) {
    for row in columns.text().lines() {
        let _ = writeln!(out, "  {row}");
    }
}

fn checks(out: &mut String, inspection: &Inspection) {
    heading(out, "checks");
    let mut columns = Columns::new(&["CHECK", "OUTCOME", "WHY"]);
    for check in &inspection.verdict.steps {
        columns.row([check.check.as_str(), step(check.outcome), check.words.as_str()]);
    }
    table(out, &columns);
}

fn component(out: &mut String, inspection: &Inspection) {
    heading(out, "imports");
    inspection.imports.iter().for_each(|import| item(out, import));
    heading(out, "exports");
    inspection.exports.iter().for_each(|export| item(out, export));
}

fn asks(out: &mut String, inspection: &Inspection) {
    heading(out, "asks for");
    for ask in &inspection.asks {
        item(out, &format!("{} {}", if ask.granted { "[granted]    " } else { "[not granted]" }, ask.ask));
    }
    if inspection.asks.is_empty() {
        item(out, "nothing beyond what every plugin of its kind gets");
    }
    heading(out, "limits");
    let mut columns = Columns::new(&["LIMIT", "VALUE", "USUAL"]);
    for limit in &inspection.limits {
        columns.row([limit.name.to_string(), limit.value.to_string(), limit.default.to_string()]);
    }
    table(out, &columns);
    if !inspection.settings.is_empty() {
        heading(out, "settings");
        for setting in &inspection.settings {
            item(out, &format!("{} = \"{}\": {}", setting.name, setting.default, setting.description));
        }
    }
}

fn query(out: &mut String, inspection: &Inspection) {
    let Some(query) = &inspection.query else { return };
    for statement in &query.statements {
        heading(
            out,
            &format!(
                "statement {} (level {}, {})",
                statement.name,
                statement.level,
                line(&statement.cadence)
            ),
        );
        block(out, &statement.sql);
        if let Some(report) = sent(inspection, &statement.name) {
            item(out, "SQL Server gets");
            block(out, &report.sends);
            item(out, &format!("reads {}", report.reads.join(", ")));
            if !report.needs.is_empty() {
                item(out, &format!("needs {}", report.needs.join(", ")));
            }
        }
    }
    let mut rows = Columns::new(&["COLUMN", "TYPE", "CLASS", "FORMAT", "WHAT IT SAYS"]);
    for (owner, specs) in columns(inspection) {
        for column in specs {
            rows.row([
                format!("{owner}.{}", column.name),
                format!("{}{}", column.kind, if column.nullable { "?" } else { "" }),
                column.class.to_string(),
                column.format.clone().unwrap_or_else(|| "-".to_owned()),
                column.description.clone(),
            ]);
        }
    }
    heading(out, "columns");
    table(out, &rows);
    guard(out, inspection);
}

fn guard(out: &mut String, inspection: &Inspection) {
    let Some(report) = &inspection.guard else { return };
    heading(out, "what each column is made from, and the lowest class that it may have");
    let mut rows = Columns::new(&["COLUMN", "CLASS", "FLOOR", "WHY", "MADE FROM"]);
    for (owner, column) in lineage(report) {
        rows.row([
            format!("{owner}.{}", column.column),
            class(column),
            column.floor.to_string(),
            column.why.clone(),
            sources(column),
        ]);
    }
    table(out, &rows);
    if !report.findings.is_empty() {
        heading(out, "refused for");
        for finding in &report.findings {
            item(out, &format!("{}: {} ({})", finding.object, finding.cause, finding.code));
            item(out, &format!("  mend: {}", finding.mend));
        }
    }
}

fn rule(out: &mut String, inspection: &Inspection) {
    let Some(rule) = &inspection.rule else { return };
    heading(out, &format!("works on {}", scope(rule)));
    needs(rule).iter().for_each(|need| item(out, need));
}

fn target(out: &mut String, inspection: &Inspection) {
    let Some(target) = &inspection.target else { return };
    heading(out, "endpoints");
    for endpoint in &target.endpoints {
        item(out, &format!("{}: {endpoint}", endpoint.name));
    }
    if !target.credentials.is_empty() {
        item(out, &format!("credentials: {}", target.credentials.join(", ")));
    }
}

fn dependencies(out: &mut String, inspection: &Inspection) {
    if let Some(why) = &inspection.dependencies_unreadable {
        heading(out, why);
    }
    let Some(dependencies) = &inspection.dependencies else { return };
    heading(out, "built from");
    for each in dependencies {
        item(out, &format!("{} {} ({}, {})", each.name, each.version, each.source, super::usage(each.used)));
    }
}

fn difference(out: &mut String, inspection: &Inspection) {
    let Some(difference) = &inspection.difference else { return };
    heading(
        out,
        &format!(
            "difference to {} {}, which runs now",
            difference.running_version,
            difference.running_digest.short()
        ),
    );
    for ask in &difference.asks_added {
        item(out, &format!("+ asks for {ask}"));
    }
    for ask in &difference.asks_removed {
        item(out, &format!("- asks for {ask}"));
    }
    for each in &difference.changes {
        for part in change(each).lines() {
            let _ = writeln!(out, "  {}", shown(part));
        }
    }
    if difference.is_empty() {
        item(out, "none in what it says about itself");
    }
}
