//! A ledger with a run, for tests.

use glasshouse_contract::{
    Batch, Body, ColumnBuilder, ColumnName, ColumnType, DataClass, Digest, Field, Level, Name, PluginId,
    Request, Schema,
};
use jiff::{SignedDuration, Timestamp};
use semver::Version;

use crate::{
    Accepted, Actor, Carried, Decision, HoldId, HoldKind, Ledger, NewHold, PartOf, PendingPart, Rendered,
    RequestId, RequestOf, TableRow, runs::tests::run,
};

pub struct Desk {
    pub ledger: Ledger,
    pub folder: tempfile::TempDir,
}

pub const QUERY: &str = "contoso.devices";

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap() + SignedDuration::from_secs(second)
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn target(text: &str) -> PluginId {
    PluginId::new(&format!("contoso.{text}")).unwrap()
}

impl Desk {
    /// A ledger with the runs `1` and `2`.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        for (id, slot) in [("1", 1), ("2", 2)] {
            ledger.change(|change| change.begin_run(&run(id, slot, 1))).unwrap();
        }
        Self { ledger, folder }
    }

    /// Closes the ledger as a host does that ends, and leaves the folder.
    pub fn closed(self) -> tempfile::TempDir {
        self.ledger.close().unwrap();
        self.folder
    }

    pub fn part(&self, run: &str, query: &str) -> PendingPart {
        part(&self.ledger, run, query)
    }

    /// Seals the given calls of a target in one finished part of run `1`: how many requests each has.
    pub fn seal(&self, query: &str, to: &PluginId, calls: &[u32], hold: Option<HoldId>) -> Vec<RequestId> {
        self.seal_in("1", query, to, calls, hold)
    }

    pub fn seal_in(
        &self,
        run: &str,
        query: &str,
        to: &PluginId,
        calls: &[u32],
        hold: Option<HoldId>,
    ) -> Vec<RequestId> {
        let part = self.part(run, query);
        let ids = add(&self.ledger, &part, run, query, to, calls, hold);
        self.ledger
            .change(|change| {
                change.finish_part(&part, &[], &[])?;
                change.carry_when_settled(&part, &carried(run))
            })
            .unwrap();
        ids
    }

    pub fn hold(&self, kind: HoldKind) -> HoldId {
        let hold = NewHold {
            kind,
            site: name("cas"),
            touches: vec![QUERY.to_owned()],
            difference: vec!["column User is new".to_owned()],
            opened: at(0),
        };
        self.ledger.change(|change| change.open_hold(&hold)).unwrap()
    }

    pub fn accept(&self, id: &RequestId, next: Option<u32>) -> crate::Progress {
        let sent = self.ledger.request(id).unwrap().unwrap().request.digest();
        let accepted = Accepted { at: at(5), sent, receipt: Some(b"receipt"), next };
        self.ledger.change(|change| change.accept(id, &accepted)).unwrap()
    }

    pub fn state(&self, id: &RequestId) -> crate::RequestState {
        self.ledger.request_row(id).unwrap().unwrap().state
    }

    pub fn carried_run(&self, query: &str) -> Option<String> {
        let query = PluginId::new(query).unwrap();
        self.ledger.carried(&query, &name("cas")).unwrap().map(|carried| carried.run)
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.ledger.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub fn part(ledger: &Ledger, run: &str, query: &str) -> PendingPart {
    let plugin = PluginId::new(query).unwrap();
    let version = Version::new(1, 2, 3);
    ledger
        .begin_part(&PartOf { run, plugin: &plugin, version: &version, digest: None, started: at(0) })
        .unwrap()
}

pub fn carried(run: &str) -> Carried {
    Carried { run: run.to_owned(), digest: Digest::of(b"file"), bytes: run.as_bytes().to_vec(), since: at(1) }
}

/// One request of a call, as a target renders it.
pub fn request(run: &str, query: &str, to: &PluginId, chunk: u32, step: u32) -> (RequestId, Request) {
    let (route, table) = (name("headquarters"), name("devices"));
    let query = PluginId::new(query).unwrap();
    // One route for each target.
    let hierarchy = to.as_str();
    let of =
        RequestOf { hierarchy, site: "s", route: &route, query: &query, table: &table, run, chunk, step };
    let id = RequestId::of(&of);
    let request = Request {
        endpoint: name("ingest"),
        method: "POST".to_owned(),
        url: "https://telemetry.contoso.example/v1/devices".to_owned(),
        headers: vec![("idempotency-key".to_owned(), id.to_string())],
        body: Body(format!("[{chunk}, {step}, \"{run}\"]").into_bytes()),
    };
    (id, request)
}

pub fn add(
    ledger: &Ledger,
    part: &PendingPart,
    run: &str,
    query: &str,
    to: &PluginId,
    calls: &[u32],
    hold: Option<HoldId>,
) -> Vec<RequestId> {
    let mut ids = Vec::new();
    for (steps, chunk) in calls.iter().zip(0..) {
        let requests: Vec<_> = (0..*steps).map(|step| request(run, query, to, chunk, step)).collect();
        let rendered = Rendered {
            route: &name(&to.as_str().replace('.', "-")),
            table: &name("devices"),
            chunk,
            target: to,
            target_digest: Digest::of(b"target"),
            hold,
            requests: &requests,
            sealed: at(i64::from(chunk)),
        };
        ledger.add_requests(part, &[rendered]).unwrap();
        ids.extend(requests.iter().map(|(id, _)| *id));
    }
    ids
}

pub fn anna() -> Actor {
    Actor::new("uid 7")
}

pub fn decision(actor: &Actor) -> Decision<'_> {
    Decision { at: at(9), actor, reason: "because" }
}

pub fn schema() -> Schema {
    Schema::new(vec![Field {
        name: ColumnName::new("N").unwrap(),
        kind: ColumnType::Int,
        nullable: true,
        class: DataClass::Measure,
    }])
    .unwrap()
}

pub fn batch(numbers: std::ops::Range<i64>) -> Batch {
    let rows = numbers.clone().count();
    let mut column = ColumnBuilder::new(ColumnType::Int, rows);
    numbers.for_each(|number| column.push_int(number));
    Batch::new(std::sync::Arc::new(schema()), u32::try_from(rows).unwrap(), vec![column.finish()]).unwrap()
}

pub fn table(table: &str) -> TableRow {
    TableRow {
        chain: None,
        name: name(table),
        routes: vec![name("results")],
        level: Level::Enhanced,
        columns: schema(),
        left_out: std::collections::BTreeMap::new(),
        rows: 0,
    }
}
