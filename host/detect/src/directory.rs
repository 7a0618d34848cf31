//! Distinguished names, in directories and in certificates.

use crate::{Kind, context::is_near, scan::Scan, text::Lower};

/// The longest name, and the longest value in one, that are followed.
const LONGEST_NAME: usize = 2048;
const LONGEST_VALUE: usize = 256;

/// What one `attribute=value` is.
struct Part {
    attribute: usize,
    end: usize,
    next: Option<usize>,
}

impl Scan<'_> {
    /// A name whose first attribute is `key_start..equals`.
    pub fn distinguished_name(&mut self, key_start: usize, equals: usize) {
        let before = self.text.before(key_start);
        if self.text.comes_from(key_start) || matches!(before, b'-' | b'.' | b'&' | b'?' | b'$' | b'@' | b'%')
        {
            return;
        }
        let (mut parts, mut components, mut common) = (0, 0, false);
        let mut vendor = false;
        let mut from = key_start;
        let mut end = key_start;
        while let Some(part) = self.part(from) {
            let attribute = Lower::squeezed(self.text.slice(from..part.attribute));
            match attribute.as_bytes() {
                b"dc" => components += 1,
                b"cn" | b"ou" | b"uid" => common = true,
                _ => {}
            }
            vendor |= matches!(attribute.as_bytes(), b"o" | b"cn")
                && is_vendor(self.text.slice(part.attribute..part.end));
            parts += 1;
            end = part.end;
            match part.next {
                Some(next) if next - key_start < LONGEST_NAME => from = next,
                _ => break,
            }
        }
        self.names_done = end.max(equals + 1);
        if parts == 0 {
            return;
        }
        if components > 0 && parts > 1 {
            return self.put(Kind::DistinguishedName, key_start, end);
        }
        // Issuers that sign for everybody say nothing of the site.
        let subject =
            (common && components == 0 && (parts > 1 || self.is_named(key_start, equals))) && !vendor;
        if subject {
            let directory = is_near(self.words_before(key_start), 2, |word| {
                matches!(word, b"dn" | b"ou" | b"distinguishedname" | b"ldap" | b"memberof" | b"container")
            });
            self.put(
                if directory { Kind::DistinguishedName } else { Kind::CertificateSubject },
                key_start,
                end,
            );
        }
    }

    /// A common name alone is one where it is a name: it begins with a letter or digit and is no variable.
    fn is_named(&self, key_start: usize, equals: usize) -> bool {
        let first = self.text.at(self.text.run(equals + 1, 2, |byte| byte == b' ' || byte == b'"'));
        self.text.has(key_start, b"cn") && (first.is_ascii_alphanumeric() || first >= 0x80)
    }

    /// The attribute and value at `from`, and where the next one begins.
    fn part(&self, from: usize) -> Option<Part> {
        let attribute = self.text.run(from, 24, |byte| byte.is_ascii_alphanumeric() || byte == b'.');
        let equals = self.text.run(attribute, 2, |byte| byte == b' ');
        if attribute == from || self.text.at(equals) != b'=' || !self.is_attribute(from, attribute) {
            return None;
        }
        let value = self.text.run(equals + 1, 2, |byte| byte == b' ');
        let component = self.text.slice(from..attribute).eq_ignore_ascii_case(b"dc");
        let mut end = value;
        let mut quoted = false;
        while end < value + LONGEST_VALUE {
            match self.text.at(end) {
                b'\\' if self.text.at(end + 1) > b' ' && self.text.at(end + 1) < 0x80 => end += 1,
                b'"' if end == value => quoted = true,
                b'"' if quoted => {
                    quoted = false;
                    end += 1;
                    break;
                }
                0 | b'\n' | b'\r' | b'\t' | b'"' | b'<' | b'>' | b'|' | b'{' | b'}' | b'[' | b']' | b'%'
                | b'=' => break,
                b',' | b'+' | b';' | b'/' if !quoted && self.attribute_after(end).is_some() => break,
                b',' | b';' if !quoted => break,
                b'\'' if !self.text.at(end + 1).is_ascii_alphabetic() => break,
                b')' if !self.text.slice(value..end).contains(&b'(') => break,
                b' ' if component || self.text.at(end + 1) == b' ' => break,
                _ => {}
            }
            end += 1;
        }
        end = end.min(self.text.len());
        let next = self.attribute_after(end);
        if next.is_none() && !quoted {
            end = self.last_value_end(self.text.slice(from..attribute), value, end);
        }
        (end > value).then_some(Part { attribute, end, next })
    }

    /// An attribute by its name or its number: `2.5.4.3`, `OID.1.2`.
    fn is_attribute(&self, start: usize, end: usize) -> bool {
        let name = self.text.slice(start..end);
        let numbered = name.strip_prefix(b"OID.").unwrap_or(name);
        let is_number =
            matches!(numbered, [b'0'..=b'2', b'.', ..]) && !numbered.iter().any(u8::is_ascii_alphabetic);
        is_number || (!name.contains(&b'.') && is_attribute(Lower::new(name).as_bytes()))
    }

    /// Where the next attribute begins, if one follows the separator at `at`.
    fn attribute_after(&self, at: usize) -> Option<usize> {
        if !matches!(self.text.at(at), b',' | b'+' | b';' | b'/') {
            return None;
        }
        let start = self.text.run(at + 1, 2, |byte| byte == b' ');
        if self.text.at(at) == b'/' && (start > at + 1 || self.text.before(at) == b'/') {
            return None;
        }
        let end = self.text.run(start, 24, |byte| byte.is_ascii_alphanumeric() || byte == b'.');
        let equals = self.text.run(end, 2, |byte| byte == b' ');
        (self.text.at(equals) == b'=' && self.is_attribute(start, end)).then_some(start)
    }

    /// The last value of a name has no separator behind it: it ends where prose begins, with a word in small
    /// letters.
    fn last_value_end(&self, attribute: &[u8], value: usize, end: usize) -> usize {
        let text = self.text.slice(value..end);
        let one_word = [b"dc".as_slice(), b"c", b"e", b"uid", b"emailaddress"]
            .iter()
            .any(|known| attribute.eq_ignore_ascii_case(known));
        let mut stop = 0;
        for (index, word) in text.split(|byte| *byte == b' ').enumerate() {
            let particle = matches!(
                word,
                b"von"
                    | b"van"
                    | b"de"
                    | b"der"
                    | b"den"
                    | b"la"
                    | b"le"
                    | b"du"
                    | b"and"
                    | b"of"
                    | b"und"
                    | b"zu"
                    | b"da"
                    | b"di"
                    | b"del"
                    | b"f\xc3\xbcr"
            );
            let prose = word.first().is_none_or(u8::is_ascii_lowercase) && !particle;
            // `CN=ann berg`: all in small letters, as some directories write.
            if index > 0 && (one_word || prose) {
                break;
            }
            stop += word.len() + usize::from(index > 0);
        }
        let particles_end = value + stop;
        self.text.run_back(particles_end, stop, |byte| matches!(byte, b'.' | b' ' | b':' | b'!'))
    }
}

