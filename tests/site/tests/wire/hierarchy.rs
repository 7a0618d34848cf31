//! The wire and the synthetic hierarchy together: what a client gets of the documented queries.

use pretend_site::{Database, Options, Plan, Running, Site, SiteData};
use serde_json::Value;

use crate::support::*;

fn plan() -> Plan {
    Plan { devices: 300, ..Plan::default() }
}

async fn hierarchy() -> Running {
    Site::start(Options::of(SiteData::new(plan()).unwrap())).await.unwrap()
}

fn queries() -> Vec<(String, String)> {
    let document: Vec<Value> = serde_json::from_str(include_str!("../queries.json")).unwrap();
    let text = |query: &Value, key: &str| query[key].as_str().unwrap().to_owned();
    document.iter().map(|query| (text(query, "id"), text(query, "sql"))).collect()
}

#[tokio::test]
async fn each_documented_query_gives_a_client_the_rows_that_there_are() {
    let (site, data) = (hierarchy().await, SiteData::new(plan()).unwrap());
    let mut client = connect_as(&site, config(&site, "collector")).await.unwrap();
    for (id, sql) in queries() {
        let expected = data.query(&sql, &[]).unwrap();
        let names: Vec<String> = expected.columns.iter().map(|column| column.name.clone()).collect();
        let mut stream = client.simple_query(&*sql).await.unwrap_or_else(|error| panic!("{id}: {error}"));
        let columns = stream.columns().await.unwrap().unwrap();
        assert_eq!(columns.iter().map(|column| column.name().to_owned()).collect::<Vec<_>>(), names, "{id}");
        let rows = stream.into_first_result().await.unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(rows.len(), expected.rows.count(), "{id}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_reader_is_refused_the_servers_state_and_the_sites_functions_and_nothing_else() {
    let site = hierarchy().await;
    let mut client = connect(&site).await;
    for (id, sql) in queries() {
        let number = match (sql.contains("sys.dm_"), sql.contains("dbo.fn")) {
            (true, _) if sql.contains("sys.dm_db_") => Some(262),
            (true, _) => Some(300),
            (_, calls) => calls.then_some(229),
        };
        match rows(&mut client, &sql).await {
            Ok(_) => assert_eq!(number, None, "{id}"),
            refused => assert_eq!(number, Some(said(refused).0), "{id}"),
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn permissions_are_asked_of_objects_that_there_are() {
    let site = hierarchy().await;
    let mut client = connect(&site).await;
    for (object, expected) in [
        ("N'dbo.v_R_System'", Some(1)),
        ("N'[dbo].[v_R_System]'", Some(1)),
        ("N'[sys].[databases]'", Some(1)),
        ("N'[dbo].[v_NotThere]'", None),
    ] {
        let sql = format!("SELECT HAS_PERMS_BY_NAME({object}, N'OBJECT', N'SELECT') AS held");
        assert_eq!(number(&mut client, &sql).await, expected, "{object}");
    }
    let listed = "SELECT p.permission_name AS p FROM sys.fn_my_permissions(NULL, 'DATABASE') AS p \
                  WHERE p.permission_name = 'SELECT'";
    assert_eq!(cell(&mut client, listed).await, "SELECT");
    site.stop().await;
}
