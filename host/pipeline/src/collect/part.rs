//! One plugin's part of a run: its statements in the manifest's order, each one's rows through the plugin.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::{Batch, Name};
use glasshouse_ledger::{PendingPart, Reason, StatementRow, StatementState};
use glasshouse_site::{Cause, SiteError};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    CollectError, Event,
    run::Run,
    shape::{Feed, Shaped, shape},
};
use crate::plan::{Job, JobStatement};

/// Batches that wait between the site and the plugin: one that is read while another is worked on.
const WAITING: usize = 2;
/// How often rows of one statement may break off for a reason that may be over, and be read again.
const TRIES: u32 = 3;
/// Before the first repetition; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// Within how long a stopped plugin's statement is given up, though no row comes.
const LOOK_FOR_STOP: Duration = Duration::from_millis(500);

/// How one pass over the statements ended.
enum Pass {
    /// The part is over.
    Over,
    /// A statement broke off in the middle of its rows. The plugin has seen a part of them: it has to begin anew.
    BrokeOff { record: StatementRow, retry: bool },
}

/// How the rows of a statement ended.
enum End {
    /// There are no more, or there were none.
    Over(StatementRow),
    /// They broke off after some had been given to the plugin.
    BrokeOff { record: StatementRow, retry: bool },
    /// The thread that takes them is gone: the plugin failed.
    NobodyTakes,
    /// The plugin was stopped.
    Stopped(StatementRow),
}

/// Does one plugin's part of a run.
pub async fn do_part(run: Arc<Run>, job: Job) -> Result<(), CollectError> {
    let job = Arc::new(job);
    // Statements that this part is done without, and why.
    let mut without: BTreeMap<Name, StatementRow> = BTreeMap::new();
    let mut tries: BTreeMap<Name, u32> = BTreeMap::new();
    for statement in &job.statements {
        if let Err(why) = &statement.run {
            let words = (why.reason != Reason::Level).then(|| why.words.clone());
            let record = StatementRow { reason: Some(why.reason), words, ..not_begun(statement) };
            without.insert(statement.name.clone(), record);
        }
    }
    if without.len() == job.statements.len() {
        let records = job.statements.iter().filter_map(|statement| without.remove(&statement.name)).collect();
        return pass_over(run, job, records).await;
    }
    loop {
        match pass(&run, &job, &without).await? {
            Pass::Over => return Ok(()),
            Pass::BrokeOff { record, retry } => {
                run.tell(&Event::QueryBeginsAnew {
                    site: run.row.site.clone(),
                    query: job.generation.manifest().id.clone(),
                    statement: record.statement.clone(),
                });
                let tried = tries.entry(record.statement.clone()).or_default();
                *tried += 1;
                if retry && *tried < TRIES {
                    tokio::time::sleep(PAUSE * 2u32.pow(*tried - 1)).await;
                } else {
                    without.insert(record.statement.clone(), record);
                }
            }
        }
    }
}

/// Notes why none of a plugin's statements runs. The plugin is not begun: it would take nothing asked for nothing
/// found.
async fn pass_over(run: Arc<Run>, job: Arc<Job>, records: Vec<StatementRow>) -> Result<(), CollectError> {
    tokio::task::spawn_blocking(move || {
        let ledger = run.registry.ledger();
        let part = ledger.begin_part(&run.part_of(&job))?;
        ledger.change(|change| change.finish_part(&part, &records, &[]))
    })
    .await
    .map_err(|_| CollectError::Worker)?
    .map_err(CollectError::Ledger)
}

