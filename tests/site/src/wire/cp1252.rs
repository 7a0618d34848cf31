//! Code page 1252, in which `varchar` of the pretend server's collation is.

/// What 0x80 to 0x9F stand for; five of them for nothing.
const HIGH: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}',
    '\u{203A}', '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
];

/// The bytes of text. What the code page does not have becomes a question mark, as in SQL Server.
pub(super) fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| match u8::try_from(u32::from(letter)) {
            Ok(byte @ (0..=0x7F | 0xA0..)) => byte,
            _ => HIGH.iter().position(|high| *high == letter).map_or(b'?', |place| 0x80 + place as u8),
        })
        .collect()
}

/// The text of bytes.
pub(super) fn decode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('?'),
            other => char::from(*other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_goes_there_and_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(&decode(&all)), all);
        assert_eq!(encode("\u{20AC}5 caf\u{E9} \u{4E2D}"), b"\x805 caf\xE9 ?");
    }
}
