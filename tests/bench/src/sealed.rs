//! Requests in a ledger's outbox, as a run leaves them there.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_audit::{Checkpoint, Signer};
use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
use glasshouse_ledger::{Ledger, PartOf, PendingPart, Rendered, RequestId, RequestOf, RunRow, RunState};
use jiff::Timestamp;

use crate::Failed;

/// What the requests of a run are like.
pub struct Sealing {
    /// Where they go.
    pub target: PluginId,
    pub endpoint: Name,
    pub url: String,
    /// Bytes of each body.
    pub body: usize,
    /// How many of them go to the disk in one write.
    pub group: u32,
    /// The checkpoint of the sender's log that each carries, in base64.
    pub checkpoint: String,
}

/// A signed checkpoint as requests carry it.
pub fn checkpoint() -> Result<String, Failed> {
    let log = Signer::from_seed("glasshouse/bench", &[1; 32])?;
    Ok(STANDARD.encode(Checkpoint::new(log.verifier(), 42, Digest::of(b"root")).sign(&log)))
}

impl Sealing {
    /// Seals requests of the run of this slot, each in a render call of its own.
    pub fn seal(&self, ledger: &Ledger, slot: u32, requests: u32) -> Result<(), Failed> {
        let row = row(slot)?;
        ledger.change(|change| change.begin_run(&row))?;
        let run = row.id.as_str();
        let query = PluginId::new("bench.query")?;
        let part: PendingPart = ledger.begin_part(&PartOf {
            run,
            plugin: &query,
            version: &"1.0.0".parse()?,
            digest: None,
            started: Timestamp::UNIX_EPOCH,
        })?;
        let (route, table) = (Name::new("bench")?, Name::new("devices")?);
        for first in (0..requests).step_by(self.group as usize) {
            let calls: Vec<[(RequestId, Request); 1]> = (first..requests.min(first + self.group))
                .map(|chunk| {
                    let of = RequestOf {
                        hierarchy: "h",
                        site: "s",
                        route: &route,
                        query: &query,
                        table: &table,
                        run,
                        chunk,
                        step: 0,
                    };
                    let id = RequestId::of(&of);
                    [(id, self.request(id, chunk))]
                })
                .collect();
            let rendered: Vec<Rendered<'_>> = calls
                .iter()
                .zip(first..)
                .map(|(requests, chunk)| Rendered {
                    route: &route,
                    table: &table,
                    chunk,
                    target: &self.target,
                    target_digest: Digest::of(b"target"),
                    hold: None,
                    requests,
                    sealed: Timestamp::UNIX_EPOCH,
                })
                .collect();
            ledger.add_requests(&part, &rendered)?;
        }
        ledger.change(|change| change.finish_part(&part, &[], &[]))?;
        Ok(())
    }

    fn request(&self, id: RequestId, chunk: u32) -> Request {
        let header = |name: &str, value: String| (name.to_owned(), value);
        Request {
            endpoint: self.endpoint.clone(),
            method: "POST".to_owned(),
            url: self.url.clone(),
            headers: vec![
                header("content-type", "application/json".to_owned()),
                header("idempotency-key", id.to_string()),
                header("glasshouse-checkpoint", self.checkpoint.clone()),
            ],
            body: Body(chunk.to_be_bytes().repeat(self.body / 4)),
        }
    }
}

fn row(slot: u32) -> Result<RunRow, Failed> {
    Ok(RunRow {
        id: slot.to_string(),
        site: Name::new("bench")?,
        slot: slot.into(),
        attempt: 1,
        level: Level::Full,
        hierarchy: "h".to_owned(),
        site_hash: "s".to_owned(),
        scheduled: Timestamp::UNIX_EPOCH,
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        state: RunState::Running,
        misdated: false,
        keys: Default::default(),
    })
}
