//! A host whose disk fills up: it says so, loses nothing, and goes on by itself when there is room. Its state directory
//! is a file system of 16 MiB, which is mounted; skipped with a word where that may not be done.

#![cfg(target_os = "linux")]

use std::{
    fs::{self, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    house::sender::{Listening, OURS, Sender, counts_add_up, word},
    house::{House, gate::Gate, skipped, wait_until},
};

/// Within how long the host goes on. It looks every five seconds; the rest is for a slow machine.
const SOON: Duration = Duration::from_secs(20);

/// A small file system. What fills it lies in one file.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs"]).arg(at);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(at.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes all the room that there is.
    fn fill(&self) {
        let mut file =
            OpenOptions::new().create(true).append(true).open(self.ballast()).expect("a name has room");
        let mut piece = 1 << 20;
        while piece > 0 {
            match file.write(&vec![0; piece]) {
                Ok(1..) => {}
                _ => piece /= 2,
            }
        }
    }

    /// Takes all but this much.
    fn fill_but(&self, kib: u64) {
        self.fill();
        let file = OpenOptions::new().write(true).open(self.ballast()).expect("it is there");
        let length = file.metadata().expect("it has a length").len();
        file.set_len(length - (kib << 10)).expect("it can be shorter");
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).expect("it can be removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It goes when the last one that uses it has ended.
        let _ = Command::new("umount").args(["-l"]).arg(&self.0).status();
    }
}

/// A sender whose state directory has 16 MiB.
struct Cramped {
    disk: SmallDisk,
    sender: Sender,
}

impl Cramped {
    fn new() -> Option<Self> {
        let (house, disk) = house_on_a_small_disk()?;
        let sender = Sender::in_house(house, &[OURS], &[]);
        Some(Self { disk, sender })
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.sender.run(&["status", "--output", "json"]).out).expect("it is JSON")
    }

    fn waits_for_disk(&self) -> bool {
        self.status()["sending"]["waiting_for_disk"] == true
    }

    /// The host says what it waits for, and whoever asks is answered.
    #[track_caller]
    fn it_is_told(&self) {
        let sender = &self.sender;
        let status = sender.run(&["status"]);
        assert_eq!(status.code, 1, "{status:#?}");
        assert!(status.out.contains("waiting: disk; the host goes on by itself"), "{status:#?}");
        let doctor = sender.run(&["doctor"]);
        assert!(doctor.code == 1 && doctor.out.contains("waiting: disk"), "{doctor:#?}");
        let metrics = sender.run(&["metrics"]).well();
        assert!(metrics.contains("\nglasshouse_waiting_for_disk 1\n"), "{metrics}");
        counts_add_up(&metrics);
        sender.outbox(&[]);
        let said = sender.run(&["audit", "verify"]).well();
        assert!(said.starts_with("the log is sound"), "{said}");
        sender.run(&["plugin", "list"]).well();
    }

    /// Makes room, and says how long the host took to go on.
    #[track_caller]
    fn goes_on_until(&self, what: &str, yes: impl FnMut() -> bool) {
        self.disk.free();
        let took = wait_until(what, yes);
        println!("{what}: {took:.1?} after there was room");
        assert!(took < SOON, "{what}: {took:?}");
        assert!(!self.waits_for_disk());
        let metrics = self.sender.run(&["metrics"]).well();
        assert!(metrics.contains("\nglasshouse_waiting_for_disk 0\n"), "{metrics}");
        counts_add_up(&metrics);
    }

    /// Nothing of all that left a trace.
    #[track_caller]
    fn all_is_sound(&self) {
        self.sender.run(&["ledger", "verify"]).well();
        let said = self.sender.run(&["audit", "verify"]).well();
        assert!(said.starts_with("the log is sound"), "{said}");
    }
}

/// The disk is unmounted before the house, which has its folder, is removed: what is named last is dropped first.
fn house_on_a_small_disk() -> Option<(House, SmallDisk)> {
    let house = House::empty();
    fs::create_dir(house.state()).expect("a folder can be made");
    let Some(disk) = SmallDisk::mount(&house.state()) else {
        skipped("no file system can be mounted here");
        return None;
    };
    house.run(&["init", "--with-key", "mine"]).well();
    Some((house, disk))
}

