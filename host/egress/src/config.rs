//! A `[[target]]` of `glasshouse.toml`, as it is written.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use glasshouse_contract::{BadHost, EndpointHosts, Name, Pin, PluginId, shown};
use serde::Deserialize;

use crate::address::AddressGrant;

/// How an upload target reaches its receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// Which plugin.
    pub plugin: PluginId,
    /// Whether it is an error, and not a warning, that its receiver cannot be reached.
    #[serde(default)]
    pub critical: bool,
    /// What there is to say about the endpoints of its manifest.
    #[serde(default, rename = "endpoint")]
    pub endpoints: BTreeMap<Name, EndpointConfig>,
    /// What the host shows to the receiver.
    #[serde(default)]
    pub credential: Option<CredentialConfig>,
    /// The key that the receiver signs receipts with, or the file that has it. What a key is, is not known here.
    #[serde(default)]
    pub receiver_key: Option<String>,
    /// What the receiver calls the one who sends.
    #[serde(default)]
    pub tenant: Option<Name>,
}

impl TargetConfig {
    /// The hosts that are named here.
    ///
    /// # Errors
    /// When one is not written as hosts are.
    pub fn hosts(&self) -> Result<EndpointHosts, BadHost> {
        let named = self.endpoints.iter();
        EndpointHosts::new(
            named.filter_map(|(name, endpoint)| Some((name.clone(), endpoint.host.clone()?))).collect(),
        )
    }

    /// The receiver's key where it is written out, and not in a file: a key has a plus sign between its parts.
    #[must_use]
    pub fn written_receiver_key(&self) -> Option<&str> {
        self.receiver_key.as_deref().filter(|written| written.contains('+'))
    }

    /// The text that has the receiver's key, where there is any: what is written, or what is in the file. `base` is
    /// what the file's name is relative to.
    ///
    /// # Errors
    /// When the file cannot be read; says which.
    pub fn receiver_key_text(&self, base: &Path) -> Result<Option<String>, String> {
        /// A key has a hundred bytes, and nobody has many.
        const MOST: u64 = 64 << 10;
        let Some(written) = &self.receiver_key else { return Ok(None) };
        if let Some(key) = self.written_receiver_key() {
            return Ok(Some(key.to_owned()));
        }
        let path = base.join(written);
        let mut text = String::new();
        let read = File::open(&path).and_then(|file| file.take(MOST).read_to_string(&mut text));
        read.map(|_| Some(text)).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// How one endpoint is reached.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointConfig {
    /// The host, where the manifest leaves it to the administrator.
    pub host: Option<String>,
    /// The certificates (PEM) of authorities to believe, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The digests of public keys that the receiver may have: the one that it has, and the ones that may follow.
    pub pins: Vec<Pin>,
    /// Addresses that are not of the public internet and may be connected to.
    pub addresses: Vec<AddressGrant>,
    /// The proxy to go through, `http://host:port`.
    pub proxy: Option<String>,
    /// What the host shows to the proxy.
    pub proxy_credential: Option<CredentialConfig>,
    /// How long it may take until a connection is there and encrypted.
    pub connect_timeout_s: u64,
    /// How long nothing may move.
    pub read_timeout_s: u64,
    /// How long a request may take from beginning to end.
    pub timeout_s: u64,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            host: None,
            ca_file: None,
            pins: Vec::new(),
            addresses: Vec::new(),
            proxy: None,
            proxy_credential: None,
            // As long as for a site.
            connect_timeout_s: 15,
            // Receivers answer when the request is on their disk; a busy one takes seconds.
            read_timeout_s: 60,
            // The largest body that a plugin can hand over, 256 MiB, at 4 Mbit/s.
            timeout_s: 600,
        }
    }
}

/// What the host shows to the other side. The secret itself stands in a file or a variable, never here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialConfig {
    /// Of which kind.
    pub kind: CredentialKind,
    /// What a preview calls it; else the name of its file or variable.
    #[serde(default)]
    pub name: Option<Name>,
    /// Who, for `basic`.
    #[serde(default)]
    pub user: Option<String>,
    /// The file that holds the secret.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The variable that holds the secret.
    #[serde(default)]
    pub env: Option<String>,
    /// The certificate and those above it (PEM), for `client-certificate`.
    #[serde(default)]
    pub cert_file: Option<PathBuf>,
    /// The certificate's key (PEM), for `client-certificate`.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
}

impl CredentialConfig {
    /// What it is called: by its own name, else by that of its file or variable.
    pub(crate) fn called(&self) -> String {
        let stem =
            |path: &Path| path.file_stem().map_or_else(String::new, |name| shown(&name.to_string_lossy()));
        let file = self.cert_file.as_deref().or(self.file.as_deref()).map(stem);
        let source = || file.or_else(|| self.env.as_deref().map(shown)).unwrap_or_default();
        self.name.as_ref().map_or_else(source, ToString::to_string)
    }

    /// Where it goes and what it is called, for whoever previews a request: nothing is read for it.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = format!("{{credential:{}}}", self.called());
        match self.kind {
            CredentialKind::Bearer => format!("authorization: Bearer {name}"),
            CredentialKind::Basic => format!("authorization: Basic {name}"),
            CredentialKind::SasQuery => format!("added to the query: {name}"),
            CredentialKind::ClientCertificate => format!("client certificate: {name}"),
        }
    }
}

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A token, in the header `authorization`.
    Bearer,
    /// A user and a password, in the header `authorization`.
    Basic,
    /// A signature that is added to the query of the URL.
    #[serde(alias = "sas")]
    SasQuery,
    /// A certificate that is shown while the connection is made.
    ClientCertificate,
}

impl CredentialKind {
    /// What manifests call it.
    #[must_use]
    pub const fn in_manifest(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::SasQuery => "sas",
            Self::ClientCertificate => "client-certificate",
        }
    }
}
