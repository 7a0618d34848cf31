//! What goes wrong on request, as tiberius sees it.

use futures_util::TryStreamExt;
use pretend_site::{Fault, FaultKind};
use tiberius::{ColumnType, QueryItem};

use crate::support::*;

const SQL: &str = "SELECT SiteCode, SiteName, Type FROM v_Site";

/// How many rows came before it failed, and with what.
async fn rows_before_failure(client: &mut Tiberius) -> (usize, tiberius::error::Error) {
    let mut stream = client.simple_query(SQL).await.unwrap();
    let mut rows = 0;
    loop {
        match in_time(stream.try_next()).await {
            Ok(Some(QueryItem::Row(_))) => rows += 1,
            Ok(Some(QueryItem::Metadata(_))) => {}
            Ok(None) => panic!("it did not fail, after {rows} rows"),
            Err(error) => return (rows, error),
        }
    }
}

#[tokio::test]
async fn a_login_is_refused_as_often_as_was_asked_for() {
    let site = site_with(&["refuse-login,times=2"]).await;
    for _ in 0..2 {
        assert_eq!(said(connect_as(&site, config(&site, "reader")).await).0, 18456);
    }
    connect(&site).await;
    site.stop().await;
}

#[tokio::test]
async fn a_connection_is_closed_before_the_login() {
    let site = site_with(&["close-before-login,times=1"]).await;
    assert!(in_time(connect_as(&site, config(&site, "reader"))).await.is_err());
    assert!(site.log().entries().is_empty());
    connect(&site).await;
    site.stop().await;
}

