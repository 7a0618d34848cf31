//! What a login may not do, in SQL Server's words.

use super::lexer::{Kind, Piece};
use crate::{answer::SqlError, logins::Rights};

/// System views that show the state of the whole server.
const SERVER_STATE: &[&str] = &["dm_os_", "dm_exec_", "dm_io_", "dm_hadr_", "dm_tran_", "dm_resource_"];
/// System views that show the state of the database.
const DATABASE_STATE: &[&str] = &["dm_db_"];

/// SQL Server adds this to what it says about state.
fn not_permitted() -> SqlError {
    SqlError::new(297, 1, 16, "The user does not have permission to perform this action.")
}

/// The first scalar function of the site that is called. Those whose names begin with `fn_` are tables, which
/// SELECT is enough for.
fn called(pieces: &[Piece]) -> Option<&str> {
    pieces.windows(4).find_map(|part| match part {
        [schema, dot, name, open]
            if schema.names("dbo")
                && dot.is_sign('.')
                && open.is_sign('(')
                && !name.text.starts_with("fn_") =>
        {
            Some(name.text.as_str())
        }
        _ => None,
    })
}

/// What stands in the way of reading the views that these pieces name. Empty if nothing does.
pub(super) fn of_views(pieces: &[Piece], rights: Rights, database: &str) -> Vec<SqlError> {
    let named = |prefixes: &[&str]| {
        pieces.iter().filter(|piece| matches!(piece.kind, Kind::Word | Kind::Name)).any(|piece| {
            let name = piece.text.to_ascii_lowercase();
            prefixes.iter().any(|prefix| name.starts_with(prefix))
        })
    };
    if named(SERVER_STATE) && !rights.sees_server_state() {
        let message = "VIEW SERVER STATE permission was denied on object 'server', database 'master'.";
        vec![SqlError::new(300, 1, 14, message), not_permitted()]
    } else if named(DATABASE_STATE) && !rights.sees_database_state() {
        let message = format!("VIEW DATABASE STATE permission denied in database '{database}'.");
        vec![SqlError::new(262, 1, 14, message), not_permitted()]
    } else if let Some(function) = called(pieces).filter(|_| !rights.on_object().contains(&"EXECUTE")) {
        vec![SqlError::permission("EXECUTE", function, database, "dbo")]
    } else {
        Vec::new()
    }
}

/// The last part of the name that follows one of these words.
fn object_after<'a>(pieces: &'a [Piece], words: &[&str]) -> &'a str {
    let start = pieces.iter().position(|piece| words.iter().any(|word| piece.is(word)));
    let mut name = "";
    for piece in pieces.iter().skip(start.map_or(1, |start| start + 1)) {
        match piece.kind {
            Kind::Word | Kind::Name => name = &piece.text,
            Kind::Sign if piece.is_sign('.') => continue,
            _ => break,
        }
        let dot = pieces.iter().any(|next| next.is_sign('.') && next.start == piece.end);
        if !dot {
            break;
        }
    }
    name
}

/// Why a statement that is no query is refused. Nothing here can be changed: a login that may write is
/// told that the database is read-only.
pub(super) fn of_statement(pieces: &[Piece], rights: Rights, database: &str) -> SqlError {
    let verb = pieces.first().map(|piece| piece.text.to_uppercase()).unwrap_or_default();
    let second = pieces.get(1).map(|piece| piece.text.to_uppercase()).unwrap_or_default();
    let read_only = || {
        let message = format!("Failed to update database \"{database}\" because the database is read-only.");
        SqlError::new(3906, 2, 16, message)
    };
    let may = |permission: &str| rights.on_database().contains(&permission);
    match verb.as_str() {
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" => {
            let permission = if verb == "MERGE" { "UPDATE" } else { verb.as_str() };
            let object = object_after(pieces, if verb == "UPDATE" { &["UPDATE"] } else { &["INTO", "FROM"] });
            if may(permission) {
                read_only()
            } else {
                SqlError::permission(permission, object, database, "dbo")
            }
        }
        "CREATE" => {
            let permission = format!("CREATE {second}");
            if may(&permission) { read_only() } else { denied(&permission, database) }
        }
        "SELECT" | "WITH" => {
            if may("CREATE TABLE") {
                read_only()
            } else {
                denied("CREATE TABLE", database)
            }
        }
        "EXEC" | "EXECUTE" => missing_procedure(object_after(pieces, &["EXEC", "EXECUTE"])),
        "ALTER" | "DROP" | "TRUNCATE" | "GRANT" | "DENY" | "REVOKE" | "BACKUP" | "RESTORE" | "DBCC"
        | "KILL" | "SHUTDOWN" | "RECONFIGURE" | "BULK" => {
            if may("ALTER") {
                read_only()
            } else {
                SqlError::new(15_247, 1, 16, "User does not have permission to perform this action.")
            }
        }
        _ => SqlError::syntax(pieces.first().map(|piece| piece.text.as_str()).unwrap_or_default()),
    }
}

