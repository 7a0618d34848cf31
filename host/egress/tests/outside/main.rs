//! The room from outside: real TLS on loopback, receivers and proxies that behave badly, names that lead astray.

#![cfg(test)]

mod addresses;
mod certificates;
mod configuration;
mod connectivity;
mod credentials;
mod proxies;
mod receivers;
mod requests;
mod sending;
mod support;

/// Sends a small request and asserts what comes of it.
macro_rules! assert_cause {
    ($error:expr, $($pattern:tt)+) => {
        match $error {
            error => assert!(matches!(error.cause(), $($pattern)+), "{error:?}"),
        }
    };
}
pub(crate) use assert_cause;
