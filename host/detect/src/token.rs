//! Tokens and keys that are known by how they begin.

use crate::{Kind, scan::Scan};

/// The longest web token that is followed.
const LONGEST_JWT: usize = 16 << 10;

/// How tokens begin, and how many characters follow, at least and at most. What follows are letters, digits,
/// `_` and `-`, for some dots too.
const FORMS: [(&[u8], usize, usize); 46] = [
    (b"AGPA", 16, 16),
    (b"AIDA", 16, 16),
    (b"AIPA", 16, 16),
    (b"AIza", 35, 35),
    (b"AKIA", 16, 16),
    (b"ANPA", 16, 16),
    (b"AROA", 16, 16),
    (b"ASIA", 16, 16),
    (b"EAACEdEose0cBA", 20, 300),
    (b"GOCSPX-", 20, 40),
    (b"SG.", 40, 90),
    (b"SK", 32, 32),
    (b"abia", 16, 16),
    (b"dapi", 32, 36),
    (b"dckr_pat_", 20, 60),
    (b"dop_v1_", 60, 70),
    (b"dp.pt.", 40, 50),
    (b"ghp_", 30, 251),
    (b"gho_", 30, 251),
    (b"ghu_", 30, 251),
    (b"ghs_", 30, 400),
    (b"ghr_", 30, 251),
    (b"github_pat_", 40, 251),
    (b"glpat-", 20, 300),
    (b"glrt-", 20, 60),
    (b"gldt-", 20, 60),
    (b"hf_", 30, 60),
    (b"hvs.", 20, 200),
    (b"lin_api_", 30, 60),
    (b"npm_", 36, 36),
    (b"pypi-", 50, 300),
    (b"rk_live_", 20, 120),
    (b"rk_test_", 20, 120),
    (b"rubygems_", 40, 60),
    (b"shpat_", 32, 32),
    (b"shpss_", 32, 32),
    (b"sk-ant-", 40, 200),
    (b"sk-proj-", 20, 250),
    (b"sk-", 32, 200),
    (b"sk_live_", 20, 120),
    (b"sk_test_", 20, 120),
    (b"sq0atp-", 22, 22),
    (b"xapp-", 40, 200),
    (b"xox", 12, 250),
    (b"ya29.", 40, 400),
    (b"pk_live_", 20, 120),
];

/// How long the token is that the name begins with, if it does.
#[inline(always)]
pub fn len(name: &[u8]) -> Option<usize> {
    // The first byte spares nearly every name the rest.
    match name {
        [b'e', b'y', b'J', ..] => jwt_len(name),
        [
            b'A' | b'E' | b'G' | b'S' | b'a' | b'd' | b'g' | b'h' | b'l' | b'n' | b'p' | b'r' | b's' | b'x'
            | b'y',
            _,
            _,
            ..,
        ] if name.len() >= 17 => known_len(name),
        _ => None,
    }
}

fn known_len(name: &[u8]) -> Option<usize> {
    let (begin, least, most) = FORMS.iter().find(|(begin, ..)| name.starts_with(begin))?;
    let rest = name.get(begin.len()..)?;
    let dotted = matches!(*begin, b"SG." | b"hvs." | b"ya29.");
    let len = rest
        .iter()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (dotted && **byte == b'.')
        })
        .count();
    let body = rest.get(..len)?;
    let digits = body.iter().any(u8::is_ascii_digit);
    // Those that begin like words have only what keys have.
    let sound = match *begin {
        b"SK" | b"dapi" => body.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-'),
        [b'A', _, _, b'A'] | b"abia" => {
            body.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        }
        b"xox" => matches!(body, [b'a'..=b'z', b'-', ..]),
        b"sk-" => digits && !body.contains(&b'.'),
        _ => true,
    };
    (sound && (*least..=*most).contains(&len)).then_some(begin.len() + len)
}

/// Header and payload, each a JSON object in Base64, and a signature that may be missing.
fn jwt_len(name: &[u8]) -> Option<usize> {
    let name = name.get(..LONGEST_JWT).unwrap_or(name);
    let mut parts = name.split(|byte| *byte == b'.');
    let (header, payload) = (parts.next()?, parts.next()?);
    if header.len() < 10 || payload.len() < 6 || !payload.starts_with(b"e") {
        return None;
    }
    let mut len = header.len() + 1 + payload.len();
    // Encrypted ones have five parts.
    for part in parts.take(3).filter(|part| part.len() >= 10) {
        len += 1 + part.len();
    }
    Some(len)
}

impl Scan<'_> {
    pub fn put_token(&mut self, start: usize, end: usize) {
        let kind = if self.text.has(start, b"eyJ") { Kind::Jwt } else { Kind::Token };
        // A word, a path or Base64 that goes on before it is none.
        if !matches!(self.text.before(start), b'+' | b'%' | b'@') {
            self.put(kind, start, end);
        }
    }

    /// A client secret of Entra: three characters, a digit, `Q~` and the rest.
    pub fn entra_secret(&mut self, tilde: usize) {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'~');
        let start = tilde.saturating_sub(5);
        let end = self.text.run(tilde + 1, 40, part);
        let head = self.text.slice(start..tilde);
        if matches!(head, [_, _, _, b'0'..=b'9', b'Q'])
            && head.iter().all(|byte| part(*byte))
            && (31..=40).contains(&(end - tilde - 1))
            && !part(self.text.before(start))
        {
            self.put(Kind::Token, start, end);
        }
    }
}
