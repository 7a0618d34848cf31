//! A file that is swapped or written to between the check and the reading. Everything is decided about
//! the open file, which says at the end whether it is still what it was.

use std::{fs, io::Write as _};

use glasshouse_registry::{Inbox, InboxError};

use crate::harness::house::House;

fn read_after(meddle: impl FnOnce(&House)) -> InboxError {
    let house = House::new();
    house.drop_in("rule.wasm");
    let opened = Inbox::at(house.registry.state().inbox()).open("rule.wasm".as_ref()).unwrap();
    meddle(&house);
    let error = opened.read().unwrap_err();
    assert!(matches!(error, InboxError::Changed), "{error:?}");
    house.still_serves();
    error
}

#[test]
fn a_file_that_is_swapped_while_it_is_read_is_not_taken() {
    let error = read_after(|house| {
        fs::write(house.path().join("other"), "something else").unwrap();
        fs::rename(house.path().join("other"), house.inbox("rule.wasm")).unwrap();
    });
    insta::assert_snapshot!(error, @"it changed while it was read");
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_not_taken() {
    let error = read_after(|house| {
        let mut file = fs::File::options().append(true).open(house.inbox("rule.wasm")).unwrap();
        file.write_all(b"more").unwrap();
    });
    insta::assert_snapshot!(error, @"it changed while it was read");
}
