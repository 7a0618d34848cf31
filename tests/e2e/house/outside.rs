//! A house that sends, and receivers whose behaviour a test decides: what is true of both ends whatever happens in
//! between.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use glasshouse_audit::Signer;
use glasshouse_contract::{Leaf, LeafKind};
use pretend_outside::{Authority, Identity};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::{House, Ran, pretend_receiver::PretendReceiver};
use crate::{
    collect::{PretendSite, take_in},
    house::sender::{JSON, KEYED, OURS, SITE, counts_add_up, route, word},
};

/// The name that receivers have.
pub const NAME: &str = "localhost";

/// Patience for tests that wait until it is over: enough for TLS on a busy machine.
const HURRIED: &str = "connect_timeout_s = 2, read_timeout_s = 2, timeout_s = 20";

/// A sender, and a receiver for each of its targets.
pub struct Outside {
    pub house: House,
    site: PretendSite,
    pub authority: Authority,
    /// What the receivers show.
    pub identity: Identity,
    receivers: BTreeMap<&'static str, PretendReceiver>,
}

impl Outside {
    /// Collected, and approved; nothing is sent yet. Each target has a receiver and a route of its own.
    pub fn with(targets: &[&'static str]) -> Self {
        let house = House::trusting();
        take_in(&house, "queries/site", SITE);
        take_in(&house, "rules/keyed-pseudonym", KEYED);
        let authority = Authority::new();
        let identity = authority.sign(NAME);
        let mut receivers = BTreeMap::new();
        for target in targets {
            let folder = target.rsplit('.').next().expect("an id has parts");
            take_in(&house, &format!("targets/{folder}"), target);
            let signer = (*target == OURS).then(signer);
            receivers.insert(*target, PretendReceiver::start(identity.server(), signer));
        }
        fs::write(house.state().join("receiver.pem"), &authority.pem).expect("it can be written");
        let outside = Self { house, site: PretendSite::start(&[]), authority, identity, receivers };
        outside.describe(&format!("ca_file = \"receiver.pem\", {HURRIED}"));
        outside.run(&["run", "--once"]).well();
        outside.run(&["plan", "approve", "--reason", "a test"]).well();
        outside
    }

    /// Describes the targets, each with these lines about its endpoint.
    pub fn describe(&self, endpoint: &str) {
        self.describe_as("critical = true", endpoint);
    }

    pub fn describe_as(&self, target_lines: &str, endpoint: &str) {
        let mut config = format!("mode = \"online\"\n[results]\nrules = [\"{KEYED}\"]\n");
        for ((target, receiver), number) in self.receivers.iter().zip(0..) {
            config.push_str(&route(&format!("way-{number}"), target));
            config.push_str(&format!(
                "[[target]]\nplugin = \"{target}\"\n{target_lines}\nendpoint.ingest = {{ host = \"{NAME}:{}\", \
                 addresses = [\"loopback\"], {endpoint} }}\n",
                receiver.address().port(),
            ));
        }
        self.site.describe(&self.house, "collector", &config);
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.house.run(args)
    }

    pub fn receiver(&self, target: &str) -> &PretendReceiver {
        &self.receivers[target]
    }

    /// The requests for a target, by id.
    pub fn requests(&self, target: &str) -> BTreeMap<String, Value> {
        let listed = self.run(&["outbox", "list", "--target", target, "--output", "json"]).json();
        let listed = listed.as_array().expect("a list").clone();
        listed.into_iter().map(|request| (word(&request, "id"), request)).collect()
    }

    /// The words for why requests of a target were not sent the last time that they were tried.
    pub fn failures(&self, target: &str) -> BTreeSet<String> {
        let tried = |request: &&Value| request["attempts"] != 0;
        self.requests(target).values().filter(tried).map(|request| word(request, "failure")).collect()
    }

    /// Whether anything for a target waits.
    pub fn waits(&self, target: &str) -> bool {
        self.requests(target).values().any(|request| request["state"] == "waiting")
    }

    /// Whether all that was sealed for a target is sent.
    pub fn all_sent(&self, target: &str) -> bool {
        self.requests(target).values().all(|request| request["state"] == "sent")
    }

    /// What holds whatever has happened: nothing is lost, nothing is there twice or changed, nothing is called sent that its
    /// receiver did not take, and the books agree with each other.
    #[track_caller]
    pub fn obligations_hold(&self) {
        let mut sent = 0;
        let metrics = self.run(&["metrics"]).well();
        counts_add_up(&metrics);
        let status = self.run(&["status", "--output", "json"]);
        let status: Value = serde_json::from_str(&status.out).expect("it is JSON");
        for (target, receiver) in &self.receivers {
            let (listed, took) = (self.requests(target), receiver.took());
            for (id, digest) in &took {
                let request = listed.get(id).unwrap_or_else(|| panic!("{id} was never sealed"));
                assert_eq!(word(request, "digest"), *digest, "other bytes came than were sealed");
            }
            let mut states: BTreeMap<String, u64> = BTreeMap::new();
            for (id, request) in &listed {
                let state = word(request, "state");
                assert!(state != "sent" || took.contains_key(id), "not taken, and called sent: {request:#}");
                *states.entry(state).or_default() += 1;
            }
            sent += states.get("sent").copied().unwrap_or_default();
            let listed = listed.len() as u64;
            let sealed = format!("glasshouse_requests_sealed_total{{target=\"{target}\"}} {listed}\n");
            assert!(metrics.contains(&sealed), "{sealed} is not in {metrics}");
            let told = status["sending"]["targets"].as_array().expect("targets").iter();
            let told = told.clone().find(|told| told["target"] == **target).expect("it is described");
            assert_eq!(told["sealed"], listed, "{told:#}");
            for (state, count) in &states {
                assert_eq!(told["requests"][state], *count, "{told:#}");
            }
        }
        assert_eq!(self.send_leaves(), sent, "the audit log has a leaf for each request that was sent");
        let said = self.run(&["audit", "verify"]).well();
        assert!(said.starts_with("the log is sound"), "{said}");
    }

    /// In the end: all that was sealed for each target is sent, and its receiver has all of it and nothing else.
    #[track_caller]
    pub fn all_is_delivered(&self) {
        self.obligations_hold();
        for (target, receiver) in &self.receivers {
            let listed = self.requests(target);
            assert!(self.all_sent(target), "{listed:#?}");
            assert!(receiver.took().keys().eq(listed.keys()), "{target}");
        }
    }

    fn send_leaves(&self) -> u64 {
        let ledger = self.house.state().join("ledger.sqlite");
        let ledger =
            Connection::open_with_flags(ledger, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it is there");
        let mut leaves = ledger.prepare("SELECT bytes FROM leaf").expect("there are leaves");
        let leaves = leaves.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("they can be read");
        let kinds =
            leaves.map(|bytes| Leaf::from_bytes(&bytes.expect("it can be read")).expect("a leaf").kind());
        kinds.filter(|kind| *kind == LeafKind::Send).count() as u64
    }
}

/// With what the receiver of our own target signs receipts.
pub fn signer() -> Signer {
    Signer::from_seed("receiver.test", &[9; 32]).expect("a key")
}

/// The targets that are shipped.
pub const SHIPPED: [&str; 2] = [OURS, JSON];
