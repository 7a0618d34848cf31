//! A rule that has a column made pseudonyms and then writes the names back over them, and one that calls
//! a kernel on a column without having it do anything: what the host says about a column is about what
//! is in it, not about what was there before or was promised.

use std::sync::Arc;

use glasshouse_contract::{DataClass, Kind, Manifest};
use glasshouse_sandbox::Redacted;

use crate::harness::{context, keys, load, manifest, people, still_serves};

fn redacted(manifest: &Arc<Manifest>, attack: &str) -> Redacted {
    load(manifest, attack).unwrap().redact(&context(), &keys(), &people()).unwrap()
}

#[test]
fn names_written_over_pseudonyms_are_no_pseudonyms() {
    let redacted = redacted(&manifest(Kind::Rule, "", ""), include_str!("kernel_word_kept/guest.wat"));
    assert_eq!(redacted.batch.column("Name"), people().column("Name"), "the names are back");
    assert_eq!(redacted.batch.schema().fields()[0].class, DataClass::Identifier);
    still_serves();
}

#[test]
fn a_kernel_that_was_asked_for_nothing_changes_no_class() {
    let text = r#"
        id = "hostile.guest"
        version = "1.0.0"
        api = "1.0"
        kind = "rule"
        title = "A rule that does nothing"
        purpose = "To be refused."
        author = "Nobody"
        [rule]
        scope = "batch"
        [[rule.need]]
        columns = ["Name"]
        type = "text"
        access = "handle"
        becomes = { class = "measure" }
    "#;
    let manifest = Arc::new(Manifest::parse(text.as_bytes()).unwrap());
    let redacted = redacted(&manifest, include_str!("kernel_word_kept/nothing.wat"));
    assert_eq!(redacted.batch.column("Name"), people().column("Name"), "nothing was masked");
    assert_eq!(redacted.batch.schema().fields()[0].class, DataClass::Identifier);
    still_serves();
}
