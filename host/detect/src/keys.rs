//! Names of keys whose values are secrets, and what stands there that is none.

use crate::text::Lower;

/// Keys whose value is nobody's business.
pub fn is_secret_key(key: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 18] = [
        b"password",
        b"passwd",
        b"passwort",
        b"kennwort",
        b"passphrase",
        b"clientsecret",
        b"appsecret",
        b"apikey",
        b"accesskey",
        b"accountkey",
        b"secretkey",
        b"sharedsecret",
        b"presharedkey",
        b"accesstoken",
        b"refreshtoken",
        b"authtoken",
        b"motdepasse",
        b"contrasena",
    ];
    match key {
        b"pwd"
        | b"secret"
        | b"pw"
        | b"psk"
        | b"credential"
        | b"sharedaccesssignature"
        | b"idtoken"
        | b"bearertoken"
        | b"sastoken"
        | b"authkey"
        | b"storagekey"
        | b"primarykey"
        | b"secondarykey"
        | b"privatekey"
        | b"encryptionkey"
        | b"masterkey"
        | b"pin"
        | b"wachtwoord"
        | b"sharedkey"
        | b"subscriptionkey"
        | b"sessiontoken"
        | b"apitoken"
        | b"contrase"
        | b"geheimnis"
        | b"userpwd"
        | b"dbpwd"
        | b"dbpass"
        | b"userpass"
        | b"adminpwd"
        | b"unattendpwd"
        | b"sqlpwd"
        | b"networkkey"
        | b"recoverykey" => true,
        _ => {
            ENDINGS.iter().any(|ending| key.ends_with(ending)) || (key.ends_with(b"secret") && key.len() < 24)
        }
    }
}

pub fn is_thumbprint_key(key: &[u8]) -> bool {
    key.ends_with(b"thumbprint")
        || key.ends_with(b"fingerprint")
        || key.ends_with(b"fingerabdruck")
        || key.ends_with(b"certhash")
        || key == b"certificatehash"
        || key == b"empreinte"
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
