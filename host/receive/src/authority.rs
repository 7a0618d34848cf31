//! Certificates: those of a receiver, and a certificate authority of one's own to try it with.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use glasshouse_contract::Pin;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PublicKeyData as _,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{ReceiveConfig, ReceiveError, folder};

/// A certificate authority that was made to try a receiver with, and the server's certificate by it. The authority's
/// key is forgotten at once: it signs nothing more.
pub struct Authority {
    authority_pem: String,
    chain_pem: String,
    key_pem: zeroize::Zeroizing<String>,
    pin: Pin,
}

impl Authority {
    /// Makes one; the certificate is for these host names and addresses.
    ///
    /// # Errors
    /// When one of them cannot be in a certificate.
    pub fn make(hosts: &[String]) -> Result<Self, ReceiveError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Glasshouse receiver, authority for trying");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name.push(DnType::CommonName, "Glasshouse receiver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &authority)?;
        Ok(Self {
            authority_pem: authority.pem(),
            chain_pem: certificate.pem(),
            key_pem: zeroize::Zeroizing::new(key.serialize_pem()),
            pin: Pin::of_key(&key.subject_public_key_info()),
        })
    }

    /// The authority's certificate, PEM: what a sender trusts.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Writes the files where the configuration looks for them; returns the authority's file and the server's pin.
    pub(crate) fn store(&self, folder: &Path) -> Result<(PathBuf, String), ReceiveError> {
        folder::make_folder(folder)?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            folder::write_private(&path, text.as_bytes()).map_err(ReceiveError::file(&path))?;
            Ok::<_, ReceiveError>(path)
        };
        write("server.key", &self.key_pem)?;
        write("server.pem", &self.chain_pem)?;
        Ok((write("ca.pem", &self.authority_pem)?, self.pin.to_string()))
    }
}

/// What a connection is accepted with.
pub fn server_config(config: &ReceiveConfig) -> Result<ServerConfig, ReceiveError> {
    let bad = |path: &Path, why: &dyn std::fmt::Display| ReceiveError::Certificate {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(&config.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(&config.certificate, &error))?;
    if chain.is_empty() {
        return Err(bad(&config.certificate, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&config.key).map_err(|error| bad(&config.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(&config.certificate, &error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| bad(&config.certificate, &error))?;
    // One protocol: with it, what the bytes of a request are has one meaning.
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(server)
}
