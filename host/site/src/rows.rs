//! The rows of a statement, as batches of the manifest's columns.
//!
//! Nothing is cast in silence. A column of the manifest takes these types of SQL Server, and any other is an error
//! of the statement that names the column:
//!
//! | manifest | SQL Server | how |
//! |---|---|---|
//! | `boolean` | bit | |
//! | `int` | tinyint, smallint, int, bigint | tinyint has no sign |
//! | `int` | decimal, numeric of scale 0 | an error where it does not fit 64 bits |
//! | `float` | real, float | |
//! | `float` | decimal, numeric, money, smallmoney | the nearest float |
//! | `text` | decimal, numeric, money, smallmoney | exact, with all digits of the scale |
//! | `text` | char, varchar, text, nchar, nvarchar, ntext, xml | |
//! | `text` | uniqueidentifier | upper case with hyphens, as SQL Server writes it |
//! | `text` | binary, varbinary, image, rowversion | `0x` and upper case, as SQL Server writes it |
//! | `text` | time | `hh:mm:ss` and as many digits as the column has |
//! | `timestamp` | datetime, smalldatetime, datetime2, date | taken as UTC, which is what ConfigMgr stores |
//! | `timestamp` | datetimeoffset | the moment; the offset is dropped |
//! | any | sql_variant | value by value, as the type that is in it |
//!
//! Timestamps are microseconds: of datetime2(7) the last digit is cut, and a datetime's 1/300 s is rounded.
//! The driver reads money as a float; as text it is exact up to 900,700,000,000, and beyond that an error.
//! A half character of UTF-16 becomes U+FFFD, and the cell is counted ([`Rows::replaced_cells`]). In xml and in a
//! sql_variant it is an error, as are bytes that are none of a varchar's code page: the driver reads these strictly.
//! It reads a varchar by the language of its collation, which is wrong for a collation that ends with `_UTF8`; Configuration
//! Manager supports none of these. Spatial and other CLR types are no columns of anything.
//!
//! A batch closes with its 8,192nd row, or with the row that reaches 8 MiB.

mod batches;
mod calendar;
mod cell;
mod columns;
mod pump;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use glasshouse_contract::{Batch, Name};
use tokio::{sync::mpsc, task::AbortHandle};

pub(crate) use pump::{Plan, start};

use crate::error::{Cause, SiteError};

/// What the reading task sends.
enum Message {
    Batch(Batch),
    Failed(Cause),
    /// All rows were sent. Without it the task ended in a way that it should not.
    End,
}

/// What was done to cells on the way.
#[derive(Debug, Default)]
struct Counts {
    cut: AtomicU64,
    replaced: AtomicU64,
}

/// The rows of a statement, as they come in. Dropped before its end, it closes the connection, for that is the only
/// way to stop a server that sends.
#[derive(Debug)]
pub struct Rows {
    site: Name,
    messages: mpsc::Receiver<Message>,
    task: AbortHandle,
    counts: Arc<Counts>,
    first: Option<Batch>,
    ended: bool,
}

impl Rows {
    /// The next batch, `None` after the last one. No batch is empty.
    ///
    /// # Errors
    /// When the server, the connection or a value fails. What was handed over before is then not the whole answer.
    pub async fn next(&mut self) -> Result<Option<Batch>, SiteError> {
        if let Some(batch) = self.first.take() {
            return Ok(Some(batch));
        }
        self.receive().await.map_err(|cause| SiteError::new(&self.site, cause))
    }

    /// How many cells were longer than their limit, and cut, in the batches so far.
    #[must_use]
    pub fn cut_cells(&self) -> u64 {
        self.counts.cut.load(Ordering::Relaxed)
    }

    /// How many cells hold U+FFFD in place of what was no character, in the batches so far.
    #[must_use]
    pub fn replaced_cells(&self) -> u64 {
        self.counts.replaced.load(Ordering::Relaxed)
    }

    /// Waits for the first batch, the end, or what went wrong before any batch was there.
    pub(crate) async fn begin(&mut self) -> Result<(), Cause> {
        self.first = self.receive().await?;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Batch>, Cause> {
        if self.ended {
            return Ok(None);
        }
        match self.messages.recv().await {
            Some(Message::Batch(batch)) => return Ok(Some(batch)),
            Some(Message::End) => self.ended = true,
            Some(Message::Failed(cause)) => {
                self.ended = true;
                return Err(cause);
            }
            None => {
                self.ended = true;
                return Err(Cause::Broken("the driver gave up on what the server sent".to_owned()));
            }
        }
        Ok(None)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.task.abort();
    }
}
