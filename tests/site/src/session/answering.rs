//! Answers a request: on a thread that may wait, in pieces that a session sends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::{
    Server,
    identity::{self, Identity, Known},
    lexer::{self, Statement},
    refusal, rows,
    settings::{Settings, Told},
};
use crate::{
    answer::{Answer, SqlError, Value},
    fault::Victim,
    log::{Client, What},
    logins::Rights,
    replay,
    wire::{
        Bits, DoneKind, Ended, Environment, Procedure, Request, put_done, put_environment, put_error,
        put_info, put_reset, put_return_status,
    },
};

/// Pieces of about this size go to the socket.
const PIECE: usize = 64 << 10;
/// `sp_executesql`.
const EXECUTE_SQL: u16 = 10;
/// From this class on SQL Server closes the connection.
const FATAL: u8 = 20;

/// What a session does next.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Put these tokens into packets.
    Tokens(Bytes),
    /// Send these, which are whole packets already.
    Packets(Bytes),
    /// Send what there is, and then nothing until the client gives up.
    Stall,
    /// Send what there is, and close, in the midst of what comes.
    Close,
    /// Send what there is as the end of the answer, and close.
    Last,
}

/// Why an answer does not go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With errors, which are all said.
    Error { errors: Vec<SqlError> },
    /// The client asked for it.
    Cancelled,
    /// The connection is to be closed in the midst of what comes.
    Close,
    /// With an error after which the connection is closed.
    Fatal,
    /// Nobody listens any more.
    Gone,
}

/// Where tokens go.
pub(crate) struct Out {
    pub(crate) tokens: BytesMut,
    pieces: mpsc::Sender<Piece>,
    cancelled: Arc<AtomicBool>,
}

impl Out {
    pub(super) fn new(pieces: mpsc::Sender<Piece>, cancelled: Arc<AtomicBool>) -> Self {
        Self { tokens: BytesMut::with_capacity(2 * PIECE), pieces, cancelled }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn send_when_full(&mut self) -> Result<(), End> {
        if self.tokens.len() >= PIECE { self.send() } else { Ok(()) }
    }

    pub(crate) fn send(&mut self) -> Result<(), End> {
        let tokens = self.tokens.split().freeze();
        self.put(Piece::Tokens(tokens))
    }

    pub(super) fn stall(&mut self) -> Result<(), End> {
        self.send()?;
        self.put(Piece::Stall)
    }

    pub(crate) fn put(&self, piece: Piece) -> Result<(), End> {
        self.pieces.blocking_send(piece).map_err(|_| End::Gone)
    }
}

/// What a session remembers between two requests.
pub(super) struct State {
    pub(super) server: Arc<Server>,
    pub(super) client: Arc<Client>,
    pub(super) rights: Rights,
    pub(super) database: String,
    pub(super) settings: Settings,
    pub(super) row_count: u64,
    pub(super) packet_size: usize,
}

impl State {
    /// Answers it as a whole. What is left of a cancelled answer the session says.
    pub(super) fn answer(&mut self, request: Request, reset: bool, out: &mut Out) {
        if reset {
            self.settings = Settings::default();
            self.database.clone_from(&self.client.database);
            put_reset(&mut out.tokens);
        }
        let ended = match request {
            Request::Batch(sql) => self.batch(&sql, &[], DoneKind::Batch, out),
            Request::Call(procedure, parameters) => self.call(&procedure, parameters, out),
            Request::Attention => Ok(()),
        };
        // Errors were said where they belong. When nobody listens there is nobody to tell.
        let _gone = match ended {
            Ok(()) | Err(End::Error { .. } | End::Cancelled) => out.send(),
            Err(End::Close) => out.send().and_then(|()| out.put(Piece::Close)),
            Err(End::Fatal) => out.send().and_then(|()| out.put(Piece::Last)),
            Err(End::Gone) => Ok(()),
        };
    }

    fn call(
        &mut self,
        procedure: &Procedure,
        parameters: Vec<(String, Value)>,
        out: &mut Out,
    ) -> Result<(), End> {
        let name = match procedure {
            Procedure::Number(EXECUTE_SQL) => "sp_executesql".to_owned(),
            Procedure::Number(number) => format!("number {number}"),
            Procedure::Name(name) => name.clone(),
        };
        let short = name.rsplit('.').next().unwrap_or_default();
        let mut given = parameters.into_iter();
        let ended = match (short.eq_ignore_ascii_case("sp_executesql"), given.next()) {
            (true, Some((_, Value::Text(sql)))) => {
                let _declarations = given.next();
                let named = given.enumerate().map(|(place, (name, value))| {
                    (if name.is_empty() { format!("@P{}", place + 1) } else { name }, value)
                });
                let parameters: Vec<_> = named.collect();
                self.batch(&sql, &parameters, DoneKind::InProcedure, out)
            }
            (true, _) => {
                let message = "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.";
                self.fail(vec![SqlError::new(214, 2, 16, message)], DoneKind::InProcedure, out)
            }
            (false, _) => self.fail(vec![refusal::missing_procedure(&name)], DoneKind::InProcedure, out),
        };
        let class = match &ended {
            Err(End::Error { errors }) => errors.first().map(|error| error.class),
            Err(_) => return ended,
            Ok(()) => None,
        };
        if class.is_none() {
            put_return_status(&mut out.tokens);
        }
        put_done(&mut out.tokens, DoneKind::Procedure, Ended { class, ..Ended::default() });
        ended
    }

