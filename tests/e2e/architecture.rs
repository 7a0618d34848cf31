//! What the documents say of the code, held against the code: the arrows between the rooms, who
//! alone uses what, which dependencies there are, which attacks are tried.

use std::{collections::BTreeSet, fs, path::PathBuf};

use toml::{Table, Value};

/// Each room and the rooms that it knows. ARCHITECTURE.md has the same table.
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["contract", "control", "detect", "receive", "registry", "sandbox", "trust", "workshop"]),
    (
        "control",
        &[
            "audit", "contract", "egress", "guard", "ledger", "pipeline", "registry", "sandbox", "site",
            "trust",
        ],
    ),
    ("workshop", &["contract", "guard", "sandbox", "trust"]),
    (
        "pipeline",
        &[
            "audit", "contract", "detect", "egress", "guard", "ledger", "registry", "sandbox", "site",
            "tripwire",
        ],
    ),
    ("registry", &["contract", "guard", "ledger", "sandbox", "trust"]),
    ("site", &["contract", "guard", "secret"]),
    ("egress", &["contract", "secret"]),
    ("receive", &["audit", "contract", "secret"]),
    ("sandbox", &["contract", "detect"]),
    ("tripwire", &["contract", "detect"]),
    ("audit", &["contract", "trust"]),
    ("guard", &["contract"]),
    ("ledger", &["contract"]),
    ("secret", &["contract"]),
    ("trust", &["contract"]),
    ("contract", &[]),
    ("detect", &[]),
];

/// What a room's invariant keeps to itself: nobody else in the host depends on it.
const ALONE: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox"]),
    ("rusqlite", &["receive", "ledger"]),
    ("ed25519-dalek", &["trust"]),
    ("sqlparser", &["guard"]),
    ("notify", &["registry"]),
    ("reqwest", &["egress"]),
    ("rustls", &["site", "egress", "receive"]),
    ("hyper", &["receive"]),
    ("tiberius", &["site"]),
    ("tokio", &["cli", "control", "pipeline", "site", "egress", "receive"]),
    ("tlog_tiles", &["audit"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("wat", &["workshop"]),
    ("wit-component", &["workshop"]),
    ("wit-parser", &["workshop"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifest(path: &str) -> Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of a folder's entries.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    entries.map(|entry| entry.expect("it is read").file_name().to_string_lossy().into_owned()).collect()
}

/// What a room is linked with, on any system. What only its tests use is no arrow.
fn dependencies(room: &str) -> BTreeSet<String> {
    let manifest = manifest(&format!("host/{room}/Cargo.toml"));
    let systems = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places = systems.filter_map(Value::as_table).chain([&manifest]);
    places
        .flat_map(|place| [place.get("dependencies"), place.get("build-dependencies")])
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(|table| table.keys().cloned())
        .collect()
}

/// The first cell of each row of the Markdown table that begins with this heading, without back quotes.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let mut lines = text.lines().skip_while(|line| !line.starts_with(heading));
    assert!(lines.next().is_some(), "{document} has no table `{heading}`");
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn the_rooms_know_each_other_only_along_the_arrows() {
    let listed: BTreeSet<String> = ARROWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(listed, names("host"), "a room without arrows, or arrows without a room");
    for (room, known) in ARROWS {
        let found = dependencies(room);
        let found: BTreeSet<&str> =
            found.iter().filter_map(|name| name.strip_prefix("glasshouse-")).collect();
        assert_eq!(found, known.iter().copied().collect(), "host/{room} knows other rooms than it should");
    }
}

#[test]
fn the_arrows_point_one_way() {
    let place = |room: &str| ARROWS.iter().position(|(name, _)| *name == room);
    for (room, known) in ARROWS {
        for other in *known {
            assert!(place(room) < place(other), "{room} -> {other} points back");
        }
    }
}

#[test]
fn architecture_shows_the_arrows_as_they_are() {
    let shown = rows("ARCHITECTURE.md", "| Room | knows |");
    let arrows: Vec<Vec<String>> =
        ARROWS.iter().map(|(room, known)| vec![(*room).to_owned(), known.join(", ")]).collect();
    assert_eq!(shown, arrows);
}

#[test]
fn what_belongs_to_one_room_is_used_by_no_other() {
    for (dependency, owners) in ALONE {
        let users: Vec<&str> = ARROWS
            .iter()
            .map(|(room, _)| *room)
            .filter(|room| dependencies(room).contains(*dependency))
            .collect();
        assert_eq!(&users, owners, "{dependency}");
    }
}

#[test]
fn no_room_but_the_sandbox_may_have_unsafe_code() {
    for (room, _) in ARROWS.iter().filter(|(room, _)| *room != "sandbox") {
        let face = if *room == "cli" { "main.rs" } else { "lib.rs" };
        let text = read(&format!("host/{room}/src/{face}"));
        assert!(text.contains("#![forbid(unsafe_code)]"), "host/{room}/src/{face} does not forbid it");
    }
}

#[test]
fn readme_says_why_each_dependency_is_there() {
    let host = manifest("Cargo.toml");
    let plugins = manifest("plugins/sdk/Cargo.toml");
    let tables = [&host["workspace"]["dependencies"], &plugins["dependencies"]];
    let used: BTreeSet<String> = tables
        .iter()
        .filter_map(|table| table.as_table())
        .flatten()
        // What has a path is of this repository.
        .filter(|(_, said)| said.get("path").is_none())
        .map(|(name, _)| name.clone())
        .collect();
    let rows = rows("README.md", "| Dependency | why |");
    let listed: BTreeSet<String> =
        rows.iter().flat_map(|row| row[0].split(", ").map(str::to_owned)).collect();
    assert_eq!(listed, used);
    assert!(rows.iter().all(|row| row.len() == 2 && !row[1].is_empty()), "{rows:#?}");
}

#[test]
fn security_lists_every_attack() {
    let besides = ["main.rs", "fuzz_seeds.rs"];
    let tried: BTreeSet<String> = names("tests/hostile")
        .into_iter()
        .filter(|name| name.ends_with(".rs") && !besides.contains(&name.as_str()))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    let listed: BTreeSet<String> = rows("SECURITY.md", "| Attack | what stops it | test |")
        .into_iter()
        .flat_map(|row| row[2].split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(listed, tried);
}
