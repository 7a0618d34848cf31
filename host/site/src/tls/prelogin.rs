//! PRELOGIN: what client and server tell each other before anything else (MS-TDS 2.2.6.5).

/// A TDS packet's header: type, status, length, process id, packet number, window.
pub(super) const HEADER: usize = 8;
pub(super) const TYPE_RESPONSE: u8 = 0x04;
pub(super) const TYPE_PRELOGIN: u8 = 0x12;
pub(super) const LAST: u8 = 0x01;

const VERSION: u8 = 0x00;
const ENCRYPTION: u8 = 0x01;
const INSTANCE: u8 = 0x02;
const THREAD: u8 = 0x03;
const MARS: u8 = 0x04;
const FEDERATED: u8 = 0x06;
const NONCE: u8 = 0x07;
const END: u8 = 0xff;

/// What the two sides may say of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// Only for the login.
    LoginOnly,
    /// For everything.
    On,
    /// Not at all.
    NotSupported,
    /// For everything, or no connection.
    Required,
}

impl Offer {
    const fn byte(self) -> u8 {
        match self {
            Self::LoginOnly => 0,
            Self::On => 1,
            Self::NotSupported => 2,
            Self::Required => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::LoginOnly),
            1 => Some(Self::On),
            2 => Some(Self::NotSupported),
            3 => Some(Self::Required),
            _ => None,
        }
    }
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) offer: Offer,
    /// Whether it is the instance that was asked for.
    pub(super) right_instance: bool,
    version: [u8; 6],
    federated: Option<u8>,
    nonce: Option<[u8; 32]>,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("its list of options is cut off")]
    Cut,
    #[error("an option points past its end")]
    Outside,
    #[error("it does not say anything of encryption")]
    NoEncryption,
    #[error("it says {0} of encryption, which means nothing")]
    UnknownEncryption(u8),
}

/// The message that a client begins with, in one packet.
pub(super) fn request(offer: Offer, instance: Option<&str>, federated: bool) -> Vec<u8> {
    let mut instance = instance.unwrap_or_default().as_bytes().to_vec();
    instance.push(0);
    let offer = [offer.byte()];
    // Version 17 is that of a current client. Values follow in the order of the list and without gaps: there are
    // servers that read them so and do not look at the offsets.
    let mut options: Vec<(u8, &[u8])> = vec![
        (VERSION, &[0x11, 0, 0, 0, 0, 0]),
        (ENCRYPTION, &offer),
        (INSTANCE, &instance),
        (THREAD, &[0; 4]),
        (MARS, &[0]),
    ];
    if federated {
        options.push((FEDERATED, &[1]));
    }
    packet(TYPE_PRELOGIN, &encode(&options))
}

impl Answer {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, BadAnswer> {
        let mut answer = Self {
            offer: Offer::NotSupported,
            right_instance: true,
            version: [0; 6],
            federated: None,
            nonce: None,
        };
        let mut offer = None;
        let mut list = payload;
        loop {
            let (&token, entry) = list.split_first().ok_or(BadAnswer::Cut)?;
            if token == END {
                break;
            }
            let (&[from_high, from_low, length_high, length_low], rest) =
                entry.split_first_chunk::<4>().ok_or(BadAnswer::Cut)?;
            list = rest;
            let from = usize::from(u16::from_be_bytes([from_high, from_low]));
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let value = payload.get(from..from + length).ok_or(BadAnswer::Outside)?;
            match token {
                VERSION => answer.version = value.try_into().unwrap_or_default(),
                ENCRYPTION => offer = value.first().copied(),
                INSTANCE => answer.right_instance = value.first().is_none_or(|byte| *byte == 0),
                FEDERATED => answer.federated = value.first().copied(),
                NONCE => answer.nonce = value.try_into().ok(),
                // Whatever else there is does not matter to this client.
                _ => {}
            }
        }
        let offer = offer.ok_or(BadAnswer::NoEncryption)?;
        answer.offer = Offer::from_byte(offer).ok_or(BadAnswer::UnknownEncryption(offer))?;
        Ok(answer)
    }

