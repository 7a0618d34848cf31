//! One connection to a site database: dialled, encrypted, logged in, set up.

mod dial;
mod settings;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tiberius::{Client, Row};
use tokio::time::timeout;

pub(crate) use dial::dial;

use crate::{
    error::{Cause, stage},
    quiet::quiet,
    rights::{self, LoginRights},
    tls::{ByteBudget, Stream},
};

/// What may arrive in answer to a question of our own, and during login.
const OWN_BUDGET: u64 = 1024 * 1024;

/// A connection that is ready for statements.
///
/// Whoever stops reading an answer before its end drops the session: what is left of the answer is still on the
/// wire, and the driver would have to read all of it.
pub(crate) struct Session {
    pub(crate) client: Client<Stream>,
    pub(crate) budget: Arc<ByteBudget>,
    pub(crate) rights: LoginRights,
    /// Since when nobody used it.
    pub(crate) idle_since: Instant,
    /// How long a statement may take.
    patience: Duration,
    /// What `SET TEXTSIZE` was last told.
    text_size: Option<u64>,
}

impl Session {
    /// Sets up a connection that has just logged in.
    async fn begin(
        client: Client<Stream>,
        budget: Arc<ByteBudget>,
        patience: Duration,
    ) -> Result<Self, Cause> {
        let rights = LoginRights::Unknown { why: "not asked yet".to_owned() };
        let mut session =
            Self { client, budget, rights, idle_since: Instant::now(), patience, text_size: None };
        settings::apply(&mut session).await?;
        session.rights = rights::of_login(&mut session).await?;
        Ok(session)
    }

    /// Runs a statement of our own, and gives its first result.
    pub(crate) async fn ask(&mut self, statement: &str) -> Result<Vec<Row>, Cause> {
        self.budget.set(OWN_BUDGET);
        let client = &mut self.client;
        let work = async { client.simple_query(statement).await?.into_first_result().await };
        let rows = timeout(self.patience, quiet(work))
            .await
            .map_err(|_| Cause::Timeout { stage: stage::STATEMENT, after: self.patience })?;
        rows.map_err(|error| Cause::of_driver(error, &self.budget))
    }

    /// Lets the server cut long values, so that what is cut away here need not be sent.
    pub(crate) async fn limit_text(&mut self, bytes: u64) -> Result<(), Cause> {
        // The largest that TEXTSIZE takes.
        let bytes = bytes.min(2_147_483_647);
        if self.text_size == Some(bytes) {
            return Ok(());
        }
        self.text_size = None;
        match self.ask(&format!("SET TEXTSIZE {bytes}")).await {
            // A server that does not know it sends whole values; the byte budget still holds.
            Ok(_) | Err(Cause::Server { class: ..20, .. }) => {
                self.text_size = Some(bytes);
                Ok(())
            }
            Err(cause) => Err(cause),
        }
    }
}
