//! Accounts: `ann@contoso.example`, `CONTOSO\ann`, `gmsa-sql$`.

use crate::{
    Kind,
    context::{is_called, is_near},
    name::Shape,
    scan::Scan,
    text::Lower,
    words::{is_file_ending, is_folder, is_inner_domain},
};

/// RFC 5321: 64 bytes before the `@`; names outside of ASCII take more, and guests have their whole address.
const LONGEST_LOCAL: usize = 128;

/// The longest domain.
const LONGEST_DOMAIN: usize = 255;

/// The longest account name, in bytes: 104 characters in the directory, some of them wide.
const LONGEST_ACCOUNT: usize = 128;

impl Scan<'_> {
    /// An address or a user principal name around the `@` at `at`.
    pub fn address_with_at(&mut self, at: usize) {
        let part = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'#' | b'$' | b'~')
        };
        let mut start = self.text.run_of_letters_back(at, LONGEST_LOCAL, part);
        // A quote, a dash or a full stop before the name is not part of it.
        start =
            self.text.run(start, at - start, |byte| matches!(byte, b'\'' | b'.' | b'-' | b'#' | b'%' | b'~'));
        // `mail%3Aann`, `%22ann`: what a URL escapes before it.
        if let [b'%', a, b, rest @ ..] = self.text.slice(start.saturating_sub(1)..at)
            && a.is_ascii_hexdigit()
            && b.is_ascii_hexdigit()
            && !rest.is_empty()
        {
            start += 2;
        }
        if start == at && self.text.before(at) == b'"' {
            start = self.quoted_local(at);
        }
        if start == at {
            return;
        }
        let label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let end = self.text.run_of_letters(at + 1, LONGEST_DOMAIN, label);
        let end = self.text.run_back(end, end - at - 1, |byte| matches!(byte, b'.' | b'-'));
        let domain = self.text.slice(at + 1..end);
        if domain.is_empty() || domain.starts_with(b".") || domain.starts_with(b"-") {
            return;
        }
        let called_upn = || {
            is_called(self.words_before(start), |name| {
                matches!(name, b"upn" | b"userprincipal" | b"benutzerprinzipalname" | b"nomprincipal")
                    || name.ends_with(b"userprincipalname")
                    || name.ends_with(b"userupn")
                    || name.ends_with(b"benutzerprinzipalname")
            })
        };
        let Some(domain) = address_domain(domain) else {
            let short = !domain.contains(&b'.') && domain.first().is_some_and(u8::is_ascii_alphabetic);
            if short && (self.detectors.is_own_short_domain(domain) || called_upn()) {
                self.put(Kind::Upn, start, end);
            }
            return;
        };
        let end = at + 1 + domain.len();
        let top = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let inner = is_inner_domain(Lower::squeezed(top).as_bytes())
            && !top.eq_ignore_ascii_case(b"example")
            && !top.eq_ignore_ascii_case(b"test")
            || ends_with(domain, b".onmicrosoft.com");
        self.put(if inner || called_upn() { Kind::Upn } else { Kind::Email }, start, end);
    }

    /// `"ann berg"@example.com`: where the quotes begin.
    fn quoted_local(&self, at: usize) -> usize {
        let inside = self.text.run_back(at - 1, LONGEST_LOCAL, |byte| byte != b'"' && byte != b'\n');
        let quoted = self.text.before(inside) == b'"' && inside + 1 < at;
        if quoted && self.text.is_boundary(inside) { inside - 1 } else { at }
    }

    /// `DOMAIN\user` around the backslashes at `at..right`. Says where it ends.
    pub fn account(&mut self, at: usize, right: usize) -> Option<usize> {
        let left_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let left = self.text.run_of_letters_back(at, 64, left_part);
        let right_part = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'$' | b'\'' | b'+')
        };
        let end = self.text.run_of_letters(right, LONGEST_ACCOUNT, right_part);
        let end = self.text.run_back(end, end - right, |byte| matches!(byte, b'.' | b'-' | b'\''));
        let (domain, user) = (self.text.slice(left..at), self.text.slice(right..end));
        if domain.len() < 2 || user.is_empty() || domain.starts_with(b".") || domain.starts_with(b"-") {
            return None;
        }
        let (before, after) = (self.text.before(left), self.text.at(end));
        let part_of_path = matches!(before, b'\\' | b'/' | b'%' | b'}' | b')' | b'$' | b'&')
            || matches!(after, b'\\' | b'/' | b'*' | b'%' | b'{')
            || (before == b':' && self.is_after_drive(left))
            || (after == b':'
                && self.text.at(end + 1) != b' '
                && self.text.at(end + 1) != 0
                && self.text.at(end + 1) != b'\n');
        if part_of_path {
            return None;
        }
        let kind = if self.is_gmsa(user) { Kind::Gmsa } else { Kind::DomainUser };
        if self.detectors.is_own_short_domain(domain) || self.detectors.is_own_domain(domain) {
            self.put(kind, left, end);
            return Some(end);
        }
        if domain.contains(&b'.') {
            let shape = Shape::of(domain);
            if !self.is_domain_name(domain, &shape, false) {
                return None;
            }
        } else if !self.is_account(left, domain, user) {
            return None;
        }
        self.put(kind, left, end);
        Some(end)
    }

    fn is_account(&self, left: usize, domain: &[u8], user: &[u8]) -> bool {
        // 15 characters are the longest short name of a domain; some write more.
        if domain.len() > 24 {
            return false;
        }
        let (domain_lower, user_lower) = (Lower::squeezed(domain), Lower::squeezed(user));
        let ending = user
            .iter()
            .rposition(|byte| *byte == b'.')
            .and_then(|dot| user.get(dot + 1..))
            .unwrap_or_default();
        let is_file = is_file_ending(Lower::squeezed(ending).as_bytes());
        let technical = is_folder(domain_lower.as_bytes())
            || is_device(domain)
            || is_folder(user_lower.as_bytes())
            || is_file;
        let domain_shape = Shape::of(domain);
        if technical || domain_shape.letters() + domain_shape.wide == 0 {
            return false;
        }
        let user_shape = Shape::of(user);
        if domain_shape.lower == 0 && domain.len() <= 15 {
            return user_shape.letters() + user_shape.wide + user_shape.digits > 1
                || user_shape.letters() == 1;
        }
        let called = is_near(self.words_before(left), 2, |word| {
            matches!(
                word,
                b"user"
                    | b"username"
                    | b"account"
                    | b"login"
                    | b"logon"
                    | b"owner"
                    | b"by"
                    | b"as"
                    | b"principal"
                    | b"identity"
                    | b"benutzer"
                    | b"konto"
                    | b"anmeldung"
                    | b"utilisateur"
                    | b"compte"
                    | b"par"
                    | b"von"
                    | b"als"
                    | b"runas"
                    | b"member"
                    | b"caller"
                    | b"impersonating"
                    | b"subject"
                    | b"person"
                    | b"sam"
                    | b"samaccountname"
            ) || word.ends_with(b"user")
                || word.ends_with(b"username")
                || word.ends_with(b"account")
                || word.ends_with(b"benutzer")
        });
        // Otherwise as names of persons are written: no capitals inside, as folders of programs have.
        let plain = |name: &[u8]| !name.windows(2).any(|two| matches!(two, [b'a'..=b'z', b'A'..=b'Z']));
        let small = domain_shape.upper == 0
            || (domain_shape.upper == 1 && domain.first().is_some_and(u8::is_ascii_uppercase));
        called
            || (small
                && (plain(user) || domain.iter().all(u8::is_ascii_lowercase))
                && user.len() >= 3
                && user_shape.letters() + user_shape.wide >= 3
                && domain_shape.underscores == 0)
    }

    /// `HKLM:SOFTWARE\x`, `Env:x\y`, `C:folder\x`: the word before the colon is a drive.
    fn is_after_drive(&self, left: usize) -> bool {
        let start = self.text.run_back(left - 1, 8, |byte| byte.is_ascii_alphanumeric());
        let drive = Lower::squeezed(self.text.slice(start..left - 1));
        matches!(
            drive.as_bytes(),
            [_] | b"hklm" | b"hkcu" | b"hkcr" | b"hku" | b"env" | b"cert" | b"root" | b"file" | b"wsman"
        )
    }

    /// A `$` after a name: what ends so is an account of a machine or of a service.
    pub fn dollar(&mut self, at: usize) {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let start = self.text.run_back(at, 32, part);
        let after = self.text.at(at + 1);
        let before = self.text.before(start);
        let inside = part(after)
            || matches!(after, b'\\' | b'/' | b'(' | b'{')
            || matches!(before, b'\\' | b'/' | b'$' | b'%' | b'@' | b'{');
        let name = self.text.slice(start..at);
        if inside || name.len() < 3 {
            return;
        }
        if self.is_gmsa(self.text.slice(start..at + 1))
            || (is_called(self.words_before(start), is_gmsa_key) && !is_share(name))
        {
            self.put(Kind::Gmsa, start, at + 1);
        }
    }

    /// Whether `name$` says that it is a managed service account.
    fn is_gmsa(&self, name: &[u8]) -> bool {
        let Some(name) = name.strip_suffix(b"$") else { return is_gmsa_start(name) };
        let lower = Lower::squeezed(name);
        let lower = lower.as_bytes();
        lower.windows(3).any(|three| three == b"msa") || lower.starts_with(b"svc") || lower.ends_with(b"svc")
    }

    /// `gmsa-sql`, written without its `$`.
    pub fn is_gmsa_name(&mut self, start: usize, end: usize) -> bool {
        let name = self.text.slice(start..end);
        if !is_gmsa_start(name)
            || self.text.before(start) == b'\\'
            || matches!(self.text.at(end), b'$' | b'@' | b'.' | b'\\')
        {
            return false;
        }
        self.put(Kind::Gmsa, start, end);
        true
    }
}

