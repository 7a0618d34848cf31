//! What is between a host and a receiver, pretended for tests: authorities with the certificates that they sign, and
//! a proxy.
//!
//! It knows nothing of requests: each test has a receiver of its own, which misbehaves as that test needs it.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "tests alone use it: what cannot be set up ends the test")]

mod authority;
mod proxy;

pub use authority::{Authority, Identity};
pub use proxy::{DEMANDS_LOGIN, Proxy};

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The head of an HTTP message, with the empty line behind it; nothing that follows is read.
///
/// # Errors
/// When the connection ends before.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    String::from_utf8(head).map_err(io::Error::other)
}
