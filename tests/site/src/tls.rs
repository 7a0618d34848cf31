//! The site's own certificate authority, made anew at each start.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

/// What is wrong with the certificate that the site shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Certificate {
    #[default]
    Good,
    /// It was good until 2020.
    Expired,
    /// It is another server's.
    OtherName,
}

/// A certificate authority and the certificates of the server.
pub(crate) struct Tls {
    /// The authority's certificate.
    pub(crate) ca_pem: String,
    /// The pin of the good certificate: SHA-256 of its SubjectPublicKeyInfo. The bad ones have its key.
    pub(crate) spki_sha256: [u8; 32],
    good: TlsAcceptor,
    expired: TlsAcceptor,
    other_name: TlsAcceptor,
}

/// The names of loopback, which the certificate is always good for.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The name in a certificate of the wrong server.
pub(crate) const OTHER_NAME: &str = "other.contoso.example";

impl Tls {
    /// A certificate for loopback and for these names besides.
    pub(crate) fn new(names: &[String]) -> anyhow::Result<Self> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "Pretend site test authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)
            .context("the test authority cannot be made")?;

        let key = KeyPair::generate()?;
        let mut all: Vec<String> = LOOPBACK.map(str::to_owned).to_vec();
        all.extend_from_slice(names);
        let acceptor = |names: Vec<String>, expired: bool| -> anyhow::Result<TlsAcceptor> {
            let mut params = CertificateParams::new(names).context("a name for the certificate")?;
            params.distinguished_name.push(DnType::CommonName, "Pretend site");
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.use_authority_key_identifier_extension = true;
            if expired {
                params.not_before = date_time_ymd(2019, 1, 1);
                params.not_after = date_time_ymd(2020, 1, 1);
            }
            let certificate = params.signed_by(&key, &authority)?;
            let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
            let chain = vec![certificate.der().clone(), authority.der().clone()];
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            // TLS within PRELOGIN is TLS 1.2: of 1.3 the server's tickets come when the framing has ended.
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&rustls::version::TLS12])?
                .with_no_client_auth()
                .with_single_cert(chain, private)?;
            Ok(TlsAcceptor::from(Arc::new(config)))
        };
        Ok(Self {
            ca_pem: authority.pem(),
            spki_sha256: Sha256::digest(rcgen::PublicKeyData::subject_public_key_info(&key)).into(),
            good: acceptor(all.clone(), false)?,
            expired: acceptor(all, true)?,
            other_name: acceptor(vec![OTHER_NAME.to_owned()], false)?,
        })
    }

    pub(crate) fn acceptor(&self, certificate: Certificate) -> TlsAcceptor {
        match certificate {
            Certificate::Good => self.good.clone(),
            Certificate::Expired => self.expired.clone(),
            Certificate::OtherName => self.other_name.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