#[tokio::test]
async fn a_connection_is_closed_after_the_login() {
    let site = site_with(&["close-after-login,times=1"]).await;
    let mut client = connect(&site).await;
    assert!(in_time(rows(&mut client, SQL)).await.is_err());
    assert!(site.log().statements().is_empty());
    assert_eq!(rows(&mut connect(&site).await, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn a_server_stalls_before_the_login() {
    let site = site_with(&["stall-before-login"]).await;
    let wait = std::time::Duration::from_millis(300);
    let connecting = connect_as(&site, config(&site, "reader"));
    assert!(tokio::time::timeout(wait, connecting).await.is_err());
    in_time(site.stop()).await;
}

#[tokio::test]
async fn a_connection_is_closed_in_the_midst_of_a_row() {
    let site = site_with(&["close-mid-row=2,times=1"]).await;
    let (rows_that_came, error) = rows_before_failure(&mut connect(&site).await).await;
    assert_eq!(rows_that_came, 2);
    assert!(matches!(error, tiberius::error::Error::Io { .. }), "{error:?}");
    assert_eq!(rows(&mut connect(&site).await, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn a_server_stalls_in_the_midst_of_a_row() {
    let site = site_with(&["stall-mid-row=1"]).await;
    let mut client = connect(&site).await;
    let mut stream = client.simple_query(SQL).await.unwrap();
    let mut rows = 0;
    let wait = std::time::Duration::from_millis(300);
    while let Ok(item) = tokio::time::timeout(wait, stream.try_next()).await {
        rows += usize::from(matches!(item.unwrap().unwrap(), QueryItem::Row(_)));
    }
    assert_eq!(rows, 1);
    in_time(site.stop()).await;
}

#[tokio::test]
async fn an_error_comes_after_as_many_rows_as_were_asked_for() {
    let site = site_with(&["error=8115,row=3"]).await;
    let mut client = connect(&site).await;
    let (rows, error) = rows_before_failure(&mut client).await;
    assert_eq!((rows, error.code()), (3, Some(8115)));
    site.clear_faults();
    assert_eq!(crate::support::rows(&mut client, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn an_error_of_severity_20_closes_the_connection() {
    let site = site_with(&["severity20,times=1"]).await;
    let mut client = connect(&site).await;
    assert_eq!(said(rows(&mut client, SQL).await).0, 596);
    assert!(in_time(rows(&mut client, SQL)).await.is_err());
    assert_eq!(rows(&mut connect(&site).await, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn errors_have_the_words_of_sql_server() {
    for (fault, number, words) in [
        ("lock-timeout@v_Site", 1222, "Lock request time out period exceeded."),
        (
            "permission@v_Site",
            229,
            "The SELECT permission was denied on the object 'v_Site', database 'CM_CAS', schema 'dbo'.",
        ),
        ("missing-view@v_Site", 208, "Invalid object name 'v_Site'."),
        ("missing-column=SiteName", 207, "Invalid column name 'SiteName'."),
        ("error=8134", 8134, "Divide by zero error encountered."),
    ] {
        let site = site_with(&[fault]).await;
        let mut client = connect(&site).await;
        assert_eq!(said(rows(&mut client, SQL).await), (number, words.to_owned()), "{fault}");
        // The session goes on, and what does not name it is not concerned.
        assert_eq!(cell(&mut client, "SELECT DB_NAME()").await, "CM_CAS");
        site.stop().await;
    }
}

#[tokio::test]
async fn a_deadlock_happens_the_first_times_and_names_the_session() {
    let site = site_with(&["deadlock,times=2@v_Site"]).await;
    let mut client = connect(&site).await;
    for _ in 0..2 {
        let (number, words) = said(rows(&mut client, SQL).await);
        assert_eq!(number, 1205);
        assert!(words.starts_with("Transaction (Process ID 51) was deadlocked"), "{words}");
    }
    assert_eq!(rows(&mut client, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn a_fault_of_one_view_does_not_concern_another() {
    let site = site_with(&["missing-view@dbo.long"]).await;
    let mut client = connect(&site).await;
    assert_eq!(rows(&mut client, SQL).await.unwrap().len(), 4);
    assert_eq!(said(rows(&mut client, "SELECT a FROM [dbo].[long]").await).0, 208);
    site.fault(Fault::new(FaultKind::MissingView).on("v_Site"));
    assert_eq!(said(rows(&mut client, SQL).await).0, 208);
    site.stop().await;
}

#[tokio::test]
async fn a_column_has_another_type() {
    let site = site_with(&["wrong-type=Type", "wrong-type=SiteName,times=0"]).await;
    let mut client = connect(&site).await;
    let found = rows(&mut client, SQL).await.unwrap();
    assert_eq!(found[0].columns()[2].column_type(), ColumnType::NVarchar);
    assert_eq!(found[0].get::<&str, _>(2), Some("4"));
    assert_eq!(found[2].get::<&str, _>(2), None);
    site.clear_faults();
    site.fault(Fault::new(FaultKind::WrongType("SiteName".into())));
    let found = rows(&mut client, SQL).await.unwrap();
    assert_eq!(found[0].get::<i32, _>(1), Some(7));
    site.stop().await;
}

#[tokio::test]
async fn text_ends_with_half_of_a_surrogate_pair() {
    let site = site_with(&["lone-surrogates"]).await;
    // By default tiberius refuses it.
    let (_, error) = rows_before_failure(&mut connect(&site).await).await;
    assert!(!matches!(error, tiberius::error::Error::Server(_)), "{error:?}");
    let mut config = config(&site, "reader");
    config.lossy_utf16_decoding(true);
    let found = rows(&mut connect_as(&site, config).await.unwrap(), SQL).await.unwrap();
    assert_eq!(found[0].get::<&str, _>(0), Some("CAS\u{FFFD}"));
    site.stop().await;
}

#[tokio::test]
async fn a_huge_value_is_sent_as_announced() {
    let site = site_with(&["huge-value=3000000"]).await;
    let mut client = connect(&site).await;
    let found = rows(&mut client, SQL).await.unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].get::<&str, _>(0).unwrap().len(), 1_500_000);
    assert_eq!(found[1].get::<&str, _>(0), Some("P01"));
    site.stop().await;
}

#[tokio::test]
async fn two_gigabytes_that_are_announced_can_be_cancelled() {
    let site = site_with(&["huge-value,times=1"]).await;
    let mut client = connect(&site).await;
    let stream = client.simple_query(SQL).await.unwrap();
    drop(stream);
    in_time(client.cancel_query()).await.unwrap();
    assert_eq!(rows(&mut client, SQL).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn rows_are_repeated_until_there_are_enough() {
    let site = site_with(&["rows=10001", "error=1222,row=9000,times=1"]).await;
    let mut client = connect(&site).await;
    let (before, error) = rows_before_failure(&mut client).await;
    assert_eq!((before, error.code()), (9000, Some(1222)));
    let found = rows(&mut client, SQL).await.unwrap();
    assert_eq!(found.len(), 10_001);
    assert_eq!(found[10_000].get::<&str, _>(0), Some("CAS"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_million_rows_come_in_memory_that_does_not_grow() {
    let site = site_with(&["rows=10000000"]).await;
    // By hand: what is looked at is the server, and tiberius would take a minute.
    let (bytes, rows) = drain(&site, SQL).await;
    assert_eq!(rows, 10_000_000);
    assert!(bytes > 200 << 20, "{bytes}");
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        // Other tests run in this process too.
        assert!(kib < 150 * 1024, "{kib} KiB");
    }
    site.stop().await;
}