async fn pass(
    run: &Arc<Run>,
    job: &Arc<Job>,
    without: &BTreeMap<Name, StatementRow>,
) -> Result<Pass, CollectError> {
    let (feed, taken) = mpsc::channel(WAITING);
    let worker = {
        let (run, job) = (Arc::clone(run), Arc::clone(job));
        tokio::task::spawn_blocking(move || shape(&run, &job, taken))
    };
    let mut records: Vec<StatementRow> = Vec::with_capacity(job.statements.len());
    for statement in &job.statements {
        let end = match without.get(&statement.name) {
            Some(record) => End::Over(record.clone()),
            None => rows_of(run, job, statement, &feed).await?,
        };
        match end {
            End::Over(record) => {
                let failed = record.state == StatementState::Failed;
                records.push(record);
                // The rest is not asked for: nothing would be made of it.
                if failed && folds(job) {
                    break;
                }
            }
            End::NobodyTakes => break,
            End::Stopped(record) => {
                records.push(record);
                break;
            }
            End::BrokeOff { record, retry } => {
                drop(feed);
                // What it wrote is thrown away when the part begins anew.
                drop(ended(worker).await?);
                return Ok(Pass::BrokeOff { record, retry });
            }
        }
    }
    let stopped = job.generation.plugin().stopped().is_some();
    let any = |state| records.iter().any(|record| record.state == state);
    let whole = any(StatementState::Done) && !any(StatementState::Failed);
    if stopped || whole || !folds(job) {
        // Where the thread is gone already, it tells why itself.
        let _ = feed.send(Feed::End(records.clone())).await;
    }
    drop(feed);
    let (part, reason, words) = match ended(worker).await? {
        Shaped::Done => return Ok(Pass::Over),
        Shaped::Lost { part, reason, words } => (part, reason, words),
        Shaped::CutShort { part } => (part, Reason::Incomplete, Reason::Incomplete.words().to_owned()),
    };
    fail(run, job, part, lost_records(job, records, reason, &words)).await?;
    run.tell(&Event::QueryFailed {
        site: run.row.site.clone(),
        query: job.generation.manifest().id.clone(),
        reason,
    });
    Ok(Pass::Over)
}

/// Whether the query makes something of its own of all its statements. To such a one a statement that failed
/// looks like one that found nothing: it would tell of things that are gone, and remember them as gone. A
/// statement that this site does not have is another matter, as long as there are others.
fn folds(job: &Job) -> bool {
    job.generation.manifest().query().is_some_and(|query| !query.outputs.is_empty())
}

/// Sends a statement to the site and its rows to the plugin.
async fn rows_of(
    run: &Arc<Run>,
    job: &Job,
    statement: &JobStatement,
    feed: &mpsc::Sender<Feed>,
) -> Result<End, CollectError> {
    let Ok(printed) = &statement.run else { return Ok(End::Over(not_begun(statement))) };
    let (site, query) = (run.row.site.clone(), job.generation.manifest().id.clone());
    run.tell(&Event::StatementBegan { site, query, statement: statement.name.clone() });
    let timer = Instant::now();
    let mut record = StatementRow {
        started: Some(run.registry.clock().now()),
        state: StatementState::Done,
        ..not_begun(statement)
    };
    let stopped = watch_for_stop(job);
    tokio::pin!(stopped);
    let opened = tokio::select! {
        biased;
        why = &mut stopped => Err(why),
        opened = run.site.site.query(printed, &statement.schema, run.cell_kib) => Ok(opened),
    };
    let mut rows = match opened {
        Err(why) => return Ok(End::Stopped(stopped_record(run, job, record, timer, why))),
        Ok(Err(error)) => return Ok(End::Over(failed_record(run, job, record, timer, error)?)),
        Ok(Ok(rows)) => rows,
    };
    loop {
        let next = tokio::select! {
            biased;
            why = &mut stopped => Err(why),
            next = rows.next() => Ok(next),
        };
        record.cells_cut = rows.cut_cells();
        match next {
            Err(why) => return Ok(End::Stopped(stopped_record(run, job, record, timer, why))),
            Ok(Ok(Some(batch))) => {
                record.rows_read += u64::from(batch.rows());
                if !give(run, job, &record, batch, feed).await {
                    return Ok(End::NobodyTakes);
                }
            }
            Ok(Ok(None)) => return Ok(End::Over(ended_record(run, job, record, timer))),
            Ok(Err(error)) => {
                let given = record.rows_read > 0;
                let retry = error.retry();
                let record = failed_record(run, job, record, timer, error)?;
                return Ok(if given { End::BrokeOff { record, retry } } else { End::Over(record) });
            }
        }
    }
}

/// Whether somebody took them.
async fn give(run: &Run, job: &Job, record: &StatementRow, batch: Batch, feed: &mpsc::Sender<Feed>) -> bool {
    let rows = record.rows_read;
    if feed.send(Feed::Batch(record.statement.clone(), batch)).await.is_err() {
        return false;
    }
    run.tell(&Event::Rows {
        site: run.row.site.clone(),
        query: job.generation.manifest().id.clone(),
        statement: record.statement.clone(),
        rows,
    });
    true
}

/// Ends when the plugin was stopped, with the reason; else never.
async fn watch_for_stop(job: &Job) -> String {
    loop {
        if let Some(why) = job.generation.plugin().stopped() {
            return why;
        }
        tokio::time::sleep(LOOK_FOR_STOP).await;
    }
}

