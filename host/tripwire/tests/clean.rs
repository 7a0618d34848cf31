//! What is clean passes, and nothing takes longer than its length.

#![cfg(test)]

use std::time::{Duration, Instant};

use fake::{
    Fake,
    faker::{internet::en::SafeEmail, name::en::Name},
    rand::{RngExt, SeedableRng, rngs::StdRng},
};
use glasshouse_detect::Detectors;
use glasshouse_tripwire::{HitKind, KnownValues, Tripwire};

const TECHNICAL: &str = include_str!("../../detect/tests/corpus/technical.txt");

fn hundred_thousand(dice: &mut StdRng) -> KnownValues {
    let known = KnownValues::new(dice.random(), 64 << 20);
    for _ in 0..20_000 {
        let host =
            format!("{}-{:07X}", ["PC", "NB", "SRV"][dice.random_range(0..3)], dice.random::<u32>() >> 4);
        let user: String = SafeEmail().fake_with_rng(dice);
        let user = format!("{}{:04}", user.split('@').next().unwrap(), dice.random_range(0..10_000));
        let name: String = Name().fake_with_rng(dice);
        let guid = format!(
            "GUID:{:08X}-{:04X}-4{:03X}-8{:03X}-{:012X}",
            dice.random::<u32>(),
            dice.random::<u16>(),
            dice.random::<u16>() >> 4,
            dice.random::<u16>() >> 4,
            dice.random::<u64>() >> 16
        );
        for value in [
            format!("{host}.corp.contoso.example"),
            format!("CONTOSO\\{user}"),
            name,
            guid,
            format!("S-1-5-21-{}-{}", dice.random::<u32>(), dice.random::<u32>()),
        ] {
            known.take_value(&value).unwrap();
        }
    }
    assert!(known.len() >= 100_000, "{known:?}");
    known
}

/// Lines of products, with other numbers each time.
fn technical(dice: &mut StdRng, tokens: usize) -> String {
    let lines: Vec<&str> = TECHNICAL.lines().collect();
    let mut text = String::new();
    let mut there = 0;
    while there < tokens {
        let line = lines[dice.random_range(0..lines.len())];
        there += line.split(|one: char| !one.is_alphanumeric()).filter(|token| !token.is_empty()).count();
        text.extend(line.chars().map(|one| match one {
            '0'..='9' => char::from(b'0' + dice.random_range(0..10_u8)),
            one => one,
        }));
        text.push('\n');
    }
    text
}

#[test]
fn a_million_technical_tokens_raise_no_alarm() {
    let mut dice = StdRng::seed_from_u64(11);
    let known = hundred_thousand(&mut dice);
    let text = technical(&mut dice, 1_000_000);
    let tripwire = Tripwire::new(&known, Detectors::new());
    assert_eq!(tripwire.scan_bytes(text.as_bytes()), []);
    // The same text with one value in its middle: the scan looks.
    let (before, after) = text.split_at(text.find('\n').unwrap());
    assert_eq!(tripwire.scan_bytes(format!("{before} contoso{after}").as_bytes()).len(), 1);
}

/// Whoever names a device chooses what is scanned: the time must grow with the text and no faster.
#[test]
fn no_text_takes_more_than_its_length() {
    let known = KnownValues::new([5; 32], 1 << 20);
    // Values that go on for long, and that text can follow for long.
    for value in [
        "a a a a a a a a a a a a a a a b",
        "ann",
        "a-b-a-b-a-b-a-b-c",
        "äöüäöü",
        "AAAAAA",
        "x.x.x.x.x.x.x.x.y",
    ] {
        known.take_value(value).unwrap();
    }
    known.take_value(&"a".repeat(5_000)).unwrap();
    let tripwire = Tripwire::new(&known, Detectors::new());
    let parts = [
        "a",
        "a ",
        "a  ",
        "a-b-",
        "ann ",
        "x.",
        "AAAAAA ",
        "äöüäöü",
        "äöüäöü ",
        "ä-",
        "„-",
        "„",
        "é",
        "-",
        " ",
        "%",
        "%%",
        "%41",
        "%2541",
        "%252541",
        "%00a",
        "\\",
        "\\\\",
        "\\n",
        "\\u0061",
        "\\\\u0061",
        "\\u",
        "\\ud83d",
        "\\x41",
        "\\\"",
        "a\\na",
        "QUFB",
        "QUFBQUFB/",
        "QUFB/",
        "QUI/",
        // A long word, with a stroke of Base64 in each of its letters.
        "YcO/",
        "QUFB-QUFB_",
        "4141",
        "414141414141-",
        "UVVGQlFVRkI=",
        "AEEAQQBB",
        "QQBBAEEA",
        "0041",
        "4100",
        "a\0",
        "\0a",
        "\0",
        "=",
        "/",
        "_",
        "+",
        "a/",
        "aaaaaaaa/",
        "abcdefgh-",
        "0x",
        "0x41414141",
        "UlVGQ1FVRkM/",
        "\u{a0}a",
        "日本",
    ];
    let size = 1 << 16;
    let mut slowest = (Duration::ZERO, "");
    for part in parts {
        let text = part.repeat(size / part.len());
        let begun = Instant::now();
        for text in [
            text.clone(),
            format!("-{text}"),
            format!("ann{}ann", "-".repeat(size / 2)),
            format!("{}{text}", "-".repeat(size / 8)),
        ] {
            let _ = tripwire.scan_bytes(text.as_bytes());
        }
        slowest = slowest.max((begun.elapsed(), part));
    }
    // A quarter of a megabyte in a debug build on a busy machine; what is not linear takes minutes.
    assert!(slowest.0 < Duration::from_secs(10), "{slowest:?}");
}

#[test]
fn text_that_hides_too_much_is_told_of() {
    let known = KnownValues::new([5; 32], 1 << 20);
    known.take_value("DEVICE-0042").unwrap();
    let tripwire = Tripwire::new(&known, Detectors::new());
    // Zeros are UTF-16 in four readings, in each of which there are zeros again, three layers deep.
    let hits = tripwire.scan_bytes(&[0; 4_000]);
    assert!(hits.iter().all(|hit| hit.kind == HitKind::NotAllRead) && hits.len() == 1, "{hits:?}");
}
