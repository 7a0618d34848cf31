//! Whom to believe: certificate authorities, a pinned key, or anybody.

use std::{path::Path, sync::Arc};

use glasshouse_contract::Pin;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, PeerMisbehaved, RootCertStore,
    SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime, pem::PemObject},
};

use super::pin::{pin_of, public_key};

/// Whom to believe.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Certificates that these authorities signed, for the server's name and for now.
    Authorities(RootCertStore),
    /// Whoever holds one of these keys. Chain, name and dates do not matter, so this takes what SQL Server
    /// signed for itself; that the server holds the key is proved by the signature in the handshake.
    Pins(Vec<Pin>),
    /// Anybody.
    Anybody,
}

impl Trust {
    /// The authorities of a PEM file.
    pub(crate) fn ca_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("{shown}: {error}"))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(|error| {
                format!("{shown} has a certificate that cannot be an authority ({error}); a server's own is pinned")
            })?;
        }
        if roots.is_empty() {
            Err(format!("{shown} has no certificate"))
        } else {
            Ok(Self::Authorities(roots))
        }
    }

    /// The authorities of the operating system.
    pub(crate) fn system() -> Result<Self, String> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err("this system has no certificates of authorities".to_owned());
        }
        Ok(Self::Authorities(roots))
    }
}

/// The settings of TLS. Sessions are not resumed: rustls asks no verifier about a resumed session, so one that was
/// begun under another pin would go on.
pub(crate) fn client_config(trust: Trust) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(trust, &provider)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Why a certificate was refused; travels through rustls inside of its error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct Refused {
    pub(super) why: String,
    /// The key that was shown, for a person to compare and pin.
    pub(super) presented: Option<Pin>,
}

impl Refused {
    fn error(why: impl Into<String>, certificate: &CertificateDer<'_>) -> Error {
        let refused = Self { why: why.into(), presented: pin_of(certificate) };
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
    }
}

#[derive(Debug)]
struct Verifier {
    check: Check,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Check {
    Authorities(Arc<WebPkiServerVerifier>),
    Pins(Vec<Pin>),
    Nothing,
}

impl Verifier {
    fn new(trust: Trust, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let check = match trust {
            Trust::Authorities(roots) => Check::Authorities(
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                    .build()
                    .map_err(|error| error.to_string())?,
            ),
            Trust::Pins(pins) => Check::Pins(pins),
            Trust::Anybody => Check::Nothing,
        };
        Ok(Self { check, algorithms: provider.signature_verification_algorithms })
    }
}

fn key_of<'c>(certificate: &'c CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'c>, Error> {
    public_key(certificate).map(Into::into).ok_or_else(|| CertificateError::BadEncoding.into())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.check {
            Check::Nothing => Ok(ServerCertVerified::assertion()),
            Check::Pins(pins) => match pin_of(certificate) {
                Some(pin) if pins.contains(&pin) => Ok(ServerCertVerified::assertion()),
                _ => Err(Refused::error("its public key is not the pinned one", certificate)),
            },
            Check::Authorities(webpki) => webpki
                .verify_server_cert(certificate, intermediates, name, ocsp, now)
                .map_err(|error| Refused::error(reason(&error, name), certificate)),
        }
    }

    // With raw keys, for webpki takes no certificate of version 1, and has nothing left to find in one that
    // passed: the key in it is all that counts here.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = key_of(certificate)?;
        let key = webpki::RawPublicKeyEntity::try_from(&key).map_err(|_| CertificateError::BadEncoding)?;
        let (_, algorithms) = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        // In TLS 1.2 a scheme can mean several curves; which one it is, the key says.
        if algorithms
            .iter()
            .any(|algorithm| key.verify_signature(*algorithm, message, signed.signature()).is_ok())
        {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature_with_raw_key(message, &key_of(certificate)?, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Why webpki refuses a certificate, in words.
fn reason(error: &Error, name: &ServerName<'_>) -> String {
    let Error::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not for the name `{}`", name.to_str())
        }
        CertificateError::UnknownIssuer => "no authority that is believed has signed it".to_owned(),
        // A certificate of version 1 does not say its version, which webpki takes for bad DER.
        CertificateError::BadEncoding => {
            "it cannot be read, or is of version 1; such a certificate can only be pinned".to_owned()
        }
        // An error of webpki's own, which rustls hands on by its name.
        other => {
            if format!("{other:?}").contains("CaUsedAsEndEntity") {
                "it is that of an authority, which can only be pinned".to_owned()
            } else {
                other.to_string()
            }
        }
    }
}
