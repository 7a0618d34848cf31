//! What was asked of the site, for tests to look at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answer::Value;

/// Who is connected, as the client said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The session's number, `@@SPID`.
    pub session: u16,
    /// The login's name.
    pub login: String,
    /// The database that it asked for at login.
    pub database: String,
    /// `APP_NAME()`.
    pub app_name: String,
    /// `HOST_NAME()`.
    pub host_name: String,
    /// ApplicationIntent=ReadOnly.
    pub read_only_intent: bool,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A login that was let in.
    LoggedIn,
    /// A login that was refused, with this error number.
    Refused(u32),
    /// A message with T-SQL in it, as it came, and the parameters of `sp_executesql`.
    Asked {
        /// The text.
        sql: String,
        /// Names and values.
        parameters: Vec<(String, Value)>,
    },
    /// A statement ended with an error of this number.
    Failed(u32),
    /// A statement was answered with this many rows.
    Answered(u64),
    /// The client asked that what is running end.
    Attention,
    /// The session ended.
    Closed,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who.
    pub client: Arc<Client>,
    /// What.
    pub what: What,
}

/// The list of what was asked, shared with the sessions that write it.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // An entry is pushed whole or not at all, so a panic elsewhere leaves nothing half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, client: &Arc<Client>, what: What) {
        self.lock().push(Entry { client: Arc::clone(client), what });
    }

    /// All entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// The T-SQL of all messages so far, in the order in which they came.
    pub fn statements(&self) -> Vec<String> {
        let entries = self.lock();
        let asked = entries.iter().filter_map(|entry| match &entry.what {
            What::Asked { sql, .. } => Some(sql.clone()),
            _ => None,
        });
        asked.collect()
    }

    /// Each client that was let in, in the order in which they came.
    pub fn clients(&self) -> Vec<Client> {
        let entries = self.lock();
        let logged_in = entries.iter().filter(|entry| entry.what == What::LoggedIn);
        logged_in.map(|entry| Client::clone(&entry.client)).collect()
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        self.lock().clear();
    }
}
