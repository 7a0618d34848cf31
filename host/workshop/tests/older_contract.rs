//! Plugins that were made for an older minor version of the contract still run.
//!
//! What is tried is made as it was made then: the component's imports and exports have the old version in
//! their names, which a plugin that is built today has not.

#![cfg(test)]

use std::{fs, path::Path, sync::Arc};

use glasshouse_contract::{
    Batch, ColumnBuilder, ColumnType, Context, DataClass, Digest, Field, Kind, Level, Manifest, Name, Schema,
};
use glasshouse_sandbox::{Compiler, Keys, Sandbox, Settings};
use glasshouse_trust::PluginFile;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A rule of contract 1.0: pseudonyms of column 0.
const RULE: &str = r#"(module
    (import "glasshouse:plugin/table@1.0.0" "[resource-drop]batch" (func $drop-batch (param i32)))
    (import "glasshouse:plugin/table@1.0.0" "[resource-drop]tables" (func $drop-tables (param i32)))
    (import "glasshouse:plugin/kernels@1.0.0" "pseudonymize"
        (func $pseudonymize (param i32 i32 i32 i32 i32 i32)))
    (import "[export]glasshouse:plugin/redaction@1.0.0" "[resource-new]redactor"
        (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 4096) "default")
    (global $free (mut i32) (i32.const 8192))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $start i32)
        (local.set $start (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
        (global.set $free (i32.add (local.get $start) (local.get 3)))
        (local.get $start))
    (func (export "glasshouse:plugin/redaction@1.0.0#[constructor]redactor")
        (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (call $new (i32.const 1)))
    (func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.apply")
        (param $self i32) (param $batch i32) (param i32 i32) (result i32)
        (call $pseudonymize (local.get $batch) (i32.const 0)
            (i32.const 4096) (i32.const 7) (i32.const 16) (i32.const 2048))
        (call $drop-batch (local.get $batch))
        (i32.const 2048))
    (func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.finish")
        (param i32 i32 i32 i32) (result i32) (call $drop-tables (local.get 1)) (i32.const 1024)))"#;

const MANIFEST: &str = r#"
    id = "contoso.older"
    version = "1.0.0"
    api = "1.0"
    kind = "rule"
    title = "A rule of yesterday"
    purpose = "Makes pseudonyms."
    author = "Contoso"
    [rule]
    scope = "batch"
    keys = ["default"]
    [[rule.need]]
    columns = ["User"]
    type = "text"
    access = "handle"
"#;

/// The component of a core module under version 1.0.0: what came later is not in it, for a component
/// has only what its module imports.
fn component_1_0(module: &str, kind: Kind) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/glasshouse.wit");
    let text = fs::read_to_string(wit).unwrap();
    let (before, version) = text.split_once("package glasshouse:plugin@").unwrap();
    let (_, after) = version.split_once(';').unwrap();
    let mut resolve = Resolve::new();
    let package =
        resolve.push_str("old.wit", &format!("{before}package glasshouse:plugin@1.0.0;{after}")).unwrap();
    let world = resolve.select_world(&[package], Some(kind.world())).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

#[test]
fn a_rule_made_for_1_0_is_loaded_and_makes_pseudonyms() {
    let component = component_1_0(RULE, Kind::Rule);
    let file = PluginFile::parse(PluginFile::unsigned(&component, MANIFEST).unwrap()).unwrap();
    let kernels = "glasshouse:plugin/kernels@1.0.0";
    assert!(file.imports().iter().any(|name| name == kernels), "{:?}", file.imports());

    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap();
    let manifest = Arc::new(Manifest::parse(MANIFEST.as_bytes()).unwrap());
    let plugin =
        sandbox.load(manifest.clone(), &manifest.asks(), Digest::of(&component), &component).unwrap();
    let field = Field {
        name: "User".parse().unwrap(),
        kind: ColumnType::Text,
        nullable: false,
        class: DataClass::Identifier,
    };
    let mut users = ColumnBuilder::new(ColumnType::Text, 1);
    users.push_text("CONTOSO\\ada");
    let batch = Batch::new(Arc::new(Schema::new(vec![field]).unwrap()), 1, vec![users.finish()]).unwrap();
    let context = Context {
        run: "run".to_owned(),
        scheduled_us: 0,
        level: Level::Basic,
        site: String::new(),
        hierarchy: String::new(),
        settings: Vec::new(),
        state: Vec::new(),
    };
    let keys = Keys::new().with(Name::new("default").unwrap(), &[7; 32]);
    let redacted = plugin.redact(&context, &keys, &batch).unwrap();
    assert_eq!(redacted.batch.schema().fields()[0].class, DataClass::Pseudonym);
    assert_ne!(redacted.batch, batch);
}
