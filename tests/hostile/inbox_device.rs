//! A device or a pipe in the inbox: reading it never ends, or takes hold of a terminal.

use glasshouse_registry::{Inbox, InboxError};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::harness::house::House;

#[test]
fn a_device_is_not_read() {
    let house = House::new();
    let (path, mode) = (house.inbox("zero.wasm"), Mode::from_raw_mode(0o600));
    if mknodat(CWD, path, FileType::CharacterDevice, mode, makedev(1, 5)).is_err() {
        // Only root makes devices, and not in every container. The check is the same on one that is there.
        let error = Inbox::at("/dev").open("zero".as_ref()).unwrap_err();
        return assert!(matches!(error, InboxError::NotAFile("a device")), "{error:?}");
    }
    insta::assert_snapshot!(house.put_away(), @r#"
    zero.wasm: it is a device, not a file
      mend: copy the plugin file itself into the inbox
    "#);
    house.still_serves();
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    let house = House::new();
    mknodat(CWD, house.inbox("pipe.wasm"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    insta::assert_snapshot!(house.put_away(), @r#"
    pipe.wasm: it is a pipe, not a file
      mend: copy the plugin file itself into the inbox
    "#);
    house.still_serves();
}
