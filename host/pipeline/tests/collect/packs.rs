//! Everything that is shipped, at a site that has every documented view and planted identifiers in all of them.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use glasshouse_contract::Level;
use glasshouse_pipeline::{CollectSite, Receipt};
use pretend_site::{Plan, SiteData};

use crate::house::{House, Place, shipped, site};

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
