//! Looks for values in bytes, in every form in which a value could slip out: as it is, in UTF-16, in Base64, in hex,
//! percent-encoded, escaped as in JSON, and each of these in any case where case does not matter.

use std::fmt::Write as _;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Shorter pieces of Base64 stand in any hash.
const BASE64: usize = 10;

/// What is looked for, in all its forms.
pub struct Needles {
    /// Forms in which a letter may be large or small.
    any_case: Forms,
    /// Base64, where it may not.
    as_is: Forms,
}

struct Forms {
    finder: AhoCorasick,
    names: Vec<String>,
}

impl Needles {
    pub fn of<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut any_case, mut as_is) = (Vec::new(), Vec::new());
        for value in values {
            for (form, bytes) in folding(value) {
                any_case.push((format!("{value} ({form})"), bytes));
            }
            for text in [value.to_owned(), value.to_lowercase(), value.to_uppercase()] {
                for (form, bytes) in base64(&text) {
                    as_is.push((format!("{value} ({form})"), bytes));
                }
            }
        }
        Self { any_case: Forms::of(any_case, true), as_is: Forms::of(as_is, false) }
    }

    /// The first of them in these bytes, and its form.
    pub fn first_in(&self, bytes: &[u8]) -> Option<&str> {
        self.any_case.first_in(bytes).or_else(|| self.as_is.first_in(bytes))
    }
}

impl Forms {
    fn of(mut forms: Vec<(String, Vec<u8>)>, any_case: bool) -> Self {
        forms.sort_by(|a, b| a.1.cmp(&b.1));
        forms.dedup_by(|a, b| a.1 == b.1);
        let (names, bytes): (Vec<String>, Vec<Vec<u8>>) = forms.into_iter().unzip();
        let finder = AhoCorasickBuilder::new()
            .ascii_case_insensitive(any_case)
            .match_kind(MatchKind::LeftmostFirst)
            .build(bytes)
            .expect("the forms are few enough");
        Self { finder, names }
    }

    fn first_in(&self, bytes: &[u8]) -> Option<&str> {
        let found = self.finder.find(bytes)?;
        self.names.get(found.pattern().as_usize()).map(String::as_str)
    }
}

fn folding(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    let percent = |all: bool| {
        value.bytes().fold(String::new(), |mut text, byte| {
            if !all && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02x}");
            }
            text
        })
    };
    let escaped = value.encode_utf16().fold(String::new(), |mut text, unit| {
        let _ = write!(text, "\\u{unit:04x}");
        text
    });
    let other_case =
        |text: String| [hex(text.to_lowercase().as_bytes()), hex(text.to_uppercase().as_bytes())];
    let [lower, upper] = other_case(value.to_owned());
    vec![
        ("plain", value.as_bytes().to_vec()),
        ("JSON", value.replace('\\', "\\\\").into_bytes()),
        ("JSON, every character", escaped.into_bytes()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("percent", percent(false).into_bytes()),
        ("percent, every byte", percent(true).into_bytes()),
        ("hex", hex(value.as_bytes()).into_bytes()),
        ("hex, small", lower.into_bytes()),
        ("hex, large", upper.into_bytes()),
    ]
}

/// Each of the three ways in which a value can lie in a longer text that is encoded, without the characters that its
/// neighbours have a part in.
fn base64(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = Vec::new();
    for (name, bytes) in [("Base64", value.as_bytes()), ("Base64 of UTF-16", &wide)] {
        for before in 0..3 {
            let padded = [&[0; 2][..before.min(2)], bytes].concat();
            let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
            for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
                let inner = text.get(from..to).unwrap_or_default();
                if inner.len() >= BASE64 {
                    forms.push((name, inner.as_bytes().to_vec()));
                }
            }
        }
    }
    forms
}

#[test]
fn a_needle_is_found_in_every_form_and_place() {
    let value = "CANARYDOM\\canary.user0001";
    let needles = Needles::of([value]);
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for front in ["", "a", "bc", "def"] {
        let around = format!("{front}{value}ghi");
        let hidden: [Vec<u8>; 8] = [
            around.to_lowercase().into_bytes(),
            serde_json::to_vec(&around).unwrap(),
            STANDARD_NO_PAD.encode(&around).into_bytes(),
            URL_SAFE_NO_PAD.encode(around.to_uppercase()).into_bytes(),
            STANDARD_NO_PAD.encode([front.as_bytes(), &wide].concat()).into_bytes(),
            [front.as_bytes(), &wide].concat(),
            format!("{front}CANARYDOM%5Ccanary.user0001").into_bytes(),
            around.bytes().fold(String::new(), |text, byte| format!("{text}{byte:02X}")).into_bytes(),
        ];
        for bytes in hidden {
            assert!(needles.first_in(&bytes).is_some(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
    assert_eq!(needles.first_in(b"f8d327e7eed3fb809f39d94cef29f0f2 CANARYDOM user0001"), None);
}
