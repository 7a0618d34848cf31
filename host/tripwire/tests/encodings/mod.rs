//! Ways of writing a text that the tripwire promises to read.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// Base64 of either alphabet.
pub fn base64(bytes: &[u8], url: bool, pad: bool) -> String {
    match (url, pad) {
        (false, true) => STANDARD.encode(bytes),
        (false, false) => STANDARD_NO_PAD.encode(bytes),
        (true, true) => URL_SAFE.encode(bytes),
        (true, false) => URL_SAFE_NO_PAD.encode(bytes),
    }
}

/// Two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `%41`, for signs or for all.
pub fn percent(text: &str, all: bool) -> String {
    text.bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() && !all {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// As JSON writes it between quotes, in ASCII.
pub fn json(text: &str) -> String {
    let mut escaped = String::new();
    for one in text.chars() {
        match one {
            '"' | '\\' | '/' => escaped.extend(['\\', one]),
            one if one.is_ascii() => escaped.push(one),
            one => escaped.extend(one.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    escaped
}

/// Each character as `\u0041`.
pub fn all_escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
}

/// UTF-16 of either byte order.
pub fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
