//! What a client asks: a batch of text, or a procedure with parameters.

use bytes::{Buf, Bytes};
use tds_protocol::PacketType;

use super::{Message, WireError, parameter};
use crate::answer::Value;

/// Which procedure is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Procedure {
    /// One of the procedures that have a number.
    Number(u16),
    /// Any other.
    Name(String),
}

/// A request of a client that has logged in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    /// Text.
    Batch(String),
    /// A procedure and its parameters.
    Call(Procedure, Vec<(String, Value)>),
    /// What is running shall end.
    Attention,
}

/// In place of a name's length: a number follows.
const BY_NUMBER: u16 = 0xFFFF;
/// Between two calls in one message: run the first, or do not.
const NEXT_CALL: [u8; 2] = [0xFF, 0xFE];

/// Headers of transaction and tracing come first, behind their length.
fn skip_headers(body: &mut Bytes) -> Result<(), WireError> {
    let size = body.clone().try_get_u32_le()?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if !(4..=body.remaining()).contains(&size) {
        return Err(WireError::Other("the headers of a request are longer than it".to_owned()));
    }
    body.advance(size);
    Ok(())
}

impl Request {
    pub(crate) fn decode(message: Message) -> Result<Self, WireError> {
        let mut body = message.body;
        match message.kind {
            PacketType::Attention => Ok(Self::Attention),
            PacketType::SqlBatch => {
                skip_headers(&mut body)?;
                Ok(Self::Batch(parameter::text(&body)))
            }
            PacketType::Rpc => {
                skip_headers(&mut body)?;
                Self::call(body)
            }
            other => Err(WireError::Other(format!("a message of the kind {other:?} is not known here"))),
        }
    }

    fn call(mut body: Bytes) -> Result<Self, WireError> {
        let procedure = match body.try_get_u16_le()? {
            BY_NUMBER => Procedure::Number(body.try_get_u16_le()?),
            units => {
                let size = usize::from(units) * 2;
                if body.remaining() < size {
                    return Err(WireError::Other("a procedure's name is cut short".to_owned()));
                }
                Procedure::Name(parameter::text(&body.split_to(size)))
            }
        };
        let _options = body.try_get_u16_le()?;
        let mut parameters = Vec::new();
        while body.has_remaining() {
            if body.first().is_some_and(|byte| NEXT_CALL.contains(byte)) {
                return Err(WireError::Other("more than one call in a message is not known here".to_owned()));
            }
            parameters.push(parameter::take(&mut body)?);
        }
        Ok(Self::Call(procedure, parameters))
    }
}