fn denied(permission: &str, database: &str) -> SqlError {
    SqlError::new(262, 1, 14, format!("{permission} permission denied in database '{database}'."))
}

pub(super) fn missing_procedure(name: &str) -> SqlError {
    SqlError::new(2812, 62, 16, format!("Could not find stored procedure '{name}'."))
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::pieces, *};

    fn statement(sql: &str, rights: Rights) -> String {
        of_statement(&pieces(sql).unwrap(), rights, "CM").to_string()
    }

    #[test]
    fn a_reader_cannot_write_and_is_told_what_is_missing() {
        let denied = "The INSERT permission was denied on the object 'T', database 'CM', schema 'dbo'. (error 229, state 5, class 14)";
        assert_eq!(statement("INSERT INTO dbo.T VALUES (1)", Rights::Reader), denied);
        assert_eq!(statement("INSERT INTO [dbo].[T] (a) VALUES (1)", Rights::StateReader), denied);
        assert!(statement("UPDATE T SET a = 1", Rights::Reader).contains("'T'"));
        assert!(
            statement("CREATE TABLE t (a int)", Rights::Writer).contains("CREATE TABLE permission denied")
        );
        assert!(statement("SELECT 1 AS a INTO t", Rights::Reader).contains("CREATE TABLE permission denied"));
        assert!(statement("EXEC xp_cmdshell 'dir'", Rights::Sysadmin).contains("procedure 'xp_cmdshell'"));
        assert!(statement("DROP TABLE t", Rights::Reader).contains("error 15247"));
        assert!(statement("FOO", Rights::Sysadmin).contains("error 102"));
    }

    #[test]
    fn who_may_write_finds_a_database_that_is_read_only() {
        for sql in ["DELETE FROM t", "UPDATE t SET a = 1"] {
            assert!(statement(sql, Rights::Writer).contains("error 3906"), "{sql}");
        }
        assert!(statement("DROP TABLE t", Rights::Owner).contains("error 3906"));
    }

    #[test]
    fn state_is_shown_to_those_who_may_see_it() {
        let numbers = |sql: &str, rights| {
            of_views(&pieces(sql).unwrap(), rights, "CM").iter().map(|error| error.number).collect::<Vec<_>>()
        };
        let server = "SELECT cpu_count FROM [sys].[dm_os_sys_info]";
        let database = "SELECT a FROM sys.dm_db_index_usage_stats";
        assert_eq!(numbers(server, Rights::Reader), [300, 297]);
        assert_eq!(numbers(server, Rights::Owner), [300, 297]);
        assert_eq!(numbers(database, Rights::Reader), [262, 297]);
        assert_eq!(numbers(database, Rights::Owner), [0; 0]);
        assert_eq!(numbers(server, Rights::StateReader), [0; 0]);
        assert_eq!(numbers(server, Rights::Sysadmin), [0; 0]);
        assert_eq!(numbers("SELECT 'dm_os_x' AS a FROM v_Site", Rights::Reader), [0; 0]);
    }

    #[test]
    fn the_sites_functions_are_for_those_who_may_execute() {
        let refused = |sql: &str, rights| {
            let refused = of_views(&pieces(sql).unwrap(), rights, "CM");
            refused.first().map(|error| error.message.clone())
        };
        let expected =
            "The EXECUTE permission was denied on the object 'fnX', database 'CM', schema 'dbo'.".to_owned();
        for sql in ["SELECT dbo.fnX() AS a", "SELECT a, [dbo].[fnX](b) AS c FROM v_Site"] {
            for rights in [Rights::Reader, Rights::StateReader, Rights::Writer] {
                assert_eq!(refused(sql, rights), Some(expected.clone()), "{sql}");
            }
            for rights in [Rights::Collector, Rights::Owner, Rights::Sysadmin] {
                assert_eq!(refused(sql, rights), None, "{sql}");
            }
        }
        for sql in ["SELECT a FROM dbo.fn_rbac_Site('disabled') AS s", "SELECT dbo.v_Site.a FROM dbo.v_Site"]
        {
            assert_eq!(refused(sql, Rights::Reader), None, "{sql}");
        }
    }
}
