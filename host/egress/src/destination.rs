//! Where requests of one endpoint go: what manifest, grant and configuration say together, checked.

use std::{fmt, net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

use glasshouse_contract::{Asks, BadHost, Endpoint, Fault, FaultKind, Name, PluginId, TargetSpec, shown};
use reqwest::{Client, Method, Proxy, Url, redirect, retry};

use crate::{
    address,
    answer::MOST_HEADERS,
    config::{CredentialKind, EndpointConfig, TargetConfig},
    credential::Credential,
    resolve::{Allowed, Look, Resolve},
    trust::{self, Verifier},
};

/// As many as a deliverer has requests on their way: a handshake costs more than sending a request does.
const IDLE_CONNECTIONS: usize = 8;

/// An endpoint of a target, and the way there.
pub struct Destination {
    pub(crate) target: PluginId,
    pub(crate) endpoint: Name,
    pub(crate) method: Method,
    /// `https://` and the host, with a port where it is not 443.
    pub(crate) origin: String,
    pub(crate) path_prefix: String,
    pub(crate) credential: Option<Credential>,
    pub(crate) client: Client,
    pub(crate) patience: Patience,
    verifier: Arc<Verifier>,
    proxy: Option<String>,
    shows_login: bool,
    critical: bool,
}

/// Whether there is a proxy on the way, and whether a login is shown to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxied {
    No,
    Open,
    WithLogin,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) whole: Duration,
}

/// Why nothing can go to an endpoint: what manifest, grant and configuration say does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("target {target}, endpoint {endpoint}: `{setting}`: {why}", setting = .wrong.setting, why = .wrong.why)]
pub struct BadDestination {
    target: PluginId,
    endpoint: Name,
    wrong: Wrong,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    setting: &'static str,
    why: String,
    mend: String,
    refused: bool,
}

impl Wrong {
    pub(crate) fn new(setting: &'static str, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { setting, why: why.into(), mend: mend.into(), refused: false }
    }

    /// It is well written, and a policy is against it.
    fn refused(setting: &'static str, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { refused: true, ..Self::new(setting, why, mend) }
    }
}

impl BadDestination {
    /// The same in a word: `bad-credential`, after the setting.
    #[must_use]
    pub fn word(&self) -> String {
        format!("bad-{}", self.wrong.setting.replace('_', "-"))
    }

    /// For the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let Wrong { setting, why, mend, refused } = &self.wrong;
        let kind = if *refused { FaultKind::Refused } else { FaultKind::Malformed };
        let object = format!("target {}, endpoint {}", self.target, self.endpoint);
        Fault::new(kind, object, format!("`{setting}`: {why}"), mend)
    }
}

impl Destination {
    /// Which plugin's.
    #[must_use]
    pub const fn target(&self) -> &PluginId {
        &self.target
    }

    /// Which endpoint of the plugin.
    #[must_use]
    pub const fn endpoint(&self) -> &Name {
        &self.endpoint
    }

