//! Where a target's requests may go, and the hosts that an administrator names for it.

use std::{collections::BTreeMap, fmt, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::{Name, TargetSpec, shown};

/// A place that requests may go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What requests call it.
    pub name: Name,
    /// `POST`, `PUT` or `PATCH`.
    pub method: String,
    /// The host name, with a port where it is not 443. A target that any receiver of its kind can take
    /// leaves it out: then the administrator names the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What every path begins with.
    pub path_prefix: String,
}

/// The hosts that an administrator named for endpoints whose manifest leaves that open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Name, String>")]
pub struct EndpointHosts(BTreeMap<Name, String>);

/// Why requests have no host to go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHost {
    /// Not written as hosts are.
    #[error("`{}` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443", shown(&without_login(.0)))]
    Spelling(String),
    /// Neither the manifest nor the administrator says.
    #[error("no host is named for the endpoint `{0}`, and its manifest leaves that to you")]
    Missing(Name),
    /// What the manifest says is what was approved.
    #[error("the host of the endpoint `{0}` stands in its manifest, so that no other can be named for it")]
    Fixed(Name),
    /// There is no such endpoint.
    #[error("a host is named for the endpoint `{0}`, and the target has none of that name")]
    NoEndpoint(Name),
}

impl EndpointHosts {
    /// What stands for a host that nobody has named yet, where nothing is sent: by RFC 2606 it is nobody's.
    pub const PLACEHOLDER: &str = "host.invalid";

    /// Hosts by the endpoint's name.
    ///
    /// # Errors
    /// When one of them is not written as hosts are.
    pub fn new(hosts: BTreeMap<Name, String>) -> Result<Self, BadHost> {
        match hosts.values().find(|host| !is_host(host)) {
            Some(host) => Err(BadHost::Spelling(host.clone())),
            None => Ok(Self(hosts)),
        }
    }

    /// The same with [`PLACEHOLDER`](Self::PLACEHOLDER) wherever a host is missing: for a target that is
    /// tried on samples.
    #[must_use]
    pub fn or_placeholders(mut self, target: &TargetSpec) -> Self {
        for endpoint in target.endpoints.iter().filter(|endpoint| endpoint.host.is_none()) {
            self.0.entry(endpoint.name.clone()).or_insert_with(|| Self::PLACEHOLDER.to_owned());
        }
        self
    }

    /// Sees that each endpoint of a target has one host, and that none is named in vain.
    ///
    /// # Errors
    /// With the first endpoint for which that is not so.
    pub fn check(&self, target: &TargetSpec) -> Result<(), BadHost> {
        if let Some(name) =
            self.0.keys().find(|name| !target.endpoints.iter().any(|endpoint| endpoint.name == **name))
        {
            return Err(BadHost::NoEndpoint(name.clone()));
        }
        target.endpoints.iter().try_for_each(|endpoint| endpoint.host(self).map(drop))
    }
}

impl TryFrom<BTreeMap<Name, String>> for EndpointHosts {
    type Error = BadHost;

    fn try_from(hosts: BTreeMap<Name, String>) -> Result<Self, BadHost> {
        Self::new(hosts)
    }
}

impl Endpoint {
    /// The host that requests to this endpoint go to: its manifest's, or the one that was named for it.
    ///
    /// # Errors
    /// When there is none, or one was named although the manifest has it.
    pub fn host<'a>(&'a self, named: &'a EndpointHosts) -> Result<&'a str, BadHost> {
        match (&self.host, named.0.get(&self.name)) {
            (Some(host), None) | (None, Some(host)) => Ok(host),
            (Some(_), Some(_)) => Err(BadHost::Fixed(self.name.clone())),
            (None, None) => Err(BadHost::Missing(self.name.clone())),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{} https://{host}{}", self.method, self.path_prefix),
            None => write!(f, "{} https://(the host that you name){}", self.method, self.path_prefix),
        }
    }
}

/// What somebody wrote in place of a host, as far as it may be in a log: a login stands before an `@`.
fn without_login(text: &str) -> String {
    text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, host)| format!("..@{host}"))
}

/// Whether a text is a host as URLs have it, in its one spelling: what is sealed must be what is sent, and a
/// parser of URLs would rewrite every other.
pub(crate) fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let port_ok = port.is_none_or(|port| {
        !port.starts_with('0')
            && port != "443"
            && port.bytes().all(|b| b.is_ascii_digit())
            && port.parse::<u16>().is_ok()
    });
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    // By the URL standard a name that ends in a number is an IPv4 address, in any of many spellings.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let address = || host.parse::<Ipv4Addr>().is_ok_and(|address| address.to_string() == host);
    port_ok && host.len() <= 253 && host.split('.').all(label) && (!numeric || address())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn hosts(named: &[(&str, &str)]) -> EndpointHosts {
        EndpointHosts::new(named.iter().map(|(key, host)| (name(key), (*host).to_owned())).collect()).unwrap()
    }

    fn target(hosts: &[(&str, Option<&str>)]) -> TargetSpec {
        let endpoint = |(key, host): &(&str, Option<&str>)| Endpoint {
            name: name(key),
            method: "POST".to_owned(),
            host: host.map(str::to_owned),
            path_prefix: "/v1/".to_owned(),
        };
        TargetSpec {
            endpoints: hosts.iter().map(endpoint).collect(),
            credentials: Vec::new(),
            free_body: false,
        }
    }

    #[test]
    fn a_host_has_one_spelling() {
        for good in
            ["a.example", "a-b.example:8443", "localhost:1", "192.0.2.7", "192.0.2.7:8443", "0x.example"]
        {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "a..b",
            "-a.b",
            "A.b",
            "a.b:0",
            "a.b:070",
            "a.b:70000",
            "a.b:443",
            "a b",
            "a.b/c",
            "u@a.b",
            "127.1",
            "0x7f000001",
            "2130706433",
            "192.0.2.07",
            "1.2.3.4.5",
            "a.7",
            "a.0x",
            "[::1]",
            "a.b.",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn each_endpoint_has_one_host_and_none_is_named_in_vain() {
        let open = target(&[("ingest", None), ("fixed", Some("a.example"))]);
        assert_eq!(hosts(&[("ingest", "b.example")]).check(&open), Ok(()));
        assert_eq!(hosts(&[]).check(&open), Err(BadHost::Missing(name("ingest"))));
        let both = hosts(&[("ingest", "b.example"), ("fixed", "b.example")]);
        assert_eq!(both.check(&open), Err(BadHost::Fixed(name("fixed"))));
        let more = hosts(&[("ingest", "b.example"), ("other", "b.example")]);
        assert_eq!(more.check(&open), Err(BadHost::NoEndpoint(name("other"))));
        assert_eq!(hosts(&[]).or_placeholders(&open), hosts(&[("ingest", EndpointHosts::PLACEHOLDER)]));
    }

    #[test]
    fn what_is_no_host_is_named_and_shown_harmlessly() {
        let error = EndpointHosts::new([(name("ingest"), "a\u{1b}[2J".to_owned())].into()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a\\u{1b}[2J` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443"
        );
    }
}