async fn ended<E>(worker: JoinHandle<Result<Shaped, E>>) -> Result<Shaped, CollectError>
where
    CollectError: From<E>,
{
    Ok(worker.await.map_err(|_| CollectError::Worker)??)
}

async fn fail(
    run: &Arc<Run>,
    job: &Arc<Job>,
    mut part: PendingPart,
    records: Vec<StatementRow>,
) -> Result<(), CollectError> {
    tracing::warn!(
        site = %run.row.site, query = %job.generation.manifest().id, "a query failed; its rows are not kept"
    );
    let run = Arc::clone(run);
    tokio::task::spawn_blocking(move || {
        let ledger = run.registry.ledger();
        ledger.discard_rows(&mut part)?;
        ledger.change(|change| change.fail_part(&part, &records))
    })
    .await
    .map_err(|_| CollectError::Worker)?
    .map_err(CollectError::Ledger)
}

/// The records of a part that is lost: whatever was read is not kept.
fn lost_records(job: &Job, records: Vec<StatementRow>, reason: Reason, words: &str) -> Vec<StatementRow> {
    let mut known: BTreeMap<Name, StatementRow> =
        records.into_iter().map(|record| (record.statement.clone(), record)).collect();
    job.statements
        .iter()
        .map(|statement| {
            let record = known
                .remove(&statement.name)
                .unwrap_or_else(|| StatementRow { state: StatementState::Done, ..not_begun(statement) });
            if record.state != StatementState::Done {
                return record;
            }
            let words = Some(words.to_owned());
            StatementRow { state: StatementState::Failed, reason: Some(reason), words, ..record }
        })
        .collect()
}

fn not_begun(statement: &JobStatement) -> StatementRow {
    StatementRow {
        statement: statement.name.clone(),
        level: statement.level,
        started: None,
        duration_ms: 0,
        rows_read: 0,
        cells_cut: 0,
        state: StatementState::Skipped,
        reason: None,
        number: None,
        words: None,
    }
}

fn ended_record(run: &Run, job: &Job, record: StatementRow, timer: Instant) -> StatementRow {
    let duration_ms = u64::try_from(timer.elapsed().as_millis()).unwrap_or(u64::MAX);
    let record = StatementRow { duration_ms, ..record };
    run.tell(&Event::StatementEnded {
        site: run.row.site.clone(),
        query: job.generation.manifest().id.clone(),
        statement: record.statement.clone(),
        rows: record.rows_read,
        duration_ms: record.duration_ms,
        state: record.state,
        reason: record.reason,
        number: record.number,
    });
    record
}

fn stopped_record(run: &Run, job: &Job, record: StatementRow, timer: Instant, why: String) -> StatementRow {
    let (state, reason, words) = (StatementState::Failed, Some(Reason::Stopped), Some(why));
    ended_record(run, job, StatementRow { state, reason, words, ..record }, timer)
}

/// The record of a statement that went wrong; the error itself where it is about the site as a whole.
fn failed_record(
    run: &Run,
    job: &Job,
    record: StatementRow,
    timer: Instant,
    error: SiteError,
) -> Result<StatementRow, CollectError> {
    if error.is_of_site() {
        return Err(CollectError::Site(error));
    }
    let (state, reason) = meaning(error.cause());
    let (reason, number, words) = (Some(reason), error.number(), Some(error.cause().to_string()));
    Ok(ended_record(run, job, StatementRow { state, reason, number, words, ..record }, timer))
}

/// What a statement's error means to the run. A site of another version, or a login with fewer rights, is
/// nothing that went wrong: the statement is skipped.
fn meaning(cause: &Cause) -> (StatementState, Reason) {
    use StatementState::{Failed, Skipped};
    match cause {
        Cause::MissingObject { .. } => (Skipped, Reason::MissingObject),
        Cause::MissingColumn { .. } => (Skipped, Reason::MissingColumn),
        Cause::Permission { .. } => (Skipped, Reason::Permission),
        Cause::Timeout { .. } => (Failed, Reason::Timeout),
        Cause::Deadlock => (Failed, Reason::Deadlock),
        Cause::LockTimeout => (Failed, Reason::LockTimeout),
        Cause::Columns { .. } | Cause::Null { .. } | Cause::Value { .. } => (Failed, Reason::Columns),
        Cause::Broken(_) => (Failed, Reason::Broken),
        Cause::TooLarge { .. } | Cause::Malformed(_) => (Failed, Reason::Unreadable),
        _ => (Failed, Reason::Server),
    }
}
