use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{Reply, Request};
use glasshouse_registry::{Installed, Listing, PluginState};

use super::unexpected;
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
    verb::Output,
};

/// Shows the plugins: what runs, what waits, what was refused, and why
#[derive(Debug, Args)]
#[command(after_help = "\
States:
  running      answers calls
  waiting      asks for more than was granted; see `glasshouse plugin approve`
  stopped      was let in and may not run any more: its key, its time or its grant is gone
  superseded   a newer version took its place; `glasshouse plugin rollback` goes back to it
  quarantined  was refused or taken back; a refused file and its reason.json are under quarantine/

Examples:
  glasshouse plugin list
  glasshouse plugin list --output json | jq '.plugins[] | select(.state == \"waiting\")'")]
pub struct List {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::List(listing) = place.ask("reading the state", Request::List)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&listing),
            Output::Text => screen::print(&text(&listing)),
        }
        Ok(Ended::Well)
    }
}

fn text(listing: &Listing) -> String {
    let mut columns = Columns::new(&["ID", "VERSION", "KIND", "SIGNER", "STATE", "WHY"]);
    for plugin in &listing.plugins {
        let signers = plugin.signers.join(", ");
        columns.row([
            plugin.id.as_str(),
            &plugin.version.to_string(),
            plugin.kind.as_str(),
            if signers.is_empty() { "-" } else { &signers },
            &plugin.state.to_string(),
            if plugin.why.is_empty() { usual_reason(plugin.state) } else { &plugin.why },
        ]);
    }
    for file in &listing.quarantined {
        let reason = &file.reason;
        // By the file's own word, which was not believed; no signer stands beside it.
        let (id, version) =
            reason.plugin.as_deref().and_then(|name| name.split_once(' ')).unwrap_or(("-", "-"));
        let why = format!("{}: {}", reason.file, reason.reason);
        columns.row([id, version, "-", "-", "quarantined", &why]);
    }
    let mut text = if columns.is_empty() { "no plugins\n".to_owned() } else { columns.text() };
    for problem in &listing.problems {
        text.push_str(&format!("\nproblem: {}\n", screen::shown(&problem.to_string())));
    }
    text
}

/// Why a plugin is in a state that nothing went wrong to reach.
const fn usual_reason(state: PluginState) -> &'static str {
    match state {
        PluginState::Running => "signed, granted and tried",
        PluginState::Superseded => "another version took its place",
        PluginState::Waiting | PluginState::Quarantined | PluginState::Stopped => "-",
    }
}

/// Says what came of a file, and what to do next.
pub fn print_installed(installed: &Installed) {
    match installed {
        Installed::Serving { id, version, replaced: Some(before), .. } => {
            screen::print(&format!("{id} {version} runs in the place of {before}"));
        }
        Installed::Serving { id, version, replaced: None, .. } => {
            screen::print(&format!("{id} {version} runs"));
        }
        Installed::Already { id, version, .. } => screen::print(&format!("{id} {version} runs already")),
        Installed::Waiting { id, version, beyond, .. } => {
            let mut text = format!("{id} {version} waits for approval; it asks for:\n");
            for ask in beyond.iter() {
                text.push_str(&format!("  {}\n", screen::line(&ask.to_string())));
            }
            screen::print(&text);
            screen::note(&format!("next: glasshouse plugin approve {id}"));
        }
    }
}
