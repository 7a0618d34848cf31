//! The plugins of this repository, built and run on their recorded cases as their authors would.
//!
//! `GLASSHOUSE_RECORD=1 cargo test -p glasshouse-workshop --test examples` records anew what comes
//! out; look at the difference before committing it.

use std::path::{Path, PathBuf};

use glasshouse_sandbox::{Compiler, Sandbox, Settings};
use glasshouse_trust::PluginFile;
use glasshouse_workshop::{BuildOptions, Expect, Maker, build, load, test};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn passes(name: &str) {
    let folder = examples().join(name);
    // Not plugins/target: an author's build and this one would wait for each other.
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    let built = build(&folder, &BuildOptions { target_dir, quiet: true }).unwrap();
    let file = PluginFile::parse(built.bytes.clone()).unwrap();
    assert_eq!(file.manifest().kind(), built.manifest.kind());
    let text = String::from_utf8_lossy(&built.bytes);
    let repository = examples().canonicalize().unwrap().parent().unwrap().display().to_string();
    for machine in [repository.as_str(), "/usr/lib/rustlib", ".cargo/registry", ".rustup"] {
        assert!(!text.contains(machine), "the plugin names a folder of the machine that built it: {machine}");
    }
    match built.made_by {
        Maker::Rust(_) => {
            let dependencies = file.dependencies().unwrap().unwrap();
            assert!(dependencies.iter().any(|dependency| dependency.name == "glasshouse-sdk"));
        }
        Maker::PassThrough | Maker::Other => assert!(file.dependencies().unwrap().is_none()),
    }

    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap();
    let plugin = load(&sandbox, built.bytes).unwrap();
    plugin.dry_call().unwrap();
    let expect =
        if std::env::var_os("GLASSHOUSE_RECORD").is_some() { Expect::Anew } else { Expect::Recorded };
    let report = test(&plugin, &folder.join("cases"), expect).unwrap();
    assert_eq!(report.failed(), 0, "{report}");
}

#[test]
fn a_query_of_sql_alone_needs_no_compiler() {
    passes("queries/examples/client-versions");
}

#[test]
fn a_query_in_rust_carries_state_from_run_to_run() {
    passes("queries/examples/client-growth");
}

#[test]
fn a_batch_rule_makes_pseudonyms_that_it_never_sees() {
    passes("rules/keyed-pseudonym");
}

#[test]
fn a_batch_rule_masks_text_that_it_never_sees() {
    passes("rules/mask-identifiers");
}

#[test]
fn a_table_rule_hides_what_few_share() {
    passes("rules/small-cells");
}

#[test]
fn a_target_sends_rows_in_chunks() {
    passes("targets/https-json");
}
