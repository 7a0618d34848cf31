//! Whether the ledger is what was written into it.
//!
//! SQLite checks the structure of the file; the rest is checked here: the schema, the sum of each table, the
//! digest of each body and of each table of results, the leaves and the journal, and that no request is lost.

use std::{fmt, path::Path, sync::OnceLock};

use glasshouse_contract::{Body, Digest, Leaf, LeafKind, PluginId, Request};
use rusqlite::{Connection, OpenFlags};

use crate::{Backlog, Ledger, LedgerError, RequestId, journal, leaves, log, parts, schema, sums};

/// What is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The structure of the file, in SQLite's words.
    File(String),
    /// The write-ahead log: so many changes at its end cannot be read.
    Log(u64),
    /// A table, view, index or trigger is not the one that this host makes.
    Schema(String),
    /// Rows of a table were changed, added or taken away by somebody else.
    Table(String),
    /// Rows of a table belong to something that is not there.
    Orphans(String),
    /// The stored bytes of a request.
    Request(String),
    /// The rows of a table of results.
    Results {
        /// The run.
        run: String,
        /// The query.
        query: String,
        /// The table.
        table: String,
    },
    /// A line of the journal is not what its leaf says.
    Journal(u64),
    /// A leaf of the audit log is missing, is no leaf, or tells of something that is not there.
    Leaf(u64),
    /// Requests that were sealed for a target are not there any more.
    Lost(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(words) => write!(f, "the file: {words}"),
            Self::Log(lost) => write!(f, "the log: its last {lost} changes cannot be read"),
            Self::Schema(name) => write!(f, "`{name}` is not defined as this host defines it"),
            Self::Table(name) => write!(f, "rows of `{name}` were changed by something else than the host"),
            Self::Orphans(name) => {
                write!(f, "rows of `{name}` belong to something that is not there")
            }
            Self::Request(id) => write!(f, "the bytes of request {id} are not those that were sealed"),
            Self::Results { run, query, table } => {
                write!(f, "the rows of `{table}` of {query} in run {run} are not those that were written")
            }
            Self::Journal(line) => write!(f, "line {line} of the journal is not what the audit log says"),
            Self::Leaf(leaf) => write!(f, "leaf {leaf} of the audit log is not what was written"),
            Self::Lost(target) => write!(f, "requests for {target} are lost"),
        }
    }
}

/// What a check of the whole ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// What is damaged; nothing where the ledger is whole.
    pub damage: Vec<Damage>,
    /// How many bodies were compared with their digests.
    pub bodies: u64,
    /// How many tables of results were.
    pub tables: u64,
    /// How many leaves the audit log has.
    pub leaves: u64,
}

impl Ledger {
    /// Checks the whole ledger, beside those who work with it.
    ///
    /// # Errors
    /// When the file cannot be opened. What is damaged is no error.
    pub fn verify(&self) -> Result<Verified, LedgerError> {
        check(&self.path)
    }

    /// Checks a ledger that nobody has open, or a backup of this host's schema; also one that is too damaged to be opened otherwise.
    ///
    /// # Errors
    /// When there is no such file, it is no ledger, or it is of another schema.
    pub fn verify_at(path: &Path) -> Result<Verified, LedgerError> {
        // Before SQLite opens the file, for then it forgets the damaged end.
        let lost = log::lost_transactions(path)?;
        let mut verified = check(path)?;
        if lost > 0 {
            verified.damage.insert(0, Damage::Log(lost));
        }
        Ok(verified)
    }
}

