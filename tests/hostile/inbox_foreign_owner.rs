//! A file in the inbox that belongs to somebody else, who may change it whenever he likes.

use std::os::unix::fs::chown;

use crate::harness::house::{House, skipped};

#[test]
fn a_file_of_somebody_else_is_not_taken() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root gives files away");
    }
    let house = House::new();
    let path = house.drop_in("rule.wasm");
    chown(path, Some(4711), None).unwrap();
    insta::assert_snapshot!(house.put_away(), @r#"
    rule.wasm: it belongs to uid 4711, not to root or uid 0
      mend: give the file to root or to the account that the host runs as, with mode 0644 or less
    "#);
    house.still_serves();
}
