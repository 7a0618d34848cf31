//! Each thing that a server or a network does wrong is told for what it is, and the rest goes on.

#![cfg(test)]

mod support;

use std::time::{Duration, Instant};

use glasshouse_site::{Cause, Site};
use pretend_site::{Fault, FaultKind, SqlError, What};
use support::{
    PASSWORD, READER, ask, config, failure, fault, pretend, printed, secret, sites,
    wire::{self, BATCH, LOGIN, PRELOGIN},
    with_fault,
};
use tokio::time::timeout;

fn error(number: u32, class: u8) -> FaultKind {
    FaultKind::Error(SqlError::new(number, 1, class, "said by the server"))
}

#[tokio::test]
async fn a_missing_view_is_named_and_the_connection_goes_on() {
    let pretend = with_fault(fault(FaultKind::MissingView).on("v_Site").times(1)).await;
    let site = pretend.site();
    let error = failure(&site).await;
    assert_cause!(error, Cause::MissingObject { name: Some(name), .. } if name.ends_with("v_Site"));
    assert_eq!((error.number(), error.kind(), error.retry()), (Some(208), "missing-object", false));
    ask(&site).await.unwrap();
    assert_eq!(pretend.server.log().clients().len(), 1, "the same connection");
}

#[tokio::test]
async fn a_missing_column_is_named() {
    let pretend = with_fault(fault(FaultKind::MissingColumn("Type".to_owned()))).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::MissingColumn { name: Some(name), number: 207 } if name == "Type");
}

#[tokio::test]
async fn a_right_that_is_missing_points_to_doctor() {
    let pretend = with_fault(fault(FaultKind::Permission).on("v_Site")).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::Permission { number: 229, .. });
    assert!(error.fault().mend.contains("doctor"));
}

#[tokio::test]
async fn a_deadlock_before_the_first_batch_is_tried_again() {
    let pretend = with_fault(fault(FaultKind::Deadlock).times(2)).await;
    let batches = ask(&pretend.site()).await.unwrap();
    assert_eq!(batches[0].rows(), 3);
    let asked = pretend.server.log().statements();
    assert_eq!(asked.iter().filter(|text| text.contains("v_Site")).count(), 3);
}

#[tokio::test]
async fn a_deadlock_that_stays_is_told_after_a_few_tries() {
    let pretend = with_fault(fault(FaultKind::Deadlock)).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::Deadlock);
    assert_eq!(error.number(), Some(1205));
    let asked = pretend.server.log().statements();
    assert_eq!(asked.iter().filter(|text| text.contains("v_Site")).count(), 4);
}

#[tokio::test]
async fn a_lock_that_is_not_given_is_told_and_not_tried_again() {
    let pretend = with_fault(fault(error(1222, 16))).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::LockTimeout);
    let asked = pretend.server.log().statements();
    assert_eq!(asked.iter().filter(|text| text.contains("v_Site")).count(), 1);
}

#[tokio::test]
async fn an_error_in_the_midst_of_rows_is_told_with_its_number_and_keeps_the_connection() {
    let pretend = with_fault(fault(error(8134, 16)).at_row(2).times(1)).await;
    let site = pretend.site();
    let error = failure(&site).await;
    assert_cause!(error, Cause::Server { number: 8134, class: 16, .. });
    ask(&site).await.unwrap();
    assert_eq!(pretend.server.log().clients().len(), 1);
}

#[tokio::test]
async fn after_severity_20_the_statement_is_tried_again_on_another_connection() {
    let pretend = with_fault(fault(error(824, 24)).times(1)).await;
    ask(&pretend.site()).await.unwrap();
    assert_eq!(pretend.server.log().clients().len(), 2);
}

#[tokio::test]
async fn a_connection_that_closes_after_login_is_replaced() {
    let pretend = with_fault(fault(FaultKind::CloseAfterLogin).times(1)).await;
    ask(&pretend.site()).await.unwrap();
    assert_eq!(pretend.server.log().clients().len(), 2);
}

#[tokio::test]
async fn a_connection_that_closes_in_the_midst_of_a_row_is_replaced_and_no_row_comes_twice() {
    let pretend = with_fault(fault(FaultKind::CloseMidRow).at_row(1).times(1)).await;
    let batches = ask(&pretend.site()).await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.rows()).collect::<Vec<_>>(), [3]);
    assert_eq!(pretend.server.log().clients().len(), 2);
}

#[tokio::test]
async fn once_a_batch_was_handed_over_a_broken_connection_is_an_error() {
    let pretend = pretend(Vec::new(), |options| {
        options.faults.push(fault(FaultKind::Rows(20_000)));
        options.faults.push(fault(FaultKind::CloseMidRow).at_row(10_000).times(1));
    })
    .await;
    let site = pretend.site();
    let mut rows = site.query(&printed(support::SITES), &sites(), 64).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().rows(), 8192);
    let error = rows.next().await.unwrap_err();
    assert_cause!(error, Cause::Broken(_));
    assert!(rows.next().await.unwrap().is_none(), "after an error there is nothing");
    assert_eq!(pretend.server.log().clients().len(), 1);
}

#[tokio::test]
async fn a_statement_that_stalls_is_given_up_in_time_and_its_connection_is_not_used_again() {
    let pretend = with_fault(fault(FaultKind::StallMidRow).at_row(1).times(1)).await;
    let site = pretend.site_with("statement_timeout_s = 1");
    let before = Instant::now();
    let error = failure(&site).await;
    assert_cause!(error, Cause::Timeout { .. });
    assert!(!error.is_of_site() && !error.retry());
    assert!(before.elapsed() < Duration::from_secs(5));
    ask(&site).await.unwrap();
    assert_eq!(pretend.server.log().clients().len(), 2);
}

