//! Guests from small WAT texts. A template has everything that a world asks for, doing nothing; an
//! attack brings the function that it is about, and what it needs besides.

pub mod cache;
pub mod house;
pub mod signed;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use glasshouse_contract::{
    API, Batch, ColumnBuilder, ColumnType, Context, DataClass, Digest, EndpointHosts, Field, Kind, Level,
    Manifest, Name, Schema, Table,
};
use glasshouse_sandbox::{
    CallError, ChildCompiler, Compiler, Keys, Plugin, Redacted, Sandbox, SandboxError, Settings,
};
use glasshouse_trust::{FileError, PluginFile};

/// One sandbox for all tests of the process: an attack must not spoil it for the others.
pub static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap());

/// A function of the template that an attack may replace: the name that marks it, and its WAT.
type Default = (&'static str, &'static str);

/// A context is twelve flat values in the canonical ABI; `$ok` is a result whose bytes are 0; a
/// borrowed handle must be dropped before the call ends.
const QUERY: &[Default] = &[
    (
        "#[constructor]shaper\"",
        r#"(func (export "glasshouse:plugin/shaping@1.0.0#[constructor]shaper")
        (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (call $new (i32.const 1)))"#,
    ),
    (
        "#[method]shaper.take\"",
        r#"(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.take")
        (param i32 i32 i32 i32) (result i32) (call $drop-batch (local.get 3)) (global.get $ok))"#,
    ),
    (
        "#[method]shaper.finish\"",
        r#"(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.finish")
        (param i32) (result i32) (global.get $ok))"#,
    ),
];
const RULE: &[Default] = &[
    (
        "#[constructor]redactor\"",
        r#"(func (export "glasshouse:plugin/redaction@1.0.0#[constructor]redactor")
        (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (call $new (i32.const 1)))"#,
    ),
    (
        "#[method]redactor.apply\"",
        r#"(func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.apply")
        (param i32 i32 i32 i32) (result i32) (call $drop-batch (local.get 1)) (global.get $ok))"#,
    ),
    (
        "#[method]redactor.finish\"",
        r#"(func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.finish")
        (param i32 i32 i32 i32) (result i32) (call $drop-tables (local.get 1)) (global.get $ok))"#,
    ),
];
const TARGET: &[Default] = &[
    (
        "#render\"",
        r#"(func (export "glasshouse:plugin/delivery@1.0.0#render")
        (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
        (call $drop-tables (local.get 12)) (global.get $ok))"#,
    ),
    (
        "#interpret\"",
        r#"(func (export "glasshouse:plugin/delivery@1.0.0#interpret")
        (param i32 i32 i32 i32 i32 i32) (result i32) (global.get $ok))"#,
    ),
];

