//! Names of hosts: with a domain, and without one.
//!
//! A host name without a domain is any word. It is found where something tells: its form (`DESKTOP-AB12CD3`,
//! `SRV01`, `NYC-DC02`: a word for a kind of machine, and a number), a name before it (`ComputerName=`), or a
//! prefix that the site has given. `Detectors::host_prefix` is for those who name machines otherwise.

use crate::{
    Kind,
    context::is_called,
    host_form::{is_host_form, is_technical_code},
    keys::is_host_key,
    name::Shape,
    scan::Scan,
    text::Lower,
    words::{is_file_ending, is_inner_domain, is_public_domain, is_top_level, is_vendor_domain, is_word},
};

/// The longest NetBIOS name.
const LONGEST_NETBIOS: usize = 15;

impl Scan<'_> {
    /// A name with dots: a host if its end is a domain's.
    pub fn dotted_name(&mut self, start: usize, end: usize, shape: &Shape) {
        let name = self.text.slice(start..end);
        let (before, after) = (self.text.before(start), self.text.at(end));
        // The domain of an address, or the part before its `@`; a path's folder or file; a variable.
        if matches!(before, b'@' | b'$' | b'%') && before != b'@' || after == b'@' {
            return;
        }
        if self.detectors.is_own_domain(name) {
            return self.put(Kind::Fqdn, start, end);
        }
        // A call in a program: `foo.bar(`.
        if shape.letters() + shape.wide == 0 || after == b'(' || (after == b'=' && before != b'=') {
            return;
        }
        let in_path = before == b'\\'
            || after == b'\\'
            || (before == b'/' && self.text.before(start.saturating_sub(1)) != b'/');
        let in_url = before == b'/' && self.text.before(start - 1) == b'/';
        if in_path && !(after == b'\\' && before != b'\\') {
            return;
        }
        if self.is_domain_name(name, shape, in_url) {
            self.put(Kind::Fqdn, start, end);
        }
    }

    /// Whether a name with dots is that of a host or a domain which belongs to somebody.
    pub fn is_domain_name(&self, name: &[u8], shape: &Shape, in_url: bool) -> bool {
        let mut labels = name.split(|byte| *byte == b'.');
        let count = labels.clone().count();
        let sound = |label: &[u8]| {
            (1..=63).contains(&label.len()) && !label.starts_with(b"-") && !label.ends_with(b"-")
        };
        let (Some(first), Some(top)) = (labels.clone().next(), labels.next_back()) else { return false };
        if count < 2 {
            return false;
        }
        let lower = Lower::squeezed(top);
        let top_lower = lower.as_bytes();
        // Namespaces of programs write `System.Net`; hosts write `.net` or `.NET`, and then all of it so.
        let top_upper = top.iter().all(u8::is_ascii_uppercase);
        let top_small = top
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-' || *byte >= 0x80);
        if !(top_small || (top_upper && shape.lower == 0)) {
            return false;
        }
        let inner = is_inner_domain(top_lower);
        if !inner && !is_top_level(top_lower) && !top.starts_with(b"xn--") && top.iter().all(u8::is_ascii) {
            return false;
        }
        if !name.split(|byte| *byte == b'.').all(sound) || is_vendor_domain(name) {
            return false;
        }
        if inner {
            return count > 2 || !is_word(top_lower);
        }
        // `org.apache.log`: a package, written the other way round.
        let lower = Lower::squeezed(first);
        if count > 2 && matches!(lower.as_bytes(), b"com" | b"org" | b"net" | b"io" | b"edu") {
            return false;
        }
        if in_url {
            return true;
        }
        if count > 2 {
            // `window.location.host`, `setup.x64.md`: with a digit or dash it is more of a host.
            let marked =
                labels.clone().any(|label| label.iter().any(|byte| matches!(byte, b'0'..=b'9' | b'-')));
            return !(is_word(top_lower) && !marked && top.len() > 2)
                && (!is_file_ending(top_lower) || top.len() == 2 && shape.upper == 0);
        }
        // `old-mill.name`: no name in a program has a dash.
        let dashed = first.contains(&b'-') && is_word(top_lower);
        (dashed || is_public_domain(top_lower))
            && !is_no_host(lower.as_bytes(), top_lower)
            && !is_camel(first)
    }

    /// A name without dots: a host if its form, what stands before it, or the site says so.
    pub fn plain_name(&mut self, start: usize, end: usize, shape: &Shape) {
        if self.is_gmsa_name(start, end) || shape.len > 63 || shape.letters() == 0 {
            return;
        }
        let name = self.text.slice(start..end);
        let own = self.detectors.has_own_prefix(name) && shape.digits > 0;
        if !own
            && (shape.len > LONGEST_NETBIOS
                || shape.digits + shape.dashes == 0
                || shape.underscores > 1
                || shape.wide > 0)
        {
            return;
        }
        let (before, after) = (self.text.before(start), self.text.at(end));
        // The part of a longer thing: a file, an address, a variable, a call, a key.
        let part = (after == b'.' && self.text.at(end + 1).is_ascii_alphanumeric())
            || matches!(after, b'@' | b'(' | b'%')
            || matches!(before, b'%' | b'#' | b'+')
            || (before == b'.' && self.text.before(start - 1).is_ascii_alphanumeric())
            || (after == b':' && self.text.at(end + 1) == b':');
        if part {
            return;
        }
        if own || is_host_form(name, shape) || self.is_called_host(start, end, shape) {
            self.put(Kind::HostName, start, end);
        }
    }

    /// `server CTX9A`: named as a machine, in capitals and with digits, and no id of ConfigMgr's.
    fn is_called_host(&self, start: usize, end: usize, shape: &Shape) -> bool {
        let name = self.text.slice(start..end);
        if shape.lower > 0
            || shape.len < 4
            || shape.digits == 0
            || shape.underscores > 0
            || !name.iter().any(u8::is_ascii_alphabetic)
        {
            return false;
        }
        if !name.first().is_some_and(u8::is_ascii_uppercase) || is_technical_code(name) {
            return false;
        }
        is_called(self.words_before(start), |word| {
            matches!(
                word,
                b"computer"
                    | b"machine"
                    | b"host"
                    | b"workstation"
                    | b"rechner"
                    | b"ordinateur"
                    | b"poste"
                    | b"serveur"
                    | b"netbios"
                    | b"server"
                    | b"laptop"
                    | b"notebook"
                    | b"gerat"
                    | b"pc"
                    | b"computers"
            ) || is_host_key(word)
        })
    }

    /// The value of a key that names a machine.
    pub fn host_value(&mut self, start: usize, assigned: bool, strong: bool) {
        let end = self.text.run_of_letters(start, 254, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
        });
        let end = self.text.run_back(end, end - start, |byte| matches!(byte, b'.' | b'-'));
        let name = self.text.slice(start..end);
        let after = self.text.at(end);
        if name.len() < 2
            || matches!(after, b'=' | b'(' | b'/' | b'@' | b'*' | b':')
                && !(after == b':' && self.text.at(end + 1).is_ascii_digit())
        {
            return;
        }
        if after == b'\\' && self.text.at(end + 1).is_ascii_alphanumeric() && !assigned {
            return;
        }
        let shape = Shape::of(name);
        let lower = Lower::squeezed(name);
        let none = matches!(
            lower.as_bytes(),
            b"localhost"
                | b"true"
                | b"false"
                | b"null"
                | b"none"
                | b"unknown"
                | b"default"
                | b"windows"
                | b"client"
                | b"server"
                | b"yes"
                | b"no"
                | b"na"
                | b"all"
                | b"any"
                | b"local"
                | b"workgroup"
                | b"name"
                | b"microsoft"
                | b"linux"
                | b"macos"
                | b"apache"
                | b"nginx"
                | b"empty"
                | b"not"
                | b"host"
                | b"device"
                | b"machine"
                | b"computer"
                | b"unbekannt"
                | b"inconnu"
                | b"error"
                | b"failed"
                | b"ok"
                | b"online"
                | b"offline"
                | b"is"
                | b"isnull"
                | b"select"
                | b"this"
                | b"the"
                | b"a"
                | b"an"
                | b"has"
                | b"was"
                | b"with"
                | b"for"
                | b"in"
        );
        if none || shape.letters() + shape.wide == 0 || name.starts_with(b"0x") {
            return;
        }
        if shape.dots > 0 {
            let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
            let technical =
                is_file_ending(Lower::squeezed(last).as_bytes()) || last.iter().all(u8::is_ascii_digit);
            if strong && !technical && !is_vendor_domain(name) && !is_camel(last) {
                self.put(Kind::Fqdn, start, end);
            }
            return;
        }
        if name.len() > 63 || (is_technical_code(name) && !(strong && assigned)) || shape.underscores > 2 {
            return;
        }
        let looks_so = shape.digits > 0 || shape.dashes > 0 || (shape.lower == 0 && shape.len > 2);
        // After a colon stands prose too: `server: connection lost`.
        if looks_so || (strong && (assigned || shape.lower == shape.letters())) {
            self.put(Kind::HostName, start, end);
        }
    }

    /// The host in a URL whose authority is `start..end`.
    pub fn url_host(&mut self, start: usize, end: usize) {
        let authority = self.text.slice(start..end);
        let host_start = authority.iter().rposition(|byte| *byte == b'@').map_or(start, |at| start + at + 1);
        let stop = self.text.run_of_letters(host_start, end - host_start, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
        });
        let stop = self.text.run_back(stop, stop - host_start, |byte| matches!(byte, b'.' | b'-'));
        let host = self.text.slice(host_start..stop);
        let lower = Lower::squeezed(host);
        let shape = Shape::of(host);
        let none = host.len() < 2
            || shape.letters() + shape.wide == 0
            || matches!(
                lower.as_bytes(),
                b"localhost"
                    | b"schemas"
                    | b"host"
                    | b"server"
                    | b"servername"
                    | b"hostname"
                    | b"wpad"
                    | b"www"
            )
            || is_vendor_domain(host);
        if !none && stop <= end {
            self.put(if shape.dots > 0 { Kind::Fqdn } else { Kind::HostName }, host_start, stop);
        }
    }
}

