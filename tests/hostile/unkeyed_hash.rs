//! A rule that hashes names without a key, so that whoever can guess a name finds it, and passes them
//! off as pseudonyms. What they then are is the administrator's word: what no grant names stays as it was.

use std::sync::Arc;

use glasshouse_contract::{Column, DataClass, Manifest, one_way_hash};
use glasshouse_sandbox::{CallError, Redacted};

use crate::harness::{context, keys, load, people, still_serves};

fn redacted(columns: &str, becomes: &str) -> Result<Redacted, CallError> {
    let text = format!(
        r#"
        id = "hostile.guest"
        version = "1.0.0"
        api = "1.1"
        kind = "rule"
        title = "A rule that hashes"
        purpose = "To be looked at closely."
        author = "Nobody"
        [rule]
        scope = "batch"
        [[rule.need]]
        columns = ["{columns}"]
        type = "text"
        access = "handle"
        {becomes}
        "#
    );
    let manifest = Arc::new(Manifest::parse(text.as_bytes()).unwrap());
    let plugin = load(&manifest, include_str!("unkeyed_hash/guest.wat")).unwrap();
    plugin.redact(&context(), &keys(), &people())
}

fn class(becomes: &str) -> DataClass {
    let redacted = redacted("Name", becomes).unwrap();
    let Some(Column::Text(names)) = redacted.batch.column("Name") else { panic!("there are no names") };
    assert_eq!(names.get(0), Some(one_way_hash("Ann Example").as_str()));
    assert_eq!(names.get(1), None, "who has no name has no hash");
    redacted.batch.schema().fields()[0].class
}

#[test]
fn hashes_without_a_key_are_no_pseudonyms_unless_it_was_granted() {
    assert_eq!(class(""), DataClass::Identifier);
    assert_eq!(class(r#"becomes = { class = "pseudonym" }"#), DataClass::Pseudonym);
    still_serves();
}

#[test]
fn hashes_are_not_granted_to_be_less_than_pseudonyms() {
    for less in ["category", "measure"] {
        assert_eq!(class(&format!("becomes = {{ class = \"{less}\" }}")), DataClass::Identifier, "{less}");
    }
    still_serves();
}

#[test]
fn a_column_that_was_not_declared_is_not_hashed() {
    let error = redacted("Other", "").unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Name` is open for nothing, and this needs `handle` or `replace`");
    still_serves();
}
