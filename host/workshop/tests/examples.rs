//! The plugins of this repository, built and run on their recorded cases as their authors would.
//!
//! `GLASSHOUSE_RECORD=1 cargo test -p glasshouse-workshop --test examples` records anew what comes
//! out; look at the difference before committing it.

#![cfg(test)]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use glasshouse_contract::{
    Batch, ColumnBuilder, ColumnType, Context, DataClass, Digest, EndpointHosts, Field, Level, Schema, Table,
};
use glasshouse_sandbox::{Compiler, Plugin, Sandbox, Settings};
use glasshouse_trust::PluginFile;
use glasshouse_workshop::{
    BuildOptions, Case, Expect, Made, Maker, bench, build, build_from_component, load, pass_through, test,
};

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

    let sandbox = Sandbox::new(settings()).unwrap();
    let plugin = load(&sandbox, built.bytes.clone()).unwrap();
    plugin.dry_call().unwrap();
    let expect =
        if std::env::var_os("GLASSHOUSE_RECORD").is_some() { Expect::Anew } else { Expect::Recorded };
    let report = test(&plugin, &folder.join("cases"), expect).unwrap();
    assert_eq!(report.failed(), 0, "{report}");

    // The same again, and once more as on the least of processors: the same bytes.
    let elsewhere = load(&Sandbox::for_least_cpu(settings()).unwrap(), built.bytes).unwrap();
    for case in Case::load_all(&folder.join("cases"), plugin.manifest()).unwrap() {
        let here = fingerprint(&case, &plugin);
        assert_eq!(fingerprint(&case, &plugin), here, "{name}, case {}: a second run differs", case.name);
        for run in ["first", "second"] {
            let there = fingerprint(&case, &elsewhere);
            assert_eq!(there, here, "{name}, case {}: the {run} run on the least processor", case.name);
        }
    }
}

fn settings() -> Settings {
    Settings { compiler: Compiler::InProcess, cache: None }
}

