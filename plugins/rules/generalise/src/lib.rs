//! Makes values coarser until many share them.
//!
//! Which values are common is known at the end of a table alone, so the rule's scope is the table: it
//! reads once to count, and once more to write.

mod coarser;
mod wishes;

use std::{borrow::Cow, cmp::Reverse, collections::HashMap};

use glasshouse_sdk::{ColumnType, Field, prelude::*};
use wishes::{ColumnKind, OfText, Wishes};

struct Generalise {
    wishes: Wishes,
    other: String,
    counts: Vec<String>,
}

impl Rule for Generalise {
    fn begin(run: &Context) -> Result<Self> {
        let counts = run.setting("counts")?.split(',').map(|name| name.trim().to_owned()).collect();
        Ok(Self { wishes: Wishes::read(run)?, other: run.setting("other")?.to_owned(), counts })
    }

    fn finish(&mut self, tables: &Tables, targets: &Targets) -> Result<()> {
        for table in (0..).take(tables.names().len()) {
            let fields = tables.schema(table)?;
            let open: Vec<u32> = targets.iter().map(|(_, column)| column).collect();
            self.wishes.check(&fields, |column, kinds| {
                open.contains(&(column as u32)) && kinds.contains(&kind_of(&fields[column]))
            })?;
            let common = self.common(tables, table, &fields, &open)?;
            for batch in tables.open_all(table)? {
                let batch = batch?;
                for column in &open {
                    self.rewrite(&batch, *column, &fields[*column as usize], &common)?;
                }
            }
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(Generalise);

/// The values that are kept, by column, where not all are.
type Common = HashMap<u32, Vec<String>>;

fn kind_of(field: &Field) -> ColumnKind {
    match field.kind {
        ColumnType::Timestamp => ColumnKind::Time,
        ColumnType::Int | ColumnType::Float => ColumnKind::Number,
        ColumnType::Text | ColumnType::Boolean => ColumnKind::Text,
    }
}

impl Generalise {
    fn common(&self, tables: &Tables, table: u32, fields: &[Field], open: &[u32]) -> Result<Common> {
        let asked = |column: &u32| {
            let field = &fields[*column as usize];
            let wish = self.wishes.of_text(&field.name).filter(|_| field.kind == ColumnType::Text)?;
            wish.top.map(|top| (*column, top.0, wish))
        };
        let asked: Vec<(u32, usize, OfText<'_>)> = open.iter().filter_map(asked).collect();
        if asked.is_empty() {
            return Ok(Common::new());
        }
        let is_count = |column: &&u32| {
            let field = &fields[**column as usize];
            field.kind == ColumnType::Int && self.counts.contains(&field.name)
        };
        let count = open.iter().find(is_count);
        let mut seen: Vec<HashMap<String, i64>> = vec![HashMap::new(); asked.len()];
        for batch in tables.open_all(table)? {
            let batch = batch?;
            let weights = count.map(|column| batch.ints(*column)).transpose()?;
            let weight = |row: usize| weights.as_ref().map_or(1, |column| column.values[row].max(0));
            for ((column, _, wish), seen) in asked.iter().zip(&mut seen) {
                for (row, value) in batch.text(*column)?.iter().enumerate() {
                    let Some(value) = value else { continue };
                    let value = self.coarser(wish, value).into_owned();
                    let sum = seen.entry(value).or_default();
                    *sum = sum.saturating_add(weight(row));
                }
            }
        }
        let most_common = |(most, seen): (usize, HashMap<String, i64>)| {
            let mut values: Vec<(String, i64)> =
                seen.into_iter().filter(|(value, _)| *value != self.other).collect();
            // Of equals the first by name, so that the same table always gives the same.
            values.sort_by(|(one, a), (next, b)| (Reverse(a), one).cmp(&(Reverse(b), next)));
            values.into_iter().take(most).map(|(value, _)| value).collect()
        };
        let columns = asked.iter().map(|(column, ..)| *column);
        let kept = asked.iter().map(|(_, most, _)| *most).zip(seen).map(most_common);
        Ok(columns.zip(kept).collect())
    }

    /// A text as a version or date, made coarser; what is neither takes the place of the others.
    fn coarser<'a>(&'a self, wish: &OfText<'_>, value: &'a str) -> Cow<'a, str> {
        let mut kept = Some(Cow::Borrowed(value));
        if let Some(parts) = wish.parts {
            kept = parts.of(value).map(Cow::Borrowed);
        }
        if let Some(period) = wish.period {
            kept = period.of_text(value).map(|date| Cow::Owned(date.to_string()));
        }
        kept.unwrap_or(Cow::Borrowed(&self.other))
    }

    fn rewrite(&self, batch: &Batch, column: u32, field: &Field, common: &Common) -> Result<()> {
        match field.kind {
            ColumnType::Text => {
                let Some(wish) = self.wishes.of_text(&field.name) else { return Ok(()) };
                let kept = common.get(&column);
                batch.map_text(column, |value, row| {
                    let value = self.coarser(&wish, value);
                    let is_kept = kept.is_none_or(|kept| kept.iter().any(|kept| *kept == value));
                    row.push(if is_kept { &value } else { &self.other });
                })
            }
            ColumnType::Timestamp => {
                let Some(period) = self.wishes.of_time(&field.name) else { return Ok(()) };
                let times = batch.ints(column)?;
                let first = times.iter().map(|time| time.and_then(|time| period.of_time(time)));
                batch.set_ints(column, first.collect::<IntBuilder>())
            }
            ColumnType::Int => {
                let Some(ranges) = self.wishes.of_number(&field.name) else { return Ok(()) };
                let numbers = batch.ints(column)?;
                let lower = numbers.iter().map(|number| number.and_then(|number| ranges.of_int(number)));
                batch.set_ints(column, lower.collect::<IntBuilder>())
            }
            ColumnType::Float => {
                let Some(ranges) = self.wishes.of_number(&field.name) else { return Ok(()) };
                let numbers = batch.floats(column)?;
                let lower = numbers.iter().map(|number| number.and_then(|number| ranges.of_float(number)));
                batch.set_floats(column, lower.collect::<FloatBuilder>())
            }
            ColumnType::Boolean => Ok(()),
        }
    }
}
