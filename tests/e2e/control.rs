//! One owner of the state: every verb does the same with a host and without, and strangers are
//! kept out.

use std::fs;

use crate::house::{House, Ran, text};
#[cfg(target_os = "linux")]
use crate::house::{binary, skipped};

/// A key that was exported at another site, and what opens it.
const SEALED: &str = "\
glasshouse sealed key 1\n\
name: default\n\
id: 4f54b3ea1bc7eeb7\n\
kdf: argon2id m=65536 t=3 p=4\n\
salt: nSG3TEj5XoYNezeCQDYZWg==\n\
nonce: OskPj5OTsnovY0tidyzOmtf0+9oD1Tdk\n\
sealed: XHUJFQevmYZossAqel1heS8I1AkQPs/6t0jnqYqprnyWkDxbR4dKa9VoZVfFN1i5\n";
const SEALED_ID: &str = "4f54b3ea1bc7eeb7";
const PASSPHRASE: &str = "correct horse battery";

/// Every new key has an id of its own; that of the sealed one stays.
fn without_new_ids(out: &str) -> String {
    let is_id = |word: &str| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = out.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| match word.split_at_checked(16) {
            Some((id, rest)) if rest.len() <= 1 && is_id(id) && id != SEALED_ID => format!("NEW{rest}"),
            _ => word.to_owned(),
        })
        .collect()
}

