//! Faults as they are written on the command line.

use std::str::FromStr;

use super::{Fault, FaultKind};
use crate::answer::SqlError;

/// A fault's line in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultHelp {
    /// Its name and the value that it takes.
    pub usage: &'static str,
    /// What it does.
    pub does: &'static str,
}

const fn help(usage: &'static str, does: &'static str) -> FaultHelp {
    FaultHelp { usage, does }
}

/// All faults that a command line can ask for.
pub const FAULTS: &[FaultHelp] = &[
    help("refuse-login", "error 18456, whatever the password"),
    help("expired-certificate", "the certificate was good until 2020"),
    help("wrong-name", "the certificate is another server's"),
    help("close-before-login", "closes the connection when it has been accepted"),
    help("close-after-login", "closes the connection when the login has been answered"),
    help("stall-before-login", "never answers PRELOGIN"),
    help("close-mid-row[=K]", "closes the connection in the midst of row K + 1"),
    help("stall-mid-row[=K]", "sends no more from the midst of row K + 1 on"),
    help("error=NUMBER[,class=C]", "this error; from class 20 on the connection is closed"),
    help("severity20", "error 596 of class 21, and the connection is closed"),
    help("lock-timeout", "error 1222"),
    help("deadlock", "error 1205"),
    help("permission@VIEW", "error 229 for the view"),
    help("missing-view@VIEW", "error 208 for the view"),
    help("missing-column=COLUMN", "error 207 for statements that name the column"),
    help("wrong-type=COLUMN", "the column is text where it should be a number, and the other way round"),
    help("lone-surrogates", "each text ends with half of a surrogate pair"),
    help("huge-value[=BYTES]", "announces 2 GB in the first text column, and sends them"),
    help("rows=N", "repeats the rows until there are N"),
];

/// What is wrong with a fault's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no such fault.
    #[error("there is no fault `{0}`; `--help` lists them")]
    Unknown(String),
    /// It needs a value.
    #[error("the fault `{0}` needs a value: `{0}=...`")]
    NoValue(String),
    /// The value is no number.
    #[error("`{value}` of the fault `{name}` is not a number that it can be")]
    NoNumber {
        /// The fault or its option.
        name: String,
        /// What was given.
        value: String,
    },
    /// It takes no value.
    #[error("the fault `{0}` takes no value")]
    Value(String),
    /// It needs an object.
    #[error("the fault `{0}` needs to know of which view: `{0}@v_Site`")]
    NoObject(String),
    /// It happens before there is a statement.
    #[error("the fault `{0}` is one of the connection: it takes neither `@OBJECT` nor `row=`")]
    OfConnection(String),
    /// An option that there is not.
    #[error("`{0}` is no option of a fault; there are `row=K`, `times=N` and, of `error`, `class=C`")]
    Option(String),
}

/// 2 GB less one UTF-16 unit: the most that `nvarchar(max)` holds.
const HUGE: u64 = 0x7FFF_FFFE;

/// What SQL Server says with some of its numbers.
pub(super) fn known_error(number: u32, class: Option<u8>) -> SqlError {
    let (state, usual, message) = match number {
        102 => (1, 15, "Incorrect syntax near 'FROM'."),
        207 => (1, 16, "Invalid column name 'NotThere'."),
        208 => (1, 16, "Invalid object name 'NotThere'."),
        229 => {
            (5, 14, "The SELECT permission was denied on the object 'NotThere', database 'CM', schema 'dbo'.")
        }
        596 => (1, 21, "Cannot continue the execution because the session is in the kill state."),
        823 => {
            (2, 24, "The operating system returned error 23 to SQL Server during a read in a database file.")
        }
        1105 => (2, 17, "Could not allocate space for an object in a database because a filegroup is full."),
        1222 => (45, 16, "Lock request time out period exceeded."),
        8115 => (2, 16, "Arithmetic overflow error converting expression to data type int."),
        8134 => (1, 16, "Divide by zero error encountered."),
        _ => (1, 16, "An error that was asked for."),
    };
    SqlError::new(number, state, class.unwrap_or(usual), message)
}

fn number<N: FromStr>(name: &str, value: &str) -> Result<N, FaultError> {
    let bad = || FaultError::NoNumber { name: name.to_owned(), value: value.to_owned() };
    value.parse().map_err(|_| bad())
}

impl FromStr for Fault {
    type Err = FaultError;

