//! Whether a rule did what its manifest says, seen by the host from what the tables were before and are after it.
//! The sandbox refuses a rule what was not declared; this does not ask the sandbox.

use std::{collections::HashSet, fmt, sync::Arc};

use glasshouse_contract::{
    Access, Batch, Column, ColumnName, ColumnType, DataClass, Field, Need, RuleSpec, Table,
};

use super::{chain::Stepped, format::Format, report::ColumnCount};

/// What a rule did that it should not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lie {
    pub what: Deed,
    pub column: Option<ColumnName>,
    pub count: u64,
}

/// In words of the host's, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It left values as pseudonyms that were there before.
    PassedThrough,
    /// It calls a pseudonym what has no pseudonym's shape.
    NoPseudonym,
    /// It changed a column that it does not work on, or in a way that it does not declare.
    ChangedUndeclared,
    /// It dropped a column that it may not drop.
    DroppedUndeclared,
    /// It made a column.
    MadeColumn,
    /// It left rows out, or made some, and does not declare it.
    OtherRows,
    /// It calls a measure what is no number.
    NoMeasure,
    /// It wrote what is not written as the column promises.
    BrokeFormat,
    /// It gave a column another class or type than it declares.
    OtherClass,
}

impl Deed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PassedThrough => "passed-through",
            Self::NoPseudonym => "no-pseudonym",
            Self::ChangedUndeclared => "changed-undeclared",
            Self::DroppedUndeclared => "dropped-undeclared",
            Self::MadeColumn => "made-column",
            Self::OtherRows => "other-rows",
            Self::NoMeasure => "no-measure",
            Self::BrokeFormat => "broke-format",
            Self::OtherClass => "other-class",
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known of a table before a rule works on it.
pub struct Before<'a> {
    pub rule: &'a RuleSpec,
    pub table: &'a Table,
    /// How the texts of each column are promised to be written.
    pub formats: &'a [Option<Format>],
    /// Words that an administrator set for the rule: it may write them in any category.
    pub words: &'a HashSet<&'a str>,
}

/// What the rule did to each column; or how it lied.
pub fn check(before: &Before<'_>, after: &Stepped) -> Result<Vec<(ColumnName, ColumnCount)>, Lie> {
    let rows = Rows::of(before, after)?;
    let fields = before.table.schema.fields();
    if let Some(made) = after.table.schema.fields().iter().find(|field| place(fields, &field.name).is_none())
    {
        return Err(Lie { what: Deed::MadeColumn, column: Some(made.name.clone()), count: 1 });
    }
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let format = before.formats.get(index).copied().flatten();
            let look = Look {
                field,
                need: before.rule.needs.iter().find(|need| need.takes(field)),
                format,
                words: before.words,
                rows: &rows,
                index,
                now: place(after.table.schema.fields(), &field.name),
                fields_after: after.table.schema.fields(),
            };
            Ok((field.name.clone(), look.column()?))
        })
        .collect()
}

fn place(fields: &[Field], name: &ColumnName) -> Option<usize> {
    fields.iter().position(|field| field.name == *name)
}

/// The batches before and after, with the rows that are left.
struct Rows<'a>(Vec<Pair<'a>>);

struct Pair<'a> {
    before: &'a Batch,
    after: &'a Batch,
    kept: Option<&'a [u32]>,
}

impl<'a> Rows<'a> {
    /// Rows in are rows out and rows left out, batch by batch.
    fn of(before: &Before<'a>, after: &'a Stepped) -> Result<Self, Lie> {
        let lie = |count: u64| Lie { what: Deed::OtherRows, column: None, count };
        // A table without rows comes back as an empty batch.
        if before.table.batches.is_empty() {
            let made = after.table.rows();
            return if made == 0 { Ok(Self(Vec::new())) } else { Err(lie(made)) };
        }
        let batches = (before.table.batches.len(), after.table.batches.len(), after.kept.len());
        if batches.0 != batches.1 || batches.0 != batches.2 {
            return Err(lie(before.table.rows().abs_diff(after.table.rows()).max(1)));
        }
        let mut pairs = Vec::with_capacity(batches.0);
        for ((before_batch, after_batch), kept) in
            before.table.batches.iter().zip(&after.table.batches).zip(&after.kept)
        {
            let (came, left) = (before_batch.rows(), after_batch.rows());
            let fits = match kept {
                None => came == left,
                Some(kept) => {
                    before.rule.drops_rows
                        && kept.len() == left as usize
                        && kept.is_sorted_by(|a, b| a < b)
                        && kept.last().is_none_or(|last| *last < came)
                }
            };
            if !fits {
                return Err(lie(u64::from(came.abs_diff(left)).max(1)));
            }
            pairs.push(Pair { before: before_batch, after: after_batch, kept: kept.as_deref() });
        }
        Ok(Self(pairs))
    }