#[test]
fn a_host_whose_disk_fills_up_while_it_collects_waits_and_goes_on_by_itself() {
    let Some(cramped) = Cramped::new() else { return };
    let sender = &cramped.sender;
    // A host that has nothing to collect from yet: when the site is described, a run is due at once.
    let (config, with_site) =
        (sender.house.state().join("glasshouse.toml"), sender.house.state().join("with-site.toml"));
    fs::rename(&config, &with_site).expect("it can be renamed");
    let described = fs::read_to_string(&with_site).expect("it is there");
    let (without, _) = described.split_once("[[site]]").expect("it has a site");
    fs::write(&config, without).expect("it can be written");
    let host = sender.house.host();
    // Enough for the run to begin, and not to end.
    cramped.disk.fill_but(96);
    fs::rename(&with_site, &config).expect("it can be renamed");
    wait_until("the host waits for room", || cramped.waits_for_disk());
    let site = &cramped.status()["sites"][0];
    let cause = site["trouble"]["cause"].as_str().expect("it has a trouble");
    assert!(cause.contains("the disk with the ledger is full"), "{site:#}");
    cramped.disk.fill();
    cramped.it_is_told();

    cramped.goes_on_until("the site is collected from", || {
        cramped.status()["sites"][0]["last"]["state"] == "done"
    });
    assert_eq!(cramped.status()["sites"][0]["trouble"], Value::Null);
    drop(host);
    cramped.all_is_sound();
    // All of it was sealed: whatever differs from what is sealed would be sealed now.
    let sealed = sender.outbox(&[]).len();
    assert!(sealed > 4, "{sealed}");
    let said = sender.run(&["run", "--once"]).well();
    assert!(!said.contains("sealed on") && sender.outbox(&[]).len() == sealed, "{said}");
    let _listening = sender.receiver.start(&sender.house);
    sender.run(&["plan", "approve", "--reason", "a test"]).well();
    sender.run(&["deliver"]).well();
    assert_eq!(sender.receiver.has(&sender.house).len(), sealed);
}

/// A host that sends, and a receiver that took requests when the disk had no room for a line about them.
fn taken_and_not_noted() -> Option<(Cramped, Gate, Vec<Value>, crate::house::Host, Listening)> {
    let mut cramped = Cramped::new()?;
    let listening = cramped.sender.receiver.start(&cramped.sender.house);
    let gate = Gate::before(cramped.sender.receiver.port);
    cramped.sender.receiver.port = gate.port();
    cramped.sender.configure("online", "", &[OURS]);
    cramped.sender.collect_and_approve();
    let all = cramped.sender.outbox(&["--only", "waiting"]);
    let host = cramped.sender.house.host();
    wait_until("requests are on their way", || gate.came() > 0);
    cramped.disk.fill();
    gate.open();
    wait_until("the host waits for room", || cramped.waits_for_disk());
    assert!(!cramped.sender.receiver.has(&cramped.sender.house).is_empty(), "the receiver has some");
    assert_eq!(cramped.sender.outbox(&["--only", "sent"]), [Value::Null; 0], "and that is not noted");
    Some((cramped, gate, all, host, listening))
}

/// Whether the receiver has all of it, each as it was sealed; an id is there once.
#[track_caller]
fn has_all(cramped: &Cramped, all: &[Value]) {
    let has = cramped.sender.receiver.has(&cramped.sender.house);
    assert_eq!(has.len(), all.len());
    for request in all {
        assert_eq!(has[&word(request, "id")], word(request, "digest"));
    }
}

#[test]
fn what_a_receiver_took_while_the_disk_is_full_is_noted_when_there_is_room_and_not_sent_again() {
    let Some((cramped, gate, all, host, _listening)) = taken_and_not_noted() else { return };
    cramped.it_is_told();
    // It is asked for nothing meanwhile: the host has looked for room once more by the end of this.
    let begun = Instant::now();
    let mut passed = gate.passed();
    while begun.elapsed() < Duration::from_secs(8) {
        assert!(cramped.waits_for_disk());
        if begun.elapsed() < Duration::from_secs(2) {
            passed = gate.passed();
        }
        assert_eq!(gate.passed(), passed, "the receiver is sent requests that nobody can note");
    }
    cramped.goes_on_until("all is sent", || cramped.sender.outbox(&["--only", "sent"]).len() == all.len());
    drop(host);
    has_all(&cramped, &all);
    cramped.all_is_sound();
}

#[test]
fn what_a_receiver_took_of_a_host_that_is_killed_on_a_full_disk_is_sent_once_more_and_there_once() {
    let Some((cramped, _gate, all, host, _listening)) = taken_and_not_noted() else { return };
    host.kill();
    cramped.disk.free();
    assert_eq!(
        cramped.sender.outbox(&["--only", "waiting"]).len(),
        all.len(),
        "nobody knows that it was sent"
    );
    let host = cramped.sender.house.host();
    wait_until("all is sent", || cramped.sender.outbox(&["--only", "sent"]).len() == all.len());
    drop(host);
    has_all(&cramped, &all);
    cramped.all_is_sound();
}

#[test]
fn a_host_that_is_started_on_a_full_disk_waits_and_begins_when_there_is_room() {
    let Some((house, disk)) = house_on_a_small_disk() else { return };
    house.run(&["status"]).well();
    disk.fill();
    // A command does not wait: it says what is wrong.
    let said = house.run(&["key", "list"]).ends_with(3);
    assert!(said.contains("the disk with the ledger is full") && said.contains("make room"), "{said}");

    let mut command = house.command(&["run"]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    let host = Listening(child);
    let waiting: Vec<String> =
        lines.by_ref().take_while(|line| !line.contains("waiting: disk; the host starts")).collect();
    assert!(!waiting.iter().any(|line| line.contains("answering at")), "{waiting:?}");
    disk.free();
    let begun = Instant::now();
    assert!(lines.any(|line| line.contains("answering at")), "it ended");
    println!("the host answers {:.1?} after there was room", begun.elapsed());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    std::thread::spawn(move || lines.for_each(drop));
    house.run(&["key", "list"]).well();
    drop(host);
    house.run(&["ledger", "verify"]).well();
}
