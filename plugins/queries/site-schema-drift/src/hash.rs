//! The hash by which Configuration Manager names what it does not want to name: SHA-256, in Base64.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The hash of a table's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableHash([u8; 32]);

impl TableHash {
    /// Hashes a name: the 16 bytes of a GUID where it is one, else its UTF-16, low bytes first, as it is.
    pub fn of(name: &str) -> Self {
        let bytes = match guid(name) {
            Some(guid) => guid.to_vec(),
            None => name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        };
        Self(Sha256::digest(bytes).into())
    }

    /// Reads a hash as it is written; `None` where it is none.
    pub fn read(base64: &str) -> Option<Self> {
        STANDARD.decode(base64).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for TableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

/// The bytes of a GUID in .NET's order: the first three fields have their low bytes first. Read are the
/// spellings `N`, `D`, `B` and `P`; of `X`, with 0x before each field, nobody has ever named a table.
fn guid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let enclosed = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    let hyphens = [8, 13, 18, 23];
    let digits: String = match enclosed('{', '}').or_else(|| enclosed('(', ')')).unwrap_or(text) {
        inner if inner.len() == 36 && hyphens.iter().all(|at| inner.as_bytes()[*at] == b'-') => {
            inner.chars().filter(|digit| *digit != '-').collect()
        }
        _ => text.to_owned(),
    };
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_configuration_manager() {
        for (name, hash) in [
            ("v_R_System", "6U4Yfcx2x2nkmEGGsz7FZI6V2TG6bvlfLAEO4A3RaTQ="),
            ("CAS", "LsAe8an90O1vrJCLepW3Zl0CF392jA2EFnOz1ospfNg="),
            ("SMS00001", "GkWIBrKTCm7iTShbZ1MH/oD0s3ytc8qnBaXDkEloTo4="),
            ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            ("3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E", "b+Wp6K2zYgBoo87tTvqBHlKzWPO/drKY42I1XgNiEuo="),
            ("00000000000000000000000000000000", "N0cI//dxndWXnsh11WzSKG9tPPfsMXo7JWMqqyjsN7s="),
        ] {
            assert_eq!(TableHash::of(name).to_string(), hash, "{name}");
            assert_eq!(TableHash::read(hash), Some(TableHash::of(name)), "{name}");
        }
    }

    #[test]
    fn a_guid_has_one_hash_however_it_is_written() {
        let guid = "3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e";
        let plain = guid.replace('-', "");
        for same in
            [guid.to_uppercase(), plain, format!("{{{guid}}}"), format!("({guid})"), format!(" {guid}\t")]
        {
            assert_eq!(TableHash::of(&same), TableHash::of(guid), "{same}");
        }
    }

    #[test]
    fn what_is_nearly_a_guid_is_a_name() {
        let guid = "3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e";
        for name in [
            guid.replace('e', "g"),
            guid.replacen('-', "", 1),
            guid.replace('-', "_"),
            format!("{{{guid}"),
            format!("{{{guid})"),
            format!("{{{}}}", guid.replace('-', "")),
            format!("+{}", &guid.replace('-', "")[1..]),
            "ä".repeat(18),
            "ä".repeat(16),
        ] {
            let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(TableHash::of(&name), TableHash(Sha256::digest(utf16).into()), "{name}");
        }
    }

    #[test]
    fn neither_case_nor_space_is_folded() {
        let hashes: std::collections::BTreeSet<_> =
            ["Table", "table", " Table", "Table ", "T\u{1f600}"].into_iter().map(TableHash::of).collect();
        assert_eq!(hashes.len(), 5);
    }

    #[test]
    fn only_32_bytes_of_base64_are_a_hash() {
        for wrong in ["", "v_R_System", "6U4Yfcx2x2nkmEGGsz7FZI6V2TG6bvlfLAEO4A3RaTQ", "AAAA"] {
            assert_eq!(TableHash::read(wrong), None, "{wrong}");
        }
    }
}
