//! Encryption under the driver. The driver has no way to pin a key and takes no certificate of version 1, which
//! SQL Server makes for itself; so [`secure`] does PRELOGIN and the TLS handshake, and the driver then speaks
//! plain TDS into a [`Stream`] that tells it that encryption is not supported.
//!
//! Nothing but PRELOGIN is ever sent in the clear, and a server that offers less is refused: unless the
//! configuration says `no_encryption`, there is no way from here to an unencrypted login.

mod budget;
mod framing;
mod handshake;
mod pin;
mod prelogin;
mod stream;
#[cfg(test)]
mod tests;
mod trust;

pub(crate) use budget::ByteBudget;
pub use handshake::TlsError;
pub(crate) use handshake::{Wanted, secure};
pub(crate) use stream::Stream;
pub(crate) use trust::{Trust, client_config};
