//! What redaction did, for a person: in the receipt of `run --once`, and whole in `show --redaction`.

use std::fmt::Write as _;

use glasshouse_control::{HeldRow, Receipt, RedactionReport, RouteRow, RuleRow, mend};

use crate::screen::{self, Columns};

/// What was done on each route, the tripwire's verdict, and each table that is held with what to do.
pub fn in_short(receipt: &Receipt, warnings: &[String]) -> String {
    let mut columns = Columns::new(&[
        "ROUTE",
        "CEILING",
        "TABLES",
        "ROWS",
        "HASHED",
        "MASKED",
        "COARSENED",
        "NULLED",
        "DROPPED",
        "ROWS SUPPRESSED",
        "HELD",
    ]);
    let mut verdicts = String::new();
    for route in &receipt.routes {
        let total = receipt.redaction_on(route);
        let tables = receipt.queries.iter().flat_map(|query| &query.tables);
        let tables = tables.filter(|table| table.chain.is_some() && table.routes.contains(&route.route));
        let rows = tables.map(|table| table.rows).collect::<Vec<u64>>();
        columns.row([
            route.route.to_string(),
            route.ceiling.to_string(),
            rows.len().to_string(),
            rows.iter().sum::<u64>().to_string(),
            total.hashed.to_string(),
            total.masked.to_string(),
            total.coarsened.to_string(),
            total.nulled.to_string(),
            total.dropped.to_string(),
            total.suppressed.to_string(),
            (total.held + total.above_ceiling).to_string(),
        ]);
        let verdict = match total.hits {
            0 => "found nothing".to_owned(),
            hits => format!("{hits} finds, whose tables are held"),
        };
        let _ = writeln!(
            verdicts,
            "tripwire on {}: {verdict}, {} finds that are allowed; {} cells looked at",
            route.route, total.allowed, total.cells_scanned
        );
    }
    if receipt.routes.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n{verdicts}{}", columns.text(), held(receipt));
    for warning in warnings {
        let _ = writeln!(text, "warning: {}", screen::line(warning));
    }
    text
}

/// Each table that is held: why, and what to do.
fn held(receipt: &Receipt) -> String {
    let mut text = String::new();
    for query in &receipt.queries {
        for row in &query.held {
            let (id, table, routes) = (&query.query, &row.table, routes_of(receipt, row));
            let _ = writeln!(text, "held: {id}/{table} on {routes}: {}", why(row));
            let _ = writeln!(text, "  mend: {}", screen::line(&mend(id, row)));
        }
    }
    text
}

/// The routes on which it is held.
fn routes_of(receipt: &Receipt, row: &HeldRow) -> String {
    receipt
        .routes
        .iter()
        .filter(|route| row.is_on(route))
        .map(|route| route.route.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn why(row: &HeldRow) -> String {
    let mut words = row.why.words().to_owned();
    if let Some(column) = &row.column {
        let _ = write!(words, ": column {column}");
    }
    if let (Some(class), Some(ceiling)) = (row.class, row.ceiling) {
        let _ = write!(words, " is {class}, and the ceiling is {ceiling}");
    }
    if let Some(kind) = &row.kind {
        let _ = write!(words, ", {}", screen::line(kind));
    }
    if row.count > 0 {
        let _ = write!(words, ", {} times", row.count);
    }
    if let Some(rule) = &row.rule {
        let _ = write!(words, "; by {rule}");
    }
    words
}

/// All of it: what each rule did to each column.
pub fn in_full(report: &RedactionReport) -> String {
    let receipt = &report.receipt;
    let when = receipt.started.strftime("%Y-%m-%d %H:%M:%S UTC");
    let mut text =
        format!("site {}, level {}, run {} of {when}\n\n", receipt.site, receipt.level, receipt.run);
    text.push_str(&in_short(receipt, &report.warnings));
    if receipt.routes.is_empty() {
        text.push_str("the run is from before there were routes: nothing is known of its redaction\n");
    }
    for route in &receipt.routes {
        text.push_str(&route_text(receipt, route));
    }
    if !report.allowances.is_empty() {
        text.push_str("\nfinds that are allowed:\n");
    }
    for allowed in &report.allowances {
        let (find, reason) = (&allowed.find, screen::line(&allowed.reason));
        let of = format!("{}/{} {} {}", find.query, find.table, find.column, find.kind);
        let _ = writeln!(text, "  {of}: {reason} ({})", screen::line(&allowed.actor));
    }
    text
}

fn route_text(receipt: &Receipt, route: &RouteRow) -> String {
    let rules: Vec<String> = route.rules.iter().map(rule_words).collect();
    let rules = if rules.is_empty() { "no rules".to_owned() } else { rules.join(", then ") };
    let mut text = format!("\nroute {} (up to level {}): {rules}\n", route.route, route.level);
    if let Some(target) = &route.target {
        let _ = writeln!(text, "goes to {target}");
    }
    let mut columns = Columns::new(&[
        "TABLE",
        "COLUMN",
        "RULE",
        "FROM",
        "TO",
        "SEEN",
        "CHANGED",
        "NULLED",
        "DROPPED",
        "SUPPRESSED",
    ]);
    for query in &receipt.queries {
        for row in query.redaction.iter().filter(|row| row.chain == route.chain) {
            columns.row([
                format!("{}/{}", query.query, row.table),
                row.column.to_string(),
                row.rule.to_string(),
                row.class_in.to_string(),
                row.class_out.map_or_else(|| "gone".to_owned(), |class| class.to_string()),
                row.seen.to_string(),
                row.changed.to_string(),
                row.nulled.to_string(),
                row.dropped.to_string(),
                row.suppressed.to_string(),
            ]);
        }
    }
    text.push_str(&if columns.is_empty() {
        "no rule worked on a column\n".to_owned()
    } else {
        columns.text()
    });
    text
}

/// A rule with its version, its file and what it was set to.
pub fn rule_words(rule: &RuleRow) -> String {
    let settings: Vec<String> =
        rule.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let settings = if settings.is_empty() { String::new() } else { format!(" [{}]", settings.join(", ")) };
    screen::line(&format!("{} {} ({}){settings}", rule.rule, rule.version, rule.digest.short()))
}
