use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{HoldReport, SendingReply, SendingRequest};

use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
    verb::{Output, sealed, unexpected},
};

/// Lists what waits for a person, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse hold list
  glasshouse hold list --all --output json")]
pub struct List {
    /// Those that were decided as well
    #[arg(long)]
    all: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = SendingRequest::Holds { decided: self.all };
        let SendingReply::Holds(holds) = sealed::ask(place, "reading the holds", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&holds),
            Output::Text => screen::print(&text(&holds)),
        }
        Ok(Ended::Well)
    }
}

fn text(holds: &[HoldReport]) -> String {
    let mut columns = Columns::new(&["HOLD", "KIND", "SITE", "OPENED", "STATE", "REQUESTS", "TOUCHES"]);
    for hold in holds {
        let touches = match hold.touches.as_slice() {
            [] => "-".to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
        };
        columns.row([
            hold.hold.to_string(),
            hold.kind.clone(),
            hold.site.to_string(),
            hold.opened.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            hold.state.to_string(),
            hold.requests.to_string(),
            touches,
        ]);
    }
    if columns.is_empty() { "nothing waits for a person\n".to_owned() } else { columns.text() }
}
