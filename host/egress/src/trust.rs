//! Whom to believe: a certificate that an authority signed, for this name and for now; and, where keys are pinned, one
//! of these keys as well. An authority that the system believes is not enough then: whoever inspects the traffic of
//! a company has one.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use glasshouse_contract::Pin;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

use crate::credential::Identity;

/// The authorities of a PEM file.
pub(crate) fn ca_file(path: &Path) -> Result<RootCertStore, String> {
    let shown = path.display();
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("{shown}: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| format!("{shown} has a certificate that cannot be an authority ({error})"))?;
    }
    if roots.is_empty() { Err(format!("{shown} has no certificate")) } else { Ok(roots) }
}

/// The authorities of the operating system.
pub(crate) fn system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this system has no certificates of authorities".to_owned());
    }
    Ok(roots)
}

/// The settings of TLS, 1.2 or 1.3, and who looks at certificates. Sessions are not resumed: rustls asks no verifier
/// about a resumed session, so one whose certificate has expired since would go on.
pub(crate) fn client_config(
    roots: RootCertStore,
    pins: Vec<Pin>,
    identity: Option<Identity>,
) -> Result<(ClientConfig, Arc<Verifier>), Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let verifier = Arc::new(Verifier { authorities, pins, backup: AtomicBool::new(false) });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>);
    let mut config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok((config, verifier))
}

/// The certificate would do, and its key is none of the pinned ones. Travels through rustls inside of its error.
#[derive(Debug, thiserror::Error)]
#[error("its public key is none of the pinned ones")]
pub(crate) struct WrongKey {
    /// The key that was shown, for a person to compare.
    pub(crate) presented: Option<Pin>,
}

/// Looks at certificates.
#[derive(Debug)]
pub(crate) struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    pins: Vec<Pin>,
    backup: AtomicBool,
}

impl Verifier {
    /// Whether the receiver has shown another than the first of the pinned keys, the last time.
    pub(crate) fn saw_backup(&self) -> bool {
        self.backup.load(Relaxed)
    }

    /// Only the key of the receiver's own certificate counts: the others that it sends need not have signed it, so a
    /// pin that matched one of them would prove nothing.
    fn check_pin(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.pins.is_empty() {
            return Ok(());
        }
        let presented = ParsedCertificate::try_from(certificate)
            .map(|parsed| Pin::of_key(&parsed.subject_public_key_info()))
            .ok();
        match presented.and_then(|pin| self.pins.iter().position(|known| *known == pin)) {
            Some(place) => {
                self.backup.store(place > 0, Relaxed);
                Ok(())
            }
            None => Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(WrongKey {
                presented,
            }))))),
        }
    }
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
        let verified = self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now)?;
        self.check_pin(certificate)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
