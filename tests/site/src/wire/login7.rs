//! LOGIN7: who the client says it is.

use super::WireError;

/// Offsets into the fixed part, where each variable field has its place and its length.
mod at {
    pub(super) const TDS_VERSION: usize = 4;
    pub(super) const PACKET_SIZE: usize = 8;
    pub(super) const OPTIONS_2: usize = 25;
    pub(super) const TYPE: usize = 26;
    pub(super) const OPTIONS_3: usize = 27;
    pub(super) const HOST: usize = 36;
    pub(super) const USER: usize = 40;
    pub(super) const PASSWORD: usize = 44;
    pub(super) const APP: usize = 48;
    pub(super) const EXTENSION: usize = 56;
    pub(super) const DATABASE: usize = 68;
}

const INTEGRATED: u8 = 0x80;
const READ_ONLY_INTENT: u8 = 0x20;
const EXTENSION: u8 = 0x10;
const FEDERATED_AUTH: u8 = 0x02;
const FEATURES_END: u8 = 0xFF;

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A SQL login.
    Password { user: String, password: String },
    /// An Entra token.
    Token(String),
    /// Windows or Kerberos, which nobody here can check.
    Integrated,
}

/// The fields of LOGIN7 that the server uses.
pub(crate) struct Login7 {
    pub(crate) tds_version: u32,
    pub(crate) packet_size: usize,
    pub(crate) credentials: Credentials,
    pub(crate) host: String,
    pub(crate) app: String,
    pub(crate) database: String,
    pub(crate) read_only: bool,
}

fn u16_at(body: &[u8], at: usize) -> Result<u16, WireError> {
    match body.get(at..at + 2) {
        Some(&[low, high]) => Ok(u16::from_le_bytes([low, high])),
        _ => Err(short()),
    }
}

fn u32_at(body: &[u8], at: usize) -> Result<u32, WireError> {
    let bytes = body.get(at..at.saturating_add(4)).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_le_bytes).ok_or_else(short)
}

fn byte_at(body: &[u8], at: usize) -> Result<u8, WireError> {
    body.get(at).copied().ok_or_else(short)
}

fn short() -> WireError {
    WireError::Other("LOGIN7 is cut short".to_owned())
}

/// A variable field: its bytes, two for a character.
fn field(body: &[u8], at: usize) -> Result<&[u8], WireError> {
    let start = usize::from(u16_at(body, at)?);
    let units = usize::from(u16_at(body, at + 2)?);
    body.get(start..start + 2 * units).ok_or_else(short)
}

fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| pair.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
        .collect();
    String::from_utf16_lossy(&units)
}

/// The token of the feature extension "federated authentication": options, a length, UTF-16.
fn token(body: &[u8]) -> Result<Option<String>, WireError> {
    if byte_at(body, at::OPTIONS_3)? & EXTENSION == 0 {
        return Ok(None);
    }
    let pointer = usize::from(u16_at(body, at::EXTENSION)?);
    let mut at = usize::try_from(u32_at(body, pointer)?).map_err(|_| short())?;
    loop {
        let feature = byte_at(body, at)?;
        if feature == FEATURES_END {
            return Ok(None);
        }
        let size = usize::try_from(u32_at(body, at + 1)?).map_err(|_| short())?;
        let data = body.get(at + 5..(at + 5).saturating_add(size)).ok_or_else(short)?;
        if feature == FEDERATED_AUTH {
            let size = usize::try_from(u32_at(data, 1)?).map_err(|_| short())?;
            return Ok(Some(text(data.get(5..5_usize.saturating_add(size)).ok_or_else(short)?)));
        }
        at += 5 + size;
    }
}

impl Login7 {
    pub(crate) fn decode(body: &[u8]) -> Result<Self, WireError> {
        let plain: Vec<u8> =
            field(body, at::PASSWORD)?.iter().map(|byte| (byte ^ 0xA5).rotate_left(4)).collect();
        let credentials = match token(body)? {
            Some(token) => Credentials::Token(token),
            None if byte_at(body, at::OPTIONS_2)? & INTEGRATED != 0 => Credentials::Integrated,
            None => Credentials::Password { user: text(field(body, at::USER)?), password: text(&plain) },
        };
        Ok(Self {
            tds_version: u32_at(body, at::TDS_VERSION)?,
            packet_size: usize::try_from(u32_at(body, at::PACKET_SIZE)?).unwrap_or(usize::MAX),
            credentials,
            host: text(field(body, at::HOST)?),
            app: text(field(body, at::APP)?),
            database: text(field(body, at::DATABASE)?),
            read_only: byte_at(body, at::TYPE)? & READ_ONLY_INTENT != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> tds_protocol::Login7 {
        tds_protocol::Login7::new()
            .with_sql_auth("reader", "geh\u{e4}im")
            .with_database("CM_CAS")
            .with_app_name("an app")
            .with_hostname("PC1")
            .with_read_only_intent(true)
    }

    #[test]
    fn who_logs_in_is_read() {
        let read = Login7::decode(&login().encode()).unwrap();
        let expected = Credentials::Password { user: "reader".into(), password: "geh\u{e4}im".into() };
        assert!(read.credentials == expected);
        assert_eq!(
            (read.database.as_str(), read.app.as_str(), read.host.as_str()),
            ("CM_CAS", "an app", "PC1")
        );
        assert!(read.read_only);
    }

    #[test]
    fn a_login_that_is_cut_off_is_an_error() {
        let whole = login().encode();
        for cut in 0..94 {
            assert!(Login7::decode(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }
}
