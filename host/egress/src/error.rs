//! What can go wrong on the way.
//!
//! A [`SendError`] is a destination and a [`Cause`]. Causes are made from types, and from words of the operating
//! system and of this room: nothing that a receiver sends is in one, and no URL beyond the endpoint's own.
//! [`SendError::kind`] is all that may get into a receipt or a metric.

use std::{error::Error, fmt, io, net::IpAddr, time::Duration};

use glasshouse_contract::{Fault, FaultKind, Pin, shown};
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::{
    credential::BadCredential,
    destination::{Destination, Proxied},
    distrust::Distrust,
    resolve::Astray,
    trust::WrongKey,
};

/// What went wrong, and on the way where to.
#[derive(Debug)]
pub struct SendError {
    destination: String,
    proxied: Proxied,
    // Boxed, for it is rare and large.
    cause: Box<Cause>,
}

/// Where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Until a connection was there and encrypted, the name looked up and the proxy passed.
    Connect,
    /// Handing over the request and waiting for the head of the answer.
    Answer,
    /// Reading the body of the answer.
    Body,
    /// All of it together.
    Whole,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The request may not go to this destination, now or ever.
    #[error("the request is not sent: {0}")]
    Refused(String),
    /// The credential cannot be read or used.
    #[error("{why}")]
    Credential {
        /// Why not; says where it is and never what it is.
        why: String,
        /// How to mend it.
        mend: &'static str,
    },
    /// The name has no address.
    #[error("the name cannot be resolved: {0}")]
    Resolve(String),
    /// The name leads to addresses that may not be connected to.
    #[error("the name leads to {address}, which is {kind}, and is not connected to")]
    Address {
        /// The first of them.
        address: IpAddr,
        /// Of which kind it is.
        kind: String,
    },
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The proxy wants a login, or another one (status 407).
    #[error("the proxy demands a login, or refuses the one it was shown (407)")]
    ProxyLogin,
    /// The proxy opens no way to the receiver.
    #[error("the proxy does not lead there: {0}")]
    Proxy(String),
    /// No encrypted connection.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The certificate is not believed.
    #[error("the receiver's certificate is refused: {0}")]
    Certificate(Distrust),
    /// The certificate would do, and its key is none of the pinned ones.
    #[error(
        "the receiver's certificate is of an authority that is believed, and its key is none of the pinned ones"
    )]
    Pin {
        /// The key in it.
        presented: Option<Pin>,
    },
    /// It took too long.
    #[error("{} within {} s", stage, after.as_secs())]
    Timeout {
        /// What did.
        stage: Stage,
        /// After how long.
        after: Duration,
    },
    /// The answer is larger than any that is read.
    #[error("the {what} of the answer is larger than {limit}")]
    TooLarge {
        /// Which part of it.
        what: &'static str,
        /// What is read of it at most.
        limit: &'static str,
    },
    /// The connection ended, or what came is no HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no encrypted connection",
            Self::Answer => "no answer",
            Self::Body => "nothing more of the answer",
            Self::Whole => "not done",
        })
    }
}

impl SendError {
    pub(crate) fn new(destination: &Destination, cause: Cause) -> Self {
        Self {
            destination: format!("target {}, {}", destination.target(), destination.url()),
            proxied: destination.proxied(),
            cause: Box::new(cause),
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether to try again. `true` is about the way: other requests to this endpoint would fare alike, and the
    /// same request may pass later. `false` is about this request: it never will, and others may.
    #[must_use]
    pub fn retry(&self) -> bool {
        !matches!(*self.cause, Cause::Refused(_))
    }

    /// Whether a file that the configuration names could mend it: then the way has to be opened anew, for it is the
    /// files as they were when it was opened.
    #[must_use]
    pub fn may_lie_in_files(&self) -> bool {
        matches!(
            *self.cause,
            Cause::Credential { .. }
                | Cause::ProxyLogin
                | Cause::Tls(_)
                | Cause::Certificate(Distrust::Authority)
        )
    }

    /// One word for it, which quotes nothing.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &*self.cause {
            Cause::Refused(_) => "refused",
            Cause::Credential { .. } => "credential",
            Cause::Resolve(_) => "resolve",
            Cause::Address { .. } => "address",
            Cause::Connect(_) => "connect",
            Cause::ProxyLogin => "proxy-login",
            Cause::Proxy(_) => "proxy",
            Cause::Tls(_) => "tls",
            Cause::Certificate(distrust) => distrust.word(),
            Cause::Pin { .. } => "pin",
            Cause::Timeout { .. } => "timeout",
            Cause::TooLarge { .. } => "too-large",
            Cause::Broken(_) => "broken",
        }
    }

