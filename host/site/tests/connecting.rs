//! Who connects to what, and under which conditions.

#![cfg(test)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use glasshouse_contract::FaultKind as Exit;
use glasshouse_site::{Cause, LoginRights, Site, TlsError};
use pretend_site::{Browser, Encryption, FaultKind};
use support::{
    PASSWORD, READER, ask, config, failure, fault, pretend, printed, secret,
    wire::{self, BATCH, LOGIN, PRELOGIN},
    with_fault,
};

#[tokio::test]
async fn the_server_sees_who_it_is_that_it_only_reads_and_only_encrypted() {
    let pretend = pretend(Vec::new(), |options| options.encryption = Encryption::Required).await;
    ask(&pretend.site()).await.unwrap();
    let clients = pretend.server.log().clients();
    let [client] = clients.as_slice() else { panic!("{clients:?}") };
    assert_eq!((client.app_name.as_str(), client.login.as_str()), ("Glasshouse", "reader"));
    assert_eq!(client.database, "CM_CAS");
    assert!(client.read_only_intent && client.encrypted);
}

#[tokio::test]
async fn every_setting_is_made_before_a_statement_and_the_statement_is_the_guards_print() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    ask(&pretend.site()).await.unwrap();
    let statements = pretend.server.log().statements();
    let settings = statements.first().unwrap();
    for setting in [
        "LOCK_TIMEOUT 10000",
        "DEADLOCK_PRIORITY LOW",
        "TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "LANGUAGE us_english",
        "DATEFORMAT ymd",
        "QUOTED_IDENTIFIER ON",
        "ANSI_NULLS ON",
    ] {
        assert!(settings.contains(&format!("SET {setting}")), "{setting}: {settings}");
    }
    assert!(statements.iter().any(|text| text == "SET TEXTSIZE 131076"), "{statements:?}");
    assert_eq!(statements.last().unwrap(), printed(support::SITES).as_str());
}

