//! What goes into the log. A process of its own, for the log is one for a process.

#![cfg(test)]

#[path = "outside/support.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use support::{Play, egress, ok, receiver, request};

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
async fn no_credential_and_nothing_of_a_request_or_an_answer_gets_into_the_log_at_any_level() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    for kind in ["bearer", "sas-query"] {
        for play in [ok(), Play::Say(b"canary of the receiver\r\n\r\n".to_vec()), Play::Reset] {
            let receiver = receiver(play).await;
            receiver.secret("hq", "canary-of-the-credential");
            receiver.secret("proxy", "canary-of-the-proxy");
            let credential = format!("credential = {{ kind = \"{kind}\", file = \"hq\" }}");
            let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
            for endpoint in ["".to_owned(), format!("pins = [\"{pin}\"]")] {
                let destination = receiver.destination_with(&credential, &endpoint);
                let _ = egress().send(&destination, &request(&destination, b"canary of the body")).await;
                let _ = egress().check(&destination).await;
            }
            let login = "proxy_credential = { kind = \"basic\", user = \"u\", file = \"proxy\" }";
            let destination =
                receiver.destination_with(&credential, &format!("proxy = \"http://127.0.0.1:9\"\n{login}"));
            let _ = egress().send(&destination, &request(&destination, b"x")).await;
        }
    }
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("one pin and no backup"), "a warning each time that a way is opened: {log}");
    // u:canary-of-the-proxy
    for never in ["canary", "dTpjYW5hcnk", "part=1", "x-alpha"] {
        assert!(!log.contains(never), "`{never}` in the log:\n{log}");
    }
}
