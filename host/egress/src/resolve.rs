//! Names into addresses, and the look at them. The client connects to what comes out of here and asks nobody again,
//! so the address that was looked at is the one that is connected to.

use std::{io, net::IpAddr, net::SocketAddr, pin::Pin, sync::Arc};

use reqwest::dns;

use crate::address::{AddressGrant, Purpose, judge};

/// The addresses of a name, when they are there.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Whoever knows the addresses of names.
pub trait Resolve: Send + Sync {
    /// The addresses of a name, in the order in which they are tried.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Addresses that may be connected to.
#[derive(Clone, Debug)]
pub(crate) enum Allowed {
    /// Public ones, and these.
    Checked(Vec<AddressGrant>),
    /// Any: the name is that of the proxy, which the configuration names.
    Proxy,
}

/// Why a name led nowhere. Travels through the client inside of its error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Astray {
    #[error("{0}")]
    NotFound(io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("the address {0} is {1}")]
    Refused(IpAddr, Purpose),
}

/// The look at addresses, as the client calls it.
pub(crate) struct Look {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) allowed: Allowed,
}

impl dns::Resolve for Look {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let found = self.resolver.resolve(name.as_str());
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let found = found.await.map_err(Astray::NotFound)?;
            let addresses = passing(found, &allowed)?;
            // The port is the URL's.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as dns::Addrs)
        })
    }
}

/// The addresses that may be connected to. Where there is none, the first says why.
fn passing(found: Vec<IpAddr>, allowed: &Allowed) -> Result<Vec<IpAddr>, Astray> {
    let Allowed::Checked(grants) = allowed else { return Ok(found) };
    let mut refused = None;
    let mut passing = Vec::with_capacity(found.len());
    for address in found {
        match judge(address, grants) {
            Ok(()) => passing.push(address),
            Err(purpose) => {
                refused.get_or_insert(Astray::Refused(address, purpose));
            }
        }
    }
    if passing.is_empty() { Err(refused.unwrap_or(Astray::NoAddress)) } else { Ok(passing) }
}
