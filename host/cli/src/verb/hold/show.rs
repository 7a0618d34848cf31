use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{HoldId, HoldState, SendingReply, SendingRequest};

use super::in_full;
use crate::{
    Ended,
    place::Place,
    screen,
    verb::{Output, sealed, unexpected},
};

/// Shows a hold: how the plan differs from the approved one, and which requests wait for it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse hold show 3
  glasshouse outbox list --hold 3       names each request; outbox show has what is in it")]
pub struct Show {
    /// Its number, as `hold list` shows it
    hold: HoldId,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Show {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = SendingRequest::Hold { hold: self.hold };
        let SendingReply::Hold(hold) = sealed::ask(place, "reading the holds", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&hold),
            Output::Text => {
                screen::print(&in_full(&hold));
                if hold.state == HoldState::Open {
                    screen::note(&format!("then: glasshouse hold approve {0}, or hold deny {0}", hold.hold));
                }
            }
        }
        Ok(Ended::Well)
    }
}
