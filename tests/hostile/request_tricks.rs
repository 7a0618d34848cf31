//! Targets that try to send elsewhere than their manifest says, or to smuggle a second request into
//! one: by the path, by headers, by an endpoint's name. Paths and headers are from a short alphabet;
//! headers that frame or authorise a request are the host's.

use glasshouse_sandbox::CallError;

use crate::harness::{render, still_serves};

/// A target that renders one request.
fn rendered(endpoint: &str, path: &str, header: &str, value: &str) -> String {
    let bytes = |text: &str| text.bytes().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let mut guest = include_str!("request_tricks/guest.wat").to_owned();
    for (mark, text) in [("ENDPOINT", endpoint), ("PATH", path), ("HEADER", header), ("VALUE", value)] {
        guest = guest.replace(&format!("{mark}-LENGTH"), &text.len().to_string());
        guest = guest.replace(mark, &bytes(text));
    }
    match render("", &guest) {
        Ok(rendered) => {
            rendered.requests.iter().map(|request| format!("{} {:?}", request.url, request.headers)).collect()
        }
        Err(error) => {
            assert!(matches!(error, CallError::Contract(_)), "{error:?}");
            error.to_string()
        }
    }
}

#[test]
fn a_request_as_it_should_be_is_rendered() {
    insta::assert_snapshot!(rendered("ingest", "/batch?run=1", "x-run", "1"), @r#"https://telemetry.example/v1/batch?run=1 [("x-run", "1")]"#);
}

#[test]
fn a_path_cannot_leave_its_endpoint() {
    let tricks = [
        "/../admin",
        "/a/./b",
        "//other.example/x",
        "2/batch",
        "/a%2e%2e/b",
        "/a\\b",
        "/a#b",
        "/a?b?c",
        "/a b",
        "/a\r\nHost: other.example",
        "@other.example/",
        ":8443/x",
        "/\u{202e}x",
        "/\0",
    ];
    let refused: Vec<String> = tricks.iter().map(|path| rendered("ingest", path, "x-run", "1")).collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    the plugin handed over something wrong: request 0: the path `/../admin` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a/./b` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `//other.example/x` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `2/batch` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a%2e%2e/b` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a\\b` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a#b` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a?b?c` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a b` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/a\r\nHost: other.example` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `@other.example/` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `:8443/x` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/\u{202e}x` could leave its endpoint
    the plugin handed over something wrong: request 0: the path `/\0` could leave its endpoint
    "#);
    insta::assert_snapshot!(
        rendered("ingest", &format!("/{}", "a".repeat(1024)), "x-run", "1"),
        @"the plugin handed over something wrong: request 0: the path `/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` could leave its endpoint"
    );
    still_serves();
}

#[test]
fn a_header_cannot_frame_or_authorise_a_request() {
    let tricks = [
        ("host", "other.example"),
        ("authorization", "Bearer x"),
        ("content-length", "0"),
        ("transfer-encoding", "chunked"),
        ("idempotency-key", "0"),
        ("glasshouse-checkpoint", "0"),
        ("content-encoding", "gzip"),
        ("x-forwarded-for", "192.0.2.7"),
        ("Content-Type", "text/plain"),
        ("x run", "1"),
        ("x-run:", "1"),
        ("", "1"),
        (":path", "/x"),
        ("x-run", "1\r\nhost: other.example"),
        ("x-run", "\u{fc}"),
        ("x-run", "\0"),
        ("x-run", " 1"),
        ("x-run", "1 "),
    ];
    let refused: Vec<String> =
        tricks.iter().map(|(header, value)| rendered("ingest", "/batch", header, value)).collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    the plugin handed over something wrong: request 0: a plugin cannot set the header `host`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `authorization`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `content-length`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `transfer-encoding`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `idempotency-key`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `glasshouse-checkpoint`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `content-encoding`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `x-forwarded-for`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `Content-Type`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `x run`
    the plugin handed over something wrong: request 0: a plugin cannot set the header `x-run:`
    the plugin handed over something wrong: request 0: a plugin cannot set the header ``
    the plugin handed over something wrong: request 0: a plugin cannot set the header `:path`
    the plugin handed over something wrong: request 0: header `x-run` has a value that is too long or not printable ASCII
    the plugin handed over something wrong: request 0: header `x-run` has a value that is too long or not printable ASCII
    the plugin handed over something wrong: request 0: header `x-run` has a value that is too long or not printable ASCII
    the plugin handed over something wrong: request 0: header `x-run` has a value that begins or ends with a space
    the plugin handed over something wrong: request 0: header `x-run` has a value that begins or ends with a space
    "#);
    still_serves();
}

#[test]
fn a_request_names_an_endpoint_of_the_manifest() {
    insta::assert_snapshot!(rendered("https://other.example", "/batch", "x-run", "1"), @"the plugin handed over something wrong: request 0: the manifest has no endpoint `https://other.example`");
    still_serves();
}