    /// What every URL that goes there begins with.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.path_prefix)
    }

    /// Whether it is an error, and not a warning, that it cannot be reached.
    #[must_use]
    pub const fn critical(&self) -> bool {
        self.critical
    }

    /// The proxy on the way, without its login.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    pub(crate) const fn proxied(&self) -> Proxied {
        match (&self.proxy, self.shows_login) {
            (None, _) => Proxied::No,
            (Some(_), false) => Proxied::Open,
            (Some(_), true) => Proxied::WithLogin,
        }
    }

    /// What is added to each request after it was seen and sealed, by its name: `{credential:hq}`.
    #[must_use]
    pub fn credential(&self) -> Option<String> {
        self.credential.as_ref().map(Credential::shown)
    }

    /// Whether the receiver showed a backup key the last time: then the first pin is of a key that is gone.
    #[must_use]
    pub fn saw_backup_key(&self) -> bool {
        self.verifier.saw_backup()
    }

    pub(crate) fn open(
        config: &TargetConfig,
        spec: &TargetSpec,
        granted: &Asks,
        endpoint: &Name,
        base: &Path,
        resolver: &Arc<dyn Resolve>,
    ) -> Result<Self, BadDestination> {
        Self::checked(config, spec, granted, endpoint, base, resolver).map_err(|wrong| BadDestination {
            target: config.plugin.clone(),
            endpoint: endpoint.clone(),
            wrong,
        })
    }

    fn checked(
        config: &TargetConfig,
        spec: &TargetSpec,
        granted: &Asks,
        name: &Name,
        base: &Path,
        resolver: &Arc<dyn Resolve>,
    ) -> Result<Self, Wrong> {
        let endpoint = spec.endpoints.iter().find(|endpoint| endpoint.name == *name).ok_or_else(|| {
            Wrong::new(
                "endpoint",
                "the manifest has none of that name",
                "see `plugin inspect` for its endpoints",
            )
        })?;
        if !granted.has(&format!("endpoint {endpoint}")) {
            return Err(Wrong::refused(
                "endpoint",
                "nobody granted it to the plugin",
                "approve the plugin, or leave the target out",
            ));
        }
        let settings = config.endpoints.get(name).cloned().unwrap_or_default();
        let origin = origin(config, endpoint, &settings)?;
        let credential = credential(config, spec, granted, base)?;
        // A manifest of a later version may have endpoints that nobody thought of when the credential was written down.
        if credential.is_some() && !config.endpoints.contains_key(name) {
            return Err(Wrong::refused(
                "credential",
                format!(
                    "it goes to the endpoints that the configuration names, and {origin} is none of them"
                ),
                format!(
                    "if that receiver may have it as well, write `endpoint.{name} = {{}}` under the target"
                ),
            ));
        }

        let roots = match &settings.ca_file {
            Some(file) => trust::ca_file(&base.join(file)).map_err(|why| {
                Wrong::new("ca_file", why, "name a PEM file with the certificate of the authority")
            })?,
            None => trust::system()
                .map_err(|why| Wrong::new("ca_file", why, "name the authority with `ca_file`"))?,
        };
        if let [_] = settings.pins.as_slice() {
            let target = &config.plugin;
            tracing::warn!(%target, endpoint = %name, "one pin and no backup: nothing can be sent from the day on \
                which the receiver has another key");
        }
        let identity = credential
            .as_ref()
            .map_or(Ok(None), Credential::identity)
            .map_err(|error| Wrong::new("credential", error.to_string(), error.mend()))?;
        let (tls, verifier) =
            trust::client_config(roots, settings.pins.clone(), identity).map_err(|error| {
                Wrong::new("credential", error.to_string(), "see whether key and certificate belong together")
            })?;

        let patience = patience(&settings)?;
        let proxy = proxy(&settings, base)?;
        let allowed =
            if proxy.is_some() { Allowed::Proxy } else { Allowed::Checked(settings.addresses.clone()) };
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .http1_only()
            .http1_max_headers(MOST_HEADERS)
            .redirect(redirect::Policy::none())
            .referer(false)
            // Whoever calls knows when to try again; one that answers twice must not be asked twice unseen.
            .retry(retry::never())
            // The variables of the environment name no proxy: the configuration does.
            .no_proxy()
            .connect_timeout(patience.connect)
            // Receivers close what is idle for a minute or more; a connection that is closed while it is taken up
            // again costs a failure.
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .dns_resolver(Arc::new(Look { resolver: Arc::clone(resolver), allowed }));
        if let Some((_, proxy)) = &proxy {
            client = client.proxy(proxy.clone());
        }
        let client = client.build().map_err(|error| {
            Wrong::new("endpoint", shown(&error.without_url().to_string()), "check its settings")
        })?;
        let method = Method::from_bytes(endpoint.method.as_bytes())
            .map_err(|_| Wrong::new("endpoint", "its method is none of HTTP", "check the manifest"))?;
        Ok(Self {
            target: config.plugin.clone(),
            endpoint: name.clone(),
            method,
            origin,
            path_prefix: endpoint.path_prefix.clone(),
            credential,
            client,
            patience,
            verifier,
            proxy: proxy.map(|(url, _)| url),
            shows_login: settings.proxy_credential.is_some(),
            critical: config.critical,
        })
    }
}

