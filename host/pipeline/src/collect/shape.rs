//! The blocking half of a plugin's part: batches in, kept rows out, on a thread of its own.

use glasshouse_contract::{Batch, Level, Name, PluginId, QuerySpec};
use glasshouse_ledger::{
    Carried, Ledger, LedgerError, PendingPart, Reason, RunRow, StatementRow, StatementState, TableRow,
};
use glasshouse_tripwire::Words;
use tokio::sync::mpsc;

use super::{
    kept::{KeepError, Keeper, Kept, level_of},
    run::Run,
};
use crate::{
    Occasion,
    plan::Job,
    redact::table::About,
    seal::{self, Sealed},
    steps,
};

/// What the thread is given.
pub enum Feed {
    /// Some rows of a statement.
    Batch(Name, Batch),
    /// There are no more rows; this is what became of the statements.
    End(Vec<StatementRow>),
}

/// How the thread ended.
pub enum Shaped {
    /// The part is done and can be seen.
    Done,
    /// The plugin failed. The part is still to be failed, with the statements' records.
    Lost { part: PendingPart, reason: Reason, words: String },
    /// The rows broke off. What was written is of no use.
    CutShort { part: PendingPart },
}

/// Runs one plugin over the rows that come in, and writes what is kept.
pub fn shape(run: &Run, job: &Job, mut feed: mpsc::Receiver<Feed>) -> Result<Shaped, LedgerError> {
    let manifest = job.generation.manifest();
    let ledger = run.registry.ledger();
    let part = ledger.begin_part(&run.part_of(job))?;
    let Some(query) = manifest.query() else { return Ok(Shaped::CutShort { part }) };
    let state = carried(ledger, &manifest.id, &run.row)?;
    let occasion = Occasion { state: state.unwrap_or_default(), ..run.occasion() };
    let about =
        About { id: &manifest.id, query, occasion: &occasion, scan: &run.scan, words: &job.words.all };
    let mut keeper = Keeper::new(ledger, part, about, &run.chains, &job.words.literals);
    match feed_all(run, job, query, &occasion, &mut keeper, &mut feed) {
        Ok(true) => Ok(Shaped::Done),
        Ok(false) => Ok(Shaped::CutShort { part: keeper.into_part() }),
        Err(KeepError::Ledger(error)) => Err(error),
        Err(KeepError::Lost { reason, words }) => {
            Ok(Shaped::Lost { part: keeper.into_part(), reason, words })
        }
    }
}

/// What a plugin carried here from its last run, unless that was at a higher level: what it read then may not be seen in
/// a run of this one.
fn carried(ledger: &Ledger, id: &PluginId, run: &RunRow) -> Result<Option<Vec<u8>>, LedgerError> {
    let Some(carried) = ledger.carried(id, &run.site)? else { return Ok(None) };
    let level = ledger.run(&carried.run)?.map(|before| before.level);
    Ok(level.filter(|level| *level <= run.level).map(|_| carried.bytes))
}

/// Whether the rows came to their end.
fn feed_all(
    run: &Run,
    job: &Job,
    query: &QuerySpec,
    occasion: &Occasion,
    keeper: &mut Keeper<'_>,
    feed: &mut mpsc::Receiver<Feed>,
) -> Result<bool, KeepError> {
    let plugin = job.generation.plugin();
    let failed = |error| KeepError::of_query(&error);
    let mut shaper = plugin.shaper(&steps::query_context(plugin, occasion)).map_err(failed)?;
    // How high a table may be, as long as not all rows are there.
    let may_run: Vec<(Name, Level)> = job
        .statements
        .iter()
        .filter(|statement| statement.run.is_ok())
        .map(|statement| (statement.name.clone(), statement.level))
        .collect();
    let from = |table: &Name| level_of(query, &may_run, table);
    let records = loop {
        match feed.blocking_recv() {
            Some(Feed::Batch(statement, batch)) => {
                // Before anybody else sees the rows.
                run.scan.remember(&batch, job.classes(&statement));
                shaper.take(&statement, &batch).map_err(failed)?;
                // The site's next rows wait until these are written: memory stays flat.
                drop(batch);
                keeper.take(&shaper.drain().map_err(failed)?, from)?;
            }
            Some(Feed::End(records)) => break records,
            None => return Ok(false),
        }
    };
    let shaped = shaper.finish().map_err(failed)?;
    let ran: Vec<(Name, Level)> = records
        .iter()
        .filter(|record| record.rows_read > 0)
        .map(|record| (record.statement.clone(), record.level))
        .collect();
    let is_there = |table: &Name| {
        let done = |record: &StatementRow| record.statement == *table && record.state == StatementState::Done;
        !query.outputs.is_empty() || records.iter().any(done)
    };
    let mut kept = keeper.finish(shaped.tables, from, |table| level_of(query, &ran, table), is_there)?;
    let query = &job.generation.manifest().id;
    let sealed = seal_kept(run, query, &job.words.all, occasion, keeper, &mut kept)?;
    let carried = Carried {
        run: run.row.id.clone(),
        digest: job.generation.digest(),
        bytes: shaped.state,
        since: run.registry.clock().now(),
    };
    run.registry.ledger().change(|change| {
        change.finish_part(keeper.part(), &records, &kept.tables)?;
        change.put_redaction(keeper.part(), &kept.redaction)?;
        for (route, table, content) in &sealed.contents {
            change.put_content(keeper.part(), route, table, *content)?;
        }
        change.carry_when_settled(keeper.part(), &carried)
    })?;
    Ok(true)
}

/// Turns what was kept into requests. A table that is held on a route goes that way no more.
pub fn seal_kept(
    run: &Run,
    query: &PluginId,
    words: &Words,
    occasion: &Occasion,
    keeper: &mut Keeper<'_>,
    kept: &mut Kept,
) -> Result<Sealed, LedgerError> {
    let about = seal::About {
        ledger: run.registry.ledger(),
        part: keeper.part(),
        run: &run.row,
        query,
        occasion,
        scan: &run.scan,
        scanned: &kept.redaction.scans,
        words,
        now: run.registry.clock().now(),
    };
    let sealed = seal::seal(&about, &run.sealing, &kept.tables)?;
    for held in &sealed.held {
        let of =
            |table: &&mut TableRow| table.chain.as_ref() == Some(&held.chain) && table.name == held.table;
        for table in kept.tables.iter_mut().filter(of) {
            table.routes.retain(|route| Some(route) != held.route.as_ref());
        }
    }
    for table in kept.tables.iter().filter(|table| table.routes.is_empty()) {
        keeper.discard(table)?;
    }
    kept.tables.retain(|table| !table.routes.is_empty());
    kept.redaction.held.extend(sealed.held.iter().cloned());
    Ok(sealed)
}