fn is_gmsa_start(name: &[u8]) -> bool {
    let rest = |count: usize| name.get(count..).unwrap_or_default();
    let starts = |what: &[u8]| name.get(..what.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(what));
    let joined = |count: usize| {
        matches!(rest(count), [b'-' | b'_', _, ..]) || matches!(rest(count), [b'0'..=b'9', ..])
    };
    (starts(b"gmsa") && joined(4)) || (starts(b"msa") && joined(3))
}

/// Keys whose value is such an account.
fn is_gmsa_key(name: &[u8]) -> bool {
    name.ends_with(b"gmsa")
        || name.ends_with(b"serviceaccount")
        || name.ends_with(b"managedserviceaccount")
        || name.ends_with(b"dienstkonto")
}

/// Shares of administration, which end with `$` too.
fn is_share(name: &[u8]) -> bool {
    name.len() < 3
        || matches!(
            Lower::squeezed(name).as_bytes(),
            b"admin" | b"ipc" | b"print" | b"fax" | b"smsdp" | b"smssig" | b"smspkg" | b"sccmcontentlib"
        )
}

/// The buses of `PCI\VEN_8086`, and roots of the registry.
fn is_device(domain: &[u8]) -> bool {
    let lower = Lower::squeezed(domain);
    lower.as_bytes().starts_with(b"hkey")
        || lower.as_bytes().starts_with(b"site") && domain.contains(&b'_')
        || matches!(domain, [_, b':'])
}

