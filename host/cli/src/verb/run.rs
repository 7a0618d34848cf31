mod once;

pub use once::{ended, text};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_control::Config;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use super::Output;
use crate::{
    Ended,
    place::{Place, compiler},
};

/// Runs the host: loads the admitted plugins, watches plugins.d, collects when it is time, answers the
/// other verbs
///
/// A plugin file that is complete in plugins.d is checked and serves within two seconds; calls in
/// flight come to their end on the version that they began with. Each site of glasshouse.toml is
/// collected from every seven days, from the date of its installation on; a run that was missed is
/// made up for once, one that was cut short goes on. Stops on SIGINT and SIGTERM.
///
/// With --once nothing stays: the sites are collected from now, and a receipt says what was done.
/// `glasshouse show` then shows the rows.
#[derive(Debug, Args)]
#[command(after_help = "\
GLASSHOUSE_LOG chooses what is logged to standard error: info (default), debug, warn,
or by room: glasshouse_registry=debug,info

Exits with 1 where a statement failed or a table is held (--once).

Examples:
  glasshouse run
  glasshouse run --once
  glasshouse run --once --site cas --output json
  GLASSHOUSE_LOG=debug glasshouse --state ./state run")]
pub struct Run {
    /// Collect once, now, and say what was done
    #[arg(long)]
    once: bool,

    /// Only from this site; may be given several times
    #[arg(long, value_name = "NAME", requires = "once")]
    site: Vec<Name>,

    /// How to write the receipt
    #[arg(long, value_enum, default_value_t, requires = "once")]
    output: Output,
}

impl Run {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        if self.once {
            return once::collect(place, self.site, self.output);
        }
        // A mistyped --state would be a host that trusts nobody and collects nothing, and looks well.
        if !place.layout.root().exists() {
            return Err(Fault::new(
                FaultKind::Unreachable,
                place.layout.root().display(),
                "there is no state directory here",
                "make one with `glasshouse init`, or name another with --state",
            ));
        }
        begin_log();
        let config = Config::load(&place.layout)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Fault::new(FaultKind::Unreachable, "the host", error, "see whether the machine is out of threads")
        })?;
        runtime.block_on(async {
            // From the first moment on: a host that is stopped while it loads plugins ends as well.
            let stop = asked_to_stop();
            glasshouse_control::host(place.layout.clone(), compiler(), &config.access(), stop).await
        })?;
        Ok(Ended::Well)
    }
}

/// Logs to standard error from now on, as `GLASSHOUSE_LOG` says.
pub fn begin_log() {
    let filter = EnvFilter::try_from_env("GLASSHOUSE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Without colours: the log goes to journals and files more often than to a person.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(false)
        .with_writer(std::io::stderr)
        .init();
}

/// Listens for signals from now on, and is done when one has come.
#[cfg(unix)]
pub fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let listening = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = listening else {
            warn!("signals cannot be listened to: stop this by ending its process");
            return std::future::pending().await;
        };
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        info!("{name}: stopping");
    }
}

/// Listens for Ctrl-C from now on, and is done when it has come.
#[cfg(not(unix))]
pub fn asked_to_stop() -> impl Future<Output = ()> {
    let listening = tokio::signal::windows::ctrl_c();
    async move {
        match listening {
            Ok(mut pressed) => {
                pressed.recv().await;
                info!("Ctrl-C: stopping");
            }
            Err(_) => {
                warn!("Ctrl-C cannot be listened to: stop this by ending its process");
                std::future::pending().await
            }
        }
    }
}
