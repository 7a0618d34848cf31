//! TLS inside PRELOGIN packets: until the handshake is done, TLS records travel as the payload of
//! packets of type 0x12. After it they are bare on the socket.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tds_protocol::{PacketHeader, PacketStatus, PacketType, packet::PACKET_HEADER_SIZE};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A flight of the server is its certificate chain and little more.
const MAX_FLIGHT: usize = 32_000;

/// A socket that wraps what is written, and unwraps what is read, while the handshake lasts.
#[derive(Debug)]
pub(crate) struct PreloginFraming<S> {
    inner: S,
    handshake: bool,
    /// Bytes of a header that came in so far.
    header: BytesMut,
    /// Bytes of the open packet that are still to come.
    left: usize,
    /// What TLS wrote since it last flushed: one flight, one packet.
    flight: BytesMut,
    /// Packets that the socket has not yet taken.
    framed: BytesMut,
}

impl<S> PreloginFraming<S> {
    /// Over a socket on which PRELOGIN was answered.
    pub(crate) fn new(inner: S) -> Self {
        let empty = BytesMut::new;
        Self { inner, handshake: true, header: empty(), left: 0, flight: empty(), framed: empty() }
    }

    /// From here on records are bare.
    pub(crate) fn handshake_is_done(&mut self) {
        self.handshake = false;
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl<S: AsyncRead + Unpin> PreloginFraming<S> {
    /// Reads up to `wanted` bytes of the socket.
    fn poll_some(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<BytesMut>> {
        let mut bytes = BytesMut::zeroed(wanted.min(4096));
        let mut part = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let got = part.filled().len();
        bytes.truncate(got);
        Poll::Ready(Ok(bytes))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PreloginFraming<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.handshake {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        while this.left == 0 {
            let part = ready!(this.poll_some(cx, PACKET_HEADER_SIZE - this.header.len()))?;
            if part.is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.header.extend_from_slice(&part);
            if this.header.len() == PACKET_HEADER_SIZE {
                let header = PacketHeader::decode(&mut this.header.split())
                    .map_err(|_| malformed("the TLS handshake is not in TDS packets"))?;
                if header.packet_type != PacketType::PreLogin {
                    return Poll::Ready(Err(malformed("a packet of the TLS handshake is not of type 0x12")));
                }
                this.left = header.payload_length();
            }
        }
        let part = ready!(this.poll_some(cx, this.left.min(buf.remaining())))?;
        this.left -= part.len();
        buf.put_slice(&part);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PreloginFraming<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.handshake {
            return Pin::new(&mut this.inner).poll_write(cx, data);
        }
        if this.flight.len() + data.len() > MAX_FLIGHT {
            return Poll::Ready(Err(malformed("a flight of the TLS handshake does not fit into a packet")));
        }
        this.flight.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.flight.is_empty() {
            let flight = this.flight.split();
            let length = u16::try_from(flight.len() + PACKET_HEADER_SIZE)
                .map_err(|_| malformed("a flight of the TLS handshake does not fit into a packet"))?;
            PacketHeader::new(PacketType::PreLogin, PacketStatus::END_OF_MESSAGE, length)
                .encode(&mut this.framed);
            this.framed.extend_from_slice(&flight);
        }
        while !this.framed.is_empty() {
            let taken = ready!(Pin::new(&mut this.inner).poll_write(cx, &this.framed))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.framed.advance(taken);
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
