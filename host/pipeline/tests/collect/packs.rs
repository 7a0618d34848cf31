//! Everything that is shipped, at a site that has every documented view and planted identifiers in all of them.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use glasshouse_contract::{Level, PluginId};
use glasshouse_ledger::HeldWhy;
use glasshouse_pipeline::{CollectSite, ColumnFate, Receipt, Route, RuleUse, planned_routes};
use pretend_site::{Plan, SiteData};

use crate::house::{House, Place, name, shipped, site};

/// Each folder of `plugins/queries` with a plugin in it.
fn packs() -> Vec<String> {
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/queries");
    let mut packs: Vec<String> = fs::read_dir(queries)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("plugin.toml").is_file())
        .map(|folder| format!("queries/{}", folder.file_name().unwrap().to_str().unwrap()))
        .collect();
    packs.extend(["queries/examples/client-growth", "queries/examples/client-versions"].map(str::to_owned));
    packs.sort();
    packs
}

async fn planted() -> (Place, Vec<String>) {
    let data = SiteData::new(Plan { devices: 300, ..Plan::default() }).unwrap();
    let canaries = data.canaries().iter().map(|canary| canary.value.clone()).collect();
    (site(vec![(data.name().to_owned(), Arc::new(data))]).await, canaries)
}

async fn collected(level: Level, files: &[Vec<u8>], site: &Arc<CollectSite>) -> (House, Receipt) {
    let mut house = House::new();
    house.level = level;
    files.iter().for_each(|file| house.admit(file));
    let receipt = house.run(site).await.unwrap();
    (house, receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shipped_statement_runs_as_promised_and_no_planted_identifier_is_kept() {
    let packs = packs();
    let files: Vec<Vec<u8>> = packs.iter().map(|pack| shipped(pack)).collect();
    let (place, canaries) = planted().await;
    assert!(canaries.len() > 1_000, "{}", canaries.len());
    let site = Arc::clone(&place.site);

    let (full, receipt) = collected(Level::Full, &files, &site).await;
    // Done and not skipped: each column has the promised name and type, and nulls where they are promised.
    assert!(receipt.is_clean(), "{receipt:#?}");
    assert_eq!((receipt.total.skipped, receipt.total.failed), (0, 0), "{receipt:#?}");
    assert_eq!(receipt.queries.iter().filter(|query| query.digest.is_some()).count(), packs.len());

    let rows = |house: &House| house.results().into_iter().collect::<BTreeSet<_>>();
    let everything = rows(&full);
    assert!(everything.len() > 200, "{}", everything.len());
    for (query, table, row) in &everything {
        let values: serde_json::Value = serde_json::from_str(row).unwrap();
        let texts = values.as_object().unwrap().values().filter_map(serde_json::Value::as_str);
        for text in texts {
            let canary = canaries.iter().find(|canary| text.contains(canary.as_str()));
            assert_eq!(canary, None, "{query} {table}: {row}");
        }
    }

    // The same site again: each level is a strict part of the next.
    let (enhanced, _) = collected(Level::Enhanced, &files, &site).await;
    let (basic, _) = collected(Level::Basic, &files, &site).await;
    let (enhanced, basic) = (rows(&enhanced), rows(&basic));
    for (less, more) in [(&basic, &enhanced), (&enhanced, &everything)] {
        let only: Vec<_> = less.difference(more).take(3).collect();
        assert!(only.is_empty() && less.len() < more.len(), "{only:#?}");
    }
}

const RULES: [&str; 6] =
    ["configmgr-hash", "keyed-pseudonym", "mask-identifiers", "drop-text", "generalise", "small-cells"];

/// A route with some of the rules.
fn through(called: &str, rules: &[&str]) -> Route {
    let rule = |rule: &&str| RuleUse::from(PluginId::new(&format!("glasshouse.rules.{rule}")).unwrap());
    Route { name: name(called), ..Route::results(rules.iter().map(rule).collect()) }
}

/// Everything that is shipped, and three ways through the rules.
fn everything() -> House {
    let mut house = House::new();
    packs().iter().for_each(|pack| house.admit(&shipped(pack)));
    RULES.iter().for_each(|rule| house.admit(&shipped(&format!("rules/{rule}"))));
    house.rules = through("any", &["keyed-pseudonym", "drop-text", "generalise", "small-cells"])
        .rules
        .into_iter()
        .map(|used| used.rule)
        .collect();
    house.routes = vec![
        through("microsoft", &["configmgr-hash", "keyed-pseudonym", "mask-identifiers"]),
        through("bare", &[]),
    ];
    house
}

/// What the plan said of each column on each route is what became of it.
fn assert_as_planned(house: &House, receipt: &Receipt) {
    let settings = house.settings();
    let planned = planned_routes(&house.registry, &settings.routes, receipt.level, &settings.floors);
    let parts = house.registry.ledger().parts(&receipt.run).unwrap();
    let mut columns = 0;
    for route in &planned {
        assert_eq!(route.fault, None);
        let mut gone = 0;
        for table in &route.tables {
            let what = format!("{} {}/{}", route.route, table.query, table.table);
            assert_eq!(table.fault, None, "{what}");
            let part = parts.iter().find(|part| part.plugin == table.query).unwrap();
            let found = part
                .tables
                .iter()
                .find(|found| found.name == table.table && found.routes.contains(&route.route));
            if table.stops {
                assert!(found.is_none(), "{what} goes");
                let held = |why| {
                    part.redaction.held.iter().any(|row| {
                        row.table == table.table && row.route.as_ref() == Some(&route.route) && row.why == why
                    })
                };
                assert!(held(HeldWhy::ColumnAboveCeiling), "{what}");
                continue;
            }
            gone += 1;
            let found = found.unwrap_or_else(|| panic!("{what} does not go: {:#?}", part.redaction.held));
            for column in &table.columns {
                let real = found.columns.fields().iter().find(|field| field.name == column.column);
                let real = real.map(|field| field.class);
                let left_out = found.left_out.contains_key(&column.column);
                let what = format!("{what} {}", column.column);
                match column.verdict {
                    ColumnFate::Goes => assert_eq!(real, column.class_out, "{what}"),
                    ColumnFate::LeftOut => assert!(real.is_none() && left_out, "{what}"),
                    ColumnFate::Dropped => assert!(real.is_none() && !left_out, "{what}"),
                    fate => panic!("{what}: {fate:?}"),
                }
                columns += 1;
            }
        }
        let goes = |table: &&glasshouse_ledger::TableRow| table.routes.contains(&route.route);
        let real = parts.iter().flat_map(|part| &part.tables).filter(goes).count();
        assert_eq!(real, gone, "tables on {}", route.route);
    }
    assert!(columns > 100, "{columns}");
}

/// A number from the environment, for more than a check has time for.
fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

/// `GLASSHOUSE_SEEDS=100 GLASSHOUSE_DEVICES=5000`, in release, is the whole budget.
#[tokio::test(flavor = "multi_thread")]
async fn clean_sites_raise_no_alarm_at_any_level_and_become_what_the_plan_said() {
    let seeds = number("GLASSHOUSE_SEEDS", 2);
    let devices = u32::try_from(number("GLASSHOUSE_DEVICES", 150)).unwrap();
    let mut house = everything();
    for seed in 1..=seeds {
        let data = SiteData::new(Plan { devices, seed, planted: false, ..Plan::default() }).unwrap();
        let place = site(vec![(data.name().to_owned(), Arc::new(data))]).await;
        let here = place.called(&format!("site-{seed}"), "");
        for level in [Level::Basic, Level::Enhanced, Level::Full] {
            house.level = level;
            let receipt = house.run(&here).await.unwrap();
            let held: Vec<_> = receipt
                .queries
                .iter()
                .flat_map(|part| part.held.iter().map(move |row| (&part.query, row)))
                .filter(|(_, row)| row.why != HeldWhy::ColumnAboveCeiling)
                .collect();
            assert!(held.is_empty(), "seed {seed}, level {level}: {held:#?}");
            assert!(receipt.is_clean(), "seed {seed}, level {level}: {:#?}", receipt.total);
            assert_as_planned(&house, &receipt);
            if level == Level::Full {
                let total = receipt.total.redaction;
                assert!(total.hashed > 0 && total.coarsened > 0 && total.suppressed > 0, "{total:?}");
                assert!(total.cells_scanned > 1_000 && total.above_ceiling > 0, "{total:?}");
            }
        }
        eprintln!("seed {seed} of {seeds}");
    }
}
