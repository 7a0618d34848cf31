//! What each guest has to prove, whatever its language.

use std::{env, fs, path::Path, sync::Arc, time::Instant};

use glasshouse_contract::{
    Batch, ColumnBuilder, ColumnType, Context, DataClass, Field, Level, LimitName, Manifest, Name, Schema,
    Table,
};
use glasshouse_sandbox::{
    CacheKey, CallError, ChildCompiler, CodeCache, Compiler, Keys, LimitExceeded, Sandbox, Settings,
};
use glasshouse_trust::PluginFile;
use glasshouse_workshop::{Expect, build_from_component, load, test};

use crate::COMPILE_CHILD;

/// Rows of a batch, and batches of the table that a table rule sees: 200,000 people.
const ROWS: u32 = 8_192;
const BATCHES: usize = 24;

pub fn prove(name: &str, component: &Path) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = build_from_component(component, &here.join(name).join("plugin.toml")).unwrap().bytes;
    println!("         {} bytes", file.len());
    let sandbox = sandbox(&component.with_file_name("cache"));
    let plugin =
        timed("compiled in a child process, under its limits", || load(&sandbox, file.clone())).unwrap();
    plugin.dry_call().unwrap();
    // What follows takes the code from the cache, each time under a manifest that asks for other things.
    let file = PluginFile::parse(file).unwrap();
    let asking = |from: &str, to: &str| {
        let text = fs::read_to_string(here.join(name).join("plugin.toml")).unwrap();
        assert!(text.contains(from));
        let manifest = Arc::new(Manifest::parse(text.replace(from, to).as_bytes()).unwrap());
        sandbox.load(manifest.clone(), &manifest.asks(), file.digest(), file.signed_bytes()).unwrap()
    };

    // The expected rows are the same for all languages.
    let report = timed("its case, twice", || test(&plugin, &here.join("cases"), Expect::Recorded)).unwrap();
    assert_eq!(report.failed(), 0, "{report}");

    let people = people();
    let by_default = asking("memory_mib = 256", "");
    timed("a fresh instance and a batch of 8,192 rows, in the default memory", || {
        by_default.redact(&context(), &keys(), &people)
    })
    .unwrap();

    let table = Table {
        name: Name::new("people").unwrap(),
        schema: people.schema().clone(),
        batches: vec![people.clone(); BATCHES],
    };
    let table_rule = asking("scope = \"batch\"", "scope = \"table\"");
    timed("one instance and a table of 24 batches", || {
        table_rule.redact_tables(&context(), &keys(), std::slice::from_ref(&table))
    })
    .unwrap();

    // What the host refuses and the guest does not catch comes out as words, not as a trap.
    match plugin.redact(&context(), &Keys::new(), &people) {
        Err(CallError::GaveUp(words)) => assert!(words.contains("`default`"), "{words}"),
        other => panic!("a missing key gave {other:?}"),
    }

    // An interpreter's heap is under the manifest's limit, too.
    match asking("memory_mib = 256", "memory_mib = 8").redact(&context(), &keys(), &people) {
        Err(CallError::Limit(LimitExceeded { name: LimitName::MemoryMib, limit: 8, .. })) => {}
        other => panic!("8 MiB gave {other:?}"),
    }
}

/// As the host has it: compiled in a child process with the usual limits, and kept.
fn sandbox(cache: &Path) -> Sandbox {
    // From an earlier run; this one shows what compiling takes.
    let _ = fs::remove_dir_all(cache);
    fs::create_dir_all(cache).unwrap();
    let compiler =
        Compiler::Child(ChildCompiler::new(env::current_exe().unwrap(), vec![COMPILE_CHILD.into()]));
    let cache = Some(CodeCache::new(cache.to_owned(), CacheKey::new([1; 32])));
    Sandbox::new(Settings { compiler, cache }).unwrap()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("  {:>5.2} s  {what}", start.elapsed().as_secs_f64());
    result
}

fn people() -> Batch {
    let field =
        |name: &str, kind, nullable, class| Field { name: name.parse().unwrap(), kind, nullable, class };
    let schema = Schema::new(vec![
        field("Name", ColumnType::Text, true, DataClass::Identifier),
        field("Profile", ColumnType::Text, true, DataClass::Text),
        field("Logons", ColumnType::Int, false, DataClass::Measure),
    ])
    .unwrap();
    let mut columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, ROWS as usize));
    let (mut name, mut profile, mut logons) =
        (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap());
    drop(columns);
    for row in 0..ROWS {
        if row % 20 == 0 {
            name.push_null();
            profile.push_null();
        } else {
            name.push_text(&format!("CONTOSO\\user{row}"));
            profile.push_text(&format!("C:\\Users\\user{row}\\AppData\\Local\\Programs\\tool"));
        }
        logons.push_int(i64::from(row % 7));
    }
    Batch::new(Arc::new(schema), ROWS, vec![name.finish(), profile.finish(), logons.finish()]).unwrap()
}

fn context() -> Context {
    Context {
        run: "guests".to_owned(),
        scheduled_us: 0,
        level: Level::Enhanced,
        site: String::new(),
        hierarchy: String::new(),
        settings: vec![(Name::new("stand-in").unwrap(), "somebody".to_owned())],
        state: Vec::new(),
    }
}

fn keys() -> Keys {
    Keys::new().with(Name::new("default").unwrap(), &[7; 32])
}
