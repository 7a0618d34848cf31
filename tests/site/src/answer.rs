//! What the wire asks of the data, and the only thing that either knows of the other.
//!
//! The wire half (`wire`, `session`, `fault`) turns TDS messages into calls of [`Database::query`] and
//! answers into tokens. The data half (`data`, `tsql`) turns T-SQL into [`Answer`]s. It gets *one*
//! statement at a time: batches are split, and SET, USE, `@@VERSION`, `IS_SRVROLEMEMBER`,
//! `HAS_PERMS_BY_NAME` and `fn_my_permissions` are answered by the session, which knows who is asking.
//! Their values are put into the statement as literals before it comes here.

use std::sync::Arc;

/// A column's type as SQL Server declares it, which decides the bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlType {
    /// `bit`, of [`Value::Bool`].
    Bit,
    /// `tinyint`, 0 to 255, of [`Value::Int`].
    TinyInt,
    /// `smallint`, of [`Value::Int`].
    SmallInt,
    /// `int`, of [`Value::Int`].
    Int,
    /// `bigint`, of [`Value::Int`].
    BigInt,
    /// `real`, of [`Value::Float`].
    Real,
    /// `float`, of [`Value::Float`].
    Float,
    /// `decimal` and `numeric`, of [`Value::Decimal`].
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `money`: [`Value::Decimal`] of four digits behind the point.
    Money,
    /// `smallmoney`: [`Value::Decimal`] of four digits behind the point.
    SmallMoney,
    /// `nvarchar(n)`, n in UTF-16 units up to 4000; 0 is `max`.
    NVarChar(u16),
    /// `nchar(n)`. The value is sent as it is: whoever makes it pads it.
    NChar(u16),
    /// `ntext`.
    NText,
    /// `varchar(n)` in code page 1252, up to 8000; 0 is `max`.
    VarChar(u16),
    /// `char(n)`. The value is sent as it is.
    Char(u16),
    /// `text`.
    Text,
    /// `uniqueidentifier`, of [`Value::Guid`].
    UniqueIdentifier,
    /// `datetime`, in steps of 1/300 s, of [`Value::Moment`].
    DateTime,
    /// `smalldatetime`, to the minute, of [`Value::Moment`].
    SmallDateTime,
    /// `datetime2(scale)`, of [`Value::Moment`].
    DateTime2(u8),
    /// `datetimeoffset(scale)`, of [`Value::Moment`], whose offset is sent.
    DateTimeOffset(u8),
    /// `date`, of [`Value::Moment`].
    Date,
    /// `time(scale)`, of [`Value::Moment`].
    Time(u8),
    /// `binary(n)`. The value is sent as it is.
    Binary(u16),
    /// `varbinary(n)`, up to 8000; 0 is `max`.
    VarBinary(u16),
    /// `image`.
    Image,
    /// `xml`, of text.
    Xml,
    /// `sql_variant`: each value has a type of its own, which follows from the [`Value`]: `bit`, `int` or
    /// `bigint`, `float`, `nvarchar`, `uniqueidentifier`, `datetime2(7)` or `varbinary`.
    SqlVariant,
}

/// One column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMeta {
    /// The name; empty for an expression without an alias, as SQL Server has it.
    pub name: String,
    /// The type.
    pub sql_type: SqlType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// A point in time as the date types of SQL Server can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Days since 0001-01-01.
    pub days: u32,
    /// Nanoseconds since midnight; of a `datetimeoffset`, of the local day.
    pub nanos: u64,
    /// Minutes ahead of UTC, for `datetimeoffset` only.
    pub offset: i16,
}

/// One cell, or one parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL of any type.
    Null,
    /// A bit.
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A decimal without its point: 12.34 at scale 2 is 1234. The scale is the column's.
    Decimal(i128),
    /// Text.
    Text(String),
    /// Text that is no valid UTF-16, which SQL Server keeps and sends without a word.
    Utf16(Vec<u16>),
    /// A GUID, its bytes in the order in which it is written.
    Guid([u8; 16]),
    /// A date, a time or both.
    Moment(Moment),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One row: as many values as there are columns.
pub type Row = Vec<Value>;

/// Rows that are made when they are asked for. Dropping it ends the query.
pub type Rows = Box<dyn Iterator<Item = Result<Row, SqlError>> + Send>;

/// The answer to one statement that returns rows.
pub struct Answer {
    /// What the rows consist of.
    pub columns: Vec<ColumnMeta>,
    /// The rows.
    pub rows: Rows,
}

/// What SQL Server would say instead of an answer, or in the midst of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (error {number}, state {state}, class {class})")]
pub struct SqlError {
    /// As in `sys.messages`: 208 is an object that is not there.
    pub number: u32,
    /// Where in SQL Server it comes from.
    pub state: u8,
    /// The severity: 11 to 16 are errors of the statement, from 20 on the connection is closed.
    pub class: u8,
    /// What is said.
    pub message: String,
}

impl SqlError {
    /// An error of this number, in SQL Server's words.
    pub fn new(number: u32, state: u8, class: u8, message: impl Into<String>) -> Self {
        Self { number, state, class, message: message.into() }
    }

    /// 208: a table, view or function that is not there.
    pub fn missing_object(name: &str) -> Self {
        Self::new(208, 1, 16, format!("Invalid object name '{name}'."))
    }

    /// 207: a column that is not there.
    pub fn missing_column(name: &str) -> Self {
        Self::new(207, 1, 16, format!("Invalid column name '{name}'."))
    }

    /// 102: text that is no T-SQL.
    pub fn syntax(near: &str) -> Self {
        Self::new(102, 1, 15, format!("Incorrect syntax near '{near}'."))
    }

    /// 229: an object that the login may not read.
    pub fn permission(permission: &str, object: &str, database: &str, schema: &str) -> Self {
        let message = format!(
            "The {permission} permission was denied on the object '{object}', database '{database}', schema '{schema}'."
        );
        Self::new(229, 5, 14, message)
    }
}

/// One database of the server: what answers a statement.
pub trait Database: Send + Sync {
    /// Answers one statement. `params` are those of `sp_executesql`, their names with the `@`; a decimal
    /// comes as [`Value::Float`].
    /// It is called on a thread that may wait, and so is the iterator over the rows.
    fn query(&self, sql: &str, params: &[(String, Value)]) -> Result<Answer, SqlError>;
}

/// The databases of the server by name. The first one is the site that a client is meant to ask.
pub type Databases = Vec<(String, Arc<dyn Database>)>;
