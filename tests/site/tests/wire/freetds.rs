//! The site as FreeTDS sees it: a client that shares no code with ours, over TLS.
//!
//! `tsql` is in the package freetds-bin. Where it is not installed these tests say so and pass, but not
//! where `GLASSHOUSE_FREETDS=1` asks for them.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use pretend_site::Running;

use crate::support::*;

fn is_there() -> bool {
    let found = Command::new("tsql").arg("-C").output().is_ok();
    let wanted = std::env::var_os("GLASSHOUSE_FREETDS").is_some();
    assert!(found || !wanted, "tsql is not installed");
    if !found {
        println!("tsql is not installed: not tried");
    }
    found
}

/// What `tsql` prints and says, over a connection whose certificate it checks.
fn tsql(site: &Running, folder: &Path, sql: &str) -> String {
    let config = folder.join("freetds.conf");
    let ca = site.ca_path.as_ref().unwrap().display();
    let port = site.addr.port();
    let text = format!(
        "[global]\n\ttds version = 7.4\n\ttimeout = 20\n\tconnect timeout = 20\n\
         [pretend]\n\thost = localhost\n\tport = {port}\n\tencryption = require\n\tca file = {ca}\n\
         \tcheck certificate hostname = yes\n\tclient charset = UTF-8\n"
    );
    fs::write(&config, text).unwrap();
    let login = site.logins.first().unwrap();
    let mut child = Command::new("tsql")
        .args(["-S", "pretend", "-D", "CM_CAS", "-U", &login.user, "-P", &login.password, "-o", "q"])
        .env("FREETDSCONF", &config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have given up already.
    let _closed = child.stdin.take().unwrap().write_all(format!("{sql}\ngo\nexit\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs it beside the runtime that the site runs on.
async fn ask(faults: &[&str], sql: &'static str) -> Option<String> {
    if !is_there() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let site = encrypted(folder.path(), faults).await;
    let path = folder.path().to_owned();
    let (site, said) = tokio::task::spawn_blocking(move || {
        let said = tsql(&site, &path, sql);
        (site, said)
    })
    .await
    .unwrap();
    site.stop().await;
    Some(said)
}

/// The first row as it prints it.
const ROWS: &str = "CAS\tCentral\t4";
const SQL: &str = "SELECT SiteCode, SiteName, Type FROM v_Site";

#[tokio::test]
async fn freetds_reads_rows_over_tls_that_it_has_checked() {
    let Some(said) = ask(&[], SQL).await else { return };
    assert!(said.contains(ROWS) && said.contains("P02\tS\u{FC}d \u{1F600}\tNULL"), "{said}");
}

#[tokio::test]
async fn freetds_reads_each_type() {
    let Some(said) = ask(&[], "SELECT a FROM types").await else { return };
    for part in [
        "-1234567.89",
        "9999999999999999999",
        "00112233-4455-6677-8899-AABBCCDDEEFF",
        "16.0.1000.6",
        "Mar  1 2024",
    ] {
        assert!(said.to_uppercase().contains(&part.to_uppercase()), "{part} in {said}");
    }
}

#[tokio::test]
async fn freetds_is_told_errors_with_their_numbers() {
    let Some(said) = ask(&["deadlock,times=1"], SQL).await else { return };
    assert!(said.contains("Msg 1205 (severity 13, state 51)"), "{said}");
    let Some(said) = ask(&["refuse-login"], SQL).await else { return };
    assert!(said.contains("Msg 18456 (severity 14, state 1)"), "{said}");
}

#[tokio::test]
async fn freetds_refuses_an_expired_certificate() {
    let Some(said) = ask(&["expired-certificate"], SQL).await else { return };
    assert!(!said.contains(ROWS) && said.contains("There was a problem connecting"), "{said}");
}

#[tokio::test]
async fn freetds_refuses_the_certificate_of_another_server() {
    let Some(said) = ask(&["wrong-name"], SQL).await else { return };
    assert!(!said.contains(ROWS) && said.contains("There was a problem connecting"), "{said}");
}

// Not a connection that is closed in the midst of a row: FreeTDS 1.3 notices, and then reads on from the dead
// connection for a minute.
#[tokio::test]
async fn freetds_prints_the_rows_that_came_before_an_error() {
    let Some(said) = ask(&["error=8115,row=1"], SQL).await else { return };
    assert!(said.contains(ROWS) && !said.contains("P01\tNorth"), "{said}");
    assert!(said.contains("Msg 8115 (severity 16, state 2)"), "{said}");
}

#[tokio::test]
async fn freetds_notices_that_an_error_has_closed_the_connection() {
    let Some(said) = ask(&["severity20"], SQL).await else { return };
    assert!(said.contains("Msg 596 (severity 21, state 1)"), "{said}");
}
