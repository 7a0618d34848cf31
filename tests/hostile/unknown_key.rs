//! A rule that asks for a pseudonym under a key that its manifest does not name, or that the host does
//! not hold. Keys are never handed out, and there is none by default.

use glasshouse_contract::Kind;
use glasshouse_sandbox::{CallError, Keys};

use crate::harness::{apply, context, load, manifest, people, still_serves};

#[test]
fn a_key_that_was_not_declared_cannot_be_used() {
    let error = apply("", include_str!("unknown_key/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: no such key: `other` is not among the manifest's keys");
    still_serves();
}

#[test]
fn a_key_that_the_host_does_not_hold_is_not_made_up() {
    let guest =
        include_str!("unknown_key/guest.wat").replace("other", "default").replace("const 5", "const 7");
    let plugin = load(&manifest(Kind::Rule, "", ""), &guest).unwrap();
    let error = plugin.redact(&context(), &Keys::new(), &people()).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: no such key: the host holds no key `default`");
    still_serves();
}
