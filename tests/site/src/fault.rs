//! What the site does wrong on request.

mod armed;
mod parse;

pub(crate) use armed::{Effects, Faults, Trouble, Victim};
pub use parse::{FAULTS, FaultError, FaultHelp};

use crate::answer::SqlError;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Each login is refused with error 18456, whatever the password.
    RefuseLogin,
    /// The certificate was good until 2020.
    ExpiredCertificate,
    /// The certificate is another server's.
    WrongName,
    /// The connection is closed when it has been accepted.
    CloseBeforeLogin,
    /// The connection is closed when the login has been answered.
    CloseAfterLogin,
    /// Nothing is answered, from PRELOGIN on.
    StallBeforeLogin,
    /// The connection is closed in the midst of a row.
    CloseMidRow,
    /// Nothing more comes, from the midst of a row on.
    StallMidRow,
    /// The statement ends with this error. From class 20 on the connection is closed.
    Error(SqlError),
    /// The deadlock's victim: error 1205, whose text has the session's number in it.
    Deadlock,
    /// Error 229 for the object of the fault.
    Permission,
    /// Error 208 for the object of the fault.
    MissingView,
    /// Error 207 for this column, where the statement names it.
    MissingColumn(String),
    /// This column comes as text where it is a number, as a number where it is text.
    WrongType(String),
    /// Each text ends with half of a surrogate pair.
    LoneSurrogates,
    /// The first text column is `nvarchar(max)`, and in the first row it has this many bytes.
    HugeValue(u64),
    /// The rows are repeated until there are this many.
    Rows(u64),
}

/// A fault, and when it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// After this many rows. Without it an error comes instead of rows, and other faults in the first row.
    pub row: Option<u64>,
    /// Only the first times. Without it each time.
    pub times: Option<u32>,
    /// Only statements that name this object. Without it any statement that asks for rows of an object.
    pub object: Option<String>,
}

impl Fault {
    /// A fault of this kind that happens each time.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, row: None, times: None, object: None }
    }

    /// After this many rows.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// Only the first times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only where a statement names this object.
    #[must_use]
    pub fn on(mut self, object: &str) -> Self {
        self.object = Some(object.to_owned());
        self
    }
}
