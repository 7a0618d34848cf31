//! Values behind a key: `Password=`, `<Secret>`, `ComputerName :`, `--password`.

use crate::{
    Kind,
    directory::is_attribute,
    keys::{
        is_host_key, is_placeholder, is_prose, is_secret_key, is_thumbprint_key, is_weak_host_key, may_be_key,
    },
    scan::Scan,
    text::Lower,
};

/// The longest key and value that are followed.
pub const LONGEST_KEY: usize = 40;
const LONGEST_VALUE: usize = 512;

/// What stands between a key and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equals,
    Colon,
    Tag,
    Space,
}

impl Scan<'_> {
    pub fn equals(&mut self, at: usize) {
        if matches!(self.text.at(at + 1), b'=' | b'>')
            || matches!(self.text.before(at), b'=' | b'!' | b'<' | b'>')
        {
            return self.storage_key(at);
        }
        let (start, end) = self.key_before(at);
        if start == end {
            return self.storage_key(at);
        }
        let key = Lower::squeezed(self.text.slice(start..end));
        if at >= self.names_done && is_attribute(key.as_bytes()) {
            self.distinguished_name(start, end);
        }
        if at >= self.pairs_done
            && let Some(kind) = self.connection_key(start, key.as_bytes())
        {
            self.connection_string(kind, start, at);
        }
        if may_be_key(key.as_bytes()) {
            self.keyed(start, key.as_bytes(), at + 1, Sign::Equals);
        }
    }

    pub fn colon(&mut self, at: usize) {
        let (before, after) = (self.text.before(at), self.text.at(at + 1));
        if after == b'/' && self.text.at(at + 2) == b'/' {
            return self.url(at);
        }
        if (before.is_ascii_hexdigit() || before == b':') && (after.is_ascii_hexdigit() || after == b':')
            || (after == b':' && !before.is_ascii_alphanumeric())
        {
            self.hex_with_colons(at);
        }
        if before.is_ascii_digit()
            || before == b':'
            || after == b':'
            || (after == b'\\' && self.text.at(at + 2) != b'\\')
        {
            return;
        }
        let (start, end) = self.key_before(at);
        if start < end {
            self.named(start, end, at + 1, Sign::Colon);
        }
    }

    /// `<Password>`: a tag that begins an element.
    pub fn end_of_tag(&mut self, at: usize) {
        let start = self
            .text
            .run_back(at, LONGEST_KEY, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let mut before = self.text.before(start);
        if before == b':' {
            let prefix = self.text.run_back(start - 1, LONGEST_KEY, |byte| byte.is_ascii_alphanumeric());
            before = self.text.before(prefix);
        }
        if before == b'<' {
            self.named(start, at, at + 1, Sign::Tag);
        }
    }

    /// `-Password x`, `--password x`: an option of a command, with its dashes off.
    pub fn option(&mut self, start: usize, end: usize) {
        if self.text.at(end) == b' ' && self.text.at(end + 1) > b' ' && self.text.at(end + 1) != b'-' {
            self.named(start, end, end + 1, Sign::Space);
        }
    }

    /// The whole text is the value of its column.
    pub fn cell(&mut self) {
        let key = Lower::squeezed(self.column.trim_end_matches('0').as_bytes());
        let len = self.text.len();
        if is_secret_key(key.as_bytes()) && !is_placeholder(self.text.bytes()) {
            self.put(Kind::Secret, 0, len);
        } else if is_host_key(key.as_bytes()) {
            self.host_value(0, true, true);
        } else if is_thumbprint_key(key.as_bytes()) {
            self.spaced_thumbprint(0);
        }
    }

    /// The key that ends before the sign at `at`: its last word.
    fn key_before(&self, at: usize) -> (usize, usize) {
        // PowerShell lines the signs up: `Password          : x`.
        let end = self.text.run_back(at, 32, |byte| byte == b' ');
        let end = self.text.run_back(end, 2, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'));
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let start = self.text.run_back(end, LONGEST_KEY + 1, part);
        if end - start > LONGEST_KEY { (end, end) } else { (start, end) }
    }

    fn named(&mut self, start: usize, end: usize, value: usize, sign: Sign) {
        if may_be_key(self.text.slice(start..end)) {
            let key = Lower::squeezed(self.text.slice(start..end));
            self.keyed(start, key.as_bytes(), value, sign);
        }
    }

    /// What the key says of the value that follows the sign.
    fn keyed(&mut self, start: usize, key: &[u8], value: usize, sign: Sign) {
        if is_secret_key(key) || self.is_secret_phrase(start, key, value, sign) {
            return self.secret_value(value, sign);
        }
        match key {
            b"value" | b"wert" | b"valeur" if sign == Sign::Equals => {
                // `<add key="Password" value="x"/>`.
                let named = self.words_before(start).next().map(Lower::squeezed);
                if named.is_some_and(|name| is_secret_key(name.as_bytes())) {
                    self.secret_value(value, sign);
                }
            }
            b"authorization" | b"proxyauthorization" => self.authorization(value),
            b"sig" if sign == Sign::Equals => self.signature(value),
            _ if is_thumbprint_key(key) => {
                self.spaced_thumbprint(self.text.run(value, 3, |byte| matches!(byte, b' ' | b'"' | b'\'')))
            }
            _ if is_host_key(key) || (sign != Sign::Space && is_weak_host_key(key)) => {
                let from = self.text.run(value, 8, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'['));
                self.host_value(
                    from,
                    sign != Sign::Colon || from > value + 1 || self.text.at(value) != b' ',
                    is_host_key(key),
                );
            }
            _ => {}
        }
    }

    /// `mot de passe`, `client secret`, `recovery password`, `user key`: keys of several words.
    fn is_secret_phrase(&self, start: usize, key: &[u8], value: usize, sign: Sign) -> bool {
        match key {
            b"passe" => self.text.has(start.saturating_sub(7), b"mot de "),
            b"pass" => sign == Sign::Equals && !self.text.at(value).is_ascii_digit(),
            b"key" => self.words_before(start).next().is_some_and(|word| {
                matches!(
                    Lower::squeezed(word).as_bytes(),
                    b"api"
                        | b"secret"
                        | b"access"
                        | b"account"
                        | b"storage"
                        | b"encryption"
                        | b"shared"
                        | b"private"
                )
            }),
            _ => false,
        }
    }

    fn secret_value(&mut self, value: usize, sign: Sign) {
        let mut start = self.text.run(value, 8, |byte| matches!(byte, b' ' | b'\t'));
        let escaped = self.text.at(start) == b'\\' && matches!(self.text.at(start + 1), b'"' | b'\'');
        start += usize::from(escaped);
        let quote = self.text.at(start);
        let end;
        if matches!(quote, b'"' | b'\'') {
            start += 1;
            let stop = if escaped { b'\\' } else { quote };
            let mut at = start;
            loop {
                at = self.text.run(at, LONGEST_VALUE, |byte| byte != stop && byte != b'\n');
                // A quote that is written twice, or behind a backslash, is one of the value.
                let quoted = !escaped && self.text.at(at) == quote && at > start;
                let doubled = quoted && self.text.at(at + 1) == quote;
                if !(doubled || (quoted && self.text.before(at) == b'\\')) || at - start > LONGEST_VALUE {
                    break;
                }
                at += if doubled { 2 } else { 1 };
            }
            end = at;
        } else if sign == Sign::Tag {
            end = self.text.run(start, LONGEST_VALUE, |byte| byte != b'<' && byte != b'\n');
        } else {
            end = self.bare_value_end(start);
        }
        let secret = self.text.slice(start..end);
        let prose = sign == Sign::Colon && self.text.at(value) == b' ' && is_prose(secret);
        if !secret.is_empty() && !is_placeholder(secret) && !prose {
            let end = (start..=end).rev().find(|end| self.text.is_boundary(*end)).unwrap_or(start);
            self.put(Kind::Secret, start, end);
        }
    }

    /// A value without quotes. Passwords have every character in them, so one that could end the value does so
    /// only if what follows looks like the end: too much masked does no harm.
    fn bare_value_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < start + LONGEST_VALUE {
            let next = self.text.at(end + 1);
            let closes = matches!(
                next,
                0..=b' ' | b'"' | b'\'' | b',' | b';' | b')' | b']' | b'}' | b'>' | b'/' | b'<'
            );
            match self.text.at(end) {
                0..=b' ' | 0x7f => break,
                b'"' | b'\'' if closes => break,
                b'<' if matches!(next, b'/' | b'!') || next.is_ascii_alphabetic() => break,
                b';' | b',' if matches!(next, 0..=b' ' | b'"') || self.key_follows(end + 1) => break,
                b'&' if self.key_follows(end + 1) => break,
                b']' if self.text.has(end, b"]LOG]") => break,
                _ => end += 1,
            }
        }
        end.min(self.text.len())
    }

    /// `name=` or `name:` at `at`.
    fn key_follows(&self, at: usize) -> bool {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ');
        let end = self.text.run(at, 32, part);
        end > at && matches!(self.text.at(end), b'=' | b':')
    }

    /// `Authorization: Bearer x`.
    fn authorization(&mut self, value: usize) {
        let start = self.text.run(value, 4, |byte| matches!(byte, b' ' | b'"' | b'\''));
        for scheme in
            [b"bearer ".as_slice(), b"basic ", b"negotiate ", b"ntlm ", b"digest ", b"sharedaccesssignature "]
        {
            if self.text.has(start, scheme) {
                let start = start + scheme.len();
                let end = self.text.run(start, 1 << 14, |byte| {
                    byte > b' ' && byte < 0x80 && !matches!(byte, b'"' | b'\'' | b'<' | b',')
                });
                if end - start >= 8 {
                    self.put(Kind::Token, start, end);
                }
            }
        }
    }

    /// The signature of a shared access: `&sig=`, a hash in Base64, escaped or not.
    fn signature(&mut self, value: usize) {
        let end = self.text.run(value, 128, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'/' | b'=' | b'-' | b'_')
        });
        if end - value >= 40 {
            self.put(Kind::Token, value, end);
        }
    }

    /// A key of a storage account by its form: 64 bytes in Base64, which end with `==`.
    fn storage_key(&mut self, at: usize) {
        if self.text.at(at) != b'='
            || self.text.at(at + 1) != b'='
            || self.text.at(at + 2).is_ascii_alphanumeric()
        {
            return;
        }
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let start = self.text.run_back(at, 87, part);
        // Checksums of packages are as long, and say so.
        if at - start == 86 && self.text.before(start) != b'-' {
            self.put(Kind::Token, start, at + 2);
        }
    }
}
