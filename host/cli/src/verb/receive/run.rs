use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_receive::Receiver;
use tracing::info;

use super::{Place, fault};
use crate::{
    Ended,
    verb::run::{asked_to_stop, begin_log},
};

/// Receives, until it is asked to stop
///
/// Listens where receive.toml says, over TLS 1.2 or 1.3 and nothing else. Each request of a known tenant is on disk
/// before its receipt is signed. SIGINT and SIGTERM end it after the requests that are under way.
#[derive(Debug, Args)]
#[command(after_help = "\
GLASSHOUSE_LOG chooses what is logged to standard error: info (default), debug, warn. What requests hold is never
in the log.

Example:
  glasshouse receive run /srv/receiver")]
pub struct Run {
    #[command(flatten)]
    place: Place,
}

impl Run {
    pub fn run(self) -> Result<Ended, Fault> {
        begin_log();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Fault::new(
                FaultKind::Unreachable,
                "the receiver",
                error,
                "see whether the machine is out of threads",
            )
        })?;
        runtime.block_on(async {
            // From the first moment on: one that is stopped while it starts ends as well.
            let stop = asked_to_stop();
            let receiver = Receiver::open(&self.place.folder()).await.map_err(fault)?;
            if let Ok(address) = receiver.address() {
                info!("listening at {address}");
            }
            receiver.run(stop).await;
            Ok(Ended::Well)
        })
    }
}