    fn seen(&self) -> u64 {
        self.0.iter().map(|pair| u64::from(pair.before.rows())).sum()
    }

    fn suppressed(&self) -> u64 {
        self.0
            .iter()
            .map(|pair| u64::from(pair.before.rows() - pair.after.rows().min(pair.before.rows())))
            .sum()
    }
}

impl Pair<'_> {
    /// Each row that is left, with its number before.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.after.rows() as usize).map(|row| match self.kept {
            Some(kept) => (kept.get(row).map_or(usize::MAX, |before| *before as usize), row),
            None => (row, row),
        })
    }
}

/// One column, before and after.
struct Look<'a> {
    field: &'a Field,
    need: Option<&'a Need>,
    format: Option<Format>,
    words: &'a HashSet<&'a str>,
    rows: &'a Rows<'a>,
    index: usize,
    /// Its place afterwards.
    now: Option<usize>,
    fields_after: &'a [Field],
}

impl Look<'_> {
    fn lie(&self, what: Deed, count: u64) -> Lie {
        Lie { what, column: Some(self.field.name.clone()), count }
    }

    fn access(&self) -> Option<Access> {
        self.need.map(|need| need.access)
    }

    fn column(&self) -> Result<ColumnCount, Lie> {
        let after = self.now.and_then(|now| self.fields_after.get(now));
        let taken = self.need.is_some();
        let mut count = ColumnCount::of(self.field.class, after.map(|field| field.class), taken);
        count.seen = self.rows.seen();
        count.suppressed = self.rows.suppressed();
        let Some((now, after)) = self.now.zip(after) else {
            count.dropped = self.values_before();
            let may = self.access() == Some(Access::Drop);
            return if may { Ok(count) } else { Err(self.lie(Deed::DroppedUndeclared, count.seen)) };
        };
        self.compare(now, &mut count);
        self.hold_to_access(&count)?;
        self.hold_to_class(after)?;
        match after.class {
            DataClass::Pseudonym => self.hold_to_pseudonyms(now, self.field.class != DataClass::Pseudonym)?,
            DataClass::Measure if after.kind == ColumnType::Text => {
                return Err(self.lie(Deed::NoMeasure, count.seen));
            }
            DataClass::Category => self.hold_to_format(now)?,
            _ => {}
        }
        Ok(count)
    }

    fn values_before(&self) -> u64 {
        let values = |pair: &Pair<'_>| {
            let nulls = pair
                .before
                .columns()
                .get(self.index)
                .map_or(0, |column| column.validity().nulls(pair.before.rows()));
            u64::from(pair.before.rows() - nulls)
        };
        self.rows.0.iter().map(values).sum()
    }

    /// The columns before and after, batch by batch.
    fn pairs(&self, now: usize) -> impl Iterator<Item = (&Pair<'_>, &Column, &Column)> {
        self.rows.0.iter().filter_map(move |pair| {
            Some((pair, pair.before.columns().get(self.index)?, pair.after.columns().get(now)?))
        })
    }

    fn compare(&self, now: usize, count: &mut ColumnCount) {
        for (pair, before, after) in self.pairs(now) {
            if pair.kept.is_none() && is_same_memory(before, after) {
                continue;
            }
            for (was, is) in pair.rows() {
                match (has(before, was), has(after, is)) {
                    (true, false) => count.nulled += 1,
                    (false, true) => count.changed += 1,
                    (true, true) if !same(before, was, after, is) => count.changed += 1,
                    _ => {}
                }
            }
        }
    }

    fn hold_to_access(&self, count: &ColumnCount) -> Result<(), Lie> {
        let may_change = matches!(self.access(), Some(Access::Replace | Access::Handle));
        let may_null = matches!(self.access(), Some(Access::Replace | Access::Drop));
        let wrong = if may_change { 0 } else { count.changed } + if may_null { 0 } else { count.nulled };
        if wrong == 0 { Ok(()) } else { Err(self.lie(Deed::ChangedUndeclared, wrong)) }
    }

    /// The class and the type are those from before, or those that the rule declares.
    fn hold_to_class(&self, after: &Field) -> Result<(), Lie> {
        let declared = self.need.and_then(|need| need.becomes);
        // The host's kernel makes pseudonyms whatever the manifest says of the column.
        let by_kernel = self.access() == Some(Access::Handle) || self.access() == Some(Access::Replace);
        let class = after.class == self.field.class
            || declared.is_some_and(|becomes| becomes.class == after.class)
            || by_kernel && after.class == DataClass::Pseudonym;
        let kind = after.kind == self.field.kind
            || declared.and_then(|becomes| becomes.kind).is_some_and(|kind| kind == after.kind);
        if class && kind { Ok(()) } else { Err(self.lie(Deed::OtherClass, 1)) }
    }

    /// What became a pseudonym has a pseudonym's shape and was not there before; what was one and is another now
    /// has the shape.
    fn hold_to_pseudonyms(&self, now: usize, became: bool) -> Result<(), Lie> {
        let mut wrong = 0;
        let mut passed = 0;
        let mut length = None;
        let known = if became { self.shaped_before() } else { HashSet::new() };
        for (pair, before, after) in self.pairs(now) {
            let Column::Text(texts) = after else {
                // Of a number nobody can say whether it is a pseudonym.
                let any = pair.rows().any(|(_, is)| has(after, is));
                wrong += u64::from(any && became);
                continue;
            };
            for (was, is) in pair.rows() {
                let Some(value) = texts.bytes(is) else { continue };
                if !became && same(before, was, after, is) {
                    continue;
                }
                let one_length = *length.get_or_insert(value.len()) == value.len();
                if !is_pseudonym(value) || became && !one_length {
                    wrong += 1;
                } else if known.contains(value.to_ascii_lowercase().as_slice()) {
                    passed += 1;
                }
            }
        }
        match (passed, wrong) {
            (0, 0) => Ok(()),
            (0, wrong) => Err(self.lie(Deed::NoPseudonym, wrong)),
            (passed, _) => Err(self.lie(Deed::PassedThrough, passed)),
        }
    }

    /// The values from before that could be taken for pseudonyms.
    fn shaped_before(&self) -> HashSet<Vec<u8>> {
        let mut known = HashSet::new();
        for pair in &self.rows.0 {
            if let Some(Column::Text(texts)) = pair.before.columns().get(self.index) {
                let values = (0..pair.before.rows() as usize).filter_map(|row| texts.bytes(row));
                known.extend(values.map(<[u8]>::to_ascii_lowercase).filter(|value| is_pseudonym(value)));
            }
        }
        known
    }

    /// What the rule wrote is written as the column promises, or is a word that an administrator set.
    fn hold_to_format(&self, now: usize) -> Result<(), Lie> {
        let Some(format) = self.format else { return Ok(()) };
        let mut wrong = 0;
        for (pair, before, after) in self.pairs(now) {
            let Column::Text(texts) = after else { continue };
            let misfit = |(was, is): &(usize, usize)| {
                texts.get(*is).is_some_and(|text| {
                    !format.fits(text) && !self.words.contains(text) && !same(before, *was, after, *is)
                })
            };
            wrong += pair.rows().filter(misfit).count() as u64;
        }
        if wrong == 0 { Ok(()) } else { Err(self.lie(Deed::BrokeFormat, wrong)) }
    }
}

