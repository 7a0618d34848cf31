//! TDS as bytes: packets, messages, tokens, types and values. Nothing here knows what is asked.

mod columns;
mod cp1252;
mod framing;
mod login7;
mod moments;
mod packets;
mod parameter;
mod prelogin;
mod request;
mod tokens;
mod values;

pub(crate) use columns::put_columns;
pub(crate) use framing::PreloginFraming;
pub(crate) use login7::{Credentials, Login7};
pub(crate) use packets::{Message, Packets, read_message};
pub(crate) use prelogin::Prelogin;
pub(crate) use request::{Procedure, Request};
pub(crate) use tokens::{
    DoneKind, Ended, Environment, put_collation, put_done, put_environment, put_error, put_federated_ack,
    put_info, put_login_ack, put_reset, put_return_status,
};
pub(crate) use values::{Bits, begin_huge, end_huge, put_cell, put_row, put_row_start};

/// Every string of the pretend server has the collation SQL_Latin1_General_CP1_CI_AS.
const COLLATION: [u8; 5] = [0x09, 0x04, 0xD0, 0x00, 0x34];

/// What a client sent cannot be understood. The connection is closed, as SQL Server does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The socket failed or was closed.
    #[error("the connection is gone: {0}")]
    Io(#[from] std::io::Error),
    /// A packet's header.
    #[error("no TDS packet: {0}")]
    Packet(#[from] tds_protocol::ProtocolError),
    /// A message that ends too early.
    #[error("the message is cut short")]
    Short(#[from] bytes::TryGetError),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// UTF-16 of text, as TDS counts it.
fn utf16(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.encode_utf16()
}

#[cfg(test)]
mod tests {
    use tds_protocol::PacketType;

    use super::*;

    /// Bytes that are the same each time and look like nothing.
    fn noise(seed: u64, size: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..size).map(|_| (next() >> 24) as u8).collect()
    }

    #[test]
    fn bytes_of_any_kind_are_an_error_and_never_a_panic() {
        for seed in 0..20_000 {
            let mut bytes = noise(seed, seed as usize % 300);
            let _any = Prelogin::decode(&bytes);
            let _any = Login7::decode(&bytes);
            // Behind good headers, so that it is the parameters that are read.
            if let Some(start) = bytes.get_mut(..12) {
                start.copy_from_slice(&[4, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0, 0, 0]);
            }
            for kind in [PacketType::Rpc, PacketType::SqlBatch, PacketType::BulkLoad] {
                let body = bytes.clone().into();
                let _any = Request::decode(Message { kind, reset: false, body });
            }
        }
    }

    #[test]
    fn a_login_with_a_byte_changed_anywhere_is_no_panic() {
        let whole = tds_protocol::Login7::new().with_sql_auth("reader", "x").with_database("CM").encode();
        for place in 0..whole.len() {
            for value in [0, 0x10, 0x7F, 0xFF] {
                let mut changed = whole.to_vec();
                changed[place] = value;
                let _any = Login7::decode(&changed);
            }
        }
    }
}
