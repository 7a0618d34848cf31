//! Hides counts that are so small that they are about somebody.
//!
//! Each row of a table of counts is a cell, or the sum of some. `plan` decides what becomes of each, so
//! that no small count is seen or follows by subtraction; here the table is read and written. A table in
//! which each row is one device is planned by how many rows say the same.

mod columns;
mod plan;

use std::collections::HashMap;

use columns::{Held, Instead, Layout, Role};
use glasshouse_sdk::prelude::*;
use plan::{Ask, Fate, Plan, Row, TOTAL, plan};

struct SmallCells {
    least: i64,
    merge: bool,
    other: String,
    counts: Vec<String>,
    totals: Vec<String>,
    devices: Vec<String>,
}

impl Rule for SmallCells {
    fn begin(run: &Context) -> Result<Self> {
        let words = |name| run.setting(name).map(words);
        let least = run.read_setting("least")?;
        if least < 2 {
            return Err(
                format!("setting `least` is `{least}`: at least 2 share what is no single one's").into()
            );
        }
        let merge = match run.setting("small")? {
            "merge" => true,
            "suppress" => false,
            unknown => return Err(format!("setting `small` is `{unknown}`: it is merge or suppress").into()),
        };
        let other = run.setting("other")?.to_owned();
        Ok(Self {
            least,
            merge,
            other,
            counts: words("counts")?,
            totals: words("totals")?,
            devices: words("devices")?,
        })
    }

    fn finish(&mut self, tables: &Tables, targets: &Targets) -> Result<()> {
        for (table, name) in (0..).zip(tables.names()) {
            let layout = Layout::new(&tables.schema(table)?, targets, &self.counts);
            if layout.has_counts() {
                self.counted(tables, table, &layout)?;
            } else if self.devices.iter().any(|known| *known == name || known == "*") {
                self.single_devices(tables, table, &layout)?;
            }
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(SmallCells);

impl SmallCells {
    /// A table whose rows count.
    fn counted(&self, tables: &Tables, table: u32, layout: &Layout) -> Result<()> {
        let mut labels = Labels::default();
        let mut rows = Vec::new();
        for batch in tables.open_all(table)? {
            let batch = batch?;
            let columns = layout.read(&batch)?;
            let categories = || columns.iter().filter(|column| column.role == Role::Category);
            if categories().count() > 64 {
                return Err("a table with counts has more than 64 categories".into());
            }
            for row in 0..batch.rows() as usize {
                let label = |column: &Held| match column.text(row) {
                    Some(text) if !column.pseudonym && self.totals.iter().any(|total| total == text) => TOTAL,
                    _ => labels.of(column.bytes(row)),
                };
                let counts = columns.iter().filter(|column| column.role == Role::Count);
                rows.push(Row {
                    labels: categories().map(label).collect(),
                    counts: counts.map(|column| column.int(row).unwrap_or(0)).collect(),
                });
            }
        }
        let ask = Ask {
            least: self.least,
            merge: self.merge && layout.can_merge,
            other: labels.known(self.other.as_bytes()),
        };
        let plan = plan(&rows, ask);
        if plan.crossing > 0 {
            glasshouse_sdk::warning!("totals left out because they cut across others: {}", plan.crossing);
        }
        // The first row of a group says it for all of them.
        let mut said = vec![false; plan.groups.len()];
        let mut first = 0;
        for batch in tables.open_all(table)? {
            let batch = batch?;
            let rows = batch.rows() as usize;
            let fates = &plan.fates[first..first + rows];
            first += rows;
            let mut keep = vec![true; rows];
            for (keep, fate) in keep.iter_mut().zip(fates) {
                *keep = match fate {
                    Fate::Shown => true,
                    Fate::Hidden => false,
                    Fate::Merged(group) => !std::mem::replace(&mut said[*group], true),
                };
            }
            self.rewrite(&batch, layout, &plan, fates)?;
            if keep.contains(&false) {
                batch.retain_rows(|row| keep[row])?;
            }
        }
        Ok(())
    }

    /// Every column is written, whether or not anything of it changed: what a batch says of its columns
    /// must not depend on which rows came in it.
    fn rewrite(&self, batch: &Batch, layout: &Layout, plan: &Plan, fates: &[Fate]) -> Result<()> {
        let (mut category, mut count) = (0, 0);
        for column in layout.read(batch)? {
            let (own_category, own_count) = (category, count);
            column.write(batch, |row| {
                let Fate::Merged(group) = fates[row] else { return Instead::Same };
                let group = &plan.groups[group];
                match column.role {
                    Role::Category if group.stays[own_category] => Instead::Same,
                    Role::Category if column.pseudonym => Instead::Null,
                    Role::Category => Instead::Name(&self.other),
                    Role::Count => Instead::Number(group.counts[own_count]),
                    Role::Rest => Instead::Null,
                }
            })?;
            category += usize::from(column.role == Role::Category);
            count += usize::from(column.role == Role::Count);
        }
        Ok(())
    }

    /// A table of single devices: as many are in a cell as rows say the same. Names of the devices
    /// themselves, if only pseudonyms, are no categories here.
    fn single_devices(&self, tables: &Tables, table: u32, layout: &Layout) -> Result<()> {
        let is_category = |column: &&Held| column.role == Role::Category && !column.pseudonym;
        let mut labels = Labels::default();
        let mut cells: Vec<Row> = Vec::new();
        let mut by_labels: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut cell_of = Vec::new();
        for batch in tables.open_all(table)? {
            let batch = batch?;
            let columns = layout.read(&batch)?;
            for row in 0..batch.rows() as usize {
                let own: Vec<u32> =
                    columns.iter().filter(is_category).map(|column| labels.of(column.bytes(row))).collect();
                let cell = *by_labels.entry(own).or_insert_with_key(|own| {
                    cells.push(Row { labels: own.clone(), counts: vec![0] });
                    cells.len() - 1
                });
                cells[cell].counts[0] += 1;
                cell_of.push(cell);
            }
        }
        let other = labels.known(self.other.as_bytes());
        let plan = plan(&cells, Ask { least: self.least, merge: self.merge, other });
        let mut first = 0;
        for batch in tables.open_all(table)? {
            let batch = batch?;
            let fate = |row: usize| plan.fates[cell_of[first + row]];
            for column in layout.read(&batch)?.iter().filter(is_category) {
                column.write(&batch, |row| match fate(row) {
                    Fate::Merged(_) => Instead::Name(&self.other),
                    Fate::Shown | Fate::Hidden => Instead::Same,
                })?;
            }
            let rows = batch.rows() as usize;
            if (0..rows).any(|row| fate(row) == Fate::Hidden) {
                batch.retain_rows(|row| fate(row) != Fate::Hidden)?;
            }
            first += rows;
        }
        Ok(())
    }
}

/// Numbers for values: the same number for the same bytes.
#[derive(Default)]
struct Labels(HashMap<Option<Vec<u8>>, u32>);

impl Labels {
    fn of(&mut self, value: Option<Vec<u8>>) -> u32 {
        // There are fewer rows than numbers, in what a plugin can hold.
        let next = self.0.len() as u32;
        *self.0.entry(value).or_insert(next)
    }

    fn known(&self, value: &[u8]) -> Option<u32> {
        self.0.get(&Some(value.to_vec())).copied()
    }
}

/// A setting with commas between its words.
fn words(setting: &str) -> Vec<String> {
    setting.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}