/// A keyed pseudonym has 16 to 64 hexadecimal digits, an even number; Configuration Manager's hash is 32 bytes in
/// Base64.
pub fn is_pseudonym(value: &[u8]) -> bool {
    let hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let keyed = (16..=64).contains(&value.len()) && value.len().is_multiple_of(2) && value.iter().all(hex);
    let hash = || {
        value
            .split_last()
            .is_some_and(|(last, rest)| *last == b'=' && rest.len() == 43 && rest.iter().all(base64))
    };
    keyed || hash()
}

/// Whether two columns are the same memory, so that nothing of them can differ.
fn is_same_memory(a: &Column, b: &Column) -> bool {
    let (valid_a, valid_b) = (a.validity().bits(), b.validity().bits());
    let valid = Arc::ptr_eq(&valid_a, &valid_b) || valid_a == valid_b;
    valid
        && match (a, b) {
            (Column::Text(a), Column::Text(b)) => {
                Arc::ptr_eq(a.data(), b.data()) && Arc::ptr_eq(a.offsets(), b.offsets())
            }
            (Column::Int(a), Column::Int(b)) | (Column::Timestamp(a), Column::Timestamp(b)) => {
                Arc::ptr_eq(a.values(), b.values())
            }
            (Column::Float(a), Column::Float(b)) => Arc::ptr_eq(a.values(), b.values()),
            (Column::Boolean(a), Column::Boolean(b)) => Arc::ptr_eq(a.bits(), b.bits()),
            _ => false,
        }
}

fn has(column: &Column, row: usize) -> bool {
    column.validity().is_valid(row)
}

fn same(a: &Column, row_a: usize, b: &Column, row_b: usize) -> bool {
    match (a, b) {
        (Column::Text(a), Column::Text(b)) => a.bytes(row_a) == b.bytes(row_b),
        (Column::Int(a), Column::Int(b)) | (Column::Timestamp(a), Column::Timestamp(b)) => {
            a.get(row_a) == b.get(row_b)
        }
        (Column::Float(a), Column::Float(b)) => {
            a.get(row_a).map(f64::to_bits) == b.get(row_b).map(f64::to_bits)
        }
        (Column::Boolean(a), Column::Boolean(b)) => a.get(row_a) == b.get(row_b),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
