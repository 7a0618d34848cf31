//! Batches and calls, small and large.

use pretend_site::{Value, What};
use tiberius::{ToSql, numeric::Numeric};

use crate::support::*;

#[tokio::test]
async fn rows_come_as_they_are() {
    let site = site().await;
    let mut client = connect(&site).await;
    let rows = rows(&mut client, "SELECT SiteCode, SiteName, Type FROM [v_Site]").await.unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[2].get::<&str, _>("SiteName"), Some("S\u{FC}d \u{1F600}"));
    assert_eq!(rows[2].get::<i32, _>("Type"), None);
    assert_eq!(rows[3].get::<i32, _>("Type"), Some(1));
    site.stop().await;
}

#[tokio::test]
async fn parameters_of_sp_executesql_arrive() {
    let site = site().await;
    let mut client = connect(&site).await;
    let guid = tiberius::Uuid::from_u128(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF);
    let given: [&dyn ToSql; 9] = [
        &7_i32,
        &(1_i64 << 40),
        &"gr\u{FC}n",
        &true,
        &1.5_f64,
        &None::<i32>,
        &guid,
        &[1_u8, 2, 3].as_slice(),
        &Numeric::new_with_scale(-12_34, 2),
    ];
    client.query("SELECT a FROM parameters", &given).await.unwrap().into_first_result().await.unwrap();
    let entries = site.log().entries();
    let asked = entries.iter().find_map(|entry| match &entry.what {
        What::Asked { sql, parameters } => Some((sql.clone(), parameters.clone())),
        _ => None,
    });
    let (sql, parameters) = asked.unwrap();
    assert_eq!(sql, "SELECT a FROM parameters");
    let values: Vec<_> = parameters.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
    let bytes = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
    let expected = [
        Value::Int(7),
        Value::Int(1 << 40),
        Value::Text("gr\u{FC}n".into()),
        Value::Bool(true),
        Value::Float(1.5),
        Value::Null,
        Value::Guid(bytes),
        Value::Bytes(vec![1, 2, 3]),
        Value::Float(-12.34),
    ];
    for (place, value) in expected.into_iter().enumerate() {
        assert_eq!(values[place], (format!("@P{}", place + 1), value));
    }
    site.stop().await;
}

#[tokio::test]
async fn what_parameters_say_comes_back_unchanged() {
    let site = site().await;
    let mut client = connect(&site).await;
    let long = "\u{4E2D}".repeat(5000);
    let given: [&dyn ToSql; 3] = [&"short", &-5_i64, &2.25_f64];
    let rows =
        client.query("SELECT a FROM parameters", &given).await.unwrap().into_first_result().await.unwrap();
    assert_eq!(rows[0].get::<&str, _>(0), Some("short"));
    assert_eq!(rows[0].get::<i64, _>(1), Some(-5));
    assert_eq!(rows[0].get::<f64, _>(2), Some(2.25));
    // A parameter of more than 8000 bytes is an nvarchar(max), which comes in chunks.
    client.query("SELECT a FROM v_Site", &[&long]).await.unwrap().into_first_result().await.unwrap();
    let entries = site.log().entries();
    let found = entries.iter().any(|entry| match &entry.what {
        What::Asked { parameters, .. } => {
            parameters.iter().any(|(_, value)| *value == Value::Text(long.clone()))
        }
        _ => false,
    });
    assert!(found);
    site.stop().await;
}

#[tokio::test]
async fn a_request_of_many_packets_is_read_whole() {
    let site = site().await;
    for size in [512_u32, 4096, 32_767] {
        let mut config = config(&site, "reader");
        config.packet_size(size);
        let mut client = connect_as(&site, config).await.unwrap();
        let sql = format!("SELECT '{}' AS a", "\u{E4}".repeat(20_000));
        assert_eq!(cell(&mut client, &sql).await.chars().count(), 20_000, "packets of {size}");
        assert_eq!(
            cell(&mut client, "SELECT a FROM long").await.chars().count(),
            100_000,
            "packets of {size}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_batch_of_several_statements_has_several_answers_until_one_fails() {
    let site = site().await;
    let mut client = connect(&site).await;
    let batch = "SELECT 1 AS a; SELECT N'two' AS b, NULL AS c; SELECT SiteCode FROM v_Site";
    let all = client.simple_query(batch).await.unwrap().into_results().await.unwrap();
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 4]);
    let error = client
        .simple_query("SELECT 1 AS a; SELECT b FROM nowhere; SELECT 2")
        .await
        .unwrap()
        .into_results()
        .await;
    assert_eq!(said(error).0, 208);
    site.stop().await;
}

#[tokio::test]
async fn an_error_after_rows_comes_after_rows() {
    let site = site().await;
    let mut client = connect(&site).await;
    assert_eq!(said(rows(&mut client, "SELECT a FROM halfway").await).0, 8134);
    assert_eq!(rows(&mut client, "SELECT a FROM v_Site").await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn many_clients_are_served_at_the_same_time() {
    let site = site().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(connect(&site).await);
    }
    let asked = clients.iter_mut().map(|client| rows(client, "SELECT a FROM v_Site"));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.unwrap().len(), 4);
    }
    let mut numbers: Vec<_> = site.log().clients().iter().map(|client| client.session).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 20);
    site.stop().await;
}
