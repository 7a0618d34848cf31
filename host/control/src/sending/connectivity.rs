//! Whether the endpoints of targets can be reached.

use glasshouse_contract::{Fault, Name};
use glasshouse_egress::{Checked, Connectivity, Severity, TargetConfig, status_messages};
use glasshouse_pipeline::{NoOutlet, Outlets};
use glasshouse_registry::Registry;
use jiff::Timestamp;
use tracing::{error, info, warn};

use super::{ConnectivityReport, EndpointReport, MessageReport};

/// Asks for each endpoint of the targets, one after the other.
pub(crate) async fn check(
    registry: &Registry,
    outlets: &Outlets,
    targets: &[&TargetConfig],
    now: Timestamp,
) -> ConnectivityReport {
    let (mut checked, mut endpoints) = (Vec::new(), Vec::new());
    for target in targets {
        match outlets.running(registry, &target.plugin) {
            Ok(generation) => {
                let named = generation.manifest().target().map_or(&[][..], |spec| &spec.endpoints);
                for name in named.iter().map(|endpoint| &endpoint.name) {
                    let (one, report) = match outlets.way(&generation, name) {
                        Ok(way) => {
                            let one = Checked::of(&way, outlets.egress().check(&way).await);
                            if let Connectivity::Failed(error) = &one.connectivity {
                                outlets.failed(&way, error);
                            }
                            let report = EndpointReport {
                                url: Some(way.url()),
                                proxy: way.proxy().map(str::to_owned),
                                credential: way.credential(),
                                backup_key: way.saw_backup_key(),
                                fault: fault(&one.connectivity),
                                ..plain(&one)
                            };
                            (one, report)
                        }
                        Err(no) => no_way(target, name, &no),
                    };
                    checked.push(one);
                    endpoints.push(report);
                }
            }
            Err(no) => {
                for name in target.endpoints.keys() {
                    let (one, report) = no_way(target, name, &no);
                    checked.push(one);
                    endpoints.push(report);
                }
            }
        }
    }
    let messages = status_messages(&checked).into_iter().map(|message| MessageReport {
        id: message.id,
        severity: word(message.severity).to_owned(),
        text: message.text,
    });
    ConnectivityReport { at: now, endpoints, messages: messages.collect() }
}

/// Writes the messages into the log, each with its number.
pub(crate) fn log(report: &ConnectivityReport) {
    for message in &report.messages {
        let (id, text) = (message.id, &message.text);
        match message.severity.as_str() {
            "info" => info!(id, "{text}"),
            "warning" => warn!(id, "{text}"),
            _ => error!(id, "{text}"),
        }
    }
}

fn no_way(target: &TargetConfig, endpoint: &Name, no: &NoOutlet) -> (Checked, EndpointReport) {
    let one = Checked {
        target: target.plugin.clone(),
        endpoint: endpoint.clone(),
        critical: target.critical,
        connectivity: Connectivity::NoWay(no.word()),
    };
    let report = EndpointReport { answer: no.to_string(), fault: Some(no.fault()), ..plain(&one) };
    (one, report)
}

fn plain(one: &Checked) -> EndpointReport {
    EndpointReport {
        target: one.target.clone(),
        endpoint: one.endpoint.clone(),
        url: None,
        critical: one.critical,
        reached: one.connectivity.fine(),
        answer: one.connectivity.to_string(),
        proxy: None,
        credential: None,
        backup_key: false,
        fault: None,
    }
}

fn fault(connectivity: &Connectivity) -> Option<Fault> {
    match connectivity {
        Connectivity::Failed(error) => Some(error.fault()),
        Connectivity::Answered(_) | Connectivity::NoWay(_) => None,
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
