//! Tables while a plugin holds handles to them: which column may be used how, and what was done.

use std::sync::Arc;

use glasshouse_contract::{
    Access, Batch, Becomes, Column, ColumnType, DataClass, Field, Name, Need, RuleSpec, Schema, Table,
};

use crate::wire::Refusal;

/// What a plugin may do with one column, and what the column then becomes.
#[derive(Clone, Copy, Debug)]
pub struct ColumnRight {
    pub access: Option<Access>,
    pub becomes: Option<Becomes>,
}

impl ColumnRight {
    /// What the column becomes by the manifest's word. Where kernels alone touch the column, the host
    /// knows what was done to it: a call that changes nothing changes no class.
    fn declared(&self) -> Option<Becomes> {
        self.becomes.filter(|_| self.access == Some(Access::Replace))
    }
}

/// What a plugin may do with a batch.
#[derive(Clone, Debug)]
pub struct BatchRights {
    pub columns: Arc<[ColumnRight]>,
    pub drop_rows: bool,
}

impl BatchRights {
    /// The same access to every column.
    pub fn all(columns: usize, access: Option<Access>) -> Self {
        Self { columns: vec![ColumnRight { access, becomes: None }; columns].into(), drop_rows: false }
    }

    /// What a rule declared, for a table with these columns; and which need takes which column.
    pub fn of_rule(rule: &RuleSpec, schema: &Schema) -> (Self, Vec<(u32, u32)>) {
        let mut targets = Vec::new();
        let columns = schema
            .fields()
            .iter()
            .zip(0u32..)
            .map(|(field, column)| match rule.needs.iter().zip(0u32..).find(|(need, _)| need.takes(field)) {
                Some((Need { access, becomes, .. }, index)) => {
                    targets.push((index, column));
                    ColumnRight { access: Some(*access), becomes: *becomes }
                }
                None => ColumnRight { access: None, becomes: None },
            })
            .collect();
        (Self { columns, drop_rows: rule.drops_rows }, targets)
    }
}

/// Where a batch goes when its handle is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Nowhere: the host still has it, or the plugin made it and let it go.
    None,
    /// Back into the tables that it was taken out of.
    Tables { tables: u32, table: u32, index: u32 },
}

/// A batch that a plugin holds a handle to.
#[derive(Debug)]
pub struct OpenBatch {
    schema: Arc<Schema>,
    rows: u32,
    /// `None` where a column was dropped: the others keep their numbers.
    columns: Vec<Option<Column>>,
    /// Whether a column was written or worked on.
    touched: Vec<bool>,
    /// The class that a kernel gave a column.
    given: Vec<Option<DataClass>>,
    /// The numbers that the rows had before some were dropped.
    kept: Option<Vec<u32>>,
    rights: BatchRights,
    pub home: Home,
    /// The output that the batch was built for.
    pub output: Option<Name>,
    /// The statement whose rows it has.
    pub statement: Option<Name>,
}

impl OpenBatch {
    pub fn new(batch: &Batch, rights: BatchRights, home: Home) -> Self {
        let columns: Vec<Option<Column>> = batch.columns().iter().cloned().map(Some).collect();
        Self {
            schema: batch.schema().clone(),
            rows: batch.rows(),
            touched: vec![false; columns.len()],
            given: vec![None; columns.len()],
            kept: None,
            columns,
            rights,
            home,
            output: None,
            statement: None,
        }
    }

    pub const fn rows(&self) -> u32 {
        self.rows
    }

    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn field(&self, index: u32) -> Result<&Field, Refusal> {
        let missing = || {
            Refusal::NoSuchColumn(format!("column {index} of a table with {} columns", self.columns.len()))
        };
        self.schema.fields().get(index as usize).ok_or_else(missing)
    }

    fn right(&self, index: u32, needs: &'static str, ok: fn(Access) -> bool) -> Result<ColumnRight, Refusal> {
        let field = self.field(index)?;
        match self.rights.columns.get(index as usize) {
            Some(right) if right.access.is_some_and(ok) => Ok(*right),
            right => {
                let has = right
                    .and_then(|right| right.access)
                    .map_or("nothing".to_owned(), |access| format!("`{access}`"));
                Err(Refusal::NotDeclared(format!(
                    "column `{}` is open for {has}, and this needs {needs}",
                    field.name
                )))
            }
        }
    }

    fn present(&self, index: u32) -> Result<&Column, Refusal> {
        let field = self.field(index)?;
        let dropped = || Refusal::NoSuchColumn(format!("column `{}` was dropped", field.name));
        self.columns.get(index as usize).and_then(Option::as_ref).ok_or_else(dropped)
    }

    /// A column that the plugin may see.
    pub fn read(&self, index: u32) -> Result<&Column, Refusal> {
        self.right(index, "`read` or `replace`", |access| matches!(access, Access::Read | Access::Replace))?;
        self.present(index)
    }

