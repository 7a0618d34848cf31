//! What statements need of a login, and whether it has it.

use std::collections::BTreeSet;

use glasshouse_guard::{ObjectName, Printed};

use super::is_true;
use crate::{error::Cause, session::Session};

/// Something that a login needs, and whether it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The right, as a person says it: `SELECT on dbo.v_R_System`.
    pub right: String,
    /// Whether the login has it; `None` where the server does not say, which it does not of what is not there.
    pub held: Option<bool>,
}

/// A right that a login needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    ServerState,
    DatabaseState,
    /// To see in the catalog what one may not read.
    Definitions,
    Execute(ObjectName),
    Select(ObjectName),
}

/// Catalog views that show to a login only what it has some right on. Without VIEW DEFINITION they are not refused,
/// they are short: the schema would look as if it had lost its tables.
const SHORT_WITHOUT_DEFINITIONS: [&str; 14] = [
    "all_columns",
    "all_objects",
    "change_tracking_tables",
    "columns",
    "foreign_keys",
    "index_columns",
    "indexes",
    "objects",
    "partitions",
    "procedures",
    "sql_modules",
    "tables",
    "triggers",
    "views",
];

/// What statements need, each right once.
pub(super) fn needed<'a>(statements: impl IntoIterator<Item = &'a Printed>) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for statement in statements {
        let needs = statement.needs();
        if needs.view_server_state {
            rights.insert(Right::ServerState);
        }
        if needs.view_database_state {
            rights.insert(Right::DatabaseState);
        }
        for object in statement.objects() {
            match object.schema {
                // ConfigMgr calls its functions so; a view never begins with it.
                "dbo" if object.name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("fn")) => {
                    rights.insert(Right::Execute(object.clone()));
                }
                "dbo" => {
                    rights.insert(Right::Select(object.clone()));
                }
                "INFORMATION_SCHEMA" => {
                    rights.insert(Right::Definitions);
                }
                "sys"
                    if SHORT_WITHOUT_DEFINITIONS
                        .iter()
                        .any(|name| object.name.eq_ignore_ascii_case(name)) =>
                {
                    rights.insert(Right::Definitions);
                }
                // Everybody may read these and call those, or a state permission above decides.
                _ => {}
            }
        }
    }
    rights
}

/// Asks for each right whether the login has it.
pub(crate) async fn held(
    session: &mut Session,
    statements: impl IntoIterator<Item = &Printed>,
) -> Result<Vec<Grant>, Cause> {
    let mut grants = Vec::new();
    for right in needed(statements) {
        let held = match &right {
            // Since SQL Server 2022 a narrower right is enough for what is about performance.
            Right::ServerState => {
                either(session, "NULL", "NULL", ["VIEW SERVER STATE", "VIEW SERVER PERFORMANCE STATE"])
                    .await?
            }
            Right::DatabaseState => {
                let rights = ["VIEW DATABASE STATE", "VIEW DATABASE PERFORMANCE STATE"];
                either(session, "DB_NAME()", "N'DATABASE'", rights).await?
            }
            Right::Definitions => has(session, "DB_NAME()", "N'DATABASE'", "VIEW DEFINITION").await?,
            Right::Execute(object) => on_object(session, object, "EXECUTE").await?,
            Right::Select(object) => on_object(session, object, "SELECT").await?,
        };
        grants.push(Grant { right: right.to_string(), held });
    }
    Ok(grants)
}

async fn either(
    session: &mut Session,
    on: &str,
    class: &str,
    rights: [&str; 2],
) -> Result<Option<bool>, Cause> {
    let mut held = None;
    for right in rights {
        match has(session, on, class, right).await? {
            Some(true) => return Ok(Some(true)),
            answer => held = held.or(answer),
        }
    }
    Ok(held)
}

/// Names that the guard lets through are letters, digits and underscores.
async fn on_object(session: &mut Session, object: &ObjectName, right: &str) -> Result<Option<bool>, Cause> {
    has(session, &format!("N'[{}].[{}]'", object.schema, object.name), "N'OBJECT'", right).await
}

async fn has(session: &mut Session, on: &str, class: &str, right: &str) -> Result<Option<bool>, Cause> {
    let question = format!("SELECT HAS_PERMS_BY_NAME({on}, {class}, N'{right}') AS held");
    match session.ask(&question).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.cells().next()).and_then(|(_, value)| is_true(value))),
        Err(cause) if cause.leaves_connection() => Ok(None),
        Err(cause) => Err(cause),
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ServerState => f.write_str("VIEW SERVER STATE"),
            Self::DatabaseState => f.write_str("VIEW DATABASE STATE"),
            Self::Definitions => f.write_str("VIEW DEFINITION"),
            Self::Execute(object) => write!(f, "EXECUTE on {object}"),
            Self::Select(object) => write!(f, "SELECT on {object}"),
        }
    }
}
