//! One client: it comes in, says who it is, asks, and is answered.

mod answering;
mod connecting;
mod identity;
mod lexer;
mod refusal;
mod requests;
mod rows;
mod settings;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use answering::{End, Out, Piece};
pub(crate) use connecting::serve;
pub(crate) use lexer::Piece as Lexeme;

use crate::{
    answer::Database, fault::Faults, log::Log, logins::Login, options::Encryption, replay::Replay, tls::Tls,
};

/// What all sessions of a site have in common.
pub(crate) struct Server {
    /// `@@SERVERNAME`.
    pub(crate) name: String,
    pub(crate) instance: String,
    pub(crate) logins: Vec<Login>,
    pub(crate) encryption: Encryption,
    pub(crate) tls: Tls,
    /// By name in small letters: names are compared without case.
    pub(crate) databases: BTreeMap<String, (String, Arc<dyn Database>)>,
    /// Where a client is that names no database.
    pub(crate) default_database: String,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) replay: Option<Replay>,
}

impl Server {
    /// The database of this name, as it is written and itself.
    pub(crate) fn database(&self, name: &str) -> Option<&(String, Arc<dyn Database>)> {
        self.databases.get(&name.to_lowercase())
    }
}