    /// The answer as the driver gets it: the same, but without encryption, which is done already.
    pub(super) fn for_driver(&self) -> Vec<u8> {
        let federated = self.federated.map(|byte| [byte]);
        let mut options: Vec<(u8, &[u8])> =
            vec![(VERSION, &self.version), (ENCRYPTION, &[2]), (INSTANCE, &[0]), (MARS, &[0])];
        if let Some(federated) = &federated {
            options.push((FEDERATED, federated));
        }
        if let Some(nonce) = &self.nonce {
            options.push((NONCE, nonce));
        }
        packet(TYPE_RESPONSE, &encode(&options))
    }
}

fn encode(options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut from = options.len() * 5 + 1;
    let mut bytes = Vec::with_capacity(128);
    for (token, value) in options {
        bytes.push(*token);
        bytes.extend(short(from));
        bytes.extend(short(value.len()));
        from += value.len();
    }
    bytes.push(END);
    options.iter().for_each(|(_, value)| bytes.extend_from_slice(value));
    bytes
}

/// One packet that is a whole message.
fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = header(kind, LAST, payload.len(), 1).to_vec();
    packet.extend_from_slice(payload);
    packet
}

pub(super) fn header(kind: u8, status: u8, payload: usize, number: u8) -> [u8; HEADER] {
    let [high, low] = short(payload + HEADER);
    [kind, status, high, low, 0, 0, number, 0]
}

/// What is written here is far below 64 KiB.
fn short(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(options: &[(u8, &[u8])]) -> Result<Answer, BadAnswer> {
        Answer::parse(&encode(options))
    }

    #[test]
    fn an_answer_says_what_the_server_said() {
        let parsed = answer(&[
            (VERSION, &[16, 0, 4, 98, 0, 0]),
            (ENCRYPTION, &[3]),
            (INSTANCE, &[1]),
            (THREAD, &[]),
            (MARS, &[0]),
            (FEDERATED, &[1]),
            (NONCE, &[9; 32]),
        ])
        .unwrap();
        assert_eq!(parsed.offer, Offer::Required);
        assert!(!parsed.right_instance);
        // The driver gets the same but for encryption and instance, which it need not look at again.
        let told = parsed.for_driver();
        let again = Answer::parse(&told[HEADER..]).unwrap();
        assert_eq!(again, Answer { offer: Offer::NotSupported, right_instance: true, ..parsed });
    }

    #[test]
    fn an_answer_that_is_silent_on_encryption_or_speaks_nonsense_is_refused() {
        assert_eq!(answer(&[(VERSION, &[0; 6])]), Err(BadAnswer::NoEncryption));
        assert_eq!(answer(&[(ENCRYPTION, &[])]), Err(BadAnswer::NoEncryption));
        assert_eq!(answer(&[(ENCRYPTION, &[9])]), Err(BadAnswer::UnknownEncryption(9)));
        assert_eq!(Answer::parse(&[]), Err(BadAnswer::Cut));
        assert_eq!(Answer::parse(&[ENCRYPTION, 0, 9, 0]), Err(BadAnswer::Cut));
        assert_eq!(Answer::parse(&[ENCRYPTION, 0, 200, 0, 1, END]), Err(BadAnswer::Outside));
    }

    #[test]
    fn the_request_is_the_one_that_servers_have_been_seen_to_take() {
        let expected = [
            &[0x12, 1, 0, 0x2f, 0, 0, 1, 0][..],
            &[0, 0, 0x1a, 0, 6, 1, 0, 0x20, 0, 1, 2, 0, 0x21, 0, 1, 3, 0, 0x22, 0, 4, 4, 0, 0x26, 0, 1, 0xff],
            &[0x11, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(request(Offer::On, None, false), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Answer::parse(&bytes);
        }

        // Random bytes seldom get past the list; these do.
        #[test]
        fn no_list_of_options_makes_the_parser_panic(
            options in proptest::collection::vec((0u8..9, any::<u16>(), any::<u16>()), 0..12),
            tail in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut bytes = Vec::new();
            for (token, from, length) in options {
                bytes.push(token);
                bytes.extend((from % 128).to_be_bytes());
                bytes.extend((length % 40).to_be_bytes());
            }
            bytes.push(END);
            bytes.extend(tail);
            if let Ok(answer) = Answer::parse(&bytes) {
                prop_assert!(Answer::parse(&answer.for_driver()[HEADER..]).is_ok());
            }
        }
    }
}
