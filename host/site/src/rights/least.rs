//! The T-SQL for a login that can read what statements read, and nothing else.

use std::fmt::Write;

use glasshouse_guard::{ObjectName, Printed};

use super::grants::{Right, needed};
use crate::config::SiteConfig;

/// The role that holds the grants, so that they can be seen and taken away together.
const ROLE: &str = "[glasshouse_read]";

/// T-SQL that makes a login with the least rights for these statements. There is no password in it: sqlcmd takes
/// it from the environment.
#[must_use]
pub fn least_privilege_sql<'a>(
    config: &SiteConfig,
    statements: impl IntoIterator<Item = &'a Printed>,
) -> String {
    let rights = needed(statements);
    let database = bracketed(&config.database);
    let login = &config.login;
    let name = login.user.as_deref().unwrap_or("DOMAIN\\account");
    let (literal, account) = (literal(name), bracketed(name));
    let mut text = format!(
        "-- A login for Glasshouse at site {}: it reads what is named here and nothing else.\n",
        config.name
    );
    text.push_str("-- Run it as an administrator of the server, in sqlcmd or with SQLCMD Mode on.\n");
    let create = if login.user.is_some() {
        text.push_str("-- The password is taken from the environment variable GLASSHOUSE_PASSWORD.\n");
        format!("CREATE LOGIN {account} WITH PASSWORD = N'$(GLASSHOUSE_PASSWORD)', CHECK_POLICY = ON")
    } else {
        text.push_str("-- Write the account that the host runs under in place of DOMAIN\\account.\n");
        let from = if login.windows || login.kerberos { "WINDOWS" } else { "EXTERNAL PROVIDER" };
        format!("CREATE LOGIN {account} FROM {from}")
    };
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line("USE [master];\nGO".to_owned());
    line(format!("IF SUSER_ID({literal}) IS NULL {create};"));
    if rights.contains(&Right::ServerState) {
        line(format!("GRANT VIEW SERVER STATE TO {account};"));
    }
    line(format!("GO\nUSE {database};\nGO"));
    line(format!("IF DATABASE_PRINCIPAL_ID({literal}) IS NULL CREATE USER {account} FOR LOGIN {account};"));
    line(format!("IF DATABASE_PRINCIPAL_ID(N'glasshouse_read') IS NULL CREATE ROLE {ROLE};"));
    line(format!("ALTER ROLE {ROLE} ADD MEMBER {account};"));
    for right in rights {
        match right {
            Right::ServerState => {}
            Right::DatabaseState => line(format!("GRANT VIEW DATABASE STATE TO {ROLE};")),
            Right::Definitions => line(format!("GRANT VIEW DEFINITION TO {ROLE};")),
            Right::Execute(object) => line(on_object("EXECUTE", &object)),
            Right::Select(object) => line(on_object("SELECT", &object)),
        }
    }
    text
}

/// A view that this version of ConfigMgr does not have shall not keep the rest from being granted.
fn on_object(right: &str, object: &ObjectName) -> String {
    let name = format!("{}.{}", bracketed(object.schema), bracketed(&object.name));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "IF OBJECT_ID({}) IS NOT NULL GRANT {right} ON OBJECT::{name} TO {ROLE};",
        literal(&name)
    );
    text
}

fn bracketed(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}