fn check(path: &Path) -> Result<Verified, LedgerError> {
    let connection = open(path)?;
    let mut verified = Verified::default();
    let damage = &mut verified.damage;
    // One moment for all checks.
    connection.execute_batch("BEGIN")?;
    collect(damage, structure(&connection));
    collect(damage, definitions(&connection));
    collect(
        damage,
        sums::differing(&connection).map(|tables| tables.into_iter().map(Damage::Table).collect()),
    );
    collect(damage, orphans(&connection));
    let bodies = bodies(&connection, &mut verified.bodies);
    let results = results(&connection, &mut verified.tables);
    let (leaves, journal) = (audit(&connection, &mut verified.leaves), journal::differing(&connection));
    let lines = journal.map(|lines| lines.into_iter().map(Damage::Journal).collect());
    let lost = crate::backlog::read(&connection).map(|targets| lost(&targets));
    for found in [bodies, results, leaves, lines, lost] {
        collect(&mut verified.damage, found);
    }
    verified.damage.sort();
    verified.damage.dedup();
    Ok(verified)
}

/// A connection that changes nothing, to a file that need not be whole.
pub fn open(path: &Path) -> Result<Connection, LedgerError> {
    std::fs::metadata(path).map_err(|source| LedgerError::file(path, source))?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    schema::check_ours(&connection, path)?;
    connection.pragma_update(None, "query_only", true)?;
    sums::teach(&connection)?;
    Ok(connection)
}

/// A check that cannot be made is damage as well.
fn collect(damage: &mut Vec<Damage>, found: Result<Vec<Damage>, LedgerError>) {
    match found {
        Ok(found) => damage.extend(found),
        Err(error) => damage.push(unreadable(&error)),
    }
}

/// That something cannot be read at all.
pub fn unreadable(error: &LedgerError) -> Damage {
    Damage::File(error.to_string().lines().next().unwrap_or_default().to_owned())
}

fn structure(connection: &Connection) -> Result<Vec<Damage>, LedgerError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let words: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(words
        .into_iter()
        .filter(|words| words != "ok")
        .map(|words| Damage::File(glasshouse_contract::shown(&words)))
        .collect())
}

/// What the schema says of an object: its name, its kind and table, its definition.
type Definition = (String, String, Option<String>);

fn definitions(connection: &Connection) -> Result<Vec<Damage>, LedgerError> {
    static EXPECTED: OnceLock<Vec<Definition>> = OnceLock::new();
    let expected = match EXPECTED.get() {
        Some(expected) => expected,
        None => {
            let read = read_definitions(&schema::fresh()?)?;
            EXPECTED.get_or_init(|| read)
        }
    };
    let found = read_definitions(connection)?;
    let differs = |one: &[Definition], other: &[Definition]| -> Vec<Damage> {
        let missing = one.iter().filter(|object| !other.contains(object));
        missing.map(|(name, ..)| Damage::Schema(glasshouse_contract::shown(name))).collect()
    };
    Ok([differs(expected, &found), differs(&found, expected)].concat())
}

