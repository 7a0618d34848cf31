//! The schema's version: forward migrations, each after a backup copy; a newer schema is refused.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::{LedgerError, sums};

/// Marks the file as ours: the bytes `GLSS`.
const APPLICATION_ID: i64 = 0x474c_5353;

/// Step n takes schema n to n + 1. A step that was released is never edited again.
const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
];

/// The schema that this host writes.
pub const SCHEMA: i64 = STEPS.len() as i64;

/// Brings the file to this host's schema.
pub fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    migrate(connection, path, STEPS)
}

/// Makes this host's schema in a file that is new and that nobody knows yet.
pub fn make(connection: &mut Connection) -> Result<(), LedgerError> {
    // A journal that a crash left behind would be taken for one of the next file of that name.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    migrate(connection, Path::new(""), STEPS)
}

/// A ledger in memory that nothing was written into.
pub fn fresh() -> Result<Connection, LedgerError> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection, Path::new(""), STEPS)?;
    Ok(connection)
}

/// Refuses a file that is not a ledger of this host's schema.
pub fn check_ours(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let found = version(connection, path, SCHEMA)?;
    if found < SCHEMA {
        return Err(LedgerError::Older { path: path.to_owned(), found, known: SCHEMA });
    }
    Ok(())
}

/// The schema of a file that may be restored.
pub fn of_backup(path: &Path) -> Result<i64, LedgerError> {
    let found = version(&open_backup(path)?, path, SCHEMA)?;
    if found == 0 { Err(LedgerError::Foreign { path: path.to_owned() }) } else { Ok(found) }
}

/// Copies a backup into a new file, and refuses one whose structure is damaged.
pub fn copy_of(backup: &Path, to: &Path) -> Result<(), LedgerError> {
    let connection = open_backup(backup)?;
    let words: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if words != "ok" {
        return Err(LedgerError::damaged("a whole backup", words));
    }
    back_up(&connection, to)
}

fn open_backup(path: &Path) -> Result<Connection, LedgerError> {
    std::fs::metadata(path).map_err(|source| LedgerError::file(path, source))?;
    // To read a log that lies beside it, SQLite wants to write; nothing is written into the backup.
    Ok(Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?)
}

/// What SQLite cannot read as a database is somebody else's file.
pub fn foreign(error: LedgerError, path: &Path) -> LedgerError {
    match error {
        LedgerError::Sqlite(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
        {
            LedgerError::Foreign { path: path.to_owned() }
        }
        error => error,
    }
}

/// The schema of a file that is ours, or empty.
fn version(connection: &Connection, path: &Path, known: i64) -> Result<i64, LedgerError> {
    let number = |sql: &str| -> Result<i64, LedgerError> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| foreign(error.into(), path))
    };
    let application = number("PRAGMA application_id")?;
    if application != APPLICATION_ID && number("SELECT count(*) FROM sqlite_schema")? > 0 {
        return Err(LedgerError::Foreign { path: path.to_owned() });
    }
    let found = number("PRAGMA user_version")?;
    if found > known {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), LedgerError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let found = version(connection, path, known)?;
    let done =
        usize::try_from(found).map_err(|_| LedgerError::damaged("a schema version", found.to_string()))?;
    if done > 0 && done < steps.len() {
        back_up(connection, &backup_of(path, found))?;
    }
    for (step, version) in steps.iter().zip(1..).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        if version == known && transaction.table_exists(None, "content")? {
            sums::teach(&transaction)?;
            sums::renew(&transaction)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The name of the copy that an upgrade makes first.
pub fn backup_of(path: &Path, schema: i64) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".schema-{schema}.backup"));
    path.with_file_name(name)
}

/// Copies the database as one transaction sees it into a new file that only its owner reads.
pub fn back_up(connection: &Connection, to: &Path) -> Result<(), LedgerError> {
    // A half-written copy of an upgrade that was cut short is of no use: the original is whole.
    let file = |source| LedgerError::file(to, source);
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file(error)),
        _ => {}
    }
    crate::ledger::create_private(to).map_err(file)?;
    let name = to.to_str().ok_or_else(|| file(std::io::Error::from(std::io::ErrorKind::InvalidFilename)))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    crate::ledger::sync_file(to)
}

