//! A link in the inbox: to a file that somebody else can change later, or a second name of one.

use std::{fs, os::unix::fs::symlink};

use crate::harness::house::{House, plugin};

#[test]
fn a_symbolic_link_is_not_followed() {
    let house = House::new();
    let elsewhere = house.path().join("elsewhere.wasm");
    fs::write(&elsewhere, plugin().bytes()).unwrap();
    symlink(&elsewhere, house.inbox("link.wasm")).unwrap();
    insta::assert_snapshot!(house.put_away(), @r#"
    link.wasm: it is a link, and a link may lead elsewhere tomorrow
      mend: copy the plugin file itself into the inbox
    "#);
    assert_eq!(fs::read(elsewhere).unwrap(), plugin().bytes());
    house.still_serves();
}

#[test]
fn a_file_with_another_name_is_not_taken() {
    let house = House::new();
    let elsewhere = house.path().join("elsewhere.wasm");
    fs::write(&elsewhere, plugin().bytes()).unwrap();
    fs::hard_link(&elsewhere, house.inbox("link.wasm")).unwrap();
    insta::assert_snapshot!(house.put_away(), @r#"
    link.wasm: it has 2 names (hard links), so it can be changed from elsewhere
      mend: copy the plugin file itself into the inbox
    "#);
    house.still_serves();
}
