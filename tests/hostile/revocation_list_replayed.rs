//! An old revocation list in the place of the one that revokes the key: properly signed, not expired,
//! and it takes everything back. The highest version that was seen is remembered.

use glasshouse_trust::RevocationError;

use crate::harness::signed::{Host, key, revocations, signed, still_admits};

#[test]
fn an_old_revocation_list_is_not_followed() {
    let old = revocations(|_| ());
    let new = revocations(|list| {
        list.version = 2;
        list.keys.push(key(1).id());
    });
    let error = old.check_not_older(new.version).unwrap_err();
    assert!(matches!(error, RevocationError::Older { .. }), "{error:?}");
    insta::assert_snapshot!(error.fault("revocations.json"), @r#"
    revocations.json: it has version 1, and version 2 was seen already
      mend: get the newest list; somebody may be replaying an old one
    "#);
    assert!(!Host { revocations: Some(new), ..Host::new() }.admits(signed(&[1]).bytes().to_vec()));
    still_admits();
}
