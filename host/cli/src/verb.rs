//! The verbs, one file each: what it takes, what its help says, what it does.

mod audit;
mod backup;
mod cases;
mod compile_child;
mod coverage;
mod deliver;
mod detect;
mod doctor;
mod explain;
mod hold;
mod init;
mod journal;
mod key;
mod ledger;
mod metrics;
mod outbox;
mod plan;
mod plugin;
mod preview;
mod purge;
mod receive;
mod redaction;
mod restore;
mod routed;
mod rule;
mod run;
mod sealed;
mod show;
mod status;
mod target;
mod tripwire;
mod trust;
mod try_flow;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use glasshouse_contract::{Fault, FaultKind};

use crate::{Ended, place::Place, screen};

/// Telemetry you can see through.
///
/// Signed, sandboxed plugins query a Configuration Manager site database, redact what they find
/// and prepare uploads. Nothing leaves that you cannot read first.
#[derive(Debug, Parser)]
#[command(
    name = "glasshouse",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    infer_subcommands = false,
    after_help = "Exit codes: 0 done, 1 something was found or a check failed, 2 wrong usage or malformed input, \
                  3 something could not be reached, 4 a policy refuses it.",
    after_long_help = "\
Begin:
  As an author     glasshouse plugin new query contoso.devices --sql
                   glasshouse plugin build devices && glasshouse plugin test devices
  As an operator   glasshouse init --with-key mine --packs target/plugins
                   glasshouse doctor
                   glasshouse plan
                   glasshouse run --once && glasshouse show
                   glasshouse preview && glasshouse plan approve --reason WHY
                   glasshouse run
  As an auditor    glasshouse plugin inspect FILE
                   glasshouse audit verify

Every verb works the same whether the host runs on the state directory or not.

Exit codes:
  0  done
  1  something was found, or a check failed
  2  wrong usage or malformed input
  3  something could not be reached or read
  4  a policy refuses it"
)]
pub struct Command {
    /// The state directory; else $GLASSHOUSE_STATE, else the system's place for it: /var/lib/glasshouse
    /// for root, ~/.local/state/glasshouse for a user, %ProgramData%\Glasshouse on Windows
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Init),
    Run(run::Run),
    Status(status::Status),
    Plan(plan::Plan),
    Show(show::Show),
    Coverage(coverage::Coverage),
    Preview(preview::Preview),
    #[command(subcommand)]
    Hold(hold::Hold),
    Deliver(deliver::Deliver),
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    #[command(subcommand)]
    Target(target::Target),
    Metrics(metrics::Metrics),
    Doctor(doctor::Doctor),
    Journal(journal::Journal),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Purge(purge::Purge),
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    #[command(subcommand)]
    Rule(rule::Rule),
    #[command(subcommand)]
    Tripwire(tripwire::Tripwire),
    #[command(subcommand)]
    Trust(trust::Trust),
    #[command(subcommand)]
    Key(key::Key),
    Explain(explain::Explain),
    Try(try_flow::Try),
    Detect(detect::Detect),
    #[command(subcommand)]
    Receive(receive::Receive),
    CompileChild(compile_child::CompileChild),
}

/// How a listing is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For a person.
    #[default]
    Text,
    /// For a program; fields are added over time, none is renamed.
    Json,
}

/// How long a signed plugin may run where nobody says otherwise: two releases of the site's product.
const SIGNED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(365 * 24);

impl Command {
    pub fn run(self) -> Result<Ended, Fault> {
        let place = || Place::choose(self.state.clone());
        match self.verb {
            Verb::Init(verb) => verb.run(&place()?),
            Verb::Run(verb) => verb.run(&place()?),
            Verb::Status(verb) => verb.run(&place()?),
            Verb::Plan(verb) => verb.run(&place()?),
            Verb::Show(verb) => verb.run(&place()?),
            Verb::Coverage(verb) => verb.run(&place()?),
            Verb::Preview(verb) => verb.run(&place()?),
            Verb::Hold(verb) => verb.run(&place()?),
            Verb::Deliver(verb) => verb.run(&place()?),
            Verb::Outbox(verb) => verb.run(&place()?),
            Verb::Target(verb) => verb.run(&place()?),
            Verb::Metrics(verb) => verb.run(&place()?),
            Verb::Doctor(verb) => verb.run(&place()?),
            Verb::Journal(verb) => verb.run(&place()?),
            Verb::Audit(verb) => verb.run(place),
            Verb::Ledger(verb) => verb.run(&place()?),
            Verb::Backup(verb) => verb.run(&place()?),
            Verb::Restore(verb) => verb.run(&place()?),
            Verb::Purge(verb) => verb.run(&place()?),
            Verb::Plugin(verb) => verb.run(place),
            Verb::Rule(verb) => verb.run(&place()?),
            Verb::Tripwire(verb) => verb.run(&place()?),
            Verb::Trust(verb) => verb.run(&place()?),
            Verb::Key(verb) => verb.run(&place()?),
            Verb::Explain(verb) => verb.run(place),
            Verb::Detect(verb) => verb.run(),
            Verb::Receive(verb) => verb.run(),
            Verb::Try(verb) => verb.run(&place()?),
            Verb::CompileChild(verb) => verb.run(),
        }
    }
}

/// The host gave an answer to another question: it is another version.
fn unexpected() -> Fault {
    Fault::new(
        FaultKind::Unreachable,
        "the running host",
        "it answered something else than what was asked",
        "use the command of the same version as the running host",
    )
}

/// Reads a file that the person named, up to a size.
fn read_file(path: &std::path::Path, most: u64) -> Result<Vec<u8>, Fault> {
    use std::io::Read as _;
    let unreadable = |error: std::io::Error| {
        Fault::new(
            FaultKind::Unreachable,
            path.display(),
            error,
            "check the path and that this account may read it",
        )
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        let cause = format!("it has more than {most} bytes");
        return Err(Fault::new(
            FaultKind::Malformed,
            path.display(),
            cause,
            "see that this is the right file",
        ));
    }
    Ok(bytes)
}

/// Asks the person at the terminal; what is about to be done was shown before.
fn confirmed(verb: &str, question: &str) -> Result<bool, Fault> {
    use std::io::{self, BufRead as _, IsTerminal as _};
    if !io::stdin().is_terminal() {
        return Err(Fault::new(
            FaultKind::Malformed,
            verb,
            format!("there is no terminal to ask at: {question}"),
            "if that is meant, add --yes",
        ));
    }
    screen::note(&format!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| {
        Fault::new(FaultKind::Unreachable, "the terminal", error, "add --yes to do it without asking")
    })?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
