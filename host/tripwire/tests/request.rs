//! Whole requests as they leave: what identifies is found in any part of one, however it and the request are
//! written.

#![cfg(test)]

mod encodings;

use encodings::{all_escaped, base64, hex, json, percent, utf16};
use glasshouse_detect::{Detectors, Kinds};
use glasshouse_tripwire::{HitKind, KnownValues, Tripwire};

/// One of each kind that an identifying column of a site holds.
const CANARIES: [&str; 14] = [
    "192.0.2.77",
    "2001:db8::7a:1f",
    "00-15-5D-0A-42-7F",
    "CONTOSO\\nina.berg",
    "NB-00427X",
    "nina.berg@contoso.example",
    "nb-00427x.berlin.contoso.example",
    "Werk Grünau Süd",
    "S-1-5-21-1004336348-1177238915-682003330-1042",
    "CN=Nina Berg,OU=Werk,DC=contoso,DC=example",
    "\\\\fs042\\users$\\nberg",
    "GUID:3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E",
    "C:\\Users\\nberg\\AppData",
    "山田太郎の端末です",
];

type Encoding = (&'static str, fn(&str) -> String);

const ENCODINGS: [Encoding; 14] = [
    ("plain", str::to_owned),
    ("upper case", str::to_uppercase),
    ("base64", |text| base64(text.as_bytes(), false, true)),
    ("base64 without padding", |text| base64(text.as_bytes(), false, false)),
    ("base64 for URLs", |text| base64(text.as_bytes(), true, false)),
    ("base64 of UTF-16", |text| base64(&utf16(text, false), false, true)),
    ("base64 of UTF-16, marked", |text| base64(&utf16(&format!("\u{feff}{text}"), true), false, true)),
    ("hex", |text| hex(text.as_bytes())),
    ("hex of UTF-16", |text| format!("0x{}", hex(&utf16(text, false)).to_uppercase())),
    ("percent", |text| percent(text, false)),
    ("percent, all", |text| percent(text, true)),
    ("JSON", json),
    ("JSON, all escaped", all_escaped),
    ("a text around it, in base64", |text| base64(format!("x of {text}, y").as_bytes(), false, true)),
];

/// Requests with the text in one place each.
fn requests(text: &str) -> [(&'static str, String, String); 9] {
    let head = "POST https://collector.example/v1/tables HTTP/1.1\r\ncontent-type: application/json\r\n";
    let rows =
        r#"{"version":"5.00.9132","devices":12,"hash":"N0cI//dxndWXnsh11WzSKG9tPPfsMXo7JWMqqyjsN7s="}"#;
    let cell = json(text);
    let quoted = text.replace('"', "\"\"");
    [
        (
            "path",
            format!("GET https://collector.example/v1/{}/x HTTP/1.1\r\n", percent(text, false)),
            String::new(),
        ),
        (
            "query",
            format!("GET https://collector.example/?a={}&b=2 HTTP/1.1\r\n", percent(text, false)),
            String::new(),
        ),
        ("header", format!("{head}x-note: {text}\r\n"), rows.to_owned()),
        ("JSON cell", head.to_owned(), format!("{{\"rows\":[{rows},{{\"name\":\"{cell}\",\"n\":1}}]}}")),
        ("JSON key", head.to_owned(), format!("{{\"rows\":[{rows},{{\"{cell}\":\"x\"}}]}}")),
        (
            "JSON in JSON",
            head.to_owned(),
            format!("{{\"rows\":\"{}\"}}", json(&format!("{{\"name\":\"{cell}\"}}"))),
        ),
        ("NDJSON", head.to_owned(), format!("{rows}\n{{\"name\":\"{cell}\"}}\n{rows}\n")),
        ("CSV", head.to_owned(), format!("version,name,n\r\n5.00.9132,\"{quoted}\",7\r\n5.00.9040,x,8\r\n")),
        ("CSV, tabs", head.to_owned(), format!("version\tname\tn\r\n5.00.9132\t{text}\t7\r\n")),
    ]
}

fn lines(text: &str, len: usize, end: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(len).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join(end)
}

/// Ways of writing a whole body.
fn bodies(body: &str) -> [(&'static str, Vec<u8>); 9] {
    let in_base64 = base64(body.as_bytes(), false, true);
    [
        ("plain", body.as_bytes().to_vec()),
        ("base64", in_base64.clone().into_bytes()),
        ("base64 in lines of 76", lines(&in_base64, 76, "\r\n").into_bytes()),
        ("base64 in lines of 64", lines(&in_base64, 64, "\n").into_bytes()),
        ("base64 in JSON", format!("{{\"body\":\"{}\"}}", lines(&in_base64, 76, "\\r\\n")).into_bytes()),
        ("hex", hex(body.as_bytes()).into_bytes()),
        ("UTF-16", utf16(&format!("\u{feff}{body}"), false)),
        ("UTF-16, the other order", utf16(body, true)),
        ("a form", format!("payload={}&v=1", percent(body, false)).into_bytes()),
    ]
}

fn whole(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

fn knows(value: &str) -> KnownValues {
    let known = KnownValues::new([3; 32], 1 << 20);
    known.take_value(value).unwrap();
    known
}

fn found(known: &KnownValues, bytes: &[u8]) -> bool {
    let hits = Tripwire::new(known, Detectors::of(Kinds::NONE)).scan_bytes(bytes);
    assert!(hits.iter().all(|hit| hit.kind == HitKind::Known), "{hits:?}");
    !hits.is_empty()
}

#[test]
fn every_kind_is_found_in_every_encoding_place_and_body() {
    for canary in CANARIES {
        let known = knows(canary);
        for (encoding, encode) in ENCODINGS {
            for (place, head, body) in requests(&encode(canary)) {
                for (way, body) in bodies(&body) {
                    let what = format!("{canary}: {encoding}, {place}, {way}");
                    assert!(found(&known, &whole(&head, &body)), "{what}");
                }
            }
        }
    }
}

#[test]
fn encodings_of_encodings_are_found() {
    for canary in CANARIES {
        let known = knows(canary);
        for (first, encode) in ENCODINGS {
            for (second, again) in ENCODINGS {
                if again("a") == "A" {
                    // Base64 in upper case is no Base64.
                    continue;
                }
                for (place, head, body) in requests(&again(&encode(canary))) {
                    let what = format!("{canary}: {first}, {second}, {place}");
                    assert!(found(&known, &whole(&head, body.as_bytes())), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_request_that_holds_none_of_it_is_clean() {
    let known = KnownValues::new([3; 32], 1 << 20);
    CANARIES.iter().for_each(|canary| known.take_value(canary).unwrap());
    for (encoding, encode) in ENCODINGS {
        for (place, head, body) in requests(&encode("3,412 devices of version 10.0.26100.1742")) {
            for (way, body) in bodies(&body) {
                assert!(!found(&known, &whole(&head, &body)), "{encoding}, {place}, {way}");
            }
        }
    }
}
