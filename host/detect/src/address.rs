//! Addresses on a network: IPv4, IPv6, their networks, and hardware addresses.

use std::net::Ipv6Addr;

use crate::{
    Kind,
    context::{Before, is_called, is_near},
    scan::Scan,
    text::Lower,
};

/// An IPv6 address is at most this long, with an IPv4 address in it.
const LONGEST_V6: usize = 45;

/// A zone is an interface's name or number.
const LONGEST_ZONE: usize = 32;

impl Scan<'_> {
    /// Four numbers with dots: an address, a network, or a version.
    pub fn v4(&mut self, start: usize, end: usize) {
        let Some(octets) = octets(self.text.slice(start..end)) else { return };
        let (before, after) = (self.text.before(start), self.text.at(end));
        let before_that = self.text.before(start.saturating_sub(1));
        // Parts of paths, and comparisons of versions: `lib/1.2.3.4/`, `^1.2.3.4`, `>=1.2.3.4`.
        let in_path = before == b'\\'
            || (before == b'/'
                && (before_that.is_ascii_alphabetic() || matches!(before_that, b'.' | b'_' | b'-' | b')')));
        let compared = matches!(before, b'^' | b'~')
            || (before == b'=' && matches!(before_that, b'<' | b'>' | b'=' | b'!' | b'~'));
        if in_path || compared {
            return;
        }
        if after == b'/' {
            let stop = self.text.run(end + 1, 3, |byte| byte.is_ascii_digit());
            let bits = number(self.text.slice(end + 1..stop)).filter(|bits| *bits <= 32);
            if bits.is_some() && !self.text.goes_on(stop) {
                return self.put(Kind::Cidr, start, stop);
            }
        }
        if names_nobody(octets) || self.is_version(start) {
            return;
        }
        self.put(Kind::Ipv4, start, end);
    }

    /// Whether the words before say that four numbers are a version.
    fn is_version(&self, start: usize) -> bool {
        let mut after_place = false;
        let mut before = self.words_before(start);
        for index in 0..6 {
            let Some(word) = before.next() else { break };
            // `after the hotfix; see 192.0.2.1`: what is said before it is said of something else.
            if self.text.slice(before.at()..start).windows(2).any(|pair| pair == b"; ") {
                return false;
            }
            let lower = Lower::squeezed(word);
            match Says::of(lower.as_bytes()) {
                // `<v>` is the name of any value.
                Says::Version => return lower.as_bytes() != b"v" || self.text.before(start) != b'>',
                Says::Address => return false,
                // `driver from 192.0.2.1` is a place; `version from 1.2.3.4 to 1.2.3.5` is none.
                Says::Place => after_place = true,
                _ if after_place
                    && word.contains(&b'.')
                    && word.iter().all(|byte| !byte.is_ascii_alphabetic()) => {}
                _ if after_place => return false,
                Says::Product if index < 2 => return true,
                Says::Product | Says::Nothing if index >= 3 => return false,
                Says::Product | Says::Nothing => {}
            }
        }
        false
    }

    /// A colon between hexadecimal digits, or next to another one.
    pub fn hex_with_colons(&mut self, colon: usize) {
        if colon < self.colons_done {
            return;
        }
        let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
        let reach = LONGEST_V6 + 15;
        let start = self.text.run_back(colon, reach, part);
        let mut end = self.text.run(colon, reach, part);
        self.colons_done = end;
        let run = self.text.slice(start..end);
        let colons = run.iter().filter(|byte| **byte == b':').count();
        if colons < 2 || self.text.comes_from(start) {
            return;
        }
        if colons >= 5 && self.mac_with_colons(start, end) {
            return;
        }
        // The end of an embedded IPv4 address.
        if self.text.at(end) == b'.' {
            let dotted = self.text.run(end, 16, |byte| byte.is_ascii_digit() || byte == b'.');
            end = self.text.run_back(dotted, dotted - end, |byte| byte == b'.');
        }
        if end - start > LONGEST_V6 {
            return;
        }
        // A colon may end what was said; `::` at the end is part of an address.
        let tail = self.text.slice(start..end);
        if tail.ends_with(b":") && !tail.ends_with(b"::") {
            end -= 1;
        }
        let text = self.text.str(start..end);
        let Some(address) = text.parse::<Ipv6Addr>().ok().filter(|_| !self.text.goes_on(end)) else {
            return;
        };
        // `::`, `::1`, and what stands in a program: `abc::def`.
        let groups = text.split(':').filter(|group| !group.is_empty()).count();
        let digits = text.bytes().any(|byte| byte.is_ascii_digit());
        let network = self.text.at(end) == b'/' && matches!(self.text.at(end + 1), b'1'..=b'9');
        let common = (address.is_unspecified() && !network) || address.is_loopback();
        if common || (!network && ((groups < 4 && !digits) || (groups < 2 && text.len() < 6))) {
            return;
        }
        if self.text.at(end) == b'%' {
            let zone = self.text.run(end + 1, LONGEST_ZONE, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
            });
            let zone = self.text.run_back(zone, zone - end, |byte| byte == b'.');
            if zone > end + 1 {
                return self.put(Kind::Ipv6, start, zone);
            }
        }
        if self.text.at(end) == b'/' {
            let stop = self.text.run(end + 1, 4, |byte| byte.is_ascii_digit());
            let bits = number(self.text.slice(end + 1..stop)).filter(|bits| *bits <= 128);
            if bits.is_some() && !self.text.goes_on(stop) {
                return self.put(Kind::Cidr, start, stop);
            }
        }
        self.put(Kind::Ipv6, start, end);
    }

    fn mac_with_colons(&mut self, start: usize, end: usize) -> bool {
        let run = self.text.slice(start..end);
        let run = run.strip_suffix(b":").unwrap_or(run);
        self.mac(start, start + run.len(), b':')
    }

    pub fn mac_with_dashes(&mut self, start: usize, end: usize) -> bool {
        let pairs = self.text.slice(start..end);
        if pairs.iter().all(|byte| !byte.is_ascii_alphabetic()) && is_moment(pairs) {
            return false;
        }
        self.mac(start, end, b'-')
    }

    /// Six pairs, or the eight of an EUI-64.
    fn mac(&mut self, start: usize, end: usize, joint: u8) -> bool {
        let run = self.text.slice(start..end);
        let pairs = run.split(|byte| *byte == joint);
        let count = pairs.clone().count();
        let sound = (count == 6 || count == 8)
            && pairs.clone().all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit));
        if !sound || self.text.goes_on(end) {
            return false;
        }
        if !pairs.clone().all(|pair| pair == b"00")
            && !pairs.clone().all(|pair| pair.eq_ignore_ascii_case(b"ff"))
        {
            self.put(Kind::Mac, start, end);
        }
        true
    }

    /// As network equipment writes it: `0011.2233.4455`.
    pub fn mac_with_dots(&mut self, start: usize, end: usize) -> bool {
        let run = self.text.slice(start..end);
        let groups = run.split(|byte| *byte == b'.');
        let sound = groups.clone().count() == 3
            && groups.clone().all(|group| group.len() == 4 && group.iter().all(u8::is_ascii_hexdigit));
        // Versions that begin with a year: `2019.0150.2000`.
        let year = run.starts_with(b"19") || run.starts_with(b"20");
        let decimal = run.iter().all(|byte| !byte.is_ascii_alphabetic());
        if !sound || (year && decimal) || matches!(self.text.before(start), b'\\' | b'/') {
            return false;
        }
        self.put(Kind::Mac, start, end);
        true
    }

    /// Twelve digits in a row, where they are called so.
    pub fn bare_mac(&mut self, start: usize, end: usize) -> bool {
        let called = |name: &[u8]| {
            matches!(name, b"mac" | b"physicaladdress" | b"hardwareaddress" | b"ethernetaddress")
                || name.ends_with(b"macaddress")
                || name.ends_with(b"macadresse")
                || name.ends_with(b"macaddr")
        };
        let found = is_called(self.words_before(start), called);
        if found {
            self.put(Kind::Mac, start, end);
        }
        found
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// The numbers of an address: four, 255 at most, no zeros in front.
fn octets(text: &[u8]) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let mut parts = text.split(|byte| *byte == b'.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.len() > 1 && part.starts_with(b"0") {
            return None;
        }
        *octet = number(part).and_then(|number| u8::try_from(number).ok())?;
    }
    parts.next().is_none().then_some(octets)
}

