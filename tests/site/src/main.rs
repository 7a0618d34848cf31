//! `glasshouse-site`: the pretend site on a command line.

#![forbid(unsafe_code)]

mod args;
mod card;

use std::{io::Write, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Parser;
use pretend_site::Site;

use crate::args::{Args, Output};

/// How long threads may take to end.
const END: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error)),
    };
    let ended = runtime.block_on(run(args));
    // A statement that is still at work in SQLite is not waited for.
    runtime.shutdown_timeout(END);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // Where stderr is closed there is nobody to tell.
    let _closed = writeln!(std::io::stderr(), "error: {error:#}");
    ExitCode::FAILURE
}

async fn run(args: Args) -> anyhow::Result<()> {
    // Before anything is printed: who reads the card may send a signal at once.
    let end = signals().context("signals cannot be taken")?;
    let output = args.output;
    let ready_file = args.ready_file.clone();
    let site = Site::start(args.into_options()?).await?;
    let line = card::json(&site);
    if let Some(path) = ready_file {
        // Written beside it and renamed: who waits for the file finds it whole.
        let beside = path.with_extension("part");
        std::fs::write(&beside, &line)
            .and_then(|()| std::fs::rename(&beside, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let text = match output {
        Output::Json => format!("{line}\n"),
        Output::Text => card::text(&site),
    };
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("cannot write to stdout")?;
    end.await;
    site.stop().await;
    Ok(())
}

/// Ends with Ctrl-C and, on Unix, with SIGTERM.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with Ctrl-C.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _failed = tokio::signal::ctrl_c().await;
    })
}
