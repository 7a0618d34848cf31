//! Files that must not be taken from the inbox. They are made as root would find them.
#![cfg(unix)]

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use glasshouse_registry::{Inbox, InboxError};
use glasshouse_trust::PluginFile;
use rustix::fs::{CWD, FileType, Mode};

use crate::house::{House, version};

/// The file is not served, lies in quarantine with this reason, and others still get in.
fn is_put_away(house: &House, reason: &str) {
    assert_eq!(house.scan().len(), 1);
    let found = house.quarantined().unwrap();
    assert!(found.contains(reason), "{found}");
    assert_eq!(house.serving(), None);
    assert_eq!(house.inbox(), [""; 0]);
    house.arrives("good.wasm", &version("1.0.0")).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

fn elsewhere(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("devices.wasm");
    fs::write(&path, version("1.0.0").bytes()).unwrap();
    path
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_symbolic_link() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let target = elsewhere(folder.path());
    symlink(&target, house.registry.state().inbox().join("link.wasm")).unwrap();
    is_put_away(&house, "it is a link");
    assert!(target.exists(), "the link is put away, not what it leads to");
}

#[test]
fn a_hard_link() {
    let house = House::new();
    let folder = tempfile::tempdir_in(house.registry.state().root()).unwrap();
    let target = elsewhere(folder.path());
    fs::hard_link(target, house.registry.state().inbox().join("link.wasm")).unwrap();
    is_put_away(&house, "it has 2 names (hard links)");
}

#[test]
fn a_pipe_that_nobody_writes_to() {
    let house = House::new();
    let path = house.registry.state().inbox().join("pipe.wasm");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    is_put_away(&house, "it is a pipe, not a file");
}

#[test]
fn a_socket() {
    let house = House::new();
    let path = house.registry.state().inbox().join("socket.wasm");
    let _listener = std::os::unix::net::UnixListener::bind(path).unwrap();
    is_put_away(&house, "it is a socket, not a file");
}

#[test]
fn a_folder() {
    let house = House::new();
    fs::create_dir(house.registry.state().inbox().join("folder.wasm")).unwrap();
    is_put_away(&house, "it is a folder, not a file");
}

#[test]
fn a_device() {
    let house = House::new();
    let path = house.registry.state().inbox().join("zero.wasm");
    let zero = rustix::fs::makedev(1, 5);
    let made = rustix::fs::mknodat(CWD, &path, FileType::CharacterDevice, Mode::from_raw_mode(0o600), zero);
    if made == Err(rustix::io::Errno::PERM) {
        // Only root makes devices, and not in every container; the check itself is the same.
        return assert!(matches!(
            Inbox::at("/dev").open("zero".as_ref()).unwrap_err(),
            InboxError::NotAFile("a device")
        ));
    }
    is_put_away(&house, "it is a device, not a file");
}

#[test]
fn a_file_that_a_group_may_write_to() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    fs::set_permissions(path, fs::Permissions::from_mode(0o664)).unwrap();
    is_put_away(&house, "others than its owner may write to it (mode 0664)");
}

#[test]
fn a_file_that_the_world_may_write_to() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    fs::set_permissions(path, fs::Permissions::from_mode(0o646)).unwrap();
    is_put_away(&house, "others than its owner may write to it (mode 0646)");
}

#[test]
fn a_file_of_somebody_else() {
    if !is_root() {
        // Past the test runner, which keeps what passing tests print.
        let _ = writeln!(std::io::stderr(), "a_file_of_somebody_else is skipped: only root gives files away");
        return;
    }
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    chown(path, Some(4711), None).unwrap();
    is_put_away(&house, "it belongs to uid 4711, not to root or uid 0");
}

#[test]
fn a_file_that_is_too_big() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", b"");
    let size = PluginFile::MAX_BYTES as u64 + 1;
    fs::File::options().write(true).open(path).unwrap().set_len(size).unwrap();
    is_put_away(&house, "it has 33554433 bytes; a plugin file has at most 33554432");
}

#[test]
fn a_name_that_rewrites_the_screen() {
    let house = House::new();
    house.drop_in("\u{1b}[2Jx\u{202e}.wasm", b"no component");
    house.scan();
    let listing = house.registry.list().unwrap();
    let name = &listing.quarantined[0].reason.file;
    assert!(!name.contains(['\u{1b}', '\u{202e}']), "{name:?}");
    assert!(house.journal().iter().all(|line| !line.contains('\u{1b}')));
}

#[test]
fn a_file_that_is_swapped_while_it_is_read() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    let inbox = Inbox::at(house.registry.state().inbox());
    let opened = inbox.open("devices.wasm".as_ref()).unwrap();
    let other = house.registry.state().root().join("other");
    fs::write(&other, b"something else").unwrap();
    fs::rename(other, path).unwrap();
    assert!(matches!(opened.read().unwrap_err(), InboxError::Changed));
    // Whatever has the name now is judged by itself.
    is_put_away(&house, "it is no WebAssembly component");
}

#[test]
fn a_file_that_is_written_to_while_it_is_read() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    let inbox = Inbox::at(house.registry.state().inbox());
    let opened = inbox.open("devices.wasm".as_ref()).unwrap();
    fs::File::options().append(true).open(path).unwrap().write_all(b"more").unwrap();
    assert!(matches!(opened.read().unwrap_err(), InboxError::Changed));
}

#[test]
fn an_inbox_that_others_may_write_to_is_not_read_at_all() {
    let house = House::new();
    house.drop_in("devices.wasm", &version("1.0.0").bytes());
    let inbox = house.registry.state().inbox();
    fs::set_permissions(&inbox, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(house.scan(), []);
    let problems = house.registry.list().unwrap().problems;
    assert_eq!(problems[0].cause, "others than its owner may write to it (mode 0777)");
    assert_eq!(house.serving(), None);
    fs::set_permissions(&inbox, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(house.scan().len(), 1);
    assert_eq!(house.registry.list().unwrap().problems, []);
}

#[test]
fn an_inbox_that_is_a_link_is_not_read_at_all() {
    let house = House::new();
    let inbox = house.registry.state().inbox();
    let folder = tempfile::tempdir().unwrap();
    elsewhere(folder.path());
    fs::remove_dir(&inbox).unwrap();
    symlink(folder.path(), &inbox).unwrap();
    assert_eq!(house.scan(), []);
    assert_eq!(house.serving(), None);
    assert!(house.registry.list().unwrap().problems[0].cause.contains("it is a link"));
}