/// The core module of a guest: the template with the attack's own functions.
///
/// Names that an attack can use: `$new`, `$drop-batch`, `$drop-tables`, `$ok` (the address of 64
/// zero bytes, for results), memory from 65536 on is the guest's own. An attack's own imports come first,
/// marked by lines that begin with `(import`.
pub fn core_module(kind: Kind, attack: &str) -> Vec<u8> {
    let (defaults, world, resource) = match kind {
        Kind::Query => (QUERY, "shaping", "shaper"),
        Kind::Rule => (RULE, "redaction", "redactor"),
        Kind::Target => (TARGET, "delivery", ""),
    };
    let mut imports = String::from(
        r#"(import "glasshouse:plugin/table@1.0.0" "[resource-drop]batch" (func $drop-batch (param i32)))
           (import "glasshouse:plugin/table@1.0.0" "[resource-drop]tables" (func $drop-tables (param i32)))"#,
    );
    if kind != Kind::Target {
        imports.push_str(&format!(
            r#"(import "[export]glasshouse:plugin/{world}@1.0.0" "[resource-new]{resource}"
                (func $new (param i32) (result i32)))"#
        ));
    }
    let (own_imports, own): (Vec<&str>, Vec<&str>) =
        attack.lines().partition(|line| line.trim_start().starts_with("(import"));
    let rest: String =
        defaults.iter().filter(|(mark, _)| !attack.contains(mark)).map(|(_, function)| *function).collect();
    let memory = if attack.contains("(memory (export") { "" } else { r#"(memory (export "memory") 4)"# };
    let wat = format!(
        r#"(module
            {imports}
            {own_imports}
            {memory}
            (global $ok i32 (i32.const 1024))
            (global $free (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $start i32)
                (local.set $start (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
                (global.set $free (i32.add (local.get $start) (local.get 3)))
                (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
                    (then (drop (memory.grow (i32.add (i32.shr_u (local.get 3) (i32.const 16)) (i32.const 1))))))
                (local.get $start))
            {rest}
            {own}
        )"#,
        own_imports = own_imports.join("\n"),
        own = own.join("\n"),
    );
    // Guests say 1.0.0 where they mean the contract as it is.
    let wat = wat.replace("@1.0.0", &format!("@{API}.0"));
    wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"))
}

/// A guest as a component.
pub fn component(kind: Kind, attack: &str) -> Vec<u8> {
    glasshouse_workshop::componentize(&core_module(kind, attack), kind).unwrap()
}

/// A manifest of that kind. `more` goes to its end; lines of `limits` under `[limits]`, where they
/// stand in the place of the usual ones.
pub fn manifest(kind: Kind, limits: &str, more: &str) -> Arc<Manifest> {
    let body = match kind {
        Kind::Query => {
            let sql = "level = \"basic\"\nsql = \"SELECT Name, Age FROM People\"";
            &of_people("statement", "people", sql)
        }
        Kind::Rule => {
            r#"
            [rule]
            scope = "batch"
            keys = ["default"]
            [[rule.need]]
            columns = ["Name"]
            type = "text"
            access = "replace"
            "#
        }
        Kind::Target => {
            r#"
            [[target.endpoint]]
            name = "ingest"
            method = "POST"
            host = "telemetry.example"
            path_prefix = "/v1"
            "#
        }
    };
    let usual: String = ["cpu_ms = 200\n", "wall_ms = 2000\n"]
        .into_iter()
        .filter(|line| !limits.contains(line.split(' ').next().unwrap()))
        .collect();
    let text = format!(
        r#"
        id = "hostile.guest"
        version = "1.0.0"
        api = "1.0"
        kind = "{kind}"
        title = "A guest that misbehaves"
        purpose = "To be refused."
        author = "Nobody"
        [limits]
        {usual}
        {limits}
        {body}
        {more}
        "#
    );
    Arc::new(Manifest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// A guest, loaded.
pub fn load(manifest: &Arc<Manifest>, attack: &str) -> Result<Plugin, SandboxError> {
    load_component(manifest, &component(manifest.kind(), attack))
}

/// A component, loaded as if it had been admitted.
pub fn load_component(manifest: &Arc<Manifest>, component: &[u8]) -> Result<Plugin, SandboxError> {
    SANDBOX.load(manifest.clone(), &manifest.asks(), Digest::of(component), component)
}

/// A component, compiled as the host compiles what strangers made: in a child process with limits,
/// here smaller ones, so that a test does not wait for them.
pub fn load_in_child(
    manifest: &Arc<Manifest>,
    component: &[u8],
    cpu_s: u64,
    memory_mib: u64,
) -> Result<Plugin, SandboxError> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_hostile-compile-child"));
    let child = ChildCompiler { cpu_s, memory_mib, ..ChildCompiler::new(program, Vec::new()) };
    load_compiled_by(child, manifest, component)
}

/// A component, compiled by that child process.
pub fn load_compiled_by(
    child: ChildCompiler,
    manifest: &Arc<Manifest>,
    component: &[u8],
) -> Result<Plugin, SandboxError> {
    let sandbox = Sandbox::new(Settings { compiler: Compiler::Child(child), cache: None }).unwrap();
    sandbox.load(manifest.clone(), &manifest.asks(), Digest::of(component), component)
}

/// Why no plugin file can be made of a component and a rule's manifest.
pub fn unsigned_error(component: &[u8]) -> FileError {
    PluginFile::unsigned(component, signed::MANIFEST).unwrap_err()
}

/// A section of a component: its id, its length in as few bytes as it takes, its content.
pub fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    push_length(&mut bytes, content.len());
    [bytes, content.to_vec()].concat()
}

/// A custom section.
pub fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let mut named = Vec::new();
    push_length(&mut named, name.len());
    section(0, &[&named, name.as_bytes(), content].concat())
}

fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// A rule with a default manifest that applies itself to two people.
pub fn apply(limits: &str, attack: &str) -> Result<Redacted, CallError> {
    let plugin = load(&manifest(Kind::Rule, limits, ""), attack).unwrap();
    plugin.redact(&context(), &keys(), &people())
}

/// A statement or an output of a query, with the columns of the default statement.
pub fn of_people(what: &str, name: &str, more: &str) -> String {
    format!(
        r#"
        [[query.{what}]]
        name = "{name}"
        {more}
        [[query.{what}.column]]
        name = "Name"
        type = "text"
        nullable = true
        class = "identifier"
        description = "A name."
        [[query.{what}.column]]
        name = "Age"
        type = "int"
        class = "measure"
        description = "An age."
        "#
    )
}

/// A query with a default manifest and an output that takes two people and finishes.
pub fn shape(limits: &str, attack: &str) -> Result<glasshouse_sandbox::Shaped, CallError> {
    // A query builds what it declares.
    shaped(&manifest(Kind::Query, limits, &of_people("output", "people", "")), attack)
}

/// The same with that manifest.
pub fn shaped(manifest: &Arc<Manifest>, attack: &str) -> Result<glasshouse_sandbox::Shaped, CallError> {
    let plugin = load(manifest, attack).unwrap();
    let mut shaper = plugin.shaper(&context())?;
    shaper.take(&Name::new("people").unwrap(), &people())?;
    shaper.finish()
}

/// A target with a default manifest that renders two people.
pub fn render(limits: &str, attack: &str) -> Result<glasshouse_sandbox::Rendered, CallError> {
    let plugin = load(&manifest(Kind::Target, limits, ""), attack).unwrap();
    plugin.render(&context(), &[people_table()], &EndpointHosts::default())
}

pub fn context() -> Context {
    Context {
        run: "run-1".to_owned(),
        scheduled_us: 1_780_000_000_000_000,
        level: Level::Enhanced,
        site: "site".to_owned(),
        hierarchy: "hierarchy".to_owned(),
        settings: Vec::new(),
        state: Vec::new(),
    }
}

pub fn keys() -> Keys {
    Keys::new().with(Name::new("default").unwrap(), &[7; 32])
}

/// Two people, one without a name.
pub fn people() -> Batch {
    let field =
        |name: &str, kind, nullable, class| Field { name: name.parse().unwrap(), kind, nullable, class };
    let schema = Schema::new(vec![
        field("Name", ColumnType::Text, true, DataClass::Identifier),
        field("Age", ColumnType::Int, false, DataClass::Measure),
    ])
    .unwrap();
    let mut name = ColumnBuilder::new(ColumnType::Text, 2);
    name.push_text("Ann Example");
    name.push_null();
    let mut age = ColumnBuilder::new(ColumnType::Int, 2);
    age.push_int(41);
    age.push_int(42);
    Batch::new(Arc::new(schema), 2, vec![name.finish(), age.finish()]).unwrap()
}

pub fn people_table() -> Table {
    let batch = people();
    Table { name: Name::new("people").unwrap(), schema: batch.schema().clone(), batches: vec![batch] }
}

/// The sandbox still runs a guest that behaves.
pub fn still_serves() {
    assert_eq!(apply("", "").unwrap().batch, people());
    shape("", "").unwrap();
    assert!(render("", "").unwrap().requests.is_empty());
}
