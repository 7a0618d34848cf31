//! A signed plugin, cut at every length. Where it ends within a section it is known to be cut; between
//! two sections it lacks its manifest or its signatures. None is admitted.

use std::collections::BTreeSet;

use glasshouse_trust::PluginFile;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_plugin_cut_at_any_length_is_not_admitted() {
    let (file, host) = (signed(&[1]), Host::new());
    let mut words = BTreeSet::new();
    for length in 0..file.bytes().len() {
        match PluginFile::parse(file.bytes()[..length].to_vec()) {
            Err(error) => words.insert(error.to_string()),
            Ok(cut) => words.insert(host.refusal(&cut).0.to_string()),
        };
    }
    let words: Vec<String> = words.into_iter().collect();
    insta::assert_snapshot!(words.join("\n"), @r#"
    it ends in the middle of a section
    it has no manifest: there is no section `glasshouse:manifest`
    it is not signed
    "#);
    still_admits();
}
