//! Hides combinations of categories that too few devices share.
//!
//! A table's rows are groups of devices (with a column `Devices`) or single devices (without). What a
//! row's category columns say together is its cell. Cells of fewer than `least` devices are merged
//! into one called `other`; where that one is still too small, its rows are dropped.

use std::collections::HashMap;

use glasshouse_sdk::prelude::*;

/// The manifest's needs, by their place.
const CATEGORIES: u32 = 0;
const DEVICES: u32 = 1;

struct SmallCells {
    least: i64,
    other: String,
}

impl Rule for SmallCells {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { least: run.read_setting("least")?, other: run.setting("other")?.to_owned() })
    }

    fn finish(&mut self, tables: &Tables, targets: &Targets) -> Result<()> {
        let mut devices: HashMap<Vec<u8>, i64> = HashMap::new();
        for batch in tables.open_all(0)? {
            let cells = Cells::of(&batch?, targets)?;
            for row in 0..cells.rows {
                let cell = devices.entry(cells.key(row)).or_default();
                *cell = cell.saturating_add(cells.devices(row));
            }
        }
        let merged: i64 = devices.values().filter(|count| **count < self.least).sum();
        let keep_merged = merged >= self.least;
        for batch in tables.open_all(0)? {
            let batch = batch?;
            let cells = Cells::of(&batch, targets)?;
            let small: Vec<bool> = (0..cells.rows).map(|row| devices[&cells.key(row)] < self.least).collect();
            for (column, text) in targets.of(CATEGORIES).zip(&cells.categories) {
                let rows = text.iter().zip(&small);
                let shown = rows.map(|(value, small)| if *small { Some(self.other.as_str()) } else { value });
                batch.set_text(column, shown.collect::<TextBuilder>())?;
            }
            if !keep_merged && small.contains(&true) {
                batch.retain_rows(|row| !small[row])?;
            }
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(SmallCells);

/// One batch's categories and counts.
struct Cells {
    rows: usize,
    categories: Vec<Text>,
    devices: Option<Vec<i64>>,
}

impl Cells {
    fn of(batch: &Batch, targets: &Targets) -> Result<Self> {
        let categories = targets.of(CATEGORIES).map(|column| batch.text(column)).collect::<Result<_>>()?;
        let devices = targets.of(DEVICES).next().map(|column| batch.ints(column)).transpose()?;
        Ok(Self { rows: batch.rows() as usize, categories, devices: devices.map(|column| column.values) })
    }

    /// What the row's categories say together. Lengths keep ("ab", "c") and ("a", "bc") apart, and a
    /// missing value is not an empty one.
    fn key(&self, row: usize) -> Vec<u8> {
        let mut key = Vec::new();
        for text in &self.categories {
            let value = text.get(row);
            key.extend_from_slice(&value.map_or(u32::MAX, |value| value.len() as u32).to_le_bytes());
            key.extend_from_slice(value.unwrap_or_default().as_bytes());
        }
        key
    }

    fn devices(&self, row: usize) -> i64 {
        self.devices.as_ref().map_or(1, |devices| devices[row].max(0))
    }
}
