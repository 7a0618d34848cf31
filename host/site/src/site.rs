//! A site: what it is, and statements that run there.

use std::{path::Path, sync::Arc, time::Duration};

use glasshouse_contract::{Name, Schema, shown};
use glasshouse_guard::Printed;
use tiberius::Row;

use crate::{
    config::{Settings, SiteConfig},
    error::{Cause, SiteError},
    pool::Pool,
    rights::{self, Grant, LoginRights},
    rows::{self, Plan, Rows},
    session::Session,
};

/// How often a statement is tried that met a deadlock or a broken connection. A site that is still not there after
/// some six seconds is not there.
const TRIES: u32 = 4;

/// The wait before the second try; each further one is four times as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// A site of `glasshouse.toml`. Making one connects to nothing.
pub struct Site {
    pool: Arc<Pool>,
}

/// What a server says of itself and of the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The version of the server.
    pub version: Option<String>,
    /// The database.
    pub database: String,
    /// The support id, from the database or else from the configuration.
    pub hierarchy: Option<String>,
    /// What the login may do beyond reading.
    pub rights: LoginRights,
}

impl Site {
    /// Checks a configuration; its paths are relative to `base`.
    ///
    /// # Errors
    /// When a setting is wrong, or a secret or certificate cannot be read.
    pub fn new(config: &SiteConfig, base: &Path) -> Result<Self, SiteError> {
        let settings = Settings::of(config, base).map_err(|cause| SiteError::new(&config.name, cause))?;
        Ok(Self { pool: Pool::new(settings) })
    }

    /// What the operator calls the site.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.pool.settings.name
    }

    /// How many statements can run at the same time.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.pool.settings.connections
    }

    /// Connects, and asks the server what it is. A login that can write is told and not refused.
    ///
    /// # Errors
    /// When there is no connection, or it breaks.
    pub async fn about(&self) -> Result<About, SiteError> {
        self.ask_about().await.map_err(|cause| SiteError::new(self.name(), cause))
    }

    /// Which rights the statements need, and whether the login has them.
    ///
    /// # Errors
    /// When there is no connection, or it breaks.
    pub async fn grants(&self, statements: &[&Printed]) -> Result<Vec<Grant>, SiteError> {
        let work = async {
            let mut lease = self.pool.lend().await?;
            let grants = rights::held(&mut lease.session, statements.iter().copied()).await?;
            lease.give_back();
            Ok(grants)
        };
        work.await.map_err(|cause| SiteError::new(self.name(), cause))
    }

    /// Runs a statement and gives its rows as batches of `schema`, whose cells have at most `cell_kib` KiB. Waits for
    /// a free connection, and for the first batch: until it is there, a deadlock or a broken connection is tried
    /// again.
    ///
    /// # Errors
    /// When there is no connection, the login can write, the server refuses the statement, or the columns are not
    /// those of the schema.
    pub async fn query(
        &self,
        statement: &Printed,
        schema: &Arc<Schema>,
        cell_kib: u64,
    ) -> Result<Rows, SiteError> {
        let plan = Plan::new(statement.as_str(), schema, cell_kib, self.pool.settings.statement_timeout);
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.begin(&plan).await {
                Err(cause) if cause.retry() => {
                    let error = SiteError::new(self.name(), cause);
                    tracing::info!(site = %self.name(), cause = error.kind(), "a statement is tried again");
                    tokio::time::sleep(jittered(wait)).await;
                    wait *= 4;
                }
                result => return result.map_err(|cause| SiteError::new(self.name(), cause)),
            }
        }
        self.begin(&plan).await.map_err(|cause| SiteError::new(self.name(), cause))
    }

    async fn begin(&self, plan: &Plan) -> Result<Rows, Cause> {
        let lease = self.pool.for_statement().await?;
        let mut rows = rows::start(self.name(), lease, plan.clone());
        rows.begin().await?;
        Ok(rows)
    }

    async fn ask_about(&self) -> Result<About, Cause> {
        let mut lease = self.pool.lend().await?;
        let session = &mut lease.session;
        let version =
            optional(session, "SELECT CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)) AS v").await?;
        let database = optional(session, "SELECT DB_NAME() AS v").await?;
        let hierarchy =
            optional(session, "SELECT CAST(dbo.fnGetHierarchyID() AS nvarchar(255)) AS v").await?;
        let settings = &self.pool.settings;
        let about = About {
            version,
            database: database.unwrap_or_else(|| settings.database.clone()),
            hierarchy: hierarchy.or_else(|| settings.hierarchy.clone()),
            rights: session.rights.clone(),
        };
        lease.give_back();
        Ok(about)
    }
}

/// One text, `None` where the server does not know the question or the answer.
async fn optional(session: &mut Session, question: &str) -> Result<Option<String>, Cause> {
    let rows = match session.ask(question).await {
        Ok(rows) => rows,
        Err(cause) if cause.leaves_connection() => return Ok(None),
        Err(cause) => return Err(cause),
    };
    let text = |row: &Row| row.try_get::<&str, _>(0).ok().flatten().map(shown);
    Ok(rows.first().and_then(text).filter(|text| !text.is_empty()))
}

/// From half to one and a half of it: sites that broke together shall not come back together.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness all wait equally long, which is no error.
    let _ = getrandom::fill(&mut byte);
    wait / 2 + wait * u32::from(byte[0]) / 256
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("name", self.name()).finish_non_exhaustive()
    }
}
