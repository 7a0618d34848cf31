//! A rule that has a text searched for thousands of domains, each of which is held against every host that
//! is found, in native code that no tick stops; and one that asks for a kind that there is not.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

const GUEST: &str = include_str!("endless_search/guest.wat");

#[test]
fn a_search_knows_few_domains() {
    let error = apply("", &GUEST.replace("DOMAINS", "8000")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: limit: 64 domains and host prefixes of 253 bytes each");
    apply("", &GUEST.replace("DOMAINS", "64")).unwrap();
    still_serves();
}

#[test]
fn a_kind_that_nobody_knows_is_named() {
    let guest = GUEST.replace("DOMAINS", "0").replace("usual", "names");
    let error = apply("", &guest).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: the detectors know no kind `names`");
    still_serves();
}