    /// A column for a kernel to work on, unseen by the plugin.
    pub fn handle(&self, index: u32) -> Result<&Column, Refusal> {
        self.right(index, "`handle` or `replace`", |access| {
            matches!(access, Access::Handle | Access::Replace)
        })?;
        self.present(index)
    }

    /// The class that the manifest says a column gets, and that the administrator granted with it.
    pub fn granted_class(&self, index: u32) -> Option<DataClass> {
        self.rights.columns.get(index as usize)?.becomes.map(|becomes| becomes.class)
    }

    /// The refusal for a call that works on columns of another type.
    pub fn wrong_type(&self, index: u32, wanted: &str) -> Refusal {
        match self.field(index) {
            Ok(field) => Refusal::WrongType(format!("column `{}` is no {wanted} column", field.name)),
            Err(refusal) => refusal,
        }
    }

    /// The type that a write to this column must have.
    pub fn writable(&self, index: u32) -> Result<ColumnType, Refusal> {
        let right = self.right(index, "`replace`", |access| access == Access::Replace)?;
        let field = self.field(index)?;
        self.present(index)?;
        Ok(right.becomes.and_then(|becomes| becomes.kind).unwrap_or(field.kind))
    }

    /// Puts a column where it belongs; its type was asked for with `writable`.
    pub fn write(&mut self, index: u32, column: Column) -> Result<(), Refusal> {
        let needed = self.writable(index)?;
        if column.kind() != needed {
            let name = &self.field(index)?.name;
            return Err(Refusal::WrongType(format!(
                "column `{name}` takes {needed} by the manifest, not {}",
                column.kind()
            )));
        }
        self.set(index, Some(column), None);
        // A kernel's word was on what is gone now.
        if let Some(given) = self.given.get_mut(index as usize) {
            *given = None;
        }
        Ok(())
    }

    /// What a kernel made of a column; `class` where it changes what the column is.
    pub fn put_by_kernel(&mut self, index: u32, column: Column, class: Option<DataClass>) {
        self.set(index, Some(column), class);
    }

    fn set(&mut self, index: u32, column: Option<Column>, class: Option<DataClass>) {
        let index = index as usize;
        if let (Some(place), Some(touched)) = (self.columns.get_mut(index), self.touched.get_mut(index)) {
            *place = column;
            *touched = true;
        }
        if let (Some(given), Some(class)) = (self.given.get_mut(index), class) {
            *given = Some(class);
        }
    }

    pub fn drop_column(&mut self, index: u32) -> Result<(), Refusal> {
        self.right(index, "`drop`", |access| access == Access::Drop)?;
        self.present(index)?;
        self.set(index, None, None);
        Ok(())
    }

    pub fn null_column(&mut self, index: u32) -> Result<(), Refusal> {
        self.right(index, "`drop` or `replace`", |access| matches!(access, Access::Drop | Access::Replace))?;
        let kind = self.present(index)?.kind();
        self.set(index, Some(Column::nulls(kind, self.rows)), None);
        Ok(())
    }

    pub fn keep_rows(&mut self, bits: &[u8]) -> Result<(), Refusal> {
        if !self.rights.drop_rows {
            return Err(Refusal::NotDeclared("the manifest does not say `drops_rows = true`".to_owned()));
        }
        let needed = (self.rows as usize).div_ceil(8);
        if bits.len() != needed {
            return Err(Refusal::BadLayout(format!(
                "{} bytes of bits where {needed} are needed",
                bits.len()
            )));
        }
        let keep = |row: usize| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        for column in self.columns.iter_mut().flatten() {
            *column = column.filter(self.rows, keep);
        }
        let before = self.kept.take().unwrap_or_else(|| (0..self.rows).collect());
        let kept = before.into_iter().enumerate().filter(|(row, _)| keep(*row)).map(|(_, number)| number);
        let kept: Vec<u32> = kept.collect();
        self.rows = kept.len() as u32;
        self.kept = Some(kept);
        Ok(())
    }

    /// The numbers that the rows had when the plugin got the batch; `None` where all are still there.
    pub fn kept(&self) -> Option<&[u32]> {
        self.kept.as_deref()
    }