/// What ends like a domain and is none: programs, frameworks.
fn is_no_host(first: &[u8], top: &[u8]) -> bool {
    match top {
        b"com" => matches!(
            first,
            b"command"
                | b"more"
                | b"chcp"
                | b"format"
                | b"tree"
                | b"mode"
                | b"diskcomp"
                | b"diskcopy"
                | b"win"
                | b"edit"
                | b"graftabl"
                | b"loadfix"
                | b"system"
                | b"microsoft"
        ),
        b"info" => {
            first.len() < 3
                || matches!(
                    first,
                    b"logger"
                        | b"console"
                        | b"user"
                        | b"item"
                        | b"file"
                        | b"autorun"
                        | b"setup"
                        | b"version"
                        | b"system"
                )
        }
        b"net" => matches!(
            first,
            b"asp"
                | b"ado"
                | b"vb"
                | b"paint"
                | b"microsoft"
                | b"system"
                | b"ml"
                | b"json"
                | b"log4"
                | b"npgsql"
                | b"quartz"
                | b"lucene"
        ),
        _ => false,
    }
}

/// Capitals inside: `ManagementProvider`.
fn is_camel(label: &[u8]) -> bool {
    label.windows(2).any(|two| matches!(two, [b'a'..=b'z', b'A'..=b'Z']))
}
