//! What the driver reads and writes.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use futures_util::io::{AsyncRead, AsyncWrite};
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, BufReader, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::{
    budget::ByteBudget,
    framing::Framing,
    prelogin::{HEADER, LAST, TYPE_PRELOGIN},
};

/// A socket from which much is read at once: rustls by itself asks for 4 KiB, and the driver for 8.
pub(super) type Socket = BufReader<TcpStream>;

/// What is under a [`Stream`].
pub(super) enum Transport {
    Tls(Box<TlsStream<Framing<Socket>>>),
    /// Only with `no_encryption`.
    Plain(Socket),
}

/// A connection on which PRELOGIN and TLS are done. The driver begins with a PRELOGIN of its own, which ends here
/// and is answered from here; everything after it goes through as it is, counted against the budget.
pub(crate) struct Stream {
    transport: Transport,
    phase: Phase,
    budget: Arc<ByteBudget>,
}

enum Phase {
    /// The driver writes its PRELOGIN: what there is of it, and who waits for the answer.
    Asked { message: Vec<u8>, answer: Vec<u8>, reader: Option<Waker> },
    /// The driver reads the answer, from this place on.
    Answered { answer: Vec<u8>, from: usize },
    /// All that follows.
    Through,
}

impl Stream {
    pub(super) const fn new(transport: Transport, answer: Vec<u8>, budget: Arc<ByteBudget>) -> Self {
        Self { transport, phase: Phase::Asked { message: Vec::new(), answer, reader: None }, budget }
    }

    fn read_through(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.budget.take(0)?;
        let mut read = ReadBuf::new(buf);
        match &mut self.transport {
            Transport::Tls(tls) => match ready!(Pin::new(tls).poll_read(cx, &mut read)) {
                // SQL Server says no goodbye in TLS. A message of TDS has an end of its own, so that nothing is
                // cut off unseen: an end in its middle is an error one layer up.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                result => result?,
            },
            Transport::Plain(tcp) => ready!(Pin::new(tcp).poll_read(cx, &mut read))?,
        }
        let length = read.filled().len();
        self.budget.take(length)?;
        Poll::Ready(Ok(length))
    }
}

/// Whether the driver's first message is there as a whole. It is one packet.
fn is_whole(message: &[u8]) -> io::Result<bool> {
    let Some([kind, status, high, low, ..]) = message.first_chunk::<HEADER>() else { return Ok(false) };
    if *kind != TYPE_PRELOGIN || status & LAST == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the driver did not begin with PRELOGIN"));
    }
    Ok(message.len() >= usize::from(u16::from_be_bytes([*high, *low])))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.phase {
            Phase::Asked { reader, .. } => {
                *reader = Some(cx.waker().clone());
                Poll::Pending
            }
            Phase::Answered { answer, from } => {
                let rest = answer.get(*from..).unwrap_or_default();
                let length = rest.len().min(buf.len());
                for (to, byte) in buf.iter_mut().zip(rest) {
                    *to = *byte;
                }
                *from += length;
                if *from == answer.len() {
                    this.phase = Phase::Through;
                }
                Poll::Ready(Ok(length))
            }
            Phase::Through => this.read_through(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Phase::Asked { message, answer, reader } = &mut this.phase {
            // The driver waits for the answer before it writes on, so all of `data` is of this message.
            message.extend_from_slice(data);
            if is_whole(message)? {
                if let Some(reader) = reader.take() {
                    reader.wake();
                }
                this.phase = Phase::Answered { answer: std::mem::take(answer), from: 0 };
            }
            return Poll::Ready(Ok(data.len()));
        }
        match &mut this.transport {
            Transport::Tls(tls) => Pin::new(tls).poll_write(cx, data),
            Transport::Plain(tcp) => Pin::new(tcp).poll_write(cx, data),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Transport::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
        }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Transport::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
        }
    }
}
