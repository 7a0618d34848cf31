//! A file in the inbox that a group may write to: whoever is in it could change it after it was looked at.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::harness::house::House;

#[test]
fn a_file_that_a_group_may_write_to_is_not_taken() {
    let house = House::new();
    fs::set_permissions(house.drop_in("rule.wasm"), fs::Permissions::from_mode(0o664)).unwrap();
    insta::assert_snapshot!(house.put_away(), @r#"
    rule.wasm: others than its owner may write to it (mode 0664)
      mend: give the file to root or to the account that the host runs as, with mode 0644 or less
    "#);
    house.still_serves();
}
