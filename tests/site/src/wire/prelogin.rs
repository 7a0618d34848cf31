//! PRELOGIN: what a client offers before it says who it is, and the server's answer.

use bytes::{BufMut, Bytes, BytesMut};
use tds_protocol::EncryptionLevel;

use super::WireError;

const VERSION: u8 = 0x00;
const ENCRYPTION: u8 = 0x01;
const INSTANCE: u8 = 0x02;
const MARS: u8 = 0x04;
const FEDERATED: u8 = 0x06;
const END: u8 = 0xFF;

/// SQL Server 2022, as 16.0.1000.
const SERVER_VERSION: [u8; 6] = [16, 0, 0x03, 0xE8, 0, 0];

/// What a client's PRELOGIN says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prelogin {
    pub(crate) encryption: EncryptionLevel,
    /// The named instance that the client believes to be here.
    pub(crate) instance: String,
    /// The client will log in with a token.
    pub(crate) federated: bool,
}

/// The value of one option. Options that are not known are passed over, as the protocol asks.
fn option(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut entries = body;
    loop {
        let [token, high, low, size_high, size_low, rest @ ..] = entries else { return None };
        if *token == END {
            return None;
        }
        if *token == wanted {
            let start = usize::from(u16::from_be_bytes([*high, *low]));
            let size = usize::from(u16::from_be_bytes([*size_high, *size_low]));
            return body.get(start..start + size);
        }
        entries = rest;
    }
}

impl Prelogin {
    pub(crate) fn decode(body: &[u8]) -> Result<Self, WireError> {
        if option(body, VERSION).is_none() {
            return Err(WireError::Other("PRELOGIN without a version".to_owned()));
        }
        let encryption = match option(body, ENCRYPTION).and_then(|value| value.first()) {
            Some(level) => EncryptionLevel::from_u8(*level)?,
            None => EncryptionLevel::NotSupported,
        };
        let instance = option(body, INSTANCE).unwrap_or_default();
        let instance = instance.split(|byte| *byte == 0).next().unwrap_or_default();
        let federated = option(body, FEDERATED).is_some_and(|value| value.first() == Some(&1));
        Ok(Self { encryption, instance: String::from_utf8_lossy(instance).into_owned(), federated })
    }

    /// The server's answer to this.
    pub(crate) fn answer(&self, encryption: EncryptionLevel, instance_is_right: bool) -> Bytes {
        let mut options: Vec<(u8, &[u8])> = vec![(VERSION, &SERVER_VERSION)];
        let level = [encryption as u8];
        options.push((ENCRYPTION, &level));
        options.push((INSTANCE, if instance_is_right { &[0] } else { &[1] }));
        options.push((MARS, &[0]));
        if self.federated {
            options.push((FEDERATED, &[1]));
        }
        let mut body = BytesMut::new();
        let mut offset = options.len() * 5 + 1;
        for (token, value) in &options {
            body.put_u8(*token);
            body.put_u16(u16::try_from(offset).unwrap_or(u16::MAX));
            body.put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
            offset += value.len();
        }
        body.put_u8(END);
        options.iter().for_each(|(_, value)| body.put_slice(value));
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_offers_is_read() {
        let offered = tds_protocol::PreLogin::new().with_encryption(EncryptionLevel::On).with_instance("CM");
        let read = Prelogin::decode(&offered.encode()).unwrap();
        let expected = Prelogin { encryption: EncryptionLevel::On, instance: "CM".into(), federated: false };
        assert_eq!(read, expected);
        assert!(Prelogin::decode(&[END]).is_err());
        assert!(Prelogin::decode(&[VERSION, 0]).is_err());
    }

    #[test]
    fn the_answer_can_be_read_by_a_client() {
        let asked = Prelogin { encryption: EncryptionLevel::On, instance: String::new(), federated: true };
        let answer = tds_protocol::PreLogin::decode(asked.answer(EncryptionLevel::Required, true)).unwrap();
        assert_eq!(answer.encryption, EncryptionLevel::Required);
        assert!(answer.fed_auth_required);
    }
}