    /// For the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let kind = match &*self.cause {
            Cause::Refused(_) | Cause::Address { .. } | Cause::Pin { .. } | Cause::Certificate(_) => {
                FaultKind::Refused
            }
            Cause::Credential { .. } => FaultKind::Malformed,
            _ => FaultKind::Unreachable,
        };
        let mend = match &*self.cause {
            Cause::Refused(_) => "see the request with `preview`; its plugin has to be mended".to_owned(),
            Cause::Credential { mend, .. } => (*mend).to_owned(),
            Cause::Resolve(_) => "check the host's name and this machine's DNS".to_owned(),
            Cause::Address { address, .. } => format!(
                "if the receiver is meant to be there, allow it: `addresses = [\"{address}\"]` under its endpoint"
            ),
            Cause::ProxyLogin if self.proxied == Proxied::WithLogin => {
                "the proxy refuses the login that it was shown: check user and secret of `proxy_credential`".to_owned()
            }
            Cause::ProxyLogin => "write the login under the endpoint: `proxy_credential = { kind = \"basic\", \
                                  user = \"..\", file = \"..\" }`"
                .to_owned(),
            Cause::Connect(_) | Cause::Proxy(_) if self.proxied != Proxied::No => {
                "check that the proxy runs and lets this host through to the receiver (TCP 443)".to_owned()
            }
            Cause::Connect(_) | Cause::Proxy(_) => {
                "check that the receiver runs and that a firewall lets this host through (TCP 443)".to_owned()
            }
            Cause::Tls(_) => "check the receiver's settings of TLS, and the client certificate if it wants one; a \
                              proxy in between may speak in its place"
                .to_owned(),
            Cause::Certificate(distrust) => distrust.mend().to_owned(),
            Cause::Pin { presented } => {
                let key = presented.map_or_else(|| "a key that cannot be read".to_owned(), |pin| pin.to_string());
                format!(
                    "somebody in between inspects the traffic, or the receiver has another key: it showed {key}; \
                     ask whoever runs it before you add that to `pins`"
                )
            }
            Cause::Timeout { stage: Stage::Connect, .. } => {
                "check that the receiver can be reached, or raise `connect_timeout_s`".to_owned()
            }
            Cause::Timeout { .. } => {
                "it is tried again; if it stays so, ask whoever runs the receiver, or raise `read_timeout_s` and \
                 `timeout_s`"
                    .to_owned()
            }
            Cause::TooLarge { .. } | Cause::Broken(_) => {
                "it is tried again; if it stays so, ask whoever runs the receiver".to_owned()
            }
        };
        Fault::new(kind, &self.destination, &self.cause, mend)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.destination, self.cause)
    }
}

impl Error for SendError {}

impl From<BadCredential> for Cause {
    fn from(error: BadCredential) -> Self {
        Self::Credential { why: error.to_string(), mend: error.mend() }
    }
}

