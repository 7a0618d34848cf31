use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{EndpointReport, SendingReply, SendingRequest};

use crate::{
    Ended,
    place::Place,
    screen,
    verb::{Output, sealed, unexpected},
};

/// Looks whether receivers can be reached: name, address, proxy, certificate, key
///
/// Each endpoint is asked for with GET, with nothing to say and without its credential. Any answer will do but 407, 408,
/// 426, 451, 502, 511, 598 and 599, which come from what is on the way. The numbers of the messages are those of
/// Configuration Manager's service connection point: 11410 all is well, 11411 a warning, 11412 an error, 11488 for each
/// endpoint that is critical.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where an endpoint cannot be reached, with 4 where the mode is offline.

Examples:
  glasshouse target test
  glasshouse target test glasshouse.targets.glasshouse --output json")]
pub struct Test {
    /// Only this target
    target: Option<PluginId>,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Test {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = SendingRequest::TestTargets { target: self.target };
        let SendingReply::Targets(report) = sealed::ask(place, "asking for receivers", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&report),
            Output::Text => {
                let mut text: String = report.endpoints.iter().map(endpoint_text).collect();
                for message in &report.messages {
                    let _ = writeln!(
                        text,
                        "{} {}: {}",
                        message.id,
                        message.severity,
                        screen::line(&message.text)
                    );
                }
                screen::print(&text);
            }
        }
        let well = report.endpoints.iter().all(|endpoint| endpoint.reached);
        Ok(if well { Ended::Well } else { Ended::WithFindings })
    }
}

/// One endpoint, and how to mend it.
pub fn endpoint_text(endpoint: &EndpointReport) -> String {
    let mut text = format!("target    {}, endpoint {}", endpoint.target, endpoint.endpoint);
    if let Some(url) = &endpoint.url {
        let _ = write!(text, " ({})", screen::line(url));
    }
    text.push('\n');
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:9} {}", screen::line(value));
    };
    if let Some(proxy) = &endpoint.proxy {
        line("proxy", proxy);
    }
    if let Some(credential) = &endpoint.credential {
        line("added", credential);
    }
    let critical = if endpoint.critical { ", and it is critical" } else { "" };
    match endpoint.reached {
        true => line("reached", &endpoint.answer),
        false => line("problem", &format!("{}{critical}", endpoint.answer)),
    }
    if endpoint.backup_key {
        line(
            "warning",
            "the receiver shows its backup key: put it first among the pins, and add the next one",
        );
    }
    if let Some(fault) = endpoint.fault.as_ref().filter(|fault| !fault.mend.is_empty()) {
        line("mend", &fault.mend);
    }
    text
}
