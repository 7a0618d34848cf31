//! Ids that Windows, Entra and Configuration Manager give: GUIDs that are called something, security
//! identifiers, thumbprints.

use crate::{Kind, address::speaks_of_certificate, context::is_called, scan::Scan};

impl Scan<'_> {
    /// A GUID: by itself the id of a product, a policy, a class, and left alone.
    pub fn guid(&mut self, start: usize, end: usize) -> bool {
        let guid = self.text.slice(start..end);
        let mut groups = guid.split(|byte| *byte == b'-');
        let sound = [8, 4, 4, 4, 12].iter().all(|len| {
            groups.next().is_some_and(|group| group.len() == *len && group.iter().all(u8::is_ascii_hexdigit))
        });
        if !sound {
            return false;
        }
        if guid.iter().all(|byte| matches!(byte, b'0' | b'-')) {
            return true;
        }
        if start >= 5 && self.text.has(start - 5, b"guid:") {
            // `GUID:` begins the id, it is not the end of a longer name.
            if !self.text.before(start - 5).is_ascii_alphanumeric() {
                self.put(Kind::SmsUniqueId, start - 5, end);
            }
        } else if is_called(self.words_before(start), is_entra_id) || self.follows_entra_host(start) {
            self.put(Kind::EntraId, start, end);
        } else if is_called(self.words_before(start), is_client_id) {
            self.put(Kind::SmsUniqueId, start, end);
        }
        true
    }

    /// `https://login.microsoftonline.com/<tenant>`, and its like.
    fn follows_entra_host(&self, start: usize) -> bool {
        let hosts: [&[u8]; 5] = [
            b"login.microsoftonline.com/",
            b"login.windows.net/",
            b"sts.windows.net/",
            b"login.microsoftonline.us/",
            b"login.partner.microsoftonline.cn/",
        ];
        let after = |host: &&[u8]| start.checked_sub(host.len()).is_some_and(|at| self.text.has(at, host));
        hosts.iter().any(after)
    }

    /// `S-1-..`: of accounts, computers and domains. Those that are the same everywhere name nobody.
    pub fn sid(&mut self, start: usize, end: usize) {
        let sid = self.text.slice(start..end);
        let mut len = 0;
        let mut parts = [0_u64; 4];
        for (index, part) in sid.split(|byte| *byte == b'-').enumerate() {
            let digits =
                if index == 0 { 1 } else { part.iter().take_while(|byte| byte.is_ascii_digit()).count() };
            if digits == 0 {
                break;
            }
            if let Some(place) = index.checked_sub(2).and_then(|index| parts.get_mut(index)) {
                // The authority and the first parts tell the kind; each is a number of 48 bits at most.
                *place = str::from_utf8(part.get(..digits).unwrap_or_default())
                    .ok()
                    .and_then(|part| part.parse().ok())
                    .unwrap_or(u64::MAX);
            }
            len += digits + usize::from(index > 0);
            // `S-1-5-21-1-2-3-1001_Classes`: a key of the registry.
            if digits < part.len() {
                break;
            }
        }
        // `O:S-1-5-..G:S-1-5-..`: in a security descriptor the next part follows at once.
        let goes_on =
            sid.get(len).is_some_and(u8::is_ascii_alphanumeric) && self.text.at(start + len + 1) != b':';
        // 5-21: domains and computers; 12-1: Entra; 5-83: virtual machines.
        let personal = matches!(parts, [5, 21 | 83, first, _] | [12, 1, first, _] if first > 0);
        if personal && !goes_on {
            self.put(Kind::Sid, start, start + len);
        }
    }

    /// Twelve, forty or sixty-four hexadecimal digits.
    pub fn bare_hex(&mut self, start: usize, end: usize) -> bool {
        match end - start {
            12 => self.bare_mac(start, end),
            _ => {
                let found = speaks_of_certificate(self.words_before(start));
                if found {
                    self.put(Kind::CertificateThumbprint, start, end);
                }
                found
            }
        }
    }

    /// A thumbprint as the certificate viewer shows it: pairs with spaces or colons, twenty or thirty-two.
    /// `start..end` is the first pair.
    pub fn spaced_thumbprint(&mut self, start: usize) {
        let joint = self.text.at(start + 2);
        if !matches!(joint, b' ' | b':' | b'-') {
            return;
        }
        let mut end = start;
        let mut pairs = 0;
        while pairs < 32 && self.text.slice(end..end + 2).iter().all(u8::is_ascii_hexdigit) {
            pairs += 1;
            end += 2;
            if self.text.at(end) != joint || !self.text.at(end + 1).is_ascii_hexdigit() {
                break;
            }
            end += 1;
        }
        let whole = (pairs == 20 || pairs == 32) && !self.text.at(end).is_ascii_alphanumeric();
        if whole && speaks_of_certificate(self.words_before(start)) {
            self.put(Kind::CertificateThumbprint, start, end);
        }
    }
}

/// Names of ids that stand for a tenant, and for persons and devices in it.
fn is_entra_id(name: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 18] = [
        b"tenantid",
        b"tenantguid",
        b"objectid",
        b"objectguid",
        b"directoryid",
        b"subscriptionid",
        b"aaddeviceid",
        b"azureaddeviceid",
        b"entradeviceid",
        b"entraid",
        b"aaduserid",
        b"azureaduserid",
        b"principalid",
        b"deviceid",
        b"userid",
        b"mandantenid",
        b"mandantid",
        b"verzeichnisid",
    ];
    matches!(
        name,
        b"tenant"
            | b"tid"
            | b"oid"
            | b"tenantidentifier"
            | b"aadtenant"
            | b"entratenant"
            | b"azuretenant"
            | b"aadid"
            | b"aadobject"
            | b"entraobject"
            | b"objekt"
            | b"objektid"
            | b"iddelocataire"
            | b"idlocataire"
            | b"locataire"
            | b"iddobjet"
            | b"idobjet"
            | b"abonnementid"
            | b"aadclientid"
            | b"entraclientid"
            | b"azureclientid"
            | b"mandant"
            | b"deviceobject"
            | b"userobject"
    ) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Names under which Configuration Manager writes its unique id without `GUID:`.
fn is_client_id(name: &[u8]) -> bool {
    matches!(
        name,
        b"smsid" | b"smsuniqueid" | b"smsuniqueidentifier" | b"smsclientid" | b"ccmclientid" | b"smsguid"
    ) || name.ends_with(b"smsuniqueidentifier")
}
