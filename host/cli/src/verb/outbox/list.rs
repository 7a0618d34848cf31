use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{HoldId, Listed, RequestState, SealedReport, SendingReply, SendingRequest};

use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
    verb::{Output, sealed, unexpected},
};

/// Lists sealed requests, in the order in which they were sealed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse outbox list
  glasshouse outbox list --only waiting --target glasshouse.targets.glasshouse
  glasshouse outbox list --after 1200 --most 100 --output json")]
pub struct List {
    /// Only those for this target
    #[arg(long, value_name = "ID")]
    target: Option<PluginId>,

    /// Only those that are waiting, held, draft, sent, refused or withdrawn
    #[arg(long, value_name = "STATE")]
    only: Option<RequestState>,

    /// Only those that this hold holds
    #[arg(long, value_name = "N")]
    hold: Option<HoldId>,

    /// Only those sealed after the one with this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,

    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    most: u32,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let (target, state, hold) = (self.target, self.only, self.hold);
        let listed = Listed { target, state, hold, after: self.after, most: self.most };
        let SendingReply::List(requests) =
            sealed::ask(place, "reading the outbox", SendingRequest::List(listed))?
        else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&requests),
            Output::Text => screen::print(&text(&requests)),
        }
        if let Some(last) = requests.last().filter(|_| requests.len() >= self.most as usize) {
            screen::note(&format!("there may be more: --after {}", last.seq));
        }
        Ok(Ended::Well)
    }
}

fn text(requests: &[SealedReport]) -> String {
    let mut columns =
        Columns::new(&["SEQ", "REQUEST", "STATE", "TARGET", "TABLE", "BYTES", "SEALED", "TRIED", "NEXT"]);
    for request in requests {
        let failure = request.failure.as_ref().map_or_else(String::new, |word| format!(" ({word})"));
        columns.row([
            request.seq.to_string(),
            request.id.to_string(),
            request.state.to_string(),
            request.target.to_string(),
            format!("{}/{}", request.query, request.table),
            request.bytes.to_string(),
            request.sealed.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            format!("{}{failure}", request.attempts),
            request.next.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        ]);
    }
    if columns.is_empty() { "nothing of this kind is sealed\n".to_owned() } else { columns.text() }
}