impl Cause {
    /// What the client's error is. `connect` is how long it had for a connection.
    pub(crate) fn of(error: reqwest::Error, connect: Duration) -> Self {
        // The URL may have a credential in its query.
        let error = error.without_url();
        let (connecting, late) = (error.is_connect(), error.is_timeout());
        let links = chain(&error);
        for link in &links {
            if let Some(astray) = link.downcast_ref::<Astray>() {
                return match astray {
                    Astray::Refused(address, purpose) => {
                        Self::Address { address: *address, kind: purpose.to_string() }
                    }
                    Astray::NotFound(_) | Astray::NoAddress => Self::Resolve(astray.to_string()),
                };
            }
            if let Some(tls) = link.downcast_ref::<TlsError>() {
                return of_tls(tls);
            }
        }
        // The client tells these two by their words alone; tests hold it to them.
        let words = |text: &str| links.iter().any(|link| link.to_string().contains(text));
        let last = links.last().map_or_else(String::new, |link| shown(&link.to_string()));
        if words("proxy authorization required") {
            Self::ProxyLogin
        } else if connecting && late {
            Self::Timeout { stage: Stage::Connect, after: connect }
        } else if words("tunnel error: ") && !words("failed to create underlying connection") {
            Self::Proxy(last)
        } else if connecting {
            Self::Connect(last)
        } else if words("message head is too large") {
            Self::TooLarge { what: "head", limit: "64 lines or 400 KiB" }
        } else {
            Self::Broken(last)
        }
    }
}

/// An error and what is under it. An I/O error hides the error that it was made from behind that one's source.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut links = vec![error];
    let mut link = error;
    // No chain is that long; one that goes round would have no end.
    while links.len() < 32 {
        let inner = link.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => link.source(),
        };
        let Some(next) = next else { break };
        links.push(next);
        link = next;
    }
    links
}

