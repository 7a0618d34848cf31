use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{RequestId, SealedInFull, SendingReply, SendingRequest};

use crate::{
    Ended,
    place::Place,
    screen,
    verb::{Output, sealed, unexpected},
};

/// Shows a sealed request: what is known of it, and what is in it
///
/// The journal notes who looked. `glasshouse preview --raw REQUEST` writes the very bytes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse outbox show 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
  glasshouse outbox show REQUEST --output json | jq -r .receipt")]
pub struct Show {
    /// The request's id, 64 hexadecimal digits, as `outbox list` shows it
    id: RequestId,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Show {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = SendingRequest::Show { id: self.id };
        let SendingReply::Show(shown) = sealed::ask(place, "reading the outbox", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&shown),
            Output::Text => screen::print(&text(&shown)),
        }
        Ok(Ended::Well)
    }
}

fn text(shown: &SealedInFull) -> String {
    let request = &shown.report;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:10} {}", screen::line(value));
    };
    line("request", &request.id.to_string());
    line("digest", &request.digest.to_string());
    line("state", &format!("{} since {}", request.state, request.since));
    if let Some(reason) = &request.reason {
        line("reason", reason);
    }
    if let Some(hold) = request.hold {
        line("hold", &hold.to_string());
    }
    line("target", &format!("{} ({}), endpoint {}", request.target, request.target_digest, request.endpoint));
    line("route", &format!("{}, site {}, run {}", request.route, request.site, request.run));
    line(
        "table",
        &format!(
            "{}/{}, part {}, request {} of {}",
            request.query,
            request.table,
            request.chunk + 1,
            request.step + 1,
            request.steps
        ),
    );
    line("sealed", &request.sealed.to_string());
    if let Some(leaf) = request.leaf {
        line("audit", &format!("leaf {leaf}"));
    }
    if request.attempts > 0 {
        let failure = request.failure.as_ref().map_or_else(String::new, |word| format!(", {word}"));
        let next = request.next.map_or_else(String::new, |next| format!("; once more at {next}"));
        line("attempts", &format!("{} failed{failure}{next}", request.attempts));
    }
    if let Some(credential) = &shown.credential {
        line("added", &format!("{credential} (when it is sent)"));
    }
    match &shown.raw {
        None => line("bytes", "erased"),
        Some(bytes) => {
            text.push('\n');
            for line in String::from_utf8_lossy(&bytes.0).lines() {
                let _ = writeln!(text, "  {}", screen::line(line));
            }
        }
    }
    if let Some(receipt) = &shown.receipt {
        text.push_str("\nreceipt\n");
        for line in receipt.lines() {
            let _ = writeln!(text, "  {}", screen::line(line));
        }
    }
    text
}
