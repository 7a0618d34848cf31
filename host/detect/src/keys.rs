//! Names of keys that say what their value is, written as one word in small letters, and what stands behind
//! a secret's key that is no secret.

use crate::text::Lower;

type Words = &'static [&'static str];

/// Keys whose value is nobody's business.
#[rustfmt::skip]
const SECRETS: Words = &[
    "pwd", "secret", "pw", "psk", "sharedaccesssignature", "idtoken", "bearertoken", "sastoken", "authkey", "storagekey", "privatekey",
    "encryptionkey", "masterkey", "wachtwoord", "sharedkey", "subscriptionkey", "sessiontoken", "apitoken", "geheimnis", "userpwd",
    "dbpwd", "dbpass", "userpass", "adminpwd", "unattendpwd", "sqlpwd", "networkkey", "recoverykey", "clave", "senha", "haslo",
];

/// The same, whatever comes before: `SqlPassword`, `my_client_secret`.
#[rustfmt::skip]
const SECRET_ENDINGS: Words = &[
    "password", "passwd", "passwort", "kennwort", "passphrase", "secret", "apikey", "accesskey", "accountkey", "secretkey",
    "presharedkey", "accesstoken", "refreshtoken", "authtoken", "motdepasse", "contrasena",
];

/// Keys of several words, and those that name a secret only in some places.
const PHRASES: Words = &["passe", "pass", "key", "value", "wert", "valeur", "authorization", "sig"];

/// Keys that name a machine and nothing else.
const HOSTS: Words = &[
    "fqdn",
    "serverfqdn",
    "netbios",
    "workstation",
    "nomduserveur",
    "nomdordinateur",
    "computernamen",
    "mpname",
];

/// The same, whatever comes before.
const HOST_ENDINGS: Words =
    &["computername", "machinename", "hostname", "servername", "netbiosname", "rechnername", "devicename"];

/// Keys that mostly name a machine.
#[rustfmt::skip]
const WEAK_HOSTS: Words = &[
    "server", "host", "machine", "computer", "device", "rechner", "serveur", "ordinateur", "poste", "client", "node", "managementpoint",
    "distributionpoint", "siteserver", "sqlserver",
];

/// Keys of thumbprints.
const THUMBPRINT_ENDINGS: Words =
    &["thumbprint", "fingerprint", "fingerabdruck", "certhash", "certificatehash", "empreinte"];

/// For each letter that a key may end with, the letters that may stand before it.
#[expect(clippy::indexing_slicing, reason = "it is computed by the compiler, which stops at a wrong index")]
const ENDS: [u32; 26] = {
    let mut ends = [0; 26];
    let lists = [SECRETS, SECRET_ENDINGS, PHRASES, HOSTS, HOST_ENDINGS, WEAK_HOSTS, THUMBPRINT_ENDINGS];
    let mut list = 0;
    while list < lists.len() {
        let mut word = 0;
        while word < lists[list].len() {
            if let [.., before, last] = lists[list][word].as_bytes() {
                ends[(*last - b'a') as usize] |= 1 << (*before - b'a');
            }
            word += 1;
        }
        list += 1;
    }
    ends
};

/// Whether a key ends as one of ours does. Most keys of a log do not, and this tells it at once.
pub fn may_be_key(key: &[u8]) -> bool {
    let [.., before, last] = key else { return false };
    let letter = |byte: &u8| byte.to_ascii_lowercase().wrapping_sub(b'a');
    let before = letter(before);
    before < 26 && ENDS.get(usize::from(letter(last))).is_some_and(|ends| ends >> before & 1 == 1)
}

fn is_one(key: &[u8], words: Words) -> bool {
    words.iter().any(|word| word.as_bytes() == key)
}

fn ends_as(key: &[u8], endings: Words) -> bool {
    endings.iter().any(|ending| key.ends_with(ending.as_bytes()))
}

pub fn is_secret_key(key: &[u8]) -> bool {
    is_one(key, SECRETS) || ends_as(key, SECRET_ENDINGS)
}

pub fn is_host_key(key: &[u8]) -> bool {
    is_one(key, HOSTS) || ends_as(key, HOST_ENDINGS)
}

pub fn is_weak_host_key(key: &[u8]) -> bool {
    is_one(key, WEAK_HOSTS)
}

pub fn is_thumbprint_key(key: &[u8]) -> bool {
    ends_as(key, THUMBPRINT_ENDINGS)
}

/// What stands where a secret would, and is none.
pub fn is_placeholder(value: &[u8]) -> bool {
    let lower = Lower::squeezed(value);
    let word = matches!(
        lower.as_bytes(),
        b"null"
            | b"none"
            | b"true"
            | b"false"
            | b"yes"
            | b"no"
            | b"na"
            | b"n/a"
            | b"(null)"
            | b"(none)"
            | b"(empty)"
            | b"redacted"
            | b"[redacted]"
            | b"hidden"
            | b"[hidden]"
            | b"removed"
            | b"masked"
            | b"required"
            | b"optional"
            | b"0"
            | b"1"
            | b"string"
            | b"securestring"
            | b"nil"
            | b"system.security.securestring"
            | b"systemsecuritysecurestring"
            | b"enabled"
            | b"disabled"
            | b"unset"
            | b"undefined"
    );
    let stars = value.iter().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'#'))
        || (value.len() > 2 && value.iter().all(|byte| matches!(byte, b'x' | b'X')))
        || str::from_utf8(value)
            .is_ok_and(|text| text.chars().all(|character| matches!(character, '•' | '●' | '*')));
    let variable = match value {
        [b'%', name @ .., b'%'] => name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] => true,
        [b'{', digits @ .., b'}'] => digits.iter().all(u8::is_ascii_digit),
        [b'<', .., b'>'] | [b'&', b'l', b't', b';', ..] => true,
        [b'$', name @ ..] => name.starts_with(b"env:"),
        _ => false,
    };
    value.is_empty() || word || stars || variable
}

/// Words that a sentence goes on with: `Password: the account has expired`.
pub fn is_prose(value: &[u8]) -> bool {
    matches!(
        Lower::squeezed(value).as_bytes(),
        b"the"
            | b"a"
            | b"an"
            | b"is"
            | b"not"
            | b"was"
            | b"must"
            | b"has"
            | b"user"
            | b"account"
            | b"failed"
            | b"error"
            | b"invalid"
            | b"incorrect"
            | b"wrong"
            | b"expired"
            | b"empty"
            | b"missing"
            | b"changed"
            | b"this"
            | b"please"
            | b"set"
            | b"der"
            | b"das"
            | b"die"
            | b"le"
            | b"les"
            | b"your"
            | b"and"
            | b"or"
            | b"access"
            | b"unable"
            | b"cannot"
            | b"could"
            | b"no"
            | b"policy"
            | b"length"
            | b"complexity"
            | b"never"
            | b"it"
            | b"if"
            | b"for"
            | b"in"
            | b"to"
    )
}
