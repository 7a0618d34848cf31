//! `run --once`: collects now, and says what was done.

use std::{collections::BTreeMap, fmt::Write as _, io::IsTerminal as _};

use glasshouse_contract::{Fault, Name};
use glasshouse_control::{
    Collected, QueryReceipt, Reason, Receipt, Reply, Request, RequestState, SealedCount, StatementState,
};

use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
    verb::{Output, redaction, sealed::bytes, unexpected},
};

pub fn collect(place: &Place, sites: Vec<Name>, output: Output) -> Result<Ended, Fault> {
    let watched = std::io::stderr().is_terminal();
    let request = Request::Collect { sites, watched };
    let Reply::Collected(collected) = place.ask_telling("connecting", request)? else {
        return Err(unexpected());
    };
    match output {
        Output::Json => screen::print_json(&collected),
        Output::Text => screen::print(&text(&collected)),
    }
    ended(&collected)
}

/// How it ended: with the first thing that kept a site from its run, or well where all of it is clean.
pub fn ended(collected: &[Collected]) -> Result<Ended, Fault> {
    match collected.iter().find_map(|site| site.fault.clone()) {
        Some(fault) => Err(fault),
        None if collected.iter().filter_map(|site| site.receipt.as_ref()).all(Receipt::is_clean) => {
            Ok(Ended::Well)
        }
        None => Ok(Ended::WithFindings),
    }
}

/// What was done at each site, for a person.
pub fn text(collected: &[Collected]) -> String {
    let mut text = String::new();
    for site in collected {
        match &site.receipt {
            Some(receipt) => {
                text.push_str(&receipt_text(receipt));
                let _ = write!(text, "\n{}", redaction::in_short(receipt, &site.warnings));
                text.push_str(&sealed_text(&site.sealed));
            }
            None => {
                let _ = writeln!(text, "site {}: nothing was collected", site.site);
            }
        }
        text.push('\n');
    }
    if collected.iter().any(|site| site.receipt.is_some()) {
        text.push_str("Look at the rows:  glasshouse show, or sqlite3 ledger.sqlite 'SELECT * FROM TEL_TelemetryResults'\n");
    }
    text
}

/// What was sealed, route by route, and what of it waits for whom.
fn sealed_text(sealed: &[SealedCount]) -> String {
    let mut text = String::new();
    for count in sealed {
        let _ = write!(
            text,
            "sealed on {} for {}: {} requests, {}, {}",
            count.route,
            count.target,
            count.requests,
            bytes(count.bytes),
            count.state
        );
        let hold = count.hold.filter(|_| matches!(count.state, RequestState::Held | RequestState::Draft));
        if let Some(hold) = hold {
            let _ = write!(text, " by hold {hold}: glasshouse hold show {hold}");
        }
        text.push('\n');
    }
    text
}

/// What a run did, for a person.
fn receipt_text(receipt: &Receipt) -> String {
    let total = &receipt.total;
    let mut text = format!(
        "site {}, level {}, run {} ({})\n\n",
        receipt.site, receipt.level, receipt.run, receipt.state
    );
    let mut columns = Columns::new(&["QUERY", "STATEMENTS", "SKIPPED", "FAILED", "READ", "KEPT", "MS"]);
    for query in receipt.queries.iter().filter(|query| query.digest.is_some()) {
        let count = |state| query.statements.iter().filter(|statement| statement.state == state).count();
        columns.row([
            query.query.to_string(),
            count(StatementState::Done).to_string(),
            count(StatementState::Skipped).to_string(),
            count(StatementState::Failed).to_string(),
            query.statements.iter().map(|statement| statement.rows_read).sum::<u64>().to_string(),
            query.tables.iter().map(|table| table.rows).sum::<u64>().to_string(),
            query.statements.iter().map(|statement| statement.duration_ms).sum::<u64>().to_string(),
        ]);
    }
    if columns.is_empty() {
        text.push_str("no query runs here, so nothing was collected; `glasshouse plugin list` shows why\n");
    }
    text.push_str(&columns.text());
    text.push_str(&passed_over(&receipt.queries));
    let _ = write!(
        text,
        "\n{} statements run, {} skipped, {} failed; {} rows read, {} kept; ",
        total.done, total.skipped, total.failed, total.rows_read, total.rows_kept
    );
    let _ = writeln!(text, "{}.{:03} s", total.duration_ms / 1000, total.duration_ms % 1000);
    if total.cells_cut > 0 {
        let _ = writeln!(text, "{} cells were longer than a cell may be, and were cut", total.cells_cut);
    }
    if total.values_left_out > 0 {
        let columns: usize =
            receipt.queries.iter().flat_map(|query| &query.tables).map(|table| table.left_out.len()).sum();
        let _ = writeln!(
            text,
            "{} values of {columns} columns are above `pseudonym` and were not kept; \
             `glasshouse show` names the columns",
            total.values_left_out
        );
    }
    text
}

/// Why statements did not run, those with one reason together.
fn passed_over(queries: &[QueryReceipt]) -> String {
    let mut by_reason: BTreeMap<(StatementState, Option<Reason>, Option<u32>), Vec<String>> = BTreeMap::new();
    for query in queries {
        for statement in query.statements.iter().filter(|statement| statement.state != StatementState::Done) {
            let key = (statement.state, statement.reason, statement.number);
            by_reason.entry(key).or_default().push(format!("{}/{}", query.query, statement.statement));
        }
    }
    let mut text = String::new();
    for ((state, reason, number), statements) in by_reason {
        let why = reason.map_or("for no reason that is known", Reason::words);
        let number = number.map(|number| format!(" (error {number})")).unwrap_or_default();
        // They are skipped at each run, as the operator chose; `plan` has their names.
        if reason == Some(Reason::Level) {
            let _ = writeln!(text, "\n{state}, {why}: {} (glasshouse plan names them)", statements.len());
            continue;
        }
        let _ = writeln!(text, "\n{state}, {why}{number}:");
        for statement in statements {
            let _ = writeln!(text, "  {}", screen::line(&statement));
        }
    }
    text
}
