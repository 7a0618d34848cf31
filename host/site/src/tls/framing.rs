//! The TLS handshake inside PRELOGIN packets (MS-TDS 2.2.6.5), and nothing around TLS after it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::prelogin::{HEADER, LAST, TYPE_PRELOGIN, header};

/// The packet size that holds before a login has agreed on another one.
const PACKET: usize = 4096;

/// What of a handshake is gathered before it is sent; a client's flights have some hundred bytes.
const MOST_GATHERED: usize = 64 * 1024;

/// A transport whose bytes are wrapped in packets until [`end_handshake`](Self::end_handshake).
///
/// What comes in is decided packet by packet: a server may send what follows its handshake (TLS 1.3 tickets) in a
/// packet or without one. A record of TLS begins with a byte that no packet of a handshake begins with.
pub(super) struct Framing<S> {
    transport: S,
    wrap_out: bool,
    wrap_in: bool,
    /// Bytes to be sent, not yet in packets.
    gathered: Vec<u8>,
    /// Packets being sent, and how much of them was.
    sending: Vec<u8>,
    sent: usize,
    /// A header, as far as it was read.
    head: [u8; HEADER],
    head_len: usize,
    /// Bytes of the head that belong to TLS and have not been handed on: from here to `head_len`.
    loose: Option<usize>,
    /// What is left of the packet that is being read.
    left: usize,
}

impl<S> Framing<S> {
    pub(super) const fn new(transport: S) -> Self {
        Self {
            transport,
            wrap_out: true,
            wrap_in: true,
            gathered: Vec::new(),
            sending: Vec::new(),
            sent: 0,
            head: [0; HEADER],
            head_len: 0,
            loose: None,
            left: 0,
        }
    }

    /// From here on what is written goes out as it is. The handshake must have been flushed.
    pub(super) const fn end_handshake(&mut self) {
        self.wrap_out = false;
    }

    /// Hands on what was read as a header and turned out to be TLS.
    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let Some(from) = self.loose else { return false };
        let rest = self.head.get(from..self.head_len).unwrap_or_default();
        let part = rest.get(..buf.remaining().min(rest.len())).unwrap_or_default();
        buf.put_slice(part);
        let next = from + part.len();
        self.loose = (next < self.head_len).then_some(next);
        true
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<S: AsyncRead + Unpin> Framing<S> {
    /// Reads on until there is a packet with something in it. `false` where there are no packets any more.
    fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.left == 0 {
            let mut head = ReadBuf::new(self.head.get_mut(self.head_len..).unwrap_or_default());
            ready!(Pin::new(&mut self.transport).poll_read(cx, &mut head))?;
            let read = head.filled().len();
            if read == 0 {
                return Poll::Ready(match self.head_len {
                    0 => Ok(false),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                });
            }
            self.head_len += read;
            match self.head {
                [TYPE_PRELOGIN, ..] => {}
                // Change of cipher, alert, handshake, data: TLS without a packet, from here on.
                [0x14..=0x17, ..] => {
                    self.wrap_in = false;
                    self.loose = Some(0);
                    return Poll::Ready(Ok(false));
                }
                _ => return Poll::Ready(Err(malformed("a packet in the handshake that belongs elsewhere"))),
            }
            if self.head_len == HEADER {
                let [_, _, high, low, ..] = self.head;
                self.head_len = 0;
                self.left = usize::from(u16::from_be_bytes([high, low]))
                    .checked_sub(HEADER)
                    .ok_or_else(|| malformed("a packet that is shorter than its header"))?;
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framing<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.hand_on(buf) {
            return Poll::Ready(Ok(()));
        }
        if !this.wrap_in {
            return Pin::new(&mut this.transport).poll_read(cx, buf);
        }
        if !ready!(this.poll_packet(cx))? {
            this.hand_on(buf);
            return Poll::Ready(Ok(()));
        }
        let room = this.left.min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut this.transport).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Framing<S> {
    /// Sends what was gathered as one message.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sending.is_empty() {
            let parts = self.gathered.chunks(PACKET - HEADER);
            let last = parts.len();
            for (number, part) in (1..).zip(parts) {
                let status = if number == last { LAST } else { 0 };
                // Packets are counted in one byte, which wraps.
                let number = number.to_le_bytes().first().copied().unwrap_or_default();
                self.sending.extend_from_slice(&header(TYPE_PRELOGIN, status, part.len(), number));
                self.sending.extend_from_slice(part);
            }
            self.gathered.clear();
        }
        while let Some(rest) = self.sending.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.transport).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.sending.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.wrap_out {
            return Pin::new(&mut this.transport).poll_write(cx, data);
        }
        if !this.sending.is_empty() || this.gathered.len() > MOST_GATHERED {
            ready!(this.poll_send(cx))?;
        }
        this.gathered.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.transport).poll_shutdown(cx)
    }
}