#[tokio::test]
async fn a_server_that_does_not_know_a_setting_is_used_without_it() {
    let server = wire::serve(|kind, text| {
        Some(match kind {
            PRELOGIN => wire::prelogin(2),
            LOGIN => wire::welcome(),
            BATCH if text.contains("DEADLOCK_PRIORITY") => {
                wire::error(195, 15, "not a recognized SET option")
            }
            BATCH if text.contains("IS_SRVROLEMEMBER") => wire::numbers(&[0; 13]),
            BATCH if text.starts_with("SELECT") => wire::error(195, 15, "not a recognized function"),
            _ => wire::done(false),
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    let site = plain(server.port, folder.path(), "hierarchy = \"from-config\"");
    let about = site.about().await.unwrap();
    assert_eq!(about.rights, LoginRights::ReadOnly);
    assert_eq!(about.hierarchy.as_deref(), Some("from-config"));
    let batches = server.batches.lock().unwrap();
    assert!(batches.iter().any(|text| text == "SET LOCK_TIMEOUT 10000"), "{batches:?}");
}

fn plain(port: u16, folder: &std::path::Path, lines: &str) -> Site {
    let lines = format!("port = {port}\n{lines}");
    Site::new(&config(&lines, READER, "no_encryption = true"), folder).unwrap()
}

#[tokio::test]
async fn a_refused_login_says_so_and_what_to_check_and_never_the_password() {
    let pretend = with_fault(fault(FaultKind::RefuseLogin)).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::Login { number: 18456, .. });
    assert!(error.is_of_site() && !error.retry());
    let fault = error.fault();
    assert_eq!((fault.kind, fault.object.as_str()), (Exit::Refused, "site cas"));
    assert!(fault.mend.contains("`user`"), "{fault}");
    assert!(!format!("{fault}{error:?}{fault:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_from_a_wrong_password() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let mut config = pretend.config("", READER, "ca_file = \"ca.pem\"");
    config.database = "CM_NOT".to_owned();
    let error = failure(&pretend.open(&config).unwrap()).await;
    assert_cause!(error, Cause::Login { number: 4060, .. });
    assert!(error.fault().mend.contains("`database`"));
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    let error = plain(port, folder.path(), "").about().await.unwrap_err();
    assert_cause!(error, Cause::Connect { .. });
    assert!(error.to_string().contains(&format!("localhost:{port}")), "{error}");
    assert_eq!(error.fault().kind, Exit::Unreachable);
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let error = failure(&with_fault(fault(FaultKind::ExpiredCertificate)).await.site()).await;
    assert_cause!(error, Cause::Tls(TlsError::Certificate { why, .. }) if why == "it has expired");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let error = failure(&with_fault(fault(FaultKind::WrongName)).await.site()).await;
    assert_cause!(error, Cause::Tls(TlsError::Certificate { why, .. }) if why.contains("`localhost`"));
    assert!(error.fault().mend.contains("server_name"));
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_is_not_believed_is_refused_and_its_pin_is_shown() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let own = rcgen::CertificateParams::new(Vec::new()).unwrap();
    let own = own.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    std::fs::write(pretend.folder.path().join("own.pem"), own.pem()).unwrap();
    let error = failure(&pretend.site_tls("ca_file = \"own.pem\"")).await;
    assert_cause!(error, Cause::Tls(TlsError::Certificate { .. }));
    let pin = format!("pin = \"{}\"", pretend.server.pin());
    assert!(error.fault().mend.contains(&pin), "{}", error.fault());
    assert!(pretend.server.log().clients().is_empty());
}

#[tokio::test]
async fn a_pinned_key_is_enough_and_another_key_is_not() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let pin = pretend.server.pin();
    ask(&pretend.site_tls(&format!("pin = \"{pin}\""))).await.unwrap();
    let other = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    ask(&pretend.site_tls(&format!("pin = [\"{other}\", \"{pin}\"]"))).await.unwrap();
    let error = failure(&pretend.site_tls(&format!("pin = \"{other}\""))).await;
    assert_cause!(error, Cause::Tls(TlsError::Certificate { presented: Some(shown), .. }) if shown.to_string() == pin);
}

#[tokio::test]
async fn any_certificate_is_taken_only_where_a_line_says_so() {
    let pretend = with_fault(fault(FaultKind::WrongName)).await;
    ask(&pretend.site_tls("accept_any_certificate = true")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_gets_no_login() {
    let pretend = pretend(Vec::new(), |options| options.encryption = Encryption::Off).await;
    let error = failure(&pretend.site()).await;
    assert_cause!(error, Cause::Tls(TlsError::NotOffered));
    assert!(pretend.server.log().entries().is_empty());
    ask(&pretend.site_tls("no_encryption = true")).await.unwrap();
    assert!(!pretend.server.log().clients()[0].encrypted);
}

#[tokio::test]
async fn a_server_that_demands_encryption_gets_no_login_in_the_clear() {
    let pretend = pretend(Vec::new(), |options| options.encryption = Encryption::Required).await;
    let error = failure(&pretend.site_tls("no_encryption = true")).await;
    assert_cause!(error, Cause::Tls(TlsError::Demanded));
    assert!(pretend.server.log().entries().is_empty());
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_told_from_one_that_is_not_there() {
    let error = failure(&with_fault(fault(FaultKind::CloseBeforeLogin)).await.site()).await;
    assert_cause!(error, Cause::Tls(TlsError::Closed(_)));
    assert!(error.fault().mend.contains("strict encryption"), "{}", error.fault());
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up_in_time_with_a_hint() {
    let pretend = with_fault(fault(FaultKind::StallBeforeLogin)).await;
    let before = Instant::now();
    let error = pretend.site_with("connect_timeout_s = 1").about().await.unwrap_err();
    assert_cause!(error, Cause::Timeout { .. });
    assert!(error.fault().mend.contains("strict encryption"), "{}", error.fault());
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn something_that_is_no_sql_server_is_told() {
    let server = wire::serve(|_, _| Some(b"HTTP/1.1 400 Bad Request".to_vec())).await;
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    let error = plain(server.port, folder.path(), "").about().await.unwrap_err();
    assert_cause!(error, Cause::Tls(TlsError::NotTds(_)));
}

#[tokio::test]
async fn a_named_instance_is_found_by_sql_browser() {
    let pretend = pretend(Vec::new(), |options| {
        options.browser = Some(Browser { listen: "127.0.0.1:0".parse().unwrap(), instance: "CM".to_owned() });
    })
    .await;
    let browser = pretend.server.browser_addr.unwrap().port();
    let named = |instance: &str| {
        let lines = format!("instance = \"{instance}\"\nbrowser_port = {browser}\nconnect_timeout_s = 3");
        let mut config = config(&lines, READER, "ca_file = \"ca.pem\"");
        // SQL Browser of the test listens on IPv4 alone.
        config.server = "127.0.0.1".to_owned();
        pretend.open(&config).unwrap()
    };
    ask(&named("CM")).await.unwrap();
    let error = named("OTHER").about().await.unwrap_err();
    assert_cause!(error, Cause::Connect { why, .. } if why.contains("OTHER"));
}

#[tokio::test]
async fn a_server_that_sends_readers_elsewhere_is_followed_once() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let real = pretend.server.addr.port();
    let answer = move |port: u16| {
        move |kind: u8, _: &str| {
            Some(match kind {
                PRELOGIN => wire::prelogin(2),
                _ => wire::routing("localhost", port),
            })
        }
    };
    let first = wire::serve(answer(real)).await;
    let about = plain(first.port, pretend.folder.path(), "").about().await.unwrap();
    assert_eq!(about.database, "CM_CAS");
    let second = wire::serve(answer(first.port)).await;
    let error = plain(second.port, pretend.folder.path(), "").about().await.unwrap_err();
    assert_cause!(error, Cause::RoutedTwice(_));
}

#[tokio::test]
async fn a_server_that_is_not_available_right_now_is_tried_again() {
    let logins = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&logins);
    let server = wire::serve(move |kind, text| {
        Some(match kind {
            PRELOGIN => wire::prelogin(2),
            LOGIN if counted.fetch_add(1, Ordering::SeqCst) == 0 => wire::error(40613, 14, "not available"),
            LOGIN => wire::welcome(),
            BATCH if text.contains("IS_SRVROLEMEMBER") => wire::numbers(&[0; 13]),
            BATCH if text.contains("v_Site") => wire::error(50_000, 16, "reached"),
            _ => wire::done(false),
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    let error = failure(&plain(server.port, folder.path(), "")).await;
    assert_cause!(error, Cause::Server { number: 50_000, .. });
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_is_sent_encrypted_and_in_no_error() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    secret(pretend.folder.path(), "token", "not-a-token-of-anybody");
    let config = pretend.config("", "entra_token_file = \"token\"", "ca_file = \"ca.pem\"");
    let error = pretend.open(&config).unwrap().about().await.unwrap_err();
    assert_cause!(error, Cause::Login { .. });
    assert!(!format!("{error}{error:?}").contains("not-a-token"));
}