/// How long a case took is another thing each time.
fn without_times(out: &str) -> String {
    let lines = out.lines().map(|line| match line.rsplit_once(" (") {
        Some((case, took)) if took.ends_with(" ms)") => case,
        // So are the roots of logs, and how many lines there were before.
        _ if line.starts_with("signed ") || line.contains(" were compared") => "",
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// A request that is not there.
const NO_REQUEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Every verb that changes or reads the state, and what it answered.
fn walk(house: &House) -> Vec<(i32, String)> {
    let (old, new) = (house.path("contoso.devices-1.0.0.wasm"), house.path("contoso.devices-1.1.0.wasm"));
    let table = house.recorded("contoso.devices", "1.0.0");
    let backup = house.state().join("backup");
    let cases = house.project("contoso.devices", "1.0.0").join("cases");
    let steps: Vec<Vec<&str>> = vec![
        vec!["plugin", "list"],
        vec!["plugin", "inspect", text(&old)],
        vec!["plugin", "install", text(&old)],
        vec!["plugin", "approve", "contoso.devices", "--yes"],
        vec!["try", text(&table), "--query", "contoso.devices"],
        vec!["plan", "--columns"],
        vec!["rule", "coverage"],
        vec!["rule", "test", text(&cases), "--record"],
        vec!["rule", "test", text(&cases), "--route", "nowhere"],
        vec!["show", "--redaction"],
        vec!["preview", "--output", "json"],
        vec!["outbox", "list"],
        vec!["outbox", "retry", NO_REQUEST, "--reason", "a test"],
        vec!["outbox", "retry", "--all", "--reason", "a test"],
        vec!["hold", "list"],
        vec!["hold", "approve", "7", "--reason", "a test"],
        vec!["plan", "diff"],
        vec!["deliver", "--output", "json"],
        vec!["target", "test"],
        vec!["tripwire", "list"],
        vec!["tripwire", "allow", "contoso.devices/devices", "Os", "known-value", "--reason", "a test"],
        vec!["tripwire", "forbid", "contoso.devices/devices", "Os", "known-value"],
        vec!["tripwire", "forbid", "contoso.devices/devices", "Os", "known-value"],
        vec!["plugin", "inspect", text(&new)],
        vec!["plugin", "install", text(&new)],
        vec!["plugin", "list"],
        vec!["plugin", "rollback", "contoso.devices"],
        vec!["plugin", "list"],
        vec!["plugin", "quarantine", "contoso.devices", "--reason", "a test"],
        vec!["plugin", "list"],
        vec!["plugin", "remove", "contoso.devices"],
        vec!["plugin", "remove", "contoso.devices"],
        vec!["trust", "show"],
        vec!["trust", "remove", "mine"],
        vec!["trust", "show"],
        vec!["key", "list"],
        vec!["key", "import", "sealed", "--passphrase-file", "passphrase"],
        vec!["key", "import", "sealed", "--passphrase-file", "passphrase"],
        vec!["key", "delete", "default", SEALED_ID, "--yes"],
        vec!["key", "new"],
        vec!["key", "list"],
        vec!["key", "delete", "default", SEALED_ID, "--yes"],
        vec!["key", "delete", "default", SEALED_ID, "--yes"],
        vec!["key", "import", "sealed", "--passphrase-file", "no-such-file"],
        vec!["audit", "verify"],
        vec!["audit", "prove", "line:999"],
        vec!["ledger", "verify"],
        vec!["backup", text(&backup)],
        vec!["backup", text(&backup)],
        vec!["purge", "--before", "2020-01-01", "--reason", "a test", "--yes"],
    ];
    steps
        .into_iter()
        .map(|step| {
            let Ran { code, out, err } = house.run(&step);
            (code, format!("{}\n{}{err}", step[..2].join(" "), without_times(&without_new_ids(&out))))
        })
        .collect()
}

#[test]
fn every_verb_does_the_same_with_a_running_host_and_without() {
    let house = House::trusting();
    house.signed_query("contoso.devices", "1.0.0");
    house.signed_query("contoso.devices", "1.1.0");
    // The same trust and the same files on both sides: only the host differs.
    let trust = fs::read(house.state().join("trust.toml")).expect("there is trust");
    house.private("passphrase", PASSPHRASE);
    house.private("sealed", SEALED);
    let without = walk(&house);

    fs::remove_dir_all(house.state()).expect("the state can be removed");
    house.run(&["init"]).well();
    fs::write(house.state().join("trust.toml"), trust).expect("trust can be put back");
    let host = house.host();
    let with = walk(&house);
    assert_eq!(without, with);
    let codes: Vec<i32> = with.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        [
            0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 2, 0, 0, 2, 2, 4, 4, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2,
            0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 3, 0, 2, 0, 0, 3, 0
        ],
        "{with:#?}"
    );
    drop(host);
}

#[test]
fn a_second_host_on_the_same_state_is_refused_and_the_first_goes_on() {
    let house = House::trusting();
    let host = house.host();
    let said = house.run(&["run"]).ends_with(4);
    assert!(said.contains("is in use by process"), "{said}");
    assert!(house.run(&["status"]).well().contains("runs since"));
    drop(host);
}

#[cfg(unix)]
#[test]
fn a_host_that_is_asked_to_stop_ends_well_and_leaves_no_socket() {
    let house = House::trusting();
    let host = house.host();
    assert!(house.state().join("control.sock").exists());
    assert_eq!(host.stop(), 0);
    assert!(!house.state().join("control.sock").exists());
    assert!(house.run(&["status"]).well().contains("none runs"));
}

#[test]
fn a_host_that_was_killed_leaves_nothing_in_the_way() {
    let house = House::trusting();
    house.host().kill();
    assert!(house.run(&["status"]).well().contains("none runs"));
    let host = house.host();
    assert!(house.run(&["status"]).well().contains("runs since"));
    drop(host);
}

/// The command as some other account would use it. Needs root, to be somebody else for a moment.
#[cfg(target_os = "linux")]
struct Stranger {
    // A copy in the open: the build's own folder may be closed to others.
    open: tempfile::TempDir,
}

#[cfg(target_os = "linux")]
impl Stranger {
    /// Nobody, where the tests run as root; else there is nobody else to be.
    fn find() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        if !is_root() {
            skipped("only root can be somebody else");
            return None;
        }
        let open = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir();
        let open = open.expect("a folder for the copy");
        fs::copy(binary(), open.path().join("glasshouse")).expect("the command can be copied");
        Some(Self { open })
    }

    fn run(&self, house: &House, uid: &str, gid: &str, args: &[&str]) -> Ran {
        let mut command = std::process::Command::new("setpriv");
        command.args([&format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups"]);
        command.arg(self.open.path().join("glasshouse")).arg("--state").arg(house.state()).args(args);
        Ran::of(command.current_dir("/"))
    }
}

#[cfg(target_os = "linux")]
fn loosen(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("root may");
}

#[cfg(target_os = "linux")]
#[test]
fn another_user_cannot_use_the_control_socket() {
    let Some(stranger) = Stranger::find() else { return };
    let house = House::trusting();
    let host = house.host();
    let nobody = || stranger.run(&house, "65534", "65534", &["plugin", "list"]);
    let said = nobody().ends_with(4);
    assert!(said.contains("may not speak to the host"), "{said}");

    // Where somebody opened the way by hand, the host itself looks who asks.
    loosen(house.state().parent().expect("it has a parent"), 0o711);
    loosen(&house.state(), 0o711);
    loosen(&house.state().join("control.sock"), 0o666);
    let said = nobody().ends_with(4);
    assert!(said.contains("(uid 65534) may not speak to this host"), "{said}");
    house.run(&["plugin", "list"]).well();
    drop(host);
}

#[cfg(target_os = "linux")]
#[test]
fn a_member_of_the_configured_group_may_ask_and_still_reads_no_file() {
    let Some(stranger) = Stranger::find() else { return };
    let house = House::trusting();
    let group = std::process::Command::new("getent").args(["group", "65534"]).output().expect("getent runs");
    let group = String::from_utf8_lossy(&group.stdout).split(':').next().unwrap_or_default().to_owned();
    fs::write(house.state().join("glasshouse.toml"), format!("[control]\ngroup = \"{group}\"\n"))
        .expect("the configuration can be written");
    loosen(house.state().parent().expect("it has a parent"), 0o711);
    let host = house.host();
    stranger.run(&house, "65534", "65534", &["plugin", "list"]).well();
    let said = stranger.run(&house, "65533", "65533", &["plugin", "list"]).ends_with(4);
    assert!(said.contains("may not speak to the host"), "{said}");
    for file in ["ledger.sqlite", "keys/mine.key", "keys/cache.key", "glasshouse.toml"] {
        let mut read = std::process::Command::new("setpriv");
        read.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"]).arg(house.state().join(file));
        assert_ne!(Ran::of(&mut read).code, 0, "{file}");
    }
    drop(host);
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
}

#[cfg(unix)]
#[test]
fn garbage_on_the_control_socket_is_answered_and_harms_nothing() {
    use std::{
        io::{Read as _, Write as _},
        os::unix::net::UnixStream,
    };
    let house = House::trusting();
    let host = house.host();
    let ask = |bytes: &[u8]| {
        let mut stream = UnixStream::connect(house.state().join("control.sock")).expect("the host listens");
        stream.write_all(bytes).expect("it reads");
        stream.shutdown(std::net::Shutdown::Write).expect("the end can be said");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    };
    assert_eq!(ask(b""), "");
    for bytes in
        [&b"\n"[..], b"{}", b"\xff\xfe\n", b"GET / HTTP/1.1\r\n\r\n", b"{\"protocol\":1,\"request\":[]}\n"]
    {
        let answer = ask(bytes);
        assert!(answer.starts_with("{\"fault\":{\"kind\":\"malformed\""), "{answer}");
    }
    assert!(house.run(&["status"]).well().contains("runs since"));
    drop(host);
}

/// Its memory holds keys; a file of that memory would be a file of keys.
#[cfg(target_os = "linux")]
#[test]
fn a_host_that_crashes_leaves_no_core_behind() {
    let house = House::trusting();
    let host = house.host();
    let pid = house.run(&["status", "--output", "json"]).json()["host"]["pid"].to_string();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("a process has limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("one is of cores");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    drop(host);
}
