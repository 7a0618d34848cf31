use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name, PluginId};
use glasshouse_control::{DraftReport, PreviewReport, RequestId, SendingReply, SendingRequest};

use super::{Output, hold, run, sealed, unexpected};
use crate::{Ended, place::Place, screen};

/// Shows what is sealed and not sent: the very requests, before they leave
///
/// What is sealed stays as it is. What --raw writes is what lies in the store, what is handed to TLS, and what arrives:
/// SHA-256 of it is the request's digest everywhere. Credentials are added when it is sent, and are no part of it.
///
/// With --collect the sites are collected from now, and what would leave is sealed as a draft: none of it is sent before
/// somebody approves that very draft. A draft is the run of its week, unless it is denied: then that week's run is still
/// to come.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse preview
  glasshouse preview --raw 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b | sha256sum
  glasshouse preview --collect --site cas
  glasshouse hold approve 3 --reason \"looked at it: counts alone\"")]
pub struct Preview {
    /// Only what goes to this target
    #[arg(long, value_name = "ID", conflicts_with_all = ["raw", "collect"])]
    target: Option<PluginId>,

    /// Write the bytes of this request - method and target, headers, body - and nothing else
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["collect", "output"])]
    raw: Option<RequestId>,

    /// Collect now, and hold what would leave as a draft
    #[arg(long)]
    collect: bool,

    /// Collect only from this site; may be given several times
    #[arg(long, value_name = "NAME", requires = "collect")]
    site: Vec<Name>,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Preview {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        if let Some(id) = self.raw {
            return raw(place, id);
        }
        if self.collect {
            return self.collect(place);
        }
        let request = SendingRequest::Preview { target: self.target };
        let SendingReply::Preview(preview) = sealed::ask(place, "reading the outbox", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&preview),
            Output::Text => screen::print(&text(&preview)),
        }
        Ok(Ended::Well)
    }

    fn collect(self, place: &Place) -> Result<Ended, Fault> {
        use std::io::IsTerminal as _;
        let request = SendingRequest::Draft { sites: self.site, watched: std::io::stderr().is_terminal() };
        let SendingReply::Draft(draft) = sealed::ask_telling(place, "connecting", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&draft),
            Output::Text => screen::print(&draft_text(&draft)),
        }
        run::ended(&draft.collected)
    }
}

fn raw(place: &Place, id: RequestId) -> Result<Ended, Fault> {
    let SendingReply::Show(shown) = sealed::ask(place, "reading the outbox", SendingRequest::Show { id })?
    else {
        return Err(unexpected());
    };
    match shown.raw {
        Some(bytes) => {
            screen::print_bytes(&bytes.0);
            Ok(Ended::Well)
        }
        None => Err(Fault::new(
            FaultKind::Finding,
            format!("request {id}"),
            format!("it is {}, and its bytes were erased", shown.report.state),
            "its digest stays in the audit log: `glasshouse outbox show` has it",
        )),
    }
}

fn text(preview: &PreviewReport) -> String {
    if preview.tables.is_empty() {
        return format!("mode {}: nothing is sealed that was not sent\n", preview.mode);
    }
    let (requests, bytes) = preview
        .tables
        .iter()
        .fold((0, 0), |(requests, bytes), table| (requests + table.requests, bytes + table.bytes));
    let mut text = sealed::tables(&preview.tables);
    let _ = writeln!(text, "\nmode {}: {requests} requests, {}", preview.mode, sealed::bytes(bytes));
    text.push_str(
        "Look at one:  glasshouse outbox show REQUEST, or to the byte: glasshouse preview --raw REQUEST\n",
    );
    text
}

fn draft_text(draft: &DraftReport) -> String {
    let mut text = run::text(&draft.collected);
    for hold in &draft.drafts {
        let _ = write!(text, "\n{}", hold::in_full(hold));
        if hold.requests == 0 {
            text.push_str("nothing would leave: what came is as it was when it was sent\n");
        }
        let _ = writeln!(
            text,
            "Send it:   glasshouse hold approve {0} --reason \"..\"\nErase it:  glasshouse hold deny {0} --reason \"..\"",
            hold.hold
        );
    }
    if draft.drafts.is_empty() {
        text.push_str("\nno draft: no route leads to a target, or nothing came\n");
    }
    text
}
