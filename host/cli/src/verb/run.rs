use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::{Ended, config::Config, place::Place};

/// Runs the host: loads the admitted plugins, watches plugins.d, answers the other verbs
///
/// A plugin file that is complete in plugins.d is checked and serves within two seconds; calls in
/// flight come to their end on the version that they began with. Stops on SIGINT and SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = "\
GLASSHOUSE_LOG chooses what is logged to standard error: info (default), debug, warn,
or by room: glasshouse_registry=debug,info

Examples:
  glasshouse run
  GLASSHOUSE_LOG=debug glasshouse --state ./state run")]
pub struct Run {}

impl Run {
    pub fn run(&self, place: &Place) -> Result<Ended, Fault> {
        let filter = EnvFilter::try_from_env("GLASSHOUSE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        // Without colours: the log goes to journals and files more often than to a person.
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_target(false)
            .with_writer(std::io::stderr)
            .init();
        let config = Config::load(&place.layout)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Fault::new(FaultKind::Unreachable, "the host", error, "see whether the machine is out of threads")
        })?;
        runtime.block_on(glasshouse_control::host(
            place.layout.clone(),
            place.compiler(),
            &config.access(),
            asked_to_stop(),
        ))?;
        Ok(Ended::Well)
    }
}

#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        warn!("signals cannot be listened to: stop the host by ending its process");
        return std::future::pending().await;
    };
    let name = tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    };
    info!("{name}: stopping");
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        warn!("signals cannot be listened to: stop the host by ending its process");
        return std::future::pending().await;
    }
    info!("Ctrl-C: stopping");
}
