//! TDS as bytes: packets, messages, tokens, types and values. Nothing here knows what is asked.

mod columns;
mod cp1252;
mod framing;
mod login7;
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