    /// The batch as the plugin left it, each column with the class that it has now.
    pub fn to_batch(&self) -> Result<Batch, String> {
        let mut fields = Vec::with_capacity(self.columns.len());
        let mut columns = Vec::with_capacity(self.columns.len());
        for (index, (field, column)) in self.schema.fields().iter().zip(&self.columns).enumerate() {
            let Some(column) = column else { continue };
            let touched = self.touched.get(index).copied().unwrap_or_default();
            let becomes = self.rights.columns.get(index).filter(|_| touched).and_then(ColumnRight::declared);
            let given = self.given.get(index).copied().flatten();
            fields.push(Field {
                name: field.name.clone(),
                kind: column.kind(),
                // In every batch of a table the same, whether or not this one has a null.
                nullable: field.nullable || touched,
                class: becomes.map(|becomes| becomes.class).or(given).unwrap_or(field.class),
            });
            columns.push(column.clone());
        }
        let schema = if fields == self.schema.fields() {
            self.schema.clone()
        } else {
            Arc::new(Schema::new(fields).map_err(|error| error.to_string())?)
        };
        Batch::new(schema, self.rows, columns).map_err(|error| error.to_string())
    }
}

/// What a batch takes however few rows it has: its columns' names, buffers and places. A guest can make
/// more of these than of rows.
pub fn bytes_besides_rows(schema: &Schema) -> u64 {
    // A field, a column and what an allocator takes for its three buffers, rounded up.
    const COLUMN_BYTES: u64 = 192;
    schema.fields().len() as u64 * COLUMN_BYTES
}

/// An output batch that a plugin builds.
#[derive(Debug)]
pub struct OpenBuilder {
    pub output: Name,
    pub schema: Arc<Schema>,
    pub rows: u32,
    columns: Vec<Option<Column>>,
}

impl OpenBuilder {
    pub fn new(output: Name, schema: Arc<Schema>, rows: u32) -> Self {
        let columns = vec![None; schema.fields().len()];
        Self { output, schema, rows, columns }
    }

    fn field(&self, index: u32) -> Result<&Field, Refusal> {
        self.schema
            .fields()
            .get(index as usize)
            .ok_or_else(|| Refusal::NoSuchColumn(format!("column {index} of output `{}`", self.output)))
    }

    pub fn kind(&self, index: u32) -> Result<ColumnType, Refusal> {
        self.field(index).map(|field| field.kind)
    }

    pub fn put(&mut self, index: u32, column: Column) -> Result<(), Refusal> {
        let field = self.field(index)?;
        if column.kind() != field.kind {
            let (name, needed) = (&field.name, field.kind);
            let found = column.kind();
            return Err(Refusal::WrongType(format!("output column `{name}` is {needed}, not {found}")));
        }
        if let Some(place) = self.columns.get_mut(index as usize) {
            *place = Some(column);
        }
        Ok(())
    }

    /// What the columns take that were never put. The number of rows is the guest's word: it is held
    /// against a limit before there is a column of so many.
    pub fn bytes_of_nulls(&self) -> u64 {
        let rows = u64::from(self.rows);
        let never_put = self.schema.fields().iter().zip(&self.columns).filter(|(_, put)| put.is_none());
        never_put
            .map(|(field, _)| match field.kind {
                ColumnType::Text => rows * 4,
                ColumnType::Int | ColumnType::Float | ColumnType::Timestamp => rows * 8,
                ColumnType::Boolean => rows / 8,
            })
            .map(|values| values + rows / 8)
            .sum()
    }

    pub fn finish(self) -> Result<(Name, Batch), Refusal> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for (field, column) in self.schema.fields().iter().zip(self.columns) {
            match column {
                Some(column) => columns.push(column),
                None if field.nullable => columns.push(Column::nulls(field.kind, self.rows)),
                None => {
                    return Err(Refusal::BadLayout(format!(
                        "output column `{}` was never put and is not nullable",
                        field.name
                    )));
                }
            }
        }
        match Batch::new(self.schema, self.rows, columns) {
            Ok(batch) => Ok((self.output, batch)),
            Err(error) => Err(Refusal::BadLayout(error.to_string())),
        }
    }
}

/// Tables that a plugin holds a handle to.
#[derive(Debug)]
pub struct OpenTables {
    pub tables: Vec<OpenTable>,
}

/// One of them. A batch that is out is `None`.
///
/// A batch that comes back stays as it was held, with what was done to it: taken out once more, its
/// columns have their old numbers, and with them their old rights.
#[derive(Debug)]
pub struct OpenTable {
    pub name: Name,
    pub schema: Arc<Schema>,
    pub batches: Vec<Option<OpenBatch>>,
    pub rows: u64,
}

impl OpenTable {
    pub fn new(table: &Table, rights: &BatchRights) -> Self {
        let open = |batch| Some(OpenBatch::new(batch, rights.clone(), Home::None));
        Self {
            name: table.name.clone(),
            schema: table.schema.clone(),
            rows: table.rows(),
            batches: table.batches.iter().map(open).collect(),
        }
    }
}

impl OpenTables {
    pub fn table(&self, index: u32) -> Result<&OpenTable, Refusal> {
        self.tables
            .get(index as usize)
            .ok_or_else(|| Refusal::NoSuchOutput(format!("table {index} of {}", self.tables.len())))
    }
}