/// What is on every machine, masks of networks, and what only versions end with.
fn names_nobody(octets: [u8; 4]) -> bool {
    let mask = u32::from_be_bytes(octets);
    let is_mask = mask.leading_ones() + mask.trailing_zeros() >= 32 && mask.leading_ones() >= 8;
    match octets {
        [0 | 127, 0, 0, 0 | 1] | [_, 0, 0, 0] => true,
        [major, _, 0, 0] => major < 20 && major != 10,
        _ => is_mask,
    }
}

/// `24-11-20-09-13-05` is a moment that is written like six pairs.
fn is_moment(pairs: &[u8]) -> bool {
    let numbers: Option<Vec<u32>> = pairs.split(|byte| *byte == b'-').map(number).collect();
    let Some(numbers) = numbers else { return false };
    let [a, month, c, hour, minute, second] = numbers.as_slice() else { return false };
    let day = if *a > 31 { *c } else { (*a).min(*c) };
    (1..=12).contains(month) && day <= 31 && *hour < 24 && *minute < 60 && *second < 60
}

/// What a word before four numbers says of them.
enum Says {
    Version,
    Product,
    Address,
    Place,
    Nothing,
}

impl Says {
    fn of(word: &[u8]) -> Self {
        match word {
            b"v" | b"ver" | b"version" | b"versions" | b"build" | b"builds" | b"buildnumber" | b"release"
            | b"rev" | b"revision" | b"firmware" | b"bios" | b"upgrade" | b"upgraded" | b"upgrading"
            | b"aktualisiert" | b"sdk" | b"runtime" | b"framework" | b"net" | b"redistributable"
            | b"chipset" | b"versionen" | b"assembly" | b"hotfix" => Self::Version,
            b"drv" | b"drivers" | b"treiber" | b"pilote" | b"pilotes" | b"patch" | b"dll" | b"exe"
            | b"sys" | b"msi" | b"nuget" | b"plugin" | b"addin" | b"x64" | b"x86" | b"64bit" | b"32bit"
            | b"driver" | b"update" | b"package" | b"installed" | b"setup" | b"installer" | b"software"
            | b"edition" | b"module" | b"odbc" | b"ole" | b"graphics" | b"audio" | b"bluetooth"
            | b"chrome" | b"firefox" | b"edge" | b"java" | b"jre" | b"jdk" | b"acrobat" | b"reader"
            | b"office" | b"studio" | b"toolkit" | b"library" | b"app" | b"application" | b"product"
            | b"tools" | b"viewer" | b"player" | b"engine" => Self::Product,
            b"ip" | b"ips" | b"ipv4" | b"address" | b"addresses" | b"addr" | b"adresse" | b"adressen"
            | b"ipaddress" | b"host" | b"hostname" | b"server" | b"serveur" | b"gateway" | b"passerelle"
            | b"dns" | b"dhcp" | b"wins" | b"subnet" | b"network" | b"netzwerk" | b"peer" | b"remote"
            | b"source" | b"destination" | b"src" | b"dst" | b"ping" | b"port" | b"proxy" | b"boundary"
            | b"range" | b"tcp" | b"udp" | b"http" | b"https" | b"url" | b"mask" | b"route"
            | b"interface" | b"nic" | b"lease" | b"connect" | b"connected" | b"connecting"
            | b"connection" | b"verbindung" | b"connexion" | b"machine" | b"computer" | b"rechner"
            | b"poste" | b"see" | b"siehe" | b"voir" | b"reach" | b"reached" | b"contact" | b"contacted" => {
                Self::Address
            }
            b"from" | b"to" | b"at" | b"via" | b"by" | b"von" | b"nach" | b"an" | b"zu" | b"auf"
            | b"depuis" | b"vers" | b"de" | b"par" => Self::Place,
            other
                if other.ends_with(b"version")
                    || other.ends_with(b"versions")
                    || other.ends_with(b"versionen") =>
            {
                Self::Version
            }
            other if is_program(other) => Self::Product,
            _ => Self::Nothing,
        }
    }
}

/// The name of a file that has a version; the dot in it is squeezed out.
fn is_program(word: &[u8]) -> bool {
    word.len() > 5 && [b"dll", b"exe", b"sys", b"msi"].iter().any(|ending| word.ends_with(*ending))
}

/// Whether a certificate is spoken of.
pub fn speaks_of_certificate(before: Before<'_>) -> bool {
    is_near(before, 5, |word| {
        word.starts_with(b"thumbprint")
            || word.ends_with(b"thumbprint")
            || word.starts_with(b"fingerprint")
            || word.ends_with(b"fingerabdruck")
            || word.starts_with(b"empreinte")
            || word.starts_with(b"certificate")
            || word.starts_with(b"zertifikat")
            || word.starts_with(b"certificat")
            || word.ends_with(b"certificate")
            || word.ends_with(b"certhash")
            || matches!(word, b"cert" | b"certs" | b"sslcert" | b"certid")
    })
}