/// Scheme, host and port.
fn origin(config: &TargetConfig, endpoint: &Endpoint, settings: &EndpointConfig) -> Result<String, Wrong> {
    let wrong = |error: BadHost| {
        let mend = match error {
            BadHost::Spelling(_) => "write it as in a URL, between `https://` and the path",
            BadHost::Missing(_) => "name it: `host = \"..\"` under the endpoint",
            BadHost::Fixed(_) => "leave `host` out",
            BadHost::NoEndpoint(_) => "see `plugin inspect` for the endpoints of the manifest",
        };
        Wrong::new("host", error.to_string(), mend)
    };
    let hosts = config.hosts().map_err(wrong)?;
    let authority = endpoint.host(&hosts).map_err(wrong)?;
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        // A name says who is meant, and a certificate proves it. An address says so only to who knows the network:
        // both have to.
        if endpoint.host.is_none() || !address::names(address.into(), &settings.addresses) {
            return Err(Wrong::refused(
                "host",
                format!("it is the address {address}, which manifest and configuration have to name both"),
                format!("use a host name; or a manifest with this host, and `addresses = [\"{address}\"]`"),
            ));
        }
        if let Err(purpose) = address::judge(address.into(), &settings.addresses) {
            return Err(Wrong::refused("host", format!("the address {address} is {purpose}"), "use another"));
        }
    }
    let origin = format!("https://{authority}");
    // What is compared with a URL later must be what a parser of URLs makes of it.
    let whole = format!("{origin}{}", endpoint.path_prefix);
    if Url::parse(&whole).is_ok_and(|url| url.as_str() == whole) {
        Ok(origin)
    } else {
        let why = format!("`{}` would be written in another way in a request", shown(&whole));
        Err(Wrong::new("host", why, "write it in lower case, without the port 443"))
    }
}

fn credential(
    config: &TargetConfig,
    spec: &TargetSpec,
    granted: &Asks,
    base: &Path,
) -> Result<Option<Credential>, Wrong> {
    let Some(written) = &config.credential else { return Ok(None) };
    let kind = written.kind.in_manifest();
    if !spec.credentials.iter().any(|known| known == kind) || !granted.has(&format!("credential {kind}")) {
        return Err(Wrong::refused(
            "credential",
            format!("the target has no use for one of the kind {kind}, or nobody granted it"),
            "see `plugin inspect` for the kinds that its manifest names",
        ));
    }
    Credential::of(written, "credential", base).map(Some)
}

fn proxy(settings: &EndpointConfig, base: &Path) -> Result<Option<(String, Proxy)>, Wrong> {
    let Some(written) = &settings.proxy else {
        return match settings.proxy_credential {
            Some(_) => Err(Wrong::new(
                "proxy_credential",
                "there is no proxy",
                "write `proxy`, or leave this line out",
            )),
            None => Ok(None),
        };
    };
    let wrong = |why: &str| {
        // Not the text itself: whoever writes a password into it should not find it in a log.
        Wrong::new("proxy", why, "write `http://host:port`; a login goes into `proxy_credential`")
    };
    let url = Url::parse(written).map_err(|_| wrong("it is no URL"))?;
    if url.scheme() != "http" {
        return Err(wrong(
            "only proxies that are spoken to by HTTP are known; what goes through is encrypted",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("there is a login in it"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
        return Err(wrong("there is more in it than host and port"));
    }
    let mut proxy = Proxy::https(url.clone()).map_err(|_| wrong("it is no URL of a proxy"))?;
    if let Some(credential) = &settings.proxy_credential {
        if credential.kind != CredentialKind::Basic {
            return Err(Wrong::new(
                "proxy_credential",
                "a proxy takes `basic` alone",
                "write `kind = \"basic\"`",
            ));
        }
        let header = Credential::of(credential, "proxy_credential", base)?.header();
        proxy = proxy.custom_http_auth(
            header.map_err(|error| Wrong::new("proxy_credential", error.to_string(), error.mend()))?,
        );
    }
    Ok(Some((url.origin().ascii_serialization(), proxy)))
}

fn patience(settings: &EndpointConfig) -> Result<Patience, Wrong> {
    let seconds = |setting, seconds: u64| {
        // A day: whoever waits longer has mistyped.
        if (1..=86_400).contains(&seconds) {
            Ok(Duration::from_secs(seconds))
        } else {
            Err(Wrong::new(setting, format!("it is {seconds}"), "write seconds, from 1 to 86400"))
        }
    };
    Ok(Patience {
        connect: seconds("connect_timeout_s", settings.connect_timeout_s)?,
        read: seconds("read_timeout_s", settings.read_timeout_s)?,
        whole: seconds("timeout_s", settings.timeout_s)?,
    })
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("target", &self.target)
            .field("endpoint", &self.endpoint)
            .field("url", &self.url())
            .field("proxy", &self.proxy)
            .field("credential", &self.credential())
            .finish_non_exhaustive()
    }
}
