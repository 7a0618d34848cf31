use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{SendingReply, SendingRequest};

use super::{sealed, unexpected};
use crate::{Ended, place::Place, screen};

/// Prints counters and times for a monitoring system, in Prometheus' text format
///
/// How much was sealed, sent, refused, and waits for whom, in requests and bytes; how far delivery lags behind, for each
/// target; how each site's newest run went. There is nothing of the data in it. With `[metrics] listen` in
/// glasshouse.toml a running host serves the same at /metrics.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse metrics
  glasshouse metrics > /var/lib/node_exporter/glasshouse.prom")]
pub struct Metrics {}

impl Metrics {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let SendingReply::Metrics(text) = sealed::ask(place, "counting", SendingRequest::Metrics)? else {
            return Err(unexpected());
        };
        screen::print_exactly(&text);
        Ok(Ended::Well)
    }
}
