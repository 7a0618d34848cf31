//! What goes into the log. A process of its own, for the log is one for a process.

#![cfg(test)]

mod support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use pretend_site::{FaultKind, SqlError};
use support::{PASSWORD, failure, fault, with_fault};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_of_the_server_and_no_secret_gets_into_the_log_at_any_level() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let kind = FaultKind::Error(SqlError::new(1205, 1, 13, "canary of the server"));
    let pretend = with_fault(fault(kind).times(1)).await;
    support::ask(&pretend.site_tls("accept_any_certificate = true")).await.unwrap();
    let kind = FaultKind::Error(SqlError::new(50_000, 1, 16, "canary of the server"));
    pretend.server.fault(fault(kind));
    let error = failure(&pretend.site()).await;
    assert!(error.to_string().contains("canary"));

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("accept_any_certificate: whoever is in between"), "a warning each start: {log}");
    assert!(log.contains("tried again") && log.contains("deadlock"), "{log}");
    for never in ["canary", PASSWORD, "CAS", "P01"] {
        assert!(!log.contains(never), "`{never}` in the log:\n{log}");
    }
}