fn read_definitions(connection: &Connection) -> Result<Vec<Definition>, LedgerError> {
    // Quoted, for bytes that became a blob are no word to SQLite, which then knows no such table.
    let mut statement = connection.prepare(
        "SELECT name, quote(type) || ' ' || quote(tbl_name), sql FROM main.sqlite_schema ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn orphans(connection: &Connection) -> Result<Vec<Damage>, LedgerError> {
    let mut statement = connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
    let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(tables.into_iter().map(Damage::Orphans).collect())
}

fn bodies(connection: &Connection, count: &mut u64) -> Result<Vec<Damage>, LedgerError> {
    let mut damage = Vec::new();
    each_body(connection, count, |_, id| damage.push(Damage::Request(glasshouse_contract::shown(&id))))?;
    Ok(damage)
}

fn each_body(
    connection: &Connection,
    count: &mut u64,
    mut damaged: impl FnMut(i64, String),
) -> Result<(), LedgerError> {
    let mut statement = connection.prepare(
        "SELECT request.seq, request.id, endpoint, method, url, headers, digest, size, state, leaf.bytes, body.bytes
         FROM request LEFT JOIN body ON body.request = request.seq LEFT JOIN leaf ON leaf.seq = request.leaf
         WHERE request.body = 'kept'",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        *count += 1;
        if as_sealed(row) != Some(true) {
            let seq = row.get(0)?;
            damaged(seq, row.get(1).unwrap_or_else(|_| format!("number {seq}")));
        }
    }
    Ok(())
}

/// The requests whose bytes are not those that were sealed, by number and id.
pub fn damaged_requests(connection: &Connection) -> Result<Vec<(i64, String)>, LedgerError> {
    let (mut damaged, mut count) = (Vec::new(), 0);
    each_body(connection, &mut count, |seq, id| damaged.push((seq, id)))?;
    Ok(damaged)
}

/// Whether the bytes have the digest, and the leaf of the seal says the same.
fn as_sealed(row: &rusqlite::Row<'_>) -> Option<bool> {
    let id: RequestId = row.get::<_, String>(1).ok()?.parse().ok()?;
    let body: Vec<u8> = row.get(10).ok()?;
    let size = body.len() as i64;
    let request = Request {
        endpoint: row.get::<_, String>(2).ok()?.parse().ok()?,
        method: row.get(3).ok()?,
        url: row.get(4).ok()?,
        headers: serde_json::from_str(&row.get::<_, String>(5).ok()?).ok()?,
        body: Body(body),
    };
    let digest = Digest::from_hex(&row.get::<_, String>(6).ok()?).ok()?;
    let leaf = row.get::<_, Option<Vec<u8>>>(9).ok()?;
    let told = match leaf {
        Some(bytes) => {
            let leaf = Leaf::from_bytes(&bytes).ok()?;
            leaf.kind() == LeafKind::Seal && *leaf.subject() == id.digest() && leaf.content() == Some(&digest)
        }
        None => row.get::<_, String>(8).ok()? == "pending",
    };
    Some(told && request.digest() == digest && size == row.get::<_, i64>(7).ok()?)
}

fn results(connection: &Connection, count: &mut u64) -> Result<Vec<Damage>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT result_table.id, result_table.rows, result_digest.digest, part.run, part.plugin, result_table.name
         FROM result_table JOIN part ON part.id = result_table.part
         LEFT JOIN result_digest ON result_digest.id = result_table.id
         WHERE part.state = 'done' AND result_digest.erased IS NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut damage = Vec::new();
    while let Some(row) = rows.next()? {
        *count += 1;
        let (table, expected): (i64, i64) = (row.get(0)?, row.get(1)?);
        let digest: Option<String> = row.get(2)?;
        let found = parts::digest_of_rows(connection, table);
        let same = found.is_ok_and(|(rows, found)| {
            rows == expected.unsigned_abs() && digest.is_none_or(|digest| digest == found.hex())
        });
        if !same {
            damage.push(Damage::Results { run: row.get(3)?, query: row.get(4)?, table: row.get(5)? });
        }
    }
    Ok(damage)
}

/// Leaves are numbered without a gap, and each one with words has its line in the journal.
fn audit(connection: &Connection, count: &mut u64) -> Result<Vec<Damage>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT leaf.seq, leaf.bytes, journal.seq IS NOT NULL FROM leaf
         LEFT JOIN journal ON journal.leaf = leaf.seq ORDER BY leaf.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut damage = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, line): (i64, bool) = (row.get(0)?, row.get(2)?);
        let seq = seq.unsigned_abs();
        damage.extend((*count..seq).take(20).map(Damage::Leaf));
        *count = seq + 1;
        let whole = row.get::<_, Vec<u8>>(1).ok().and_then(|bytes| leaves::read(&bytes).ok());
        if whole.is_none_or(|leaf| leaf.words().is_some() != line) {
            damage.push(Damage::Leaf(seq));
        }
    }
    Ok(damage)
}

fn lost(targets: &[Backlog]) -> Vec<Damage> {
    let short = targets.iter().filter(|target| !target.adds_up()).map(|target| &target.target);
    short.map(PluginId::to_string).map(Damage::Lost).collect()
}

#[cfg(test)]
mod tests;
