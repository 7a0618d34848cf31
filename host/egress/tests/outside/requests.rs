//! What may not be sent there is not sent, whoever sealed it.

use glasshouse_contract::{Request, TRANSPORT_HEADERS};
use glasshouse_egress::Cause;

use crate::{
    assert_cause,
    support::{egress, name, ok, receiver, request},
};

#[tokio::test]
async fn a_request_that_leaves_its_endpoint_is_refused() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    let (origin, good) = (format!("https://receiver.test:{}", receiver.port()), request(&destination, b"x"));
    let with_url = |url: String| Request { url, ..good.clone() };
    let mut tried = 0;
    for rest in [
        "/v1",
        "/v2/x",
        "/",
        "",
        "/v1/../v2",
        "/v1/..",
        "/v1/.",
        "/v1/./x",
        "/v1//x",
        "/v1/%2e%2e/x",
        "/v1/%2f",
        "/v1/a%20b",
        "/v1/x#y",
        "/v1/x?a=b#c",
        "/v1/x?a=<b>",
        "/v1/x?a=%41",
        "/v1/x\\..\\y",
        "/v1/x y",
        "/v1/\u{e4}",
        "/v1/x?a='b'",
        "/v1/\n",
        "/v1/x\tx",
        "/V1/x",
        "/v1/x?a=b?c",
        "/v1/;x",
        "/v1/x?a@b",
        ":1/v1/x",
    ] {
        let url = format!("{origin}{rest}");
        let error = egress().send(&destination, &with_url(url.clone())).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Refused(_)) && !error.retry(), "{url}: {error:?}");
        tried += 1;
    }
    let port = receiver.port();
    for url in [
        format!("http://receiver.test:{port}/v1/x"),
        format!("HTTPS://receiver.test:{port}/v1/x"),
        format!("https://Receiver.test:{port}/v1/x"),
        format!("https://receiver.test.:{port}/v1/x"),
        format!("https://user@receiver.test:{port}/v1/x"),
        format!("https://user:word@receiver.test:{port}/v1/x"),
        format!("https://receiver.test:{port}@evil.test/v1/x"),
        format!("https://receiver.test:{port}.evil.test/v1/x"),
        format!("https://receiver.test:{port}0/v1/x"),
        format!("https://evil.test:{port}/v1/x"),
        format!("https:/receiver.test:{port}/v1/x"),
        format!(" https://receiver.test:{port}/v1/x"),
        format!("https://receiver.test:{port}\\@evil.test/v1/x"),
        "https://receiver.test/v1/x".to_owned(),
        "file:///v1/x".to_owned(),
        "/v1/x".to_owned(),
        format!("{origin}/v1/{}", "x".repeat(5000)),
    ] {
        let error = egress().send(&destination, &with_url(url.clone())).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Refused(_)), "{url}: {error:?}");
        tried += 1;
    }
    assert!(tried > 40);
    assert_eq!(receiver.connections(), 0);
    // And what stays inside goes.
    for rest in ["/v1/", "/v1/x", "/v1/a/b.c_d~e-f", "/v1/x?a=b&c=d,e:f", "/v1/?"] {
        egress().send(&destination, &with_url(format!("{origin}{rest}"))).await.unwrap();
    }
}

#[tokio::test]
async fn an_endpoint_without_a_slash_at_its_end_is_no_beginning_of_another() {
    let receiver = receiver(ok()).await;
    let mut spec = crate::support::spec(None);
    spec.endpoints[0].path_prefix = "/tenant1".to_owned();
    let granted = crate::support::granted(&spec);
    let config = receiver.config("", "");
    let destination =
        egress().open(&config, &spec, &granted, &name("ingest"), receiver.folder.path()).unwrap();
    let base = destination.url();
    for (rest, goes) in
        [("", true), ("/x", true), ("?a=b", true), ("2", false), ("2/x", false), (".x", false)]
    {
        let request = Request { url: format!("{base}{rest}"), ..request(&destination, b"x") };
        let sent = egress().send(&destination, &request).await;
        assert_eq!(sent.is_ok(), goes, "{rest}: {sent:?}");
    }
}

#[tokio::test]
async fn headers_of_the_way_and_headers_that_break_out_are_refused() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    let good = request(&destination, b"x");
    let with = |header: &str, value: &str| Request {
        headers: vec![(header.to_owned(), value.to_owned())],
        ..good.clone()
    };
    for header in TRANSPORT_HEADERS {
        assert_cause!(egress().send(&destination, &with(header, "x")).await.unwrap_err(), Cause::Refused(_));
    }
    let long = "x".repeat(9000);
    for (header, value) in [
        ("", "x"),
        ("Content-Type", "x"),
        ("x y", "x"),
        ("x:", "x"),
        ("x\r\ny", "x"),
        ("x", "a\r\nauthorization: b"),
        ("x", "a\nb"),
        ("x", "a\0b"),
        ("x", "\u{e4}"),
        ("x", " a"),
        ("x", "a "),
        ("x", "a\tb"),
        ("x", long.as_str()),
        (long.as_str(), "x"),
    ] {
        let error = egress().send(&destination, &with(header, value)).await.unwrap_err();
        assert_cause!(error, Cause::Refused(_));
    }
    let twice = Request { headers: vec![("x".into(), "1".into()), ("x".into(), "2".into())], ..good.clone() };
    assert_cause!(egress().send(&destination, &twice).await.unwrap_err(), Cause::Refused(_));
    let many =
        Request { headers: (0..41).map(|number| (format!("x-{number}"), String::new())).collect(), ..good };
    assert_cause!(egress().send(&destination, &many).await.unwrap_err(), Cause::Refused(_));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_request_of_another_endpoint_or_method_is_refused() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    let good = request(&destination, b"x");
    for bad in [
        Request { endpoint: name("other"), ..good.clone() },
        Request { method: "GET".to_owned(), ..good.clone() },
        Request { method: "post".to_owned(), ..good.clone() },
        Request { method: "POST /x HTTP/1.1\r\nx: ".to_owned(), ..good },
    ] {
        assert_cause!(egress().send(&destination, &bad).await.unwrap_err(), Cause::Refused(_));
    }
    assert_eq!(receiver.connections(), 0);
}
