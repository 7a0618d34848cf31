//! A client that does not want the rest.

use pretend_site::What;

use crate::support::*;

#[tokio::test]
async fn an_endless_answer_ends_when_the_client_asks_for_it() {
    let site = site().await;
    let mut client = connect(&site).await;
    let stream = client.simple_query("SELECT a FROM endless").await.unwrap();
    drop(stream);
    in_time(client.cancel_query()).await.unwrap();
    assert_eq!(in_time(rows(&mut client, "SELECT a FROM v_Site")).await.unwrap().len(), 4);
    assert!(site.log().entries().iter().any(|entry| entry.what == What::Attention));
    site.stop().await;
}

#[tokio::test]
async fn an_answer_that_stalls_in_a_row_can_be_ended() {
    let site = site_with(&["stall-mid-row=2,times=1"]).await;
    let mut client = connect(&site).await;
    let stream = client.simple_query("SELECT a FROM v_Site").await.unwrap();
    drop(stream);
    in_time(client.cancel_query()).await.unwrap();
    assert_eq!(in_time(rows(&mut client, "SELECT a FROM v_Site")).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn an_attention_when_nothing_runs_is_answered() {
    let site = site().await;
    let mut client = connect(&site).await;
    rows(&mut client, "SELECT a FROM v_Site").await.unwrap();
    in_time(client.cancel_query()).await.unwrap();
    assert_eq!(in_time(rows(&mut client, "SELECT a FROM v_Site")).await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_in_the_midst_of_an_answer_ends_it() {
    let site = site().await;
    let mut client = connect(&site).await;
    let stream = client.simple_query("SELECT a FROM endless").await.unwrap();
    drop(stream);
    drop(client);
    // The thread that makes the rows ends too, or stopping would wait for it.
    in_time(async {
        while !site.log().entries().iter().any(|entry| entry.what == What::Closed) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    in_time(site.stop()).await;
}
