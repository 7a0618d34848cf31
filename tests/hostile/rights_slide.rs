//! A rule that drops the first column of a batch, gives the batch back and takes it out again: the next
//! column must not slide into the place, and the rights, of the one that is gone.

use std::sync::Arc;

use glasshouse_contract::Manifest;
use glasshouse_sandbox::CallError;

use crate::harness::{context, keys, load, people_table, still_serves};

const MANIFEST: &str = r#"
    id = "hostile.guest"
    version = "1.0.0"
    api = "1.0"
    kind = "rule"
    title = "A rule that wants more"
    purpose = "To be refused."
    author = "Nobody"
    [rule]
    scope = "table"
    [[rule.need]]
    columns = ["Name"]
    type = "text"
    access = "drop"
"#;

#[test]
fn a_column_does_not_slide_into_the_rights_of_a_dropped_one() {
    let manifest = Arc::new(Manifest::parse(MANIFEST.as_bytes()).unwrap());
    let plugin = load(&manifest, include_str!("rights_slide/guest.wat")).unwrap();
    let error = plugin.redact_tables(&context(), &keys(), &[people_table()]).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: no such column: column `Name` was dropped");
    still_serves();
}
