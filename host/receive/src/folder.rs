//! What lies where in a receiver's folder, and making one.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use glasshouse_audit::Signer;
use glasshouse_contract::Digest;
use glasshouse_secret::SecretPlace;
use zeroize::Zeroizing;

use crate::{Authority, COMMENTED, ReceiveConfig, ReceiveError};

/// The folder of one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

/// What making a folder made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The configuration.
    pub config: PathBuf,
    /// What checks the receipts, for the senders.
    pub verifier: String,
    /// The authority that was made for trying, and the pin of the server's key.
    pub authority: Option<(PathBuf, String)>,
}

impl Folder {
    /// The folder of that path, whether or not it is there.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the configuration is.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.0.join("receive.toml")
    }

    pub(crate) fn database_path(&self) -> PathBuf {
        self.0.join("receive.sqlite")
    }

    /// How large the database's log is; SQLite names it so.
    pub(crate) fn log_bytes(&self) -> u64 {
        fs::metadata(self.0.join("receive.sqlite-wal")).map_or(0, |about| about.len())
    }

    fn key_path(&self) -> PathBuf {
        self.0.join("receipt.key")
    }

    /// Makes a receiver: a commented configuration, the key that receipts are signed with and, for trying, a
    /// certificate authority of its own with a certificate for these hosts.
    ///
    /// # Errors
    /// When there is a receiver in the folder, or it cannot be written to.
    pub fn make(&self, name: &str, own_authority_for: &[String]) -> Result<Made, ReceiveError> {
        let config = self.config_path();
        if config.exists() || self.key_path().exists() {
            return Err(ReceiveError::Exists { path: self.0.clone() });
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|error| ReceiveError::System(error.to_string()))?;
        // Looked at before anything is written.
        let signer = Signer::from_seed(name, &seed)?;
        let authority = match own_authority_for {
            [] => None,
            hosts => Some(Authority::make(hosts)?),
        };
        make_private_folder(&self.0).map_err(ReceiveError::file(&self.0))?;
        let authority = authority.map(|made| made.store(&self.0.join("tls"))).transpose()?;
        let digits = Zeroizing::new(format!("{}\n", Digest::from_bytes(*seed).hex()));
        let key = self.key_path();
        write_private(&key, digits.as_bytes()).map_err(ReceiveError::file(&key))?;
        // Last: a folder with a configuration is a whole receiver.
        let text = COMMENTED.replace("{name}", name);
        write_private(&config, text.as_bytes()).map_err(ReceiveError::file(&config))?;
        sync_folder(&self.0).map_err(ReceiveError::file(&self.0))?;
        Ok(Made { config, verifier: signer.verifier().to_string(), authority })
    }

    /// Reads the configuration; its paths are no longer relative.
    ///
    /// # Errors
    /// When it is not there, or not as it should be.
    pub fn config(&self) -> Result<ReceiveConfig, ReceiveError> {
        let path = self.config_path();
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ReceiveError::NoReceiver { path: self.0.clone() });
            }
            read => read.map_err(ReceiveError::file(&path))?,
        };
        let config = ReceiveConfig::parse(&text).map_err(|why| ReceiveError::Config { path, why })?;
        Ok(ReceiveConfig {
            certificate: self.0.join(&config.certificate),
            key: self.0.join(&config.key),
            ..config
        })
    }

    /// The key that receipts are signed with.
    ///
    /// # Errors
    /// When it is not there, open to others than its owner, or no key.
    pub fn signer(&self) -> Result<Signer, ReceiveError> {
        let name = self.config()?.name;
        let path = self.key_path();
        let digits = SecretPlace::File(path.clone()).read()?;
        let Ok(seed) = Digest::from_hex(digits.expose()) else {
            return Err(ReceiveError::NotAKey { path });
        };
        let seed = Zeroizing::new(*seed.as_bytes());
        Ok(Signer::from_seed(&name, &seed)?)
    }
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Where there are no mode bits, the access list of the folder above protects it.
#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Writes a file that must not exist yet, for its owner alone, to the disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A new file is durable only when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Folders cannot be opened as files here; the file system keeps a journal of names.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the TLS folder, which the authority writes into.
pub fn make_folder(path: &Path) -> Result<(), ReceiveError> {
    make_private_folder(path).map_err(ReceiveError::file(path))
}