/// Everything that came out of a run, as digests and words that are equal only where the bytes are.
fn fingerprint(case: &Case, plugin: &Plugin) -> Vec<String> {
    let digests = |tables: &[Table]| -> Vec<String> {
        let of = |table: &Table| table.batches.iter().map(|batch| batch.digest()).collect::<Vec<_>>();
        tables.iter().map(|table| format!("{} {:?} {:?}", table.name, table.schema, of(table))).collect()
    };
    match case.run(plugin) {
        Ok(Made::Shaped(shaped)) => {
            let mut lines = digests(&shaped.tables);
            lines.push(format!("state {}, log {:?}", Digest::of(&shaped.state), shaped.log));
            lines
        }
        Ok(Made::Redacted { tables, log }) => [digests(&tables), vec![format!("{log:?}")]].concat(),
        Ok(Made::Rendered { rendered, outcomes }) => {
            let requests = rendered.requests.iter().map(|request| format!("request {}", request.digest()));
            requests.chain([format!("{:?} {outcomes:?}", rendered.log)]).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn a_plugin_is_measured_on_full_batches_of_its_own_rows() {
    let folder = examples().join("rules/keyed-pseudonym");
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    let built = build(&folder, &BuildOptions { target_dir, quiet: true }).unwrap();
    let sandbox = Sandbox::new(settings()).unwrap();
    let plugin = load(&sandbox, built.bytes).unwrap();
    let paces = bench(&plugin, &folder.join("cases"), Duration::from_millis(20)).unwrap();
    let names: Vec<&str> = paces.iter().map(|pace| pace.case.as_str()).collect();
    assert_eq!(names, ["users"], "the case that expects an error is left out");
    assert_eq!((paces[0].rows, paces[0].batches), (8_192, 1));
    assert!(paces[0].runs > 0 && paces[0].rows_per_s() > 0.0, "{}", paces[0]);
}

#[test]
fn a_component_of_another_toolchain_becomes_a_plugin_of_its_manifests_kind() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("component.wasm");
    std::fs::write(&component, pass_through().unwrap()).unwrap();
    let query = examples().join("queries/examples/client-versions/plugin.toml");
    let built = build_from_component(&component, &query).unwrap();
    assert_eq!(built.bytes, build(&query, &BuildOptions::default()).unwrap().bytes);

    let rule = examples().join("rules/small-cells/plugin.toml");
    let fault = build_from_component(&component, &rule).unwrap_err().fault();
    assert_eq!(fault.cause, "a rule does not get what it imports: glasshouse:plugin/output@1.1.0");
}

#[test]
fn a_query_of_sql_alone_needs_no_compiler() {
    passes("queries/examples/client-versions");
}

/// Every folder of `plugins/queries` that is SQL and nothing else.
#[test]
fn the_packs_of_sql_alone_give_what_is_recorded() {
    let mut packs: Vec<String> = std::fs::read_dir(examples().join("queries"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("plugin.toml").is_file() && !folder.join("Cargo.toml").is_file())
        .map(|folder| format!("queries/{}", folder.file_name().unwrap().to_str().unwrap()))
        .collect();
    packs.sort();
    assert!(packs.len() >= 12, "{packs:?}");
    packs.iter().for_each(|pack| passes(pack));
}

#[test]
fn a_query_in_rust_carries_state_from_run_to_run() {
    passes("queries/examples/client-growth");
}

#[test]
fn tables_that_are_not_the_products_own_are_told_by_hashes_alone() {
    passes("queries/site-schema-drift");
}

#[test]
fn devices_are_counted_by_how_ready_they_are_to_be_connected() {
    passes("queries/client-connection-health");
}

#[test]
fn ages_are_taken_from_when_the_run_was_due() {
    passes("queries/client-age-quarters");
    passes("queries/client-age-buckets");
}

#[test]
fn devices_that_are_new_since_the_last_collection_are_known_by_fingerprints() {
    passes("queries/cloud-attach-news");
}

#[test]
fn medians_come_from_counts_of_equal_collections() {
    passes("queries/collection-statistics");
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
fn a_table_rule_makes_values_coarser() {
    passes("rules/generalise");
}

#[test]
fn a_batch_rule_hashes_as_configuration_manager_does() {
    passes("rules/configmgr-hash");
}

#[test]
fn a_batch_rule_drops_text_that_it_never_sees() {
    passes("rules/drop-text");
}

/// It is broken on purpose; that it is found is shown by `tests/e2e/redaction.rs`.
#[test]
fn a_rule_that_forgets_forgets_the_same_values_each_time() {
    passes("rules/examples/forgetful");
}

#[test]
fn a_target_sends_rows_in_chunks() {
    passes("targets/https-json");
}

#[test]
fn a_target_bounds_its_requests_in_rows_and_bytes_and_takes_only_a_receipt_for_yes() {
    passes("targets/glasshouse");
}

/// How large rows are shows when they are in a body: a guess may be more than any body may have.
#[test]
fn rows_that_are_wider_than_any_guess_cost_no_table() {
    let folder = examples().join("targets/glasshouse");
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    let built = build(&folder, &BuildOptions { target_dir, quiet: true }).unwrap();
    let plugin = load(&Sandbox::new(settings()).unwrap(), built.bytes).unwrap();
    let manifest = plugin.manifest();
    let hosts = EndpointHosts::default().or_placeholders(manifest.target().unwrap());
    let context = Context {
        run: "run".to_owned(),
        scheduled_us: 0,
        level: Level::Full,
        site: "site".to_owned(),
        hierarchy: "hierarchy".to_owned(),
        settings: manifest.settings.iter().map(|s| (s.name.clone(), s.default.clone())).collect(),
        state: Vec::new(),
    };
    for widths in [vec![(70, 300 << 10)], vec![(5_000, 100), (4_200, 4 << 10)]] {
        let mut column = ColumnBuilder::new(ColumnType::Text, 0);
        for (rows, width) in &widths {
            (0..*rows).for_each(|_| column.push_text(&"x".repeat(*width)));
        }
        let rows = column.rows();
        let field = Field {
            name: "Note".parse().unwrap(),
            kind: ColumnType::Text,
            nullable: false,
            class: DataClass::Text,
        };
        let schema = Arc::new(Schema::new(vec![field]).unwrap());
        let batch = Batch::new(schema.clone(), rows as u32, vec![column.finish()]).unwrap();
        let table = Table { name: "notes".parse().unwrap(), schema, batches: vec![batch] };
        let requests = plugin.render(&context, &[table], &hosts).unwrap().requests;
        let lines = |body: &[u8]| body.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(requests.iter().map(|request| lines(&request.body.0)).sum::<usize>(), rows, "{widths:?}");
        let largest = requests.iter().map(|request| request.body.0.len()).max();
        assert!(largest <= Some(1 << 20), "{widths:?}: {largest:?}");
    }
}
