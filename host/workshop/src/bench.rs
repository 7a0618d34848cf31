//! How fast a plugin is on its own cases, run as the product runs it.

use std::{
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::{Batch, Column, ColumnBuilder, Table};
use glasshouse_sandbox::{CallError, Plugin};

use crate::{Case, WorkshopError};

/// What the host hands over at once. Recorded rows are repeated up to here: three rows would
/// measure nothing but the call.
const BATCH_ROWS: u32 = 8_192;

/// How fast one case is.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The case.
    pub case: String,
    /// How many times it ran.
    pub runs: u32,
    /// Rows of one run.
    pub rows: u64,
    /// Batches of one run.
    pub batches: u64,
    /// The middle one of all runs' times: other work on the machine does not move it much.
    pub median: Duration,
}

impl Pace {
    /// Rows a second.
    #[must_use]
    pub fn rows_per_s(&self) -> f64 {
        self.rows as f64 / self.median.as_secs_f64().max(1e-9)
    }

    /// Microseconds a batch.
    #[must_use]
    pub fn us_per_batch(&self) -> f64 {
        self.median.as_secs_f64() * 1e6 / self.batches.max(1) as f64
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:.2} million rows/s, {:.1} us a batch of {BATCH_ROWS} ({} runs of {} rows)",
            self.case,
            self.rows_per_s() / 1e6,
            self.us_per_batch(),
            self.runs,
            self.rows
        )
    }
}

/// Runs each case over and over for about `each`.
///
/// # Errors
/// When a case cannot be read, or the plugin fails on it.
pub fn bench(plugin: &Plugin, folder: &Path, each: Duration) -> Result<Vec<Pace>, WorkshopError> {
    Case::load_all(folder, plugin.manifest())?
        .into_iter()
        // A case of a plugin that gives up measures nothing.
        .filter(|case| !case.expects_an_error() && case.tables.iter().any(|table| table.rows() > 0))
        .map(|mut case| {
            case.tables.iter_mut().for_each(grow);
            measure(plugin, &case, each).map_err(|error| {
                WorkshopError::case(&case.folder, format!("with its rows repeated: {error}"))
            })
        })
        .collect()
}

fn measure(plugin: &Plugin, case: &Case, each: Duration) -> Result<Pace, CallError> {
    let started = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || started.elapsed() < each {
        let run = Instant::now();
        case.run(plugin)?;
        times.push(run.elapsed());
    }
    times.sort_unstable();
    Ok(Pace {
        case: case.name.clone(),
        runs: u32::try_from(times.len()).unwrap_or(u32::MAX),
        rows: case.tables.iter().map(Table::rows).sum(),
        batches: case.tables.iter().map(|table| table.batches.len() as u64).sum(),
        median: times.get(times.len() / 2).copied().unwrap_or_default(),
    })
}

/// Makes one full batch of a table's rows.
fn grow(table: &mut Table) {
    if table.rows() == 0 {
        return;
    }
    let columns = (0..table.schema.fields().len()).map(|place| repeat(table, place)).collect();
    if let Ok(batch) = Batch::new(Arc::clone(&table.schema), BATCH_ROWS, columns) {
        table.batches = vec![batch];
    }
}

fn repeat(table: &Table, place: usize) -> Column {
    let kind =
        table.schema.fields().get(place).map_or(glasshouse_contract::ColumnType::Text, |field| field.kind);
    let mut builder = ColumnBuilder::new(kind, BATCH_ROWS as usize);
    let rows = || {
        table
            .batches
            .iter()
            .filter_map(|batch| Some((batch.columns().get(place)?, batch.rows() as usize)))
            .flat_map(|(column, rows)| (0..rows).map(move |row| (column, row)))
    };
    for (column, row) in std::iter::repeat_with(rows).flatten().take(BATCH_ROWS as usize) {
        let pushed = match column {
            Column::Text(column) => column.get(row).map(|value| builder.push_text(value)),
            Column::Int(column) | Column::Timestamp(column) => {
                column.get(row).map(|value| builder.push_int(value))
            }
            Column::Float(column) => column.get(row).map(|value| builder.push_float(value)),
            Column::Boolean(column) => column.get(row).map(|value| builder.push_boolean(value)),
        };
        if pushed.is_none() {
            builder.push_null();
        }
    }
    builder.finish()
}
