//! Kill -9 in the middle of an admission, at points spread around the moment where it is done. What was said to be done
//! is done, and what was not is done whole or not at all.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::house::{House, text, wait_until};

/// Plugins that are killed on their way; each is installed, approved and upgraded, and each of these
/// steps is cut short once.
const PLUGINS: usize = 10;

/// How an administrator does a step, and who is killed.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A command that works by itself is killed.
    Alone,
    /// A command asks a host, and the host is killed.
    Asking,
    /// A file is dropped into the inbox of a host, and the host is killed.
    Inbox,
}

/// One step of a plugin's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Install,
    Approve,
    Upgrade,
}

/// A plugin in two versions.
struct Candidate {
    id: String,
    old: PathBuf,
    new: PathBuf,
    recorded: PathBuf,
}

/// What each version is: before a step, and after it.
type States = [&'static str; 2];

impl Step {
    const fn before(self) -> States {
        match self {
            Self::Install => ["", ""],
            Self::Approve => ["waiting", ""],
            Self::Upgrade => ["running", ""],
        }
    }

    const fn after(self) -> States {
        match self {
            Self::Install => ["waiting", ""],
            Self::Approve => ["running", ""],
            Self::Upgrade => ["superseded", "running"],
        }
    }
}

impl Candidate {
    fn make(house: &House, name: &str) -> Self {
        let id = format!("contoso.{name}");
        let (old, new) = (house.signed_query(&id, "1.0.0"), house.signed_query(&id, "1.1.0"));
        let recorded = house.recorded(&id, "1.0.0");
        Self { id, old, new, recorded }
    }

    fn file(&self, step: Step) -> &Path {
        if step == Step::Upgrade { &self.new } else { &self.old }
    }

    fn command(&self, step: Step) -> Vec<&str> {
        match step {
            Step::Approve => vec!["plugin", "approve", &self.id, "--yes"],
            Step::Install | Step::Upgrade => vec!["plugin", "install", text(self.file(step))],
        }
    }

    fn states(&self, house: &House) -> [String; 2] {
        ["1.0.0", "1.1.0"].map(|version| house.state_of(&self.id, version))
    }

    /// Does the step, undisturbed, until it is done; how long that took.
    fn undisturbed(&self, house: &House, step: Step, way: Way) -> Duration {
        match way {
            Way::Alone => timed(|| drop(house.run(&self.command(step)).well())),
            Way::Asking => {
                let _host = house.host();
                timed(|| drop(house.run(&self.command(step)).well()))
            }
            Way::Inbox => {
                let _host = house.host();
                house.drop_in(self.file(step), &format!("{}.wasm", self.id));
                wait_until("the file is taken in", || self.states(house) == step.after())
            }
        }
    }

    /// Does the step and kills after a while; whether it was said to be done.
    fn cut_short(&self, house: &House, step: Step, way: Way, after: Duration) -> bool {
        match way {
            Way::Alone => {
                let mut command = spawn(house, &self.command(step));
                thread::sleep(after);
                // One that has ended cannot be killed: that is no failure.
                let _ = command.kill();
                command.wait().is_ok_and(|status| status.success())
            }
            Way::Asking => {
                let host = house.host();
                let mut command = spawn(house, &self.command(step));
                thread::sleep(after);
                let said = command.try_wait().ok().flatten();
                host.kill();
                let _ = command.kill();
                let _ = command.wait();
                said.is_some_and(|status| status.success())
            }
            Way::Inbox => {
                let host = house.host();
                house.drop_in(self.file(step), &format!("{}.wasm", self.id));
                thread::sleep(after);
                host.kill();
                false
            }
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn spawn(house: &House, args: &[&str]) -> Child {
    let mut command = house.command(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the command starts")
}

fn listing(house: &House) -> Value {
    house.run(&["plugin", "list", "--output", "json"]).json()
}

/// The store has the files of the plugins that are listed, and no others.
fn store_is_tidy(house: &House, listing: &Value) {
    let plugins = listing["plugins"].as_array().expect("a listing has plugins").iter();
    let known: BTreeSet<String> = plugins
        .filter_map(|plugin| plugin["digest"].as_str()?.strip_prefix("sha256:"))
        .map(|digest| format!("{digest}.wasm"))
        .collect();
    let store = fs::read_dir(house.state().join("store")).expect("there is a store").flatten();
    let stored: BTreeSet<String> =
        store.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(stored, known);
}

#[test]
fn a_kill_in_the_middle_of_an_admission_leaves_it_whole_or_not_begun() {
    let house = House::trusting();
    let ways = |step, number: usize| match (step, number % 3) {
        (_, 0) => Way::Alone,
        // To approve is not done by dropping a file.
        (_, 1) | (Step::Approve, _) => Way::Asking,
        (_, _) => Way::Inbox,
    };

    // How long each takes here: where to begin with the kills.
    let mut spans = Vec::new();
    for number in 0..3 {
        let candidate = Candidate::make(&house, &format!("whole-{number}"));
        for step in [Step::Install, Step::Approve, Step::Upgrade] {
            spans.push(candidate.undisturbed(&house, step, ways(step, number)));
        }
    }

    let (mut cycle, mut begun, mut done, mut reach) = (0_u32, 0, 0, 1.0);
    for number in 0..PLUGINS {
        let candidate = Candidate::make(&house, &format!("cut-{number}"));
        for (place, step) in [Step::Install, Step::Approve, Step::Upgrade].into_iter().enumerate() {
            let way = ways(step, number);
            // Multiples of the golden section fall evenly, wherever one stops.
            let part = reach * (0.6 + 0.6 * (f64::from(cycle) * 0.618_034).fract());
            cycle += 1;
            let said = candidate.cut_short(&house, step, way, spans[number % 3 * 3 + place].mul_f64(part));

            let listing = listing(&house);
            let now = candidate.states(&house);
            let shown = format!("{way:?} {step:?} cut at {part:.2}: {now:?} {listing:#}");
            assert_eq!(listing["problems"], Value::Array(Vec::new()), "{shown}");
            assert!(now == step.before() || now == step.after(), "{shown}");
            assert!(!said || now == step.after(), "it was said to be done: {shown}");
            // Later when it came too early, earlier when it came too late: however fast the machine
            // is at the moment, the kills stay around the one that matters.
            if now == step.after() {
                (done, reach) = (done + 1, reach * 0.8);
            } else {
                (begun, reach) = (begun + 1, reach * 1.1);
            }
            store_is_tidy(&house, &listing);

            // Whatever runs does so wholly; then the step is done to its end.
            if now.iter().any(|state| state == "running") {
                house.run(&["try", text(&candidate.recorded), "--query", &candidate.id]).well();
            }
            if now != step.after() {
                house.run(&candidate.command(step)).well();
            }
            assert_eq!(candidate.states(&house), step.after(), "{shown}");
        }
        let said = house.run(&candidate.command(Step::Install)).ends_with(4);
        assert!(said.contains("version 1.1.0 was admitted before"), "the ratchet is lost: {said}");
    }
    // Else the kills came too early or too late, and nothing was shown.
    assert!(begun > 0 && done > 0, "{begun} steps were cut short, {done} were done");
}
