//! Why a receiver's certificate is not believed: each with a word and a mend of its own, for each is mended by somebody
//! else.

use std::fmt;

use glasshouse_contract::shown;
use rustls::CertificateError;

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for another name than the endpoint's.
    OtherName,
    /// None of the authorities that are believed has signed it.
    Authority,
    /// It was revoked.
    Revoked,
    /// Something else.
    Other(String),
}

impl Distrust {
    pub(crate) fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherName
            }
            // The second: it says that an authority signed it, and has that one's name alone.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Authority,
            CertificateError::Revoked => Self::Revoked,
            // An error of webpki's own is handed on by its name.
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                Self::Other("it is that of an authority".to_owned())
            }
            CertificateError::Other(other) => Self::Other(shown(&other.to_string())),
            other => Self::Other(shown(&other.to_string())),
        }
    }

    /// One word for it, which quotes nothing.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Expired => "certificate-expired",
            Self::NotYetValid => "certificate-not-yet-valid",
            Self::OtherName => "certificate-name",
            Self::Authority => "certificate-authority",
            Self::Revoked => "certificate-revoked",
            Self::Other(_) => "certificate",
        }
    }

    pub(crate) const fn mend(&self) -> &'static str {
        match self {
            Self::Expired => {
                "whoever runs the receiver has to renew it; if that was done, check this machine's clock"
            }
            Self::NotYetValid => "check this machine's clock; if it is right, ask whoever runs the receiver",
            Self::OtherName => {
                "whoever runs the receiver has to get a certificate for this name; another `host` counts for what is \
                 sealed from then on"
            }
            Self::Authority => {
                "name the authority that signed it with `ca_file`, after asking whoever runs the receiver which one \
                 that is: somebody in between who inspects the traffic has another"
            }
            Self::Revoked | Self::Other(_) => "whoever runs the receiver has to replace it",
        }
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet; or this machine's clock is wrong",
            Self::OtherName => "it is for another name",
            Self::Authority => "no authority that is believed has signed it",
            Self::Revoked => "it was revoked",
            Self::Other(why) => why,
        })
    }
}
