//! Packets: eight bytes of header, and as many of a message as the agreed size holds.

use bytes::{BufMut, Bytes, BytesMut};
use tds_protocol::{PacketHeader, PacketStatus, PacketType, packet::PACKET_HEADER_SIZE};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::WireError;

/// No request of a test is longer. SQL Server's own bound is 65,536 packets.
const MAX_MESSAGE: usize = 64 << 20;

/// One whole message of a client.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: PacketType,
    /// The client wants the session as new before this is done.
    pub(crate) reset: bool,
    pub(crate) body: Bytes,
}

/// Reads packets until one says that it is the last.
pub(crate) async fn read_message(from: &mut (impl AsyncRead + Unpin + ?Sized)) -> Result<Message, WireError> {
    let mut body = BytesMut::new();
    let mut reset = false;
    loop {
        let mut header = [0_u8; PACKET_HEADER_SIZE];
        from.read_exact(&mut header).await?;
        let header = PacketHeader::decode(&mut header.as_slice())?;
        reset |= header
            .status
            .intersects(PacketStatus::RESET_CONNECTION | PacketStatus::RESET_CONNECTION_KEEP_TRANSACTION);
        let end = body.len() + header.payload_length();
        if end > MAX_MESSAGE {
            return Err(WireError::Other(format!("a message of more than {MAX_MESSAGE} bytes")));
        }
        let start = body.len();
        body.resize(end, 0);
        from.read_exact(body.get_mut(start..).unwrap_or_default()).await?;
        if header.is_end_of_message() {
            return Ok(Message { kind: header.packet_type, reset, body: body.freeze() });
        }
    }
}

/// One answer on its way out: takes tokens, gives packets of the agreed size.
#[derive(Debug)]
pub(crate) struct Packets {
    pending: BytesMut,
    ready: BytesMut,
    payload: usize,
    spid: u16,
    next_id: u8,
}

impl Packets {
    /// An answer in packets of `size` bytes, header included.
    pub(crate) fn new(size: usize, spid: u16) -> Self {
        let payload = size.clamp(512, 32_767) - PACKET_HEADER_SIZE;
        // Ids count from 1 and wrap.
        Self { pending: BytesMut::new(), ready: BytesMut::new(), payload, spid, next_id: 1 }
    }

    /// The bytes of packets that `tokens` fill. The rest waits: only the end may be the last packet.
    pub(crate) fn push(&mut self, tokens: &[u8]) -> Bytes {
        self.pending.extend_from_slice(tokens);
        while self.pending.len() > self.payload {
            let part = self.pending.split_to(self.payload);
            self.packet(&part, false);
        }
        self.ready.split().freeze()
    }

    /// What is left, as a packet after which more will come. For when a client is kept waiting.
    pub(crate) fn flush(&mut self) -> Bytes {
        let part = self.pending.split();
        if !part.is_empty() {
            self.packet(&part, false);
        }
        self.ready.split().freeze()
    }

    /// What is left, as the last packet of the message.
    pub(crate) fn finish(mut self) -> Bytes {
        let part = self.pending.split();
        self.packet(&part, true);
        self.ready.freeze()
    }

    fn packet(&mut self, part: &[u8], last: bool) {
        let status = if last { PacketStatus::END_OF_MESSAGE } else { PacketStatus::NORMAL };
        // The payload is at most 32,759 bytes, so the length always fits.
        let length = u16::try_from(part.len() + PACKET_HEADER_SIZE).unwrap_or(u16::MAX);
        PacketHeader::new(PacketType::TabularResult, status, length)
            .with_packet_id(self.next_id)
            .with_spid(self.spid)
            .encode(&mut self.ready);
        self.next_id = self.next_id.wrapping_add(1);
        self.ready.put_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_into_packets_and_read_back_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for size in [0_usize, 1, 503, 504, 505, 1008, 1009, 5000] {
            let body: Vec<u8> = (0..size).map(|byte| byte as u8).collect();
            let mut packets = Packets::new(512, 51);
            let mut sent = Vec::new();
            for part in body.chunks(97) {
                sent.extend_from_slice(&packets.push(part));
            }
            sent.extend_from_slice(&packets.finish());
            let mut from = sent.as_slice();
            let message = runtime.block_on(read_message(&mut from)).unwrap();
            assert_eq!((message.body.as_ref(), from.len()), (body.as_slice(), 0), "{size} bytes");
        }
    }

    #[test]
    fn a_message_that_is_cut_off_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut packets = Packets::new(512, 51);
        let mut sent = packets.push(&[7; 1000]).to_vec();
        sent.extend_from_slice(&packets.finish());
        for cut in [0, 7, 8, 511, 512, sent.len() - 1] {
            assert!(runtime.block_on(read_message(&mut &sent[..cut])).is_err(), "cut at {cut}");
        }
    }
}