/// A ledger of an older schema, with a ratchet of `a.b` in it.
#[cfg(test)]
pub fn of_version(path: &Path, version: i64) {
    let mut connection = Connection::open(path).unwrap();
    migrate(&mut connection, path, &STEPS[..usize::try_from(version).unwrap()]).unwrap();
    connection.execute("INSERT INTO ratchet VALUES ('a.b', '1.0.0')", []).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "CREATE TABLE later (x INTEGER) STRICT;";

    fn schema(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_schema_is_brought_forward_after_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[STEPS[0]]).unwrap();
        connection.execute("INSERT INTO ratchet VALUES ('a.b', '1.0.0')", []).unwrap();
        migrate(&mut connection, &path, &[STEPS[0], TWO]).unwrap();
        assert_eq!(schema(&connection), 2);
        connection.execute("INSERT INTO later VALUES (1)", []).unwrap();

        let backup = Connection::open(folder.path().join("ledger.sqlite.schema-1.backup")).unwrap();
        assert_eq!(schema(&backup), 1);
        let kept: String = backup.query_row("SELECT version FROM ratchet", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "1.0.0");
    }

    #[test]
    fn a_ledger_of_the_first_schema_keeps_all_it_remembers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[STEPS[0]]).unwrap();
        connection.execute("INSERT INTO ratchet VALUES ('a.b', '1.0.0')", []).unwrap();
        drop(connection);
        let ledger = crate::Ledger::open(&path).unwrap();
        let id = glasshouse_contract::PluginId::new("a.b").unwrap();
        assert_eq!(ledger.ratchet(&id).unwrap(), Some(semver::Version::new(1, 0, 0)));
        assert!(folder.path().join("ledger.sqlite.schema-1.backup").exists());
    }

    #[test]
    fn rows_from_before_there_were_routes_are_results() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &STEPS[..3]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO run VALUES
                     ('r', 1, 'cas', 1, 1, 'full', 'h', 's', 't', 't', NULL, 'done', 0, '{}');
                 INSERT INTO part VALUES (7, 'r', 'contoso.devices', '1.0.0', NULL, 't', 'done');
                 INSERT INTO result_table VALUES (3, 7, 'devices', 'basic', '[]', '{}', 1);
                 INSERT INTO result VALUES (3 << 32, '{}');",
            )
            .unwrap();
        migrate(&mut connection, &path, STEPS).unwrap();
        let seen: (String, String, String) = connection
            .query_row("SELECT TableName, Row, Route FROM TEL_TelemetryResults", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(seen, ("devices".to_owned(), "{}".to_owned(), "results".to_owned()));
        let chain: String =
            connection.query_row("SELECT chain FROM result_table", [], |row| row.get(0)).unwrap();
        assert_eq!(chain, "");
    }

    #[test]
    fn drafts_from_before_they_had_a_table_are_known_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &STEPS[..5]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO run VALUES
                     ('a', 1, 'cas', 1, 1, 'full', 'h', 's', 't', 't', NULL, 'done', 0, '{}'),
                     ('b', 2, 'cas', 2, 1, 'full', 'h', 's', 't', 't', NULL, 'done', 0, '{}');
                 INSERT INTO part VALUES (7, 'a', 'contoso.devices', '1.0.0', NULL, 't', 'done'),
                     (8, 'b', 'contoso.devices', '1.0.0', NULL, 't', 'done');
                 INSERT INTO hold VALUES (3, 'draft', 'cas', '[]', '[]', NULL, 't', 'denied', 't', 'a', 'r'),
                     (4, 'plan', 'cas', '[]', '[]', 'p', 't', 'open', NULL, NULL, NULL);
                 INSERT INTO delivery (part, route, name, chunk, target, target_digest, hold, sealed, state, step,
                         steps)
                     VALUES (7, 'hq', 'devices', 0, 'a.b', 'd', 3, 't', 'over', 0, 1),
                     (7, 'hq', 'devices', 1, 'a.b', 'd', 3, 't', 'over', 0, 1),
                     (8, 'hq', 'devices', 0, 'a.b', 'd', 4, 't', 'held', 0, 1);",
            )
            .unwrap();
        migrate(&mut connection, &path, STEPS).unwrap();
        let mut drafts = connection.prepare("SELECT run, hold FROM draft").unwrap();
        let drafts: Vec<(String, i64)> =
            drafts.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        assert_eq!(drafts, [("a".to_owned(), 3)]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_schema_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[STEPS[0]]).unwrap();
        let broken = "CREATE TABLE later (x INTEGER) STRICT; CREATE TABLE ratchet (x INTEGER);";
        assert!(migrate(&mut connection, &path, &[STEPS[0], broken]).is_err());
        assert_eq!(schema(&connection), 1);
        migrate(&mut connection, &path, &[STEPS[0], TWO]).unwrap();
        assert_eq!(schema(&connection), 2);
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[STEPS, &[TWO]].concat()).unwrap();
        let error = bring_up_to_date(&mut connection, &path).unwrap_err().to_string();
        let newer = format!("has schema {}; this host knows schemas up to {SCHEMA}", SCHEMA + 1);
        assert!(error.contains(&newer), "{error}");
        assert_eq!(schema(&connection), SCHEMA + 1);
    }

    #[test]
    fn another_programs_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        let error = bring_up_to_date(&mut connection, &path).unwrap_err().to_string();
        assert!(error.contains("is no Glasshouse ledger"), "{error}");
    }
}
