//! The connections of a site. There are few, so the pool is a list.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::Settings,
    error::Cause,
    session::{Session, dial},
};

/// After this long without use a connection is not trusted to be there any more: firewalls forget them.
const MOST_IDLE: Duration = Duration::from_secs(60);

/// The connections of a site: never more than configured, and none that was not read to the end.
pub(crate) struct Pool {
    pub(crate) settings: Settings,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

/// A connection that is lent. Dropping it closes the connection; only [`Lease::give_back`] keeps it.
pub(crate) struct Lease {
    pub(crate) session: Session,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(settings.connections as usize));
        Arc::new(Self { settings, permits, idle: Mutex::new(Vec::new()) })
    }

    /// A connection whose login is one that statements may run under.
    pub(crate) async fn for_statement(self: &Arc<Self>) -> Result<Lease, Cause> {
        let lease = self.lend().await?;
        // Held against the configuration for each statement, and not only when the connection was made.
        lease.session.rights.check(self.settings.allow_writing_login)?;
        Ok(lease)
    }

    /// A connection, whatever its login may do. For asking what that is.
    pub(crate) async fn lend(self: &Arc<Self>) -> Result<Lease, Cause> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Cause::Broken("the pool is closed".to_owned()))?;
        let session = match self.take_idle() {
            Some(session) => session,
            None => dial(&self.settings).await?,
        };
        Ok(Lease { session, pool: Arc::clone(self), _permit: permit })
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|session| session.idle_since.elapsed() < MOST_IDLE);
        idle.pop()
    }
}

impl Lease {
    /// Keeps the connection for the next one who asks. Its last answer was read to the end.
    pub(crate) fn give_back(mut self) {
        self.session.idle_since = Instant::now();
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.session);
    }
}
