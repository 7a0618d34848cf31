//! What a monitoring system reads: counters and times, names of targets and sites, and nothing of the data.

use std::fmt::Write as _;

use glasshouse_contract::Fault;
use glasshouse_ledger::{RequestState, RunState};

use super::{Delivering, SendingStatus, status};
use crate::sites::Sites;

/// The metrics in Prometheus' text format.
pub(crate) fn text(sites: &Sites, delivering: &Delivering) -> Result<String, Fault> {
    let current = sites.current()?;
    let (times, _) = sites.times()?;
    let waits = times.iter().any(|times| times.waits_for_disk);
    let status = status(sites.registry(), &current, delivering, waits)?;
    let mut text = Text::default();
    of_sending(&mut text, &status);
    let last = times.iter().filter_map(|times| Some((&times.site, times.last.as_ref()?)));
    let last: Vec<_> = last.collect();
    text.family(
        "glasshouse_run_timestamp_seconds",
        "gauge",
        "When the newest run of a site ended, or began where it is at work.",
    );
    for (site, run) in &last {
        let at = run.ended.unwrap_or(run.started).as_second();
        text.sample("glasshouse_run_timestamp_seconds", &[("site", site.as_str())], at);
    }
    text.family("glasshouse_run_done", "gauge", "Whether the newest run of a site came to its end.");
    for (site, run) in &last {
        text.sample(
            "glasshouse_run_done",
            &[("site", site.as_str())],
            i64::from(run.state == RunState::Done),
        );
    }
    Ok(text.0)
}

fn of_sending(text: &mut Text, status: &SendingStatus) {
    text.family("glasshouse_online", "gauge", "Whether the host sends by itself.");
    text.sample("glasshouse_online", &[], i64::from(status.mode == crate::Mode::Online));
    text.family(
        "glasshouse_requests_sealed_total",
        "counter",
        "Requests that were ever sealed; the sum over all states.",
    );
    for target in &status.targets {
        text.sample("glasshouse_requests_sealed_total", &[("target", target.target.as_str())], target.sealed);
    }
    text.family("glasshouse_requests", "gauge", "Sealed requests by what they are now.");
    for target in &status.targets {
        for state in RequestState::ALL {
            let labels = [("target", target.target.as_str()), ("state", state.as_str())];
            text.sample("glasshouse_requests", &labels, target.of(state));
        }
    }
    text.family("glasshouse_request_bytes", "gauge", "Bytes of the bodies of sealed requests.");
    for target in &status.targets {
        for state in RequestState::ALL {
            let labels = [("target", target.target.as_str()), ("state", state.as_str())];
            text.sample(
                "glasshouse_request_bytes",
                &labels,
                target.bytes.get(&state).copied().unwrap_or_default(),
            );
        }
    }
    text.family(
        "glasshouse_delivery_lag_seconds",
        "gauge",
        "How long the oldest request that waits has waited.",
    );
    for target in &status.targets {
        text.sample(
            "glasshouse_delivery_lag_seconds",
            &[("target", target.target.as_str())],
            target.lag_seconds,
        );
    }
    text.family("glasshouse_outbox_unsent_bytes", "gauge", "Bytes that are sealed and not sent.");
    text.sample("glasshouse_outbox_unsent_bytes", &[], status.unsent);
    text.family(
        "glasshouse_outbox_unsent_limit_bytes",
        "gauge",
        "How many there may be; over it nothing is collected.",
    );
    text.sample("glasshouse_outbox_unsent_limit_bytes", &[], status.unsent_most);
    text.family("glasshouse_outbox_full", "gauge", "Whether so much is not sent that nothing is collected.");
    text.sample("glasshouse_outbox_full", &[], i64::from(status.outbox_full));
    text.family("glasshouse_holds_open", "gauge", "Holds that wait for a person.");
    text.sample("glasshouse_holds_open", &[], status.holds.len());
    text.family("glasshouse_waiting_for_disk", "gauge", "Whether the host waits for room on its disk.");
    text.sample("glasshouse_waiting_for_disk", &[], i64::from(status.waiting_for_disk));
    let Some(check) = &status.connectivity else { return };
    text.family(
        "glasshouse_endpoint_reached",
        "gauge",
        "Whether an endpoint could be reached when it was asked for.",
    );
    for endpoint in &check.endpoints {
        let labels = [("target", endpoint.target.as_str()), ("endpoint", endpoint.endpoint.as_str())];
        text.sample("glasshouse_endpoint_reached", &labels, i64::from(endpoint.reached));
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A value. Names of plugins, sites and endpoints have no character that would have to be escaped.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