#[tokio::test]
async fn the_time_that_the_other_side_takes_is_not_the_servers() {
    let pretend = with_fault(fault(FaultKind::Rows(60_000))).await;
    let site = pretend.site_with("statement_timeout_s = 1");
    let mut rows = site.query(&printed(support::SITES), &sites(), 64).await.unwrap();
    // Longer than the statement may take, while its rows wait.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let read: u32 = support::all(&mut rows).await.unwrap().iter().map(|batch| batch.rows()).sum();
    assert_eq!(read, 60_000);
}

#[tokio::test]
async fn rows_that_nobody_wants_end_the_connection() {
    let pretend = with_fault(fault(FaultKind::Rows(3_000_000)).times(1)).await;
    let site = pretend.site_with("connections = 1");
    let mut rows = site.query(&printed(support::SITES), &sites(), 64).await.unwrap();
    rows.next().await.unwrap().unwrap();
    drop(rows);
    // The one connection that there may be is free again.
    ask(&site).await.unwrap();
    let log = pretend.server.log();
    assert_eq!(log.clients().len(), 2);
    assert!(log.entries().iter().all(|entry| entry.what != What::Answered(3_000_000)));
}

#[tokio::test]
async fn connections_are_used_again_and_never_more_than_configured() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let site = pretend.site_with("connections = 2");
    for _ in 0..3 {
        ask(&site).await.unwrap();
    }
    assert_eq!(pretend.server.log().clients().len(), 1);
    let (a, b, c, d) = tokio::join!(ask(&site), ask(&site), ask(&site), ask(&site));
    for answer in [a, b, c, d] {
        answer.unwrap();
    }
    assert_eq!(pretend.server.log().clients().len(), 2);
}

#[tokio::test]
async fn two_gigabytes_that_are_announced_do_not_get_into_memory() {
    // The pretend site keeps to TEXTSIZE for values of its own and not for this one.
    let pretend = with_fault(fault(FaultKind::HugeValue(2_147_483_646))).await;
    let site = pretend.site();
    let before = memory_kib();
    let error = failure(&site).await;
    assert_cause!(error, Cause::TooLarge { limit } if *limit < 2 * 1024 * 1024);
    assert!(memory_kib() < before + 64 * 1024, "{before} KiB before, {} KiB after", memory_kib());
    pretend.server.clear_faults();
    ask(&site).await.unwrap();
}

/// The most memory that this process ever had.
#[cfg(target_os = "linux")]
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(not(target_os = "linux"))]
fn memory_kib() -> u64 {
    0
}

#[tokio::test]
async fn what_the_server_says_is_escaped_capped_and_in_no_word_of_a_receipt() {
    let said = format!("canary\u{1b}[2J{}", "x".repeat(1_000));
    let kind = FaultKind::Error(SqlError::new(50_000, 1, 16, said));
    let error = failure(&with_fault(Fault::new(kind)).await.site()).await;
    let shown = error.fault().to_string();
    assert!(shown.contains("canary\\u{1b}") && shown.len() < 500, "{shown}");
    assert_eq!((error.kind(), error.number()), ("server-error", Some(50_000)));
}

/// A server whose answers to the statement are these tokens, whatever they are.
async fn babbling(tokens: Vec<u8>) -> glasshouse_site::SiteError {
    let server = wire::serve(move |kind, text| {
        Some(match kind {
            PRELOGIN => wire::prelogin(2),
            LOGIN => wire::welcome(),
            BATCH if text.contains("IS_SRVROLEMEMBER") => wire::numbers(&[0; 13]),
            BATCH if text.contains("v_Site") => tokens.clone(),
            _ => wire::done(false),
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    let lines = format!("port = {}\nstatement_timeout_s = 1", server.port);
    let site = Site::new(&config(&lines, READER, "no_encryption = true"), folder.path()).unwrap();
    failure(&site).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_babbles_the_statement_ends_with_an_error() {
    // Kinds of tokens with lengths and values that any bytes can be; a fixed seed, so that a failure comes again.
    let kinds =
        [0x81, 0xd1, 0xd2, 0xaa, 0xab, 0xe3, 0xfd, 0xfe, 0x79, 0xa9, 0xac, 0xad, 0xed, 0x88, 0xa5, 0x00];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from(state & 0xff).unwrap()
    };
    let mut running = tokio::task::JoinSet::new();
    for round in 0..64 {
        let mut tokens = vec![kinds[round % kinds.len()]];
        if round >= 32 {
            // Columns that can be, and then a row of anything.
            tokens = wire::numbers(&[0; 2]);
            tokens.truncate(tokens.len() - 13 - 8);
            let types = [
                0x62, 0x6a, 0x2a, 0x2b, 0x29, 0x6d, 0x6e, 0x6f, 0xe7, 0xa7, 0xa5, 0xf1, 0x63, 0x24, 0x38,
                0x68,
            ];
            tokens[9] = types[round % types.len()];
        }
        tokens.extend((0..200).map(|_| next()));
        running.spawn(async move { timeout(Duration::from_secs(60), babbling(tokens)).await });
    }
    while let Some(ended) = running.join_next().await {
        let error = ended.unwrap().expect("a statement that does not end");
        assert!(!error.fault().mend.is_empty(), "{error}");
    }
}
