//! What the host shows to a receiver or to a proxy. It is read when it is used, attached after everything else, and
//! wiped; people see its name.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use glasshouse_secret::{SecretError, SecretPlace};
use reqwest::{
    Request,
    header::{AUTHORIZATION, HeaderValue},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use zeroize::Zeroizing;

use crate::{
    config::{CredentialConfig, CredentialKind},
    destination::Wrong,
};

/// A credential, as far as it may be known before it is used.
#[derive(Debug)]
pub(crate) struct Credential {
    name: String,
    shown: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Bearer(SecretPlace),
    Basic { user: String, password: SecretPlace },
    SasQuery(SecretPlace),
    ClientCertificate { certificate: PathBuf, key: SecretPlace },
}

/// Why a credential cannot be used. Says where it is and never what it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadCredential {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the credential `{0}` has a character that no header can carry")]
    NoHeader(String),
    #[error("the credential `{0}` is no query of a URL")]
    NoQuery(String),
    #[error("{place}: {why}")]
    NoCertificate { place: String, why: String },
}

impl BadCredential {
    pub(crate) const fn mend(&self) -> &'static str {
        match self {
            Self::Secret(_) => MEND,
            Self::NoHeader(_) => "write the token alone, in printable ASCII without spaces",
            Self::NoQuery(_) => "write what follows the question mark, escaped as in a URL",
            Self::NoCertificate { .. } => "name the files of a certificate and of its key, both in PEM",
        }
    }
}

/// A certificate to show, and its key.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Credential {
    /// Checks what is written. Paths are relative to `base`.
    pub(crate) fn of(config: &CredentialConfig, setting: &'static str, base: &Path) -> Result<Self, Wrong> {
        let wrong = |why: &str, mend: &str| Wrong::new(setting, why, mend);
        let unused_field = |field: &str| {
            wrong(&format!("`{field}` is nothing that a credential of this kind has"), "leave that line out")
        };
        let without = |field: &str, there: bool| if there { Err(unused_field(field)) } else { Ok(()) };
        let form = match config.kind {
            CredentialKind::ClientCertificate => {
                without("user", config.user.is_some())?;
                without("file", config.file.is_some())?;
                without("env", config.env.is_some())?;
                let (Some(certificate), Some(key)) = (&config.cert_file, &config.key_file) else {
                    return Err(wrong(
                        "a client certificate is two files",
                        "name them with `cert_file` and `key_file`",
                    ));
                };
                Form::ClientCertificate {
                    certificate: base.join(certificate),
                    key: SecretPlace::File(base.join(key)),
                }
            }
            kind => {
                without("cert_file", config.cert_file.is_some())?;
                without("key_file", config.key_file.is_some())?;
                let place = match (&config.file, &config.env) {
                    (Some(file), None) => SecretPlace::File(base.join(file)),
                    (None, Some(variable)) => SecretPlace::Variable(variable.clone()),
                    _ => {
                        return Err(wrong(
                            "it is kept in a file or in a variable, and in one of them",
                            "write `file = \"..\"` or `env = \"..\"`; the secret itself is never written here",
                        ));
                    }
                };
                match (kind, &config.user) {
                    (CredentialKind::Basic, Some(user)) if is_user(user) => {
                        Form::Basic { user: user.clone(), password: place }
                    }
                    (CredentialKind::Basic, _) => {
                        return Err(wrong(
                            "`basic` takes a user, in printable ASCII without a colon",
                            "write `user = \"..\"`",
                        ));
                    }
                    (CredentialKind::Bearer, None) => Form::Bearer(place),
                    (CredentialKind::SasQuery, None) => Form::SasQuery(place),
                    _ => return Err(unused_field("user")),
                }
            }
        };
        let credential = Self { name: config.called(), shown: config.shown(), form };
        // Better now than at the first delivery, which may be days away.
        credential.try_out().map_err(|error| wrong(&error.to_string(), error.mend()))?;
        Ok(credential)
    }

    fn try_out(&self) -> Result<(), BadCredential> {
        match &self.form {
            Form::Bearer(_) | Form::Basic { .. } => self.header().map(drop),
            Form::SasQuery(place) => self.query(place).map(drop),
            Form::ClientCertificate { .. } => self.identity().map(drop),
        }
    }

    /// Where it goes and what it is called, for whoever previews a request.
    pub(crate) fn shown(&self) -> String {
        self.shown.clone()
    }

    /// Attaches it to a request that is otherwise ready.
    pub(crate) fn attach(&self, request: &mut Request) -> Result<(), BadCredential> {
        match &self.form {
            Form::Bearer(_) | Form::Basic { .. } => {
                request.headers_mut().insert(AUTHORIZATION, self.header()?);
            }
            Form::SasQuery(place) => {
                let sas = self.query(place)?;
                let before = request.url().query().map(|query| format!("{query}&")).unwrap_or_default();
                let query = Zeroizing::new(format!("{before}{}", sas.as_str()));
                request.url_mut().set_query(Some(&query));
            }
            Form::ClientCertificate { .. } => {}
        }
        Ok(())
    }

    /// The value of a header `authorization`. It is wiped with the last handle to it; what the client copies from it
    /// on the way into TLS is not.
    pub(crate) fn header(&self) -> Result<HeaderValue, BadCredential> {
        let text = match &self.form {
            Form::Bearer(place) => {
                let secret = place.read()?;
                // A header could carry more; a token has no more (RFC 6750).
                if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(self.no_header());
                }
                Zeroizing::new(format!("Bearer {}", secret.expose()))
            }
            Form::Basic { user, password } => {
                let secret = password.read()?;
                let pair = Zeroizing::new(format!("{user}:{}", secret.expose()));
                let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                Zeroizing::new(format!("Basic {}", encoded.as_str()))
            }
            Form::SasQuery(_) | Form::ClientCertificate { .. } => return Err(self.no_header()),
        };
        let bytes = Bytes::from_owner(Zeroizing::new(text.as_bytes().to_vec()));
        let mut value = HeaderValue::from_maybe_shared(bytes).map_err(|_| self.no_header())?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn no_header(&self) -> BadCredential {
        BadCredential::NoHeader(self.name.clone())
    }

    /// What is added to a query, in a spelling that a parser of URLs leaves alone.
    fn query(&self, place: &SecretPlace) -> Result<Zeroizing<String>, BadCredential> {
        let secret = place.read()?;
        let query = secret.expose();
        let query = query.strip_prefix('?').unwrap_or(query);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%=&:+/,;@*!()$?".contains(&byte);
        if query.is_empty() || !query.bytes().all(plain) {
            return Err(BadCredential::NoQuery(self.name.clone()));
        }
        Ok(Zeroizing::new(query.to_owned()))
    }

    /// What is shown while the connection is made.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, BadCredential> {
        let Form::ClientCertificate { certificate, key } = &self.form else { return Ok(None) };
        let place = certificate.display().to_string();
        let bad = |why: String| BadCredential::NoCertificate { place: place.clone(), why };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| bad(error.to_string()))?;
        if chain.is_empty() {
            return Err(bad("there is no certificate in it".to_owned()));
        }
        let key = key.read_document()?;
        // What the parser says could quote the key.
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            .map_err(|_| bad("the key that belongs to it is no private key in PEM".to_owned()))?;
        Ok(Some((chain, key)))
    }
}

const MEND: &str =
    "keep the secret in a file that only the host's account may read (mode 600), or in the variable";

fn is_user(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b':')
}
