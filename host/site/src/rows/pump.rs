//! The task that reads rows and hands over batches.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use futures_util::TryStreamExt;
use glasshouse_contract::{Batch, Name, Schema};
use tiberius::{QueryItem, QueryStream};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{Counts, Message, Rows, batches::Batches};
use crate::{
    error::{Cause, stage},
    pool::Lease,
    quiet::quiet,
    session::Session,
    tls::ByteBudget,
};

/// Batches that wait for whoever takes them. With one being filled and one being worked on, four are alive: at
/// 8 MiB a batch that is what memory can grow to.
const WAITING: usize = 2;

/// What is added to the limits of a row's cells: other columns, names, what the driver reads ahead (a packet and
/// what its buffer holds), and cells of a server that ignores TEXTSIZE, which are then cut here.
const ROW_SLACK: u64 = 1024 * 1024;

/// The largest limit of a cell, in KiB. A batch would be far larger than it should.
const MOST_CELL_KIB: u64 = 64 * 1024;

/// What is to be run, and how it is to come back.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) statement: String,
    pub(crate) schema: Arc<Schema>,
    /// The most bytes of text in a cell.
    cell: usize,
    pub(crate) patience: Duration,
}

impl Plan {
    pub(crate) fn new(statement: &str, schema: &Arc<Schema>, cell_kib: u64, patience: Duration) -> Self {
        let cell = cell_kib.clamp(1, MOST_CELL_KIB) * 1024;
        Self {
            statement: statement.to_owned(),
            schema: Arc::clone(schema),
            cell: usize::try_from(cell).unwrap_or(usize::MAX),
            patience,
        }
    }

    /// The bytes that the server may send of a long value. Two for each byte of text, as in UTF-16, and two
    /// characters more, so that a value that the server cut is longer than its limit and is seen to be.
    const fn text_size(&self) -> u64 {
        self.cell as u64 * 2 + 4
    }

    /// The bytes that a row may have.
    fn row_size(&self) -> u64 {
        self.text_size() * self.schema.fields().len() as u64 + ROW_SLACK
    }
}

/// Begins to read.
pub(crate) fn start(site: &Name, lease: Lease, plan: Plan) -> Rows {
    let (sender, messages) = mpsc::channel(WAITING);
    let counts = Arc::new(Counts::default());
    let task = tokio::spawn(pump(lease, plan, sender, Arc::clone(&counts))).abort_handle();
    Rows { site: site.clone(), messages, task, counts, first: None, ended: false }
}

async fn pump(mut lease: Lease, plan: Plan, sender: mpsc::Sender<Message>, counts: Arc<Counts>) {
    let last = match read(&mut lease.session, &plan, &sender, &counts).await {
        Ok(true) => {
            lease.give_back();
            Message::End
        }
        // Nobody wants the rest.
        Ok(false) => return,
        // An error of the statement came as a whole answer, and the connection is as good as before.
        Err(cause) if cause.leaves_connection() => {
            lease.give_back();
            Message::Failed(cause)
        }
        Err(cause) => {
            // Closed first, so that whoever tries again finds room.
            drop(lease);
            Message::Failed(cause)
        }
    };
    // An error means that nobody listens any more.
    let _ = sender.send(last).await;
}

/// Reads all rows. `false` where nobody takes them any more.
async fn read(
    session: &mut Session,
    plan: &Plan,
    sender: &mpsc::Sender<Message>,
    counts: &Counts,
) -> Result<bool, Cause> {
    session.limit_text(plan.text_size()).await?;
    let Session { client, budget, .. } = session;
    budget.set(plan.row_size());
    let late = |_| Cause::Timeout { stage: stage::STATEMENT, after: plan.patience };
    let mut deadline = Instant::now() + plan.patience;

    let asked = quiet(client.simple_query(plan.statement.as_str()));
    let mut answer =
        timeout_at(deadline, asked).await.map_err(late)?.map_err(|error| Cause::of_driver(error, budget))?;
    let columns = timeout_at(deadline, quiet(columns(&mut answer, budget))).await.map_err(late)??;
    let mut batches = Batches::new(&plan.schema, &columns, plan.cell)?;
    loop {
        let filled = timeout_at(deadline, quiet(fill(&mut answer, &mut batches, budget))).await;
        let more = filled.map_err(late)??;
        let batch = batches.take()?;
        let (cut, replaced) = batches.counts();
        counts.cut.store(cut, Ordering::Relaxed);
        counts.replaced.store(replaced, Ordering::Relaxed);
        if let Some(batch) = batch {
            match hand_over(batch, sender).await {
                // The server does not pay for the time that the other side took.
                Some(waited) => deadline += waited,
                None => return Ok(false),
            }
        }
        if !more {
            return Ok(true);
        }
    }
}

/// The columns of the answer, which come before its rows.
async fn columns(answer: &mut QueryStream<'_>, budget: &ByteBudget) -> Result<Vec<tiberius::Column>, Cause> {
    match answer.try_next().await.map_err(|error| Cause::of_driver(error, budget))? {
        Some(QueryItem::Metadata(columns)) => {
            budget.reset();
            Ok(columns.columns().to_vec())
        }
        Some(QueryItem::Row(_)) | None => Err(Cause::Malformed("it has no columns".to_owned())),
    }
}

/// Reads rows until the batch is full. `false` where there are no more.
async fn fill(
    answer: &mut QueryStream<'_>,
    batches: &mut Batches,
    budget: &ByteBudget,
) -> Result<bool, Cause> {
    while let Some(item) = answer.try_next().await.map_err(|error| Cause::of_driver(error, budget))? {
        match item {
            QueryItem::Row(row) => {
                budget.reset();
                batches.push(&row)?;
                if batches.is_full() {
                    return Ok(true);
                }
            }
            QueryItem::Metadata(_) => return Err(Cause::Malformed("it has two results".to_owned())),
        }
    }
    Ok(false)
}

/// Hands over a batch and says how long that took; `None` where nobody takes it.
async fn hand_over(batch: Batch, sender: &mpsc::Sender<Message>) -> Option<Duration> {
    let before = Instant::now();
    sender.send(Message::Batch(batch)).await.ok()?;
    Some(before.elapsed())
}