    /// `NAME[=VALUE][,row=K][,times=N][@OBJECT]`
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (what, object) = match text.split_once('@') {
            Some((what, object)) => (what, Some(object.to_owned())),
            None => (text, None),
        };
        let mut parts = what.split(',');
        let head = parts.next().unwrap_or_default();
        let (name, value) = match head.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (head, None),
        };
        let (mut row, mut times, mut class) = (None, None, None);
        for part in parts {
            match part.split_once('=') {
                Some((key @ "row", value)) => row = Some(number(key, value)?),
                Some((key @ "times", value)) => times = Some(number(key, value)?),
                Some((key @ "class", value)) if name == "error" => class = Some(number(key, value)?),
                _ => return Err(FaultError::Option(part.to_owned())),
            }
        }
        let needed = || value.ok_or_else(|| FaultError::NoValue(name.to_owned()));
        let mut takes_value = true;
        let kind = match name {
            "close-mid-row" | "stall-mid-row" => {
                if let Some(value) = value {
                    row = Some(number(name, value)?);
                }
                if name == "close-mid-row" { FaultKind::CloseMidRow } else { FaultKind::StallMidRow }
            }
            "error" => FaultKind::Error(known_error(number(name, needed()?)?, class)),
            "missing-column" => FaultKind::MissingColumn(needed()?.to_owned()),
            "wrong-type" => FaultKind::WrongType(needed()?.to_owned()),
            "huge-value" => {
                FaultKind::HugeValue(value.map(|value| number(name, value)).transpose()?.unwrap_or(HUGE) & !1)
            }
            "rows" => FaultKind::Rows(number(name, needed()?)?),
            _ => {
                takes_value = false;
                match name {
                    "refuse-login" => FaultKind::RefuseLogin,
                    "expired-certificate" => FaultKind::ExpiredCertificate,
                    "wrong-name" => FaultKind::WrongName,
                    "close-before-login" => FaultKind::CloseBeforeLogin,
                    "close-after-login" => FaultKind::CloseAfterLogin,
                    "stall-before-login" => FaultKind::StallBeforeLogin,
                    "severity20" => FaultKind::Error(known_error(596, None)),
                    "lock-timeout" => FaultKind::Error(known_error(1222, None)),
                    "deadlock" => FaultKind::Deadlock,
                    "permission" => FaultKind::Permission,
                    "missing-view" => FaultKind::MissingView,
                    "lone-surrogates" => FaultKind::LoneSurrogates,
                    _ => return Err(FaultError::Unknown(name.to_owned())),
                }
            }
        };
        if value.is_some() && !takes_value {
            return Err(FaultError::Value(name.to_owned()));
        }
        if matches!(kind, FaultKind::Permission | FaultKind::MissingView) && object.is_none() {
            return Err(FaultError::NoObject(name.to_owned()));
        }
        if kind.is_of_connection() && (object.is_some() || row.is_some()) {
            return Err(FaultError::OfConnection(name.to_owned()));
        }
        Ok(Self { kind, row, times, object })
    }
}

impl FaultKind {
    /// Whether it happens before there is a statement.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(
            self,
            Self::RefuseLogin
                | Self::ExpiredCertificate
                | Self::WrongName
                | Self::CloseBeforeLogin
                | Self::CloseAfterLogin
                | Self::StallBeforeLogin
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_its_options() {
        let read: Fault = "error=1222,row=10,times=2@v_Site".parse().unwrap();
        let error = SqlError::new(1222, 45, 16, "Lock request time out period exceeded.");
        assert_eq!(read, Fault::new(FaultKind::Error(error)).at_row(10).times(2).on("v_Site"));
        let read: Fault = "close-mid-row=3".parse().unwrap();
        assert_eq!(read, Fault::new(FaultKind::CloseMidRow).at_row(3));
        let read: Fault = "huge-value".parse().unwrap();
        assert_eq!(read, Fault::new(FaultKind::HugeValue(2_147_483_646)));
    }

    #[test]
    fn each_fault_of_the_help_can_be_read() {
        for help in FAULTS {
            let usage =
                help.usage.replace(['[', ']'], "").replace("=NUMBER", "=5").replace("class=C", "class=20");
            let usage = usage.replace("=K", "=1").replace("=N", "=1").replace("=BYTES", "=10");
            assert!(usage.parse::<Fault>().is_ok(), "{usage}");
        }
    }

    #[test]
    fn a_fault_that_cannot_be_is_refused_with_the_reason() {
        for (text, reason) in [
            ("nonsense", "there is no fault `nonsense`; `--help` lists them"),
            ("error", "the fault `error` needs a value: `error=...`"),
            ("error=x", "`x` of the fault `error` is not a number that it can be"),
            ("deadlock=2", "the fault `deadlock` takes no value"),
            (
                "deadlock,often",
                "`often` is no option of a fault; there are `row=K`, `times=N` and, of `error`, `class=C`",
            ),
            ("permission", "the fault `permission` needs to know of which view: `permission@v_Site`"),
            (
                "refuse-login@v_Site",
                "the fault `refuse-login` is one of the connection: it takes neither `@OBJECT` nor `row=`",
            ),
        ] {
            assert_eq!(text.parse::<Fault>().unwrap_err().to_string(), reason);
        }
    }
}
