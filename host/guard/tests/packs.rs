//! The packs of `plugins/queries`, read as a host would read them at admission.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Level, Manifest, Statement};
use glasshouse_guard::{Floors, OutputColumn, Printed, check};
use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Each pack's folder name and manifest, with the SQL of its files filled in.
fn packs() -> BTreeMap<String, Manifest> {
    let folder = repository().join("plugins/queries");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let packs: BTreeMap<String, Manifest> = folders
        .filter(|folder| folder.join("plugin.toml").is_file())
        .map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), manifest(&folder)))
        .collect();
    assert!(packs.len() >= 12, "{:?}", packs.keys());
    packs
}

fn manifest(folder: &Path) -> Manifest {
    let text = fs::read_to_string(folder.join("plugin.toml")).unwrap();
    let mut written: toml::Table = text.parse().unwrap();
    let statements = written["query"]["statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut().map(|statement| statement.as_table_mut().unwrap()) {
        if let Some(file) = statement.remove("sql_file") {
            let sql = fs::read_to_string(folder.join(file.as_str().unwrap())).unwrap();
            statement.insert("sql".to_owned(), sql.into());
        }
    }
    let text = toml::to_string(&written).unwrap();
    Manifest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn statements(packs: &BTreeMap<String, Manifest>) -> impl Iterator<Item = (String, &Statement)> {
    packs.iter().flat_map(|(pack, manifest)| {
        let statements = &manifest.query().unwrap().statements;
        statements.iter().map(move |statement| (format!("{pack}/{}", statement.name), statement))
    })
}

#[test]
fn shipped_packs_pass() {
    for (pack, manifest) in packs() {
        if let Err(error) = check(&manifest, Floors::shipped()) {
            let findings: Vec<String> =
                error.findings.iter().map(|finding| format!("{} {finding}", finding.object())).collect();
            panic!("{pack}:\n  {}", findings.join("\n  "));
        }
    }
}

#[test]
fn the_page_of_packs_has_each_of_them_with_its_statements() {
    let page = fs::read_to_string(repository().join("plugins/queries/README.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| [`"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let packs = packs();
    assert_eq!(rows.len(), packs.len());
    for (pack, manifest) in packs {
        let row = rows.iter().find(|row| row[1] == format!("[`{pack}`]({pack})"));
        let row = row.unwrap_or_else(|| panic!("`{pack}` has no row"));
        let statements = &manifest.query().unwrap().statements;
        for (cell, level) in row[3..].iter().zip([Level::Basic, Level::Enhanced, Level::Full]) {
            let count = statements.iter().filter(|statement| statement.level == level).count();
            assert_eq!(cell.parse().unwrap_or(0), count, "{pack} at {level}");
        }
    }
}

/// What a column is called is what an administrator reads first: a name that promises a hash must not be
/// of a column that nobody hashes, and an identifier in a pack of diagnostics must say that it is hashed.
#[test]
fn hash_in_a_columns_name_and_class_identifier_go_together() {
    let packs = packs();
    for (pack, manifest) in &packs {
        // A query with code has outputs of its own; Desktop Analytics is personal data, and says so.
        if !manifest.query().unwrap().outputs.is_empty() || pack == "desktop-analytics" {
            continue;
        }
        for statement in &manifest.query().unwrap().statements {
            for column in &statement.columns {
                let named = column.name.as_str().starts_with("Hash_");
                let identifies = column.class > glasshouse_contract::DataClass::Pseudonym;
                assert_eq!(named, identifies, "{pack}/{}.{}", statement.name, column.name);
            }
        }
    }
}

fn documented() -> BTreeMap<String, String> {
    let list: Vec<Value> = serde_json::from_str(include_str!("statements/shipped.json")).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    list.iter().map(|value| (text(value, "id"), text(value, "sql"))).collect()
}

/// Which statement of which pack answers which documented query.
const ANSWERS: [(&str, &str, &str); 76] = [
    ("qB01", "clients", "client-versions"),
    ("qB02", "clients", "operating-systems"),
    ("qB03", "clients", "languages"),
    ("qB04", "clients", "windows-builds"),
    ("qB05", "clients", "entra-joined"),
    ("qB06", "clients", "operating-system-age"),
    ("qB07", "hardware", "top-processors"),
    ("qB08", "hardware", "processor-types"),
    ("qB09", "collections", "power-management"),
    ("qB10", "applications", "applications"),
    ("qB11", "site", "sites"),
    ("qB12", "site", "site-clients"),
    ("qB13", "site", "site-names"),
    ("qB14", "site", "site-system-roles"),
    ("qB15", "content", "distribution-points"),
    ("qB16", "site", "discovery"),
    ("qB17", "site", "update-packages"),
    ("qB18", "site", "site-version"),
    ("qB19", "site-database", "server"),
    ("qB20", "site-database", "database-size"),
    ("qB21", "site-database", "tables"),
    ("qB22", "site-database", "top-procedures"),
    ("qB23", "site-database", "wide-inventory-columns"),
    ("qB24", "site", "component-status"),
    ("qB25", "site", "site-system-storage"),
    ("qB26", "endpoint-protection", "antimalware-versions"),
    ("qB27", "osd", "images"),
    ("qE01", "applications", "package-types"),
    ("qE02", "applications", "package-deployments"),
    ("qE03", "applications", "program-flags"),
    ("qE04", "applications", "application-deployments"),
    ("qE05", "applications", "deployments"),
    ("qE06", "applications", "relations"),
    ("qE07", "collections", "maintenance-windows"),
    ("qE08", "applications", "application-requests"),
    ("qE09", "clients", "primary-users"),
    ("qE10", "hardware", "bios-age"),
    ("qE11", "hardware", "secure-boot"),
    ("qE12", "hardware", "tpm-states"),
    ("qE13", "clients", "client-health"),
    ("qE14", "clients", "health-checks"),
    ("qE15", "clients", "installation-states"),
    ("qE16", "hardware", "virtual-devices"),
    ("qE17", "hardware", "surface-models"),
    ("qE18", "collections", "collection-sizes"),
    ("qE19", "collections", "collections-without-deployment"),
    ("qE20", "collections", "rule-types"),
    ("qE21", "compliance", "baselines"),
    ("qE22", "compliance", "configuration-items"),
    ("qE23", "content", "boundaries"),
    ("qE24", "content", "boundary-groups"),
    ("qE25", "content", "distribution-point-groups"),
    ("qE26", "endpoint-protection", "dashboard-collections"),
    ("qE27", "endpoint-protection", "deployment-errors"),
    ("qE28", "osd", "objects"),
    ("qE29", "osd", "boot-images"),
    ("qE30", "osd", "task-sequences"),
    ("qE31", "software-updates", "update-groups"),
    ("qE32", "software-updates", "update-counts"),
    ("qE33", "software-updates", "assignments-per-update"),
    ("qE34", "software-updates", "scan-errors"),
    ("qE35", "software-updates", "automatic-rules"),
    ("qE36", "site-database", "largest-tables"),
    ("qE37", "site-database", "change-tracking"),
    ("qE38", "site", "status-messages"),
    ("qE39", "software-updates", "wake-on-lan"),
    ("qF01", "endpoint-protection", "protection-status"),
    ("qF02", "software-updates", "hours-since-scan"),
    ("qF03", "software-updates", "update-compliance"),
    ("qF04", "software-updates", "update-deployment-options"),
    ("qF05", "software-updates", "scan-success"),
    ("qF06", "hardware", "top-50-processors"),
    ("qF07", "clients", "push-installations"),
    ("qF08", "software-updates", "inactive-clients"),
    ("qD01", "desktop-analytics", "collections"),
    ("qD02", "desktop-analytics", "enrolment"),
];

/// The columns of the database that a result is made from.
fn sources(columns: &[OutputColumn]) -> BTreeSet<String> {
    columns.iter().flat_map(|column| &column.sources).map(ToString::to_string).collect()
}

#[test]
fn each_documented_query_is_in_a_pack_and_reads_what_the_documented_one_reads() {
    let packs = packs();
    let shipped: BTreeMap<String, &Statement> = statements(&packs).collect();
    let mut documented = documented();
    for (id, pack, name) in ANSWERS {
        let sql = documented.remove(id).unwrap_or_else(|| panic!("there is no query {id}"));
        let statement = shipped[&format!("{pack}/{name}")];
        let theirs = Printed::of(&sql).unwrap();
        let ours = Printed::of(&statement.sql).unwrap();
        assert_eq!(ours.objects(), theirs.objects(), "{pack}/{name}");
        let (ours, theirs) = (ours.columns(Floors::shipped()), theirs.columns(Floors::shipped()));
        let left_out: Vec<String> = sources(&theirs).difference(&sources(&ours)).cloned().collect();
        assert!(left_out.is_empty(), "{pack}/{name} leaves out {left_out:?}");
        assert!(ours.len() >= theirs.len(), "{pack}/{name}");
    }
    assert!(documented.is_empty(), "{:?} are in no pack", documented.keys());
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    version: String,
    item: Vec<Item>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    level: Level,
    area: String,
    title: String,
    partly: Option<String>,
    reason: Option<String>,
    host_table: Option<String>,
}

fn catalogue() -> Catalogue {
    let file = repository().join("host/pipeline/src/coverage/items.toml");
    toml::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_catalogue_has_every_documented_item_once_in_order() {
    let catalogue = catalogue();
    assert_eq!(catalogue.version, "2409");
    let documented = [("b", 75, Level::Basic), ("e", 226, Level::Enhanced), ("f", 25, Level::Full)];
    let ids = documented.into_iter().flat_map(|(letter, count, level)| {
        (1..=count).map(move |number| (format!("{letter}{number}"), level))
    });
    let found: Vec<(String, Level)> =
        catalogue.item.iter().map(|item| (item.id.clone(), item.level)).collect();
    assert_eq!(found, ids.collect::<Vec<_>>());
    for item in &catalogue.item {
        for words in [Some(&item.area), Some(&item.title), item.partly.as_ref(), item.reason.as_ref()] {
            assert!(words.is_none_or(|words| words.len() > 4 && words.trim() == words), "{}", item.id);
        }
    }
}

#[test]
fn an_item_has_a_reason_exactly_if_nothing_collects_it() {
    let packs = packs();
    let mut collected: BTreeMap<&str, Vec<(String, Level)>> = BTreeMap::new();
    for (name, statement) in statements(&packs) {
        for item in &statement.items {
            collected.entry(item).or_default().push((name.clone(), statement.level));
        }
    }
    for item in catalogue().item {
        let by = collected.remove(item.id.as_str()).unwrap_or_default();
        let any = !by.is_empty() || item.host_table.is_some();
        assert_eq!(item.reason.is_none(), any, "{}: {by:?}", item.id);
        assert!(item.partly.is_none() || any, "{}: `partly` of nothing", item.id);
        for (statement, level) in by {
            assert!(
                level <= item.level,
                "{statement} runs from {level} on, {} is of {}",
                item.id,
                item.level
            );
        }
    }
    assert!(collected.is_empty(), "these are no documented items: {collected:?}");
}