    /// All statements of a text, until one fails.
    fn batch(
        &mut self,
        sql: &str,
        parameters: &[(String, Value)],
        kind: DoneKind,
        out: &mut Out,
    ) -> Result<(), End> {
        self.server
            .log
            .push(&self.client, What::Asked { sql: sql.to_owned(), parameters: parameters.to_vec() });
        let Ok(statements) = lexer::statements(sql) else {
            let message = "Unclosed quotation mark or comment in the statement.";
            return self.fail(vec![SqlError::new(105, 1, 15, message)], kind, out);
        };
        if statements.is_empty() {
            put_done(&mut out.tokens, kind, self.ended(kind, false, None));
        }
        let count = statements.len();
        for (place, statement) in statements.into_iter().enumerate() {
            if out.is_cancelled() {
                return Err(End::Cancelled);
            }
            let more = place + 1 < count;
            match self.statement(&statement, parameters, out) {
                Ok(rows) => {
                    self.row_count = rows.unwrap_or(0);
                    if let Some(rows) = rows {
                        self.server.log.push(&self.client, What::Answered(rows));
                    }
                    put_done(&mut out.tokens, kind, self.ended(kind, more, rows));
                }
                Err(End::Error { errors }) => return self.fail(errors, kind, out),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Within a procedure more always comes: its own end.
    fn ended(&self, kind: DoneKind, more: bool, rows: Option<u64>) -> Ended {
        Ended { more: more || kind == DoneKind::InProcedure, rows, ..Ended::default() }
    }

    /// Says the errors, and ends the batch with them.
    fn fail(&mut self, errors: Vec<SqlError>, kind: DoneKind, out: &mut Out) -> Result<(), End> {
        for error in &errors {
            self.server.log.push(&self.client, What::Failed(error.number));
            put_error(&mut out.tokens, error, &self.server.name);
        }
        let class = errors.iter().map(|error| error.class).max();
        let more = kind == DoneKind::InProcedure;
        put_done(&mut out.tokens, kind, Ended { more, class, ..Ended::default() });
        if class.is_some_and(|class| class >= FATAL) { Err(End::Fatal) } else { Err(End::Error { errors }) }
    }

    /// One statement: the number of rows, if it is one that has rows.
    fn statement(
        &mut self,
        statement: &Statement,
        parameters: &[(String, Value)],
        out: &mut Out,
    ) -> Result<Option<u64>, End> {
        let failed = |error: SqlError| End::Error { errors: vec![error] };
        let Statement { sql, pieces } = statement;
        let Some(first) = pieces.first() else { return Ok(None) };
        if first.is("SET") {
            if let Told::Language { new, old } = self.settings.set(pieces).map_err(failed)? {
                put_environment(&mut out.tokens, Environment::Language, &new, &old);
                let message = format!("Changed language setting to {new}.");
                put_info(&mut out.tokens, 5703, &message, &self.server.name);
            }
            return Ok(None);
        }
        if first.is("USE") {
            let name = pieces.get(1).map(|piece| piece.text.as_str()).unwrap_or_default();
            return self.change_database(name, out).map(|()| None).map_err(failed);
        }
        let is_query = first.is("SELECT") || first.is("WITH") || first.is_sign('(');
        let writes = ["INTO", "INSERT", "UPDATE", "DELETE", "MERGE"];
        if !is_query || pieces.iter().any(|piece| writes.iter().any(|word| piece.is(word))) {
            return Err(failed(refusal::of_statement(pieces, self.rights, &self.database)));
        }
        let refused = refusal::of_views(pieces, self.rights, &self.database);
        if !refused.is_empty() {
            return Err(End::Error { errors: refused });
        }
        let victim = Victim { spid: self.client.session, database: &self.database };
        let effects = self.server.faults.of_statement(pieces, victim);
        if let Some(error) = effects.instead {
            return Err(failed(error));
        }
        if let Some(replay) =
            self.server.replay.as_ref().filter(|_| pieces.iter().any(|piece| piece.names(replay::TABLE)))
        {
            return replay.send(out, self.packet_size).map(Some);
        }
        let answer = self.query(statement, sql, parameters).map_err(failed)?;
        let bits = Bits { text_size: self.settings.text_size };
        rows::send(out, answer, &effects, bits, self.settings.row_count).map(Some)
    }

    fn query(
        &self,
        statement: &Statement,
        sql: &str,
        parameters: &[(String, Value)],
    ) -> Result<Answer, SqlError> {
        let Some((_, database)) = self.server.database(&self.database) else {
            return Err(no_database(&self.database));
        };
        let identity = Identity {
            login: &self.client.login,
            rights: self.rights,
            database: &self.database,
            objects: database.as_ref(),
            server: &self.server.name,
            app: &self.client.app_name,
            host: &self.client.host_name,
            spid: self.client.session,
            settings: &self.settings,
            row_count: self.row_count,
        };
        match identity::resolve(sql, &statement.pieces, &identity) {
            Known::Answer(answer) => Ok(answer),
            Known::Rewritten(sql) => database.query(&sql, parameters),
            Known::Unchanged => database.query(sql, parameters),
        }
    }

    fn change_database(&mut self, name: &str, out: &mut Out) -> Result<(), SqlError> {
        let Some((name, _)) = self.server.database(name) else { return Err(no_database(name)) };
        let old = std::mem::replace(&mut self.database, name.clone());
        put_environment(&mut out.tokens, Environment::Database, name, &old);
        put_info(&mut out.tokens, 5701, &format!("Changed database context to '{name}'."), &self.server.name);
        Ok(())
    }
}

fn no_database(name: &str) -> SqlError {
    let message = format!("Database '{name}' does not exist. Make sure that the name is entered correctly.");
    SqlError::new(911, 1, 16, message)
}