/// The attributes of RFC 4514 and those that Windows writes, in small letters.
pub fn is_attribute(name: &[u8]) -> bool {
    match name.len() {
        1 => matches!(name, b"o" | b"c" | b"l" | b"s" | b"e" | b"t" | b"g"),
        2 => matches!(name, b"cn" | b"ou" | b"dc" | b"st" | b"sn"),
        3..=12 => LONG_ATTRIBUTES.iter().any(|known| known.as_bytes() == name),
        _ => false,
    }
}

const LONG_ATTRIBUTES: [&str; 12] = [
    "uid",
    "dnq",
    "mail",
    "email",
    "title",
    "street",
    "initials",
    "givenname",
    "postalcode",
    "description",
    "emailaddress",
    "serialnumber",
];

/// Those who issue and own certificates that every machine has.
fn is_vendor(value: &[u8]) -> bool {
    const VENDORS: [&[u8]; 12] = [
        b"Microsoft",
        b"DigiCert",
        b"VeriSign",
        b"Symantec",
        b"GlobalSign",
        b"Entrust",
        b"Baltimore",
        b"Sectigo",
        b"COMODO",
        b"Thawte",
        b"Let's Encrypt",
        b"USERTrust",
    ];
    VENDORS.iter().any(|vendor| memchr::memmem::find(value, vendor).is_some())
}