fn of_tls(error: &TlsError) -> Cause {
    match error {
        TlsError::InvalidCertificate(CertificateError::Other(other)) if other.0.is::<WrongKey>() => {
            let presented = other.0.downcast_ref::<WrongKey>().and_then(|wrong| wrong.presented);
            Cause::Pin { presented }
        }
        TlsError::InvalidCertificate(refused) => Cause::Certificate(Distrust::of(refused)),
        TlsError::InvalidMessage(_) => Cause::Tls("what answers does not speak TLS".to_owned()),
        TlsError::PeerIncompatible(_) => {
            Cause::Tls("the receiver has no version and cipher of TLS 1.2 or 1.3".to_owned())
        }
        TlsError::AlertReceived(AlertDescription::ProtocolVersion) => {
            Cause::Tls("the receiver refuses TLS 1.2 and 1.3".to_owned())
        }
        TlsError::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::DecryptError
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::AccessDenied,
        ) => Cause::Tls("the receiver refuses the client certificate, or wants one".to_owned()),
        other => Cause::Tls(shown(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_with_what_to_do() {
        let after = Duration::from_secs(15);
        let said: Vec<String> = [
            Cause::Refused("its header `host` is not for a request to set".to_owned()),
            Cause::Credential {
                why: "the variable HQ is not set, or is not text".to_owned(),
                mend: "set it",
            },
            Cause::Resolve("the name has no address".to_owned()),
            Cause::Address { address: [10, 0, 0, 1].into(), kind: "private".to_owned() },
            Cause::Connect("Connection refused (os error 111)".to_owned()),
            Cause::ProxyLogin,
            Cause::Proxy("tunnel error: unsuccessful".to_owned()),
            Cause::Tls("what answers does not speak TLS".to_owned()),
            of_tls(&TlsError::InvalidCertificate(CertificateError::Expired)),
            of_tls(&TlsError::InvalidCertificate(CertificateError::NotValidYet)),
            of_tls(&TlsError::InvalidCertificate(CertificateError::NotValidForName)),
            of_tls(&TlsError::InvalidCertificate(CertificateError::UnknownIssuer)),
            of_tls(&TlsError::InvalidCertificate(CertificateError::BadEncoding)),
            Cause::Pin { presented: Some(Pin::of_key(b"key")) },
            Cause::Timeout { stage: Stage::Connect, after },
            Cause::Timeout { stage: Stage::Answer, after },
            Cause::Timeout { stage: Stage::Body, after },
            Cause::Timeout { stage: Stage::Whole, after },
            Cause::TooLarge { what: "body", limit: "1 MiB" },
            Cause::Broken("connection reset by peer".to_owned()),
        ]
        .into_iter()
        .map(|cause| SendError {
            destination: "hq".to_owned(),
            proxied: if matches!(cause, Cause::Proxy(_)) { Proxied::Open } else { Proxied::No },
            cause: Box::new(cause),
        })
        .map(|error| {
            format!(
                "{} {} retry={}\n{}",
                error.kind(),
                error.fault().kind.exit_code(),
                error.retry(),
                error.fault()
            )
        })
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        refused 4 retry=false
        hq: the request is not sent: its header `host` is not for a request to set
          mend: see the request with `preview`; its plugin has to be mended
        credential 2 retry=true
        hq: the variable HQ is not set, or is not text
          mend: set it
        resolve 3 retry=true
        hq: the name cannot be resolved: the name has no address
          mend: check the host's name and this machine's DNS
        address 4 retry=true
        hq: the name leads to 10.0.0.1, which is private, and is not connected to
          mend: if the receiver is meant to be there, allow it: `addresses = ["10.0.0.1"]` under its endpoint
        connect 3 retry=true
        hq: no connection: Connection refused (os error 111)
          mend: check that the receiver runs and that a firewall lets this host through (TCP 443)
        proxy-login 3 retry=true
        hq: the proxy demands a login, or refuses the one it was shown (407)
          mend: write the login under the endpoint: `proxy_credential = { kind = "basic", user = "..", file = ".." }`
        proxy 3 retry=true
        hq: the proxy does not lead there: tunnel error: unsuccessful
          mend: check that the proxy runs and lets this host through to the receiver (TCP 443)
        tls 3 retry=true
        hq: the TLS handshake failed: what answers does not speak TLS
          mend: check the receiver's settings of TLS, and the client certificate if it wants one; a proxy in between may speak in its place
        certificate-expired 4 retry=true
        hq: the receiver's certificate is refused: it has expired
          mend: whoever runs the receiver has to renew it; if that was done, check this machine's clock
        certificate-not-yet-valid 4 retry=true
        hq: the receiver's certificate is refused: it is not valid yet; or this machine's clock is wrong
          mend: check this machine's clock; if it is right, ask whoever runs the receiver
        certificate-name 4 retry=true
        hq: the receiver's certificate is refused: it is for another name
          mend: whoever runs the receiver has to get a certificate for this name; another `host` counts for what is sealed from then on
        certificate-authority 4 retry=true
        hq: the receiver's certificate is refused: no authority that is believed has signed it
          mend: name the authority that signed it with `ca_file`, after asking whoever runs the receiver which one that is: somebody in between who inspects the traffic has another
        certificate 4 retry=true
        hq: the receiver's certificate is refused: BadEncoding
          mend: whoever runs the receiver has to replace it
        pin 4 retry=true
        hq: the receiver's certificate is of an authority that is believed, and its key is none of the pinned ones
          mend: somebody in between inspects the traffic, or the receiver has another key: it showed sha256/LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM=; ask whoever runs it before you add that to `pins`
        timeout 3 retry=true
        hq: no encrypted connection within 15 s
          mend: check that the receiver can be reached, or raise `connect_timeout_s`
        timeout 3 retry=true
        hq: no answer within 15 s
          mend: it is tried again; if it stays so, ask whoever runs the receiver, or raise `read_timeout_s` and `timeout_s`
        timeout 3 retry=true
        hq: nothing more of the answer within 15 s
          mend: it is tried again; if it stays so, ask whoever runs the receiver, or raise `read_timeout_s` and `timeout_s`
        timeout 3 retry=true
        hq: not done within 15 s
          mend: it is tried again; if it stays so, ask whoever runs the receiver, or raise `read_timeout_s` and `timeout_s`
        too-large 3 retry=true
        hq: the body of the answer is larger than 1 MiB
          mend: it is tried again; if it stays so, ask whoever runs the receiver
        broken 3 retry=true
        hq: the connection broke: connection reset by peer
          mend: it is tried again; if it stays so, ask whoever runs the receiver
        "#);
    }
}
