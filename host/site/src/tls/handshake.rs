//! From a TCP connection to a [`Stream`] that the driver can log in on.

use std::{io, sync::Arc, time::Duration};

use glasshouse_contract::Pin;
use rustls::{CertificateError, ClientConfig, Error, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    budget::ByteBudget,
    framing::Framing,
    prelogin::{Answer, BadAnswer, HEADER, LAST, Offer, TYPE_RESPONSE, request},
    stream::{Socket, Stream, Transport},
    trust::Refused,
};

/// An answer has some fifty bytes; one that has more than this is none.
const MOST_ANSWER: usize = 16 * 1024;

/// What is read from a socket at once: four of the largest records of TLS.
const READ: usize = 64 * 1024;

/// What is wanted of the other side.
pub(crate) struct Wanted<'a> {
    /// TLS, and the name that the certificate is for; or nothing.
    pub(crate) tls: Option<(&'a Arc<ClientConfig>, ServerName<'static>)>,
    pub(crate) instance: Option<&'a str>,
    /// Whether the login will be a token.
    pub(crate) federated: bool,
    /// For PRELOGIN, and again for the handshake.
    pub(crate) patience: Duration,
}

/// Why there is no encrypted connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The server offers no encryption.
    #[error("the server offers no encryption, and nothing is sent without")]
    NotOffered,
    /// The server takes nobody without encryption.
    #[error("the server takes no connection without encryption, and `no_encryption` is set")]
    Demanded,
    /// The certificate is refused.
    #[error("the server's certificate is refused: {why}")]
    Certificate {
        /// Why.
        why: String,
        /// The key in it.
        presented: Option<Pin>,
    },
    /// The handshake failed otherwise.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
    /// The answer is not that of a SQL Server.
    #[error("the answer is not that of a SQL Server: {0}")]
    NotTds(String),
    /// It is not the instance that was asked for.
    #[error("the server says that it is another instance")]
    OtherInstance,
    /// The connection ended.
    #[error("the server closed the connection during {0}")]
    Closed(&'static str),
    /// Nothing came in time.
    #[error("the server did not answer in time during {0}")]
    Late(&'static str),
    /// The transport failed.
    #[error("the connection failed during {stage}: {why}")]
    Transport {
        /// During what.
        stage: &'static str,
        /// What the operating system says.
        why: io::Error,
    },
}

const PRELOGIN: &str = "PRELOGIN";
const HANDSHAKE: &str = "the TLS handshake";

impl From<BadAnswer> for TlsError {
    fn from(error: BadAnswer) -> Self {
        Self::NotTds(error.to_string())
    }
}

/// Brings up encryption on a connection.
pub(crate) async fn secure(
    tcp: TcpStream,
    wanted: Wanted<'_>,
    budget: Arc<ByteBudget>,
) -> Result<Stream, TlsError> {
    let mut tcp: Socket = BufReader::with_capacity(READ, tcp);
    let offer = if wanted.tls.is_some() { Offer::On } else { Offer::NotSupported };
    let request = request(offer, wanted.instance, wanted.federated);
    let answer = timeout(wanted.patience, exchange(&mut tcp, &request))
        .await
        .map_err(|_| TlsError::Late(PRELOGIN))??;
    if wanted.instance.is_some() && !answer.right_instance {
        return Err(TlsError::OtherInstance);
    }
    let transport = match (wanted.tls, answer.offer) {
        (Some((config, name)), Offer::On | Offer::Required) => {
            let connector = TlsConnector::from(Arc::clone(config));
            let mut tls = timeout(wanted.patience, connector.connect(name, Framing::new(tcp)))
                .await
                .map_err(|_| TlsError::Late(HANDSHAKE))?
                .map_err(handshake_error)?;
            tls.get_mut().0.end_handshake();
            Transport::Tls(Box::new(tls))
        }
        (Some(_), Offer::LoginOnly | Offer::NotSupported) => return Err(TlsError::NotOffered),
        (None, Offer::NotSupported) => Transport::Plain(tcp),
        (None, Offer::On | Offer::Required | Offer::LoginOnly) => return Err(TlsError::Demanded),
    };
    Ok(Stream::new(transport, answer.for_driver(), budget))
}

/// Sends the request and reads the answer.
async fn exchange(tcp: &mut Socket, request: &[u8]) -> Result<Answer, TlsError> {
    let failed = |error| transport_error(PRELOGIN, error);
    tcp.write_all(request).await.map_err(failed)?;
    let mut payload = Vec::new();
    loop {
        let mut head = [0; HEADER];
        tcp.read_exact(&mut head).await.map_err(failed)?;
        let [kind, status, high, low, ..] = head;
        if kind != TYPE_RESPONSE {
            return Err(TlsError::NotTds(format!("it begins with the byte 0x{kind:02x}")));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let from = payload.len();
        let Some(to) = (from + length).checked_sub(HEADER).filter(|to| (from..=MOST_ANSWER).contains(to))
        else {
            return Err(TlsError::NotTds(format!("a packet says that it has {length} bytes")));
        };
        payload.resize(to, 0);
        tcp.read_exact(payload.get_mut(from..).unwrap_or_default()).await.map_err(failed)?;
        if status & LAST != 0 {
            return Ok(Answer::parse(&payload)?);
        }
    }
}

fn transport_error(stage: &'static str, error: io::Error) -> TlsError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            TlsError::Closed(stage)
        }
        _ => TlsError::Transport { stage, why: error },
    }
}

fn handshake_error(error: io::Error) -> TlsError {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return transport_error(HANDSHAKE, error);
    };
    match tls {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<Refused>() {
                Some(refused) => {
                    TlsError::Certificate { why: refused.why.clone(), presented: refused.presented }
                }
                None => TlsError::Handshake(tls.to_string()),
            }
        }
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            TlsError::Handshake("the server does not hold the key of its certificate".to_owned())
        }
        other => TlsError::Handshake(other.to_string()),
    }
}
