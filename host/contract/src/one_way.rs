//! The one-way hash that Configuration Manager's own telemetry uses for names and for the support id.
//!
//! It is here for compatibility: whoever knows a value can find its hash, and the values of a small
//! space, such as all site codes, are found from their hashes in no time. What is to stand for a
//! value that nobody may guess is made with a key instead.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The hash as Configuration Manager writes it: SHA-256 in Base64, always 44 characters.
///
/// A value that is a GUID, in any of the five ways that .NET reads one, is hashed as its 16 bytes in
/// .NET's order; every other value as UTF-16LE, as it stands.
#[must_use]
pub fn one_way_hash(value: &str) -> String {
    STANDARD.encode(one_way_digest(value))
}

/// The 32 bytes that [`one_way_hash`] writes in Base64.
#[must_use]
pub fn one_way_digest(value: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    match guid_bytes(value) {
        Some(bytes) => hash.update(bytes),
        None => value.encode_utf16().for_each(|unit| hash.update(unit.to_le_bytes())),
    }
    hash.finalize().into()
}

/// `Guid.ToByteArray` of what `Guid.TryParse` takes: the first three fields are little-endian.
fn guid_bytes(value: &str) -> Option<[u8; 16]> {
    let text = value.trim();
    // The shortest way to write one, which nearly every other value falls short of.
    if text.len() < 32 {
        return None;
    }
    let digits = match text.as_bytes() {
        [b'{', b'0', b'x' | b'X', ..] => nested(text)?,
        [b'{', .., b'}'] | [b'(', .., b')'] => hyphenated(text.get(1..text.len() - 1)?)?,
        _ if text.contains('-') => hyphenated(text)?,
        _ => text.to_owned(),
    };
    if digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = hex(pair)?;
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut mixed = [d, c, b, a, f, e, h, g, 0, 0, 0, 0, 0, 0, 0, 0];
    mixed.iter_mut().skip(8).zip(rest).for_each(|(place, byte)| *place = byte);
    Some(mixed)
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low] = pair else { return None };
    Some(digit(high)? << 4 | digit(low)?)
}

/// The digits of `dddddddd-dddd-dddd-dddd-dddddddddddd`.
fn hyphenated(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    (lengths == [8, 4, 4, 4, 12]).then(|| parts.concat())
}

/// The digits of `{0xdddddddd,0xdddd,0xdddd,{0xdd,0xdd,0xdd,0xdd,0xdd,0xdd,0xdd,0xdd}}`. .NET takes
/// white space anywhere and numbers without their leading zeros.
fn nested(text: &str) -> Option<String> {
    const WIDTHS: [usize; 11] = [8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2];
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (head, tail) = text.strip_prefix('{')?.strip_suffix("}}")?.split_once(",{")?;
    let numbers: Vec<&str> = head.split(',').chain(tail.split(',')).collect();
    if head.split(',').count() != 3 || numbers.len() != WIDTHS.len() {
        return None;
    }
    let mut digits = String::with_capacity(32);
    for (number, width) in numbers.iter().zip(WIDTHS) {
        let number = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X"))?;
        if number.is_empty() || number.len() > width {
            return None;
        }
        digits.extend(std::iter::repeat_n('0', width - number.len()));
        digits.push_str(number);
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::one_way_hash;

    #[test]
    fn the_hash_is_the_one_that_configuration_manager_writes() {
        for (value, hash) in [
            ("00000000-0000-0000-0000-000000000000", "N0cI//dxndWXnsh11WzSKG9tPPfsMXo7JWMqqyjsN7s="),
            ("v_R_System", "6U4Yfcx2x2nkmEGGsz7FZI6V2TG6bvlfLAEO4A3RaTQ="),
            ("CAS", "LsAe8an90O1vrJCLepW3Zl0CF392jA2EFnOz1ospfNg="),
            ("SMS00001", "GkWIBrKTCm7iTShbZ1MH/oD0s3ytc8qnBaXDkEloTo4="),
            ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ] {
            assert_eq!(one_way_hash(value), hash, "{value}");
        }
    }

    #[test]
    fn a_guid_has_one_hash_however_it_is_written() {
        for written in [
            "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E",
            "3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e",
            "{3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E}",
            "(3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E)",
            "3B7D84FAECCC4EA0B8ABABBDA1E88E0E",
            "  3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E\r\n",
            "{0x3B7D84FA,0xECCC,0x4EA0,{0xB8,0xAB,0xAB,0xBD,0xA1,0xE8,0x8E,0x0E}}",
            "{0x3b7d84fa, 0xeccc, 0x4ea0, {0xb8,0xab,0xab,0xbd,0xa1,0xe8,0x8e,0xe}}",
        ] {
            assert_eq!(one_way_hash(written), "b+Wp6K2zYgBoo87tTvqBHlKzWPO/drKY42I1XgNiEuo=", "{written}");
        }
    }

    #[test]
    fn near_misses_of_a_guid_are_text() {
        let guid = one_way_hash("3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E");
        for near in [
            "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0",
            "3B7D84FAECCC-4EA0-B8AB-ABBDA1E88E0E-",
            "{3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E)",
            "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0G",
            "{0x3B7D84FA,0xECCC,0x4EA0,{0xB8,0xAB,0xAB,0xBD,0xA1,0xE8,0x8E}}",
            "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0\u{e9}",
        ] {
            assert_ne!(one_way_hash(near), guid, "{near}");
        }
    }

    #[test]
    fn text_is_hashed_as_it_stands() {
        assert_ne!(one_way_hash("cas"), one_way_hash("CAS"));
        assert_ne!(one_way_hash("CAS "), one_way_hash("CAS"));
        // A character outside the first plane is two units: the bytes 3D D8 00 DE.
        assert_eq!(one_way_hash("\u{1f600}"), "gclihLWW7TFVo/DxHaDdE0lNyRYYMjo7/0yXASKQFcw=");
    }
}
