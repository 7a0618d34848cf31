//! What `plugin new` makes builds and passes its case as it is, from an empty folder.
//!
//! `GLASSHOUSE_RECORD=1` shows what comes out, to be put into templates/.

#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use glasshouse_contract::Kind;
use glasshouse_sandbox::{Compiler, Plugin, Sandbox, Settings};
use glasshouse_workshop::{
    BuildOptions, Built, Expect, FitError, Start, WorkshopError, build, load, scaffold, test,
};

/// A new plugin's folder. The same place each time, so that what is compiled for it is compiled once.
fn fresh(start: Start, name: &str) -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold");
    let _ = fs::remove_dir_all(parent.join(name));
    fs::create_dir_all(&parent).unwrap();
    scaffold(start, name, &parent, None).unwrap()
}

fn built(folder: &Path) -> Result<Built, WorkshopError> {
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    build(folder, &BuildOptions { target_dir, quiet: true })
}

fn loaded(folder: &Path) -> Plugin {
    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap();
    load(&sandbox, built(folder).unwrap().bytes).unwrap()
}

fn builds_and_passes(start: Start, name: &str) {
    let folder = fresh(start, name);
    let plugin = loaded(&folder);
    plugin.dry_call().unwrap();
    let expect =
        if std::env::var_os("GLASSHOUSE_RECORD").is_some() { Expect::Anew } else { Expect::Recorded };
    let report = test(&plugin, &folder.join("cases"), expect).unwrap();
    assert_eq!(report.failed(), 0, "{report}");
}

#[test]
fn a_new_query_of_sql_passes_without_a_compiler() {
    builds_and_passes(Start::Sql, "new-sql");
}

#[test]
fn a_new_query_in_rust_passes() {
    builds_and_passes(Start::Rust(Kind::Query), "new-query");
}

#[test]
fn a_new_rule_passes() {
    builds_and_passes(Start::Rust(Kind::Rule), "new-rule");
}

#[test]
fn a_new_target_passes() {
    builds_and_passes(Start::Rust(Kind::Target), "new-target");
}

#[test]
fn a_panic_is_readable_at_the_host_and_source_errors_at_the_author() {
    let folder = fresh(Start::Rust(Kind::Rule), "new-panic");
    let lib = folder.join("src/lib.rs");
    let source = fs::read_to_string(&lib).unwrap();

    let panicking = source.replace(
        "address.rsplit_once('@')",
        "panic!(\"{} bytes\", address.len());\n#[expect(unreachable_code)]\naddress.rsplit_once('@')",
    );
    fs::write(&lib, panicking).unwrap();
    let report = test(&loaded(&folder), &folder.join("cases"), Expect::Recorded).unwrap();
    let words = report.results[0].failure.as_deref().unwrap();
    assert!(words.contains("19 bytes") && words.contains("src/lib.rs:"), "{words}");

    fs::write(&lib, source.replace("glasshouse_sdk::rule!(MailDomain);", "")).unwrap();
    let error = built(&folder).unwrap_err();
    assert!(matches!(&error, WorkshopError::Fit(FitError::NoExport { kind: Kind::Rule, .. })), "{error}");

    fs::write(&lib, source.replace("Result<Self>", "Result<Elf>")).unwrap();
    let error = built(&folder).unwrap_err();
    assert!(matches!(error, WorkshopError::Compile { .. }) && error.to_string().contains("Elf"), "{error}");
}
