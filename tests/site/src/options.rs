//! What a site is started with.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{answer::Databases, data::SiteData, fault::Fault, logins::Login};

/// Whether connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Nobody's: the server says that it cannot.
    Off,
    /// Whoever's can; who says that they cannot is let in without.
    #[default]
    Offered,
    /// Everybody's, as with Force Encryption.
    Required,
}

/// Where SQL Server Browser listens, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// On which UDP port; 0 picks one.
    pub listen: SocketAddr,
    /// The instance's name.
    pub instance: String,
}

/// What a site is started with.
pub struct Options {
    /// Where it listens, on loopback; port 0 picks one.
    pub listen: SocketAddr,
    /// SQL Server Browser, if there is to be one.
    pub browser: Option<Browser>,
    /// Whether connections are encrypted.
    pub encryption: Encryption,
    /// Names that the certificate is good for, besides those of loopback.
    pub names: Vec<String>,
    /// Into which folder `ca.pem` is written. Without it nothing is.
    pub tls_dir: Option<PathBuf>,
    /// Who may log in.
    pub logins: Vec<Login>,
    /// What it does wrong.
    pub faults: Vec<Fault>,
    /// The databases. The first one is where a client is that names none.
    pub databases: Databases,
    /// Any query of a table `bench` is answered with this many rows of packets that were made before.
    pub replay: Option<u64>,
}

impl Options {
    /// A site of this data: see [`Options::new`].
    pub fn of(data: SiteData) -> Self {
        Self::new(vec![(data.name().to_owned(), Arc::new(data))])
    }

    /// A site of these databases on any port of 127.0.0.1, with the default logins and no faults.
    pub fn new(databases: Databases) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            browser: None,
            encryption: Encryption::default(),
            names: Vec::new(),
            tls_dir: None,
            logins: Login::defaults(),
            faults: Vec::new(),
            databases,
            replay: None,
        }
    }
}
