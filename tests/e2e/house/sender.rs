//! A house whose site is sent to a receiver of its own, by the command alone.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Stdio},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{House, Ran, text};
use crate::collect::{PretendSite, take_in};

pub const SITE: &str = "glasshouse.site";
pub const KEYED: &str = "glasshouse.rules.keyed-pseudonym";
pub const OURS: &str = "glasshouse.targets.glasshouse";
pub const JSON: &str = "glasshouse.targets.https-json";

/// A route to a target for what the site gives, with the results' rules.
pub fn route(name: &str, target: &str) -> String {
    format!("[[route]]\nname = \"{name}\"\ntake = [\"{SITE}\"]\ntarget = \"{target}\"\n")
}

/// A house whose site is sent to a receiver of its own.
pub struct Sender {
    pub house: House,
    pub site: PretendSite,
    pub receiver: Receiver,
}

/// A receiver's folder, and what a sender has to know of it.
pub struct Receiver {
    pub folder: String,
    /// Where it is sent to.
    pub port: u16,
    pub pin: String,
    pub verifier: String,
}

/// A receiver that runs; stopped when it is dropped.
pub struct Listening(pub Child);

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Receiver {
    /// With an authority of its own, and one tenant.
    pub fn made(house: &House) -> Self {
        let path = house.path("receiver");
        let folder = text(&path).to_owned();
        let said = house
            .run(&["receive", "init", &folder, "--name", "receiver.test", "--own-authority", "localhost"])
            .well();
        let after = |start: &str| said.lines().find_map(|line| line.strip_prefix(start)).expect("it has one");
        let (pin, verifier) = (after("pin ").to_owned(), after("verifier ").to_owned());
        let authority = after("authority ");
        fs::copy(authority, house.state().join("receiver.pem")).expect("it can be copied");
        let config = path.join("receive.toml");
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = listener.expect("a port is free").port();
        let written = fs::read_to_string(&config).expect("it is there");
        fs::write(&config, written.replace(":8443", &format!(":{port}"))).expect("it can be written");
        let token = house.run(&["receive", "tenant", "add", &folder, "contoso"]).well();
        house.private("state/token", token.trim());
        Self { folder, port, pin, verifier }
    }

    pub fn start(&self, house: &House) -> Listening {
        let mut child = house
            .command(&["receive", "run", &self.folder])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines =
            BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("listening at")), "it never listens");
        std::thread::spawn(move || lines.for_each(drop));
        Listening(child)
    }

    /// What it has: id and digest.
    pub fn has(&self, house: &House) -> BTreeMap<String, String> {
        let list = ["receive", "list", self.folder.as_str(), "--last", "100000", "--output", "json"];
        let listed = house.run(&list).json();
        let listed = listed.as_array().expect("a list");
        let all: BTreeMap<String, String> =
            listed.iter().map(|kept| (word(kept, "id"), word(kept, "digest"))).collect();
        assert_eq!(all.len(), listed.len(), "an id is there twice");
        all
    }

    /// The bytes of a request as they came.
    pub fn bytes(&self, house: &House, id: &str) -> Vec<u8> {
        bytes(house, &["receive", "show", &self.folder, id, "--tenant", "contoso", "--raw"])
    }
}

impl Sender {
    /// Collecting from a site, online, with targets of these plugins; each has a route of its own.
    pub fn new(targets: &[&str]) -> Self {
        Self::in_house(House::trusting(), targets, &[])
    }

    /// The same in a house that is there, from a site with these faults.
    pub fn in_house(house: House, targets: &[&str], faults: &[&str]) -> Self {
        take_in(&house, "queries/site", SITE);
        take_in(&house, "rules/keyed-pseudonym", KEYED);
        for target in targets {
            let name = target.rsplit('.').next().expect("an id has parts");
            take_in(&house, &format!("targets/{name}"), target);
        }
        let receiver = Receiver::made(&house);
        let sender = Self { house, site: PretendSite::start(faults), receiver };
        sender.configure("online", "", targets);
        sender
    }

    pub fn configure(&self, mode: &str, more: &str, targets: &[&str]) {
        let mut config = format!("mode = \"{mode}\"\n{more}\n[results]\nrules = [\"{KEYED}\"]\n");
        for (target, number) in targets.iter().zip(0..) {
            config.push_str(&route(&format!("way-{number}"), target));
            config.push_str(&self.target(target));
        }
        self.site.describe(&self.house, "collector", &config);
    }

    pub fn target(&self, plugin: &str) -> String {
        let Receiver { port, pin, .. } = &self.receiver;
        format!(
            "[[target]]\nplugin = \"{plugin}\"\ncritical = true\nendpoint.ingest = {{ host = \"localhost:{port}\", \
             ca_file = \"receiver.pem\", pins = [\"{pin}\"], addresses = [\"loopback\"] }}\n\
             credential = {{ kind = \"bearer\", file = \"token\" }}\n"
        )
    }

    /// Adds lines to each target of the configuration.
    pub fn describe_targets(&self, lines: &str) {
        let path = self.house.state().join("glasshouse.toml");
        let config = fs::read_to_string(&path).expect("it is there");
        let with = config.replace("critical = true\n", &format!("critical = true\n{lines}\n"));
        assert_ne!(with, config);
        fs::write(&path, with).expect("it can be written");
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.house.run(args)
    }

    pub fn outbox(&self, args: &[&str]) -> Vec<Value> {
        let args = [&["outbox", "list", "--output", "json"][..], args].concat();
        self.run(&args).json().as_array().expect("a list").clone()
    }

    /// Collects, and approves all of it.
    pub fn collect_and_approve(&self) {
        self.run(&["run", "--once"]).well();
        self.run(&["plan", "approve", "--reason", "a test"]).well();
    }
}

pub fn word(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// What a command writes, to the byte.
pub fn bytes(house: &House, args: &[&str]) -> Vec<u8> {
    let output = house.command(args).stdin(Stdio::null()).output().expect("the command runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The metrics of each target: sealed is the sum of what became of it, and no name of what was read is in them.
pub fn counts_add_up(metrics: &str) {
    let value = |line: &str| -> u64 {
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
    };
    let sealed: Vec<&str> =
        metrics.lines().filter(|line| line.starts_with("glasshouse_requests_sealed_total{")).collect();
    assert!(!sealed.is_empty(), "{metrics}");
    for line in sealed {
        let target = line.split('"').nth(1).expect("a target");
        let states = metrics
            .lines()
            .filter(|line| line.starts_with(&format!("glasshouse_requests{{target=\"{target}\"")));
        assert_eq!(states.map(value).sum::<u64>(), value(line), "{metrics}");
    }
    assert!(!metrics.contains("site-version") && !metrics.contains(SITE), "{metrics}");
}
