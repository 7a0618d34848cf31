//! A plugin that is revoked while it spins, with all the processor time in the world left. A stop
//! reaches it within two ticks of 10 ms, and no new call begins.

use std::{
    thread,
    time::{Duration, Instant},
};

use glasshouse_contract::Kind;
use glasshouse_sandbox::CallError;

use crate::harness::{context, keys, load, manifest, people, still_serves};

/// Two ticks and a machine that has other things to do.
const MOST: Duration = Duration::from_secs(2);

#[test]
fn a_plugin_that_spins_ends_when_it_is_stopped() {
    let manifest = manifest(Kind::Rule, "cpu_ms = 60000\nwall_ms = 60000", "");
    let rule = load(&manifest, include_str!("spin/guest.wat")).unwrap();
    let (error, after) = thread::scope(|scope| {
        let call = scope.spawn(|| rule.redact(&context(), &keys(), &people()).unwrap_err());
        // Long enough for the guest to be in its loop; were it not, the call would not begin at all.
        thread::sleep(Duration::from_millis(100));
        let stopped = Instant::now();
        rule.stop("its key `build-2026` was revoked");
        (call.join().unwrap(), stopped.elapsed())
    });
    assert!(matches!(error, CallError::Stopped(_)), "{error:?}");
    assert!(after < MOST, "{after:?}");
    insta::assert_snapshot!(error, @"the plugin was stopped: its key `build-2026` was revoked");
    assert_eq!(rule.redact(&context(), &keys(), &people()), Err(error));
    still_serves();
}
