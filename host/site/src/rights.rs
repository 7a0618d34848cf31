//! What a login may do: whether it can write, and whether it can read what statements need.

mod grants;
mod least;

use tiberius::ColumnData;

pub use grants::Grant;
pub(crate) use grants::held;
pub use least::least_privilege_sql;

use crate::{error::Cause, session::Session};

/// The line that takes a login all the same.
pub(crate) const OPT_OUT: &str =
    "write `allow_writing_login = true` for the site, which is logged at each start";

/// What a login may do beyond reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginRights {
    /// Nothing that was asked for.
    ReadOnly,
    /// This.
    Writes {
        /// Roles and permissions.
        what: Vec<&'static str>,
    },
    /// The server did not tell.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// Roles and permissions that let a login write, each with the expression that asks for it: 1 where the login has
/// it, 0 where not, NULL where the server does not say.
///
/// EXECUTE on the whole database is one of them, for the site's own procedures write.
const CHECKS: [(&str, &str); 13] = [
    ("sysadmin", "IS_SRVROLEMEMBER(N'sysadmin')"),
    ("CONTROL SERVER", "HAS_PERMS_BY_NAME(NULL, NULL, N'CONTROL SERVER')"),
    ("db_owner", "IS_MEMBER(N'db_owner')"),
    ("db_datawriter", "IS_MEMBER(N'db_datawriter')"),
    ("db_ddladmin", "IS_MEMBER(N'db_ddladmin')"),
    ("db_securityadmin", "IS_MEMBER(N'db_securityadmin')"),
    ("db_accessadmin", "IS_MEMBER(N'db_accessadmin')"),
    ("INSERT", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'INSERT')"),
    ("UPDATE", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'UPDATE')"),
    ("DELETE", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'DELETE')"),
    ("ALTER", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'ALTER')"),
    ("CONTROL", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CONTROL')"),
    ("EXECUTE", "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'EXECUTE')"),
];

impl LoginRights {
    /// Whether statements may run under such a login.
    pub(crate) fn check(&self, allowed: bool) -> Result<(), Cause> {
        match self {
            _ if allowed => Ok(()),
            Self::ReadOnly => Ok(()),
            Self::Writes { what } => Err(Cause::Writes { what: what.clone() }),
            Self::Unknown { why } => Err(Cause::RightsUnknown(why.clone())),
        }
    }
}

/// Asks what the login of a session may do. Only a broken connection is an error: a server that does not answer
/// the question has a login whose rights are not known.
pub(crate) async fn of_login(session: &mut Session) -> Result<LoginRights, Cause> {
    let expressions: Vec<String> =
        CHECKS.iter().enumerate().map(|(number, (_, ask))| format!("{ask} AS r{number}")).collect();
    let rows = match session.ask(&format!("SELECT {}", expressions.join(", "))).await {
        Ok(rows) => rows,
        Err(cause) if cause.leaves_connection() => {
            return Ok(LoginRights::Unknown { why: cause.to_string() });
        }
        Err(cause) => return Err(cause),
    };
    let Some(row) = rows.first().filter(|row| row.len() == CHECKS.len()) else {
        return Ok(LoginRights::Unknown {
            why: "the answer has not the columns that were asked for".to_owned(),
        });
    };
    let mut what = Vec::new();
    let mut silent = Vec::new();
    for ((name, _), (_, value)) in CHECKS.iter().zip(row.cells()) {
        match is_true(value) {
            Some(true) => what.push(*name),
            Some(false) => {}
            None => silent.push(*name),
        }
    }
    Ok(if !what.is_empty() {
        LoginRights::Writes { what }
    } else if silent.is_empty() {
        LoginRights::ReadOnly
    } else {
        LoginRights::Unknown { why: format!("the server does not say whether it has {}", silent.join(", ")) }
    })
}

/// The answer of a server to a question of yes or no.
const fn is_true(value: &ColumnData<'static>) -> Option<bool> {
    match value {
        ColumnData::Bit(Some(value)) => Some(*value),
        ColumnData::U8(Some(value)) => Some(*value != 0),
        ColumnData::I16(Some(value)) => Some(*value != 0),
        ColumnData::I32(Some(value)) => Some(*value != 0),
        ColumnData::I64(Some(value)) => Some(*value != 0),
        _ => None,
    }
}