/// The domain of an address: labels, the last of which has two letters or more and nothing else. What is
/// glued to it, as in `ann@example.com2`, is cut off.
fn address_domain(domain: &[u8]) -> Option<&[u8]> {
    let dot = domain.iter().rposition(|byte| *byte == b'.')?;
    let (labels, top) = (domain.get(..dot)?, domain.get(dot + 1..)?);
    let sound = labels.split(|byte| *byte == b'.').all(|label| !label.is_empty());
    if !sound {
        // Two dots: what is before them may be a domain.
        let stop = domain.windows(2).position(|two| two == b"..")?;
        return address_domain(domain.get(..stop)?);
    }
    // A picture at twice its size: `icon@2x.png`.
    if matches!(labels, [b'1'..=b'9', b'x']) {
        return None;
    }
    if top.starts_with(b"xn--") {
        return Some(domain);
    }
    let letters = top.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    if letters == top.len()
        || (letters >= 2 && top.get(letters).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-'))
    {
        return if letters >= 2 { domain.get(..dot + 1 + letters) } else { None };
    }
    // `ann@example.com.7`: the label before may be a top level.
    address_domain(labels)
}

fn ends_with(domain: &[u8], end: &[u8]) -> bool {
    domain
        .len()
        .checked_sub(end.len())
        .and_then(|start| domain.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}
