//! Signing keys in files: PKCS#8 PEM, as OpenSSL writes them, readable by the owner alone.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding,
};
use glasshouse_contract::{Fault, FaultKind};
use zeroize::Zeroizing;

use crate::{
    SigningKey,
    durable::{sync_folder, write_new},
};

/// An Ed25519 key in PEM takes about 120 bytes; a file beyond this is something else.
const MAX_BYTES: u64 = 4096;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Others than the owner can read or change it.
    #[error("{}: others than its owner can use this key (mode {mode:03o})", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// No Ed25519 key in PKCS#8 PEM.
    #[error("{}: this is no Ed25519 private key in PKCS#8 PEM", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

impl KeyError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Io { path, source } if source.kind() == io::ErrorKind::AlreadyExists => Fault::new(
                FaultKind::Refused,
                path.display(),
                "there is a key of that name already",
                "choose another name; a key that is overwritten is lost for good",
            ),
            Self::Io { path, source } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                source,
                "check the path, and that this account may read and write it",
            ),
            Self::Open { path, mode } => Fault::new(
                FaultKind::Refused,
                path.display(),
                format!("others than its owner can use this key (mode {mode:03o})"),
                format!("if nobody else had it: chmod 600 {}", path.display()),
            ),
            Self::NotAKey { path } => Fault::new(
                FaultKind::Malformed,
                path.display(),
                "this is no Ed25519 private key in PKCS#8 PEM",
                "make one with `glasshouse trust keygen`, or with `openssl genpkey -algorithm ed25519`",
            ),
        }
    }
}

impl SigningKey {
    /// Writes the key to a new file that only its owner can read.
    ///
    /// # Errors
    /// When there is a file of that name, or the folder cannot be written to.
    pub fn store(&self, path: &Path) -> Result<(), KeyError> {
        let at = |source| KeyError::Io { path: path.to_owned(), source };
        // Without the public half: that is PKCS#8 version 1, which every OpenSSL reads.
        let bytes = KeypairBytes { secret_key: *self.seed(), public_key: None };
        let pem =
            bytes.to_pkcs8_pem(LineEnding::LF).map_err(|error| at(io::Error::other(error.to_string())))?;
        write_new(path, pem.as_bytes(), 0o600).map_err(at)?;
        sync_folder(path).map_err(at)
    }

    /// Reads a key from its file.
    ///
    /// # Errors
    /// When the file cannot be read, is readable by others, or holds no such key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let at = |source| KeyError::Io { path: path.to_owned(), source };
        let not_a_key = || KeyError::NotAKey { path: path.to_owned() };
        let file = File::open(path).map_err(at)?;
        check_private(path, &file)?;
        let mut pem = Zeroizing::new(String::with_capacity(MAX_BYTES as usize + 1));
        match file.take(MAX_BYTES + 1).read_to_string(&mut pem) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(not_a_key()),
            other => other.map_err(at)?,
        };
        if pem.len() as u64 > MAX_BYTES {
            return Err(not_a_key());
        }
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map_err(|_| not_a_key())?;
        Ok(Self::from_seed(&Zeroizing::new(key.to_bytes())))
    }
}

/// Looks at the file that was opened, not at what the path names by now.
#[cfg(unix)]
fn check_private(path: &Path, file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
    if !metadata.is_file() {
        return Err(KeyError::NotAKey { path: path.to_owned() });
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Open { path: path.to_owned(), mode }) }
}

/// Where there are no mode bits, the access list of the `keys` folder protects what is in it.
#[cfg(not(unix))]
fn check_private(path: &Path, file: &File) -> Result<(), KeyError> {
    let metadata = file.metadata().map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
    if metadata.is_file() { Ok(()) } else { Err(KeyError::NotAKey { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_file_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build.key");
        let key = SigningKey::generate().unwrap();
        key.store(&path).unwrap();
        assert_eq!(SigningKey::load(&path).unwrap().public(), key.public());
        let error = SigningKey::generate().unwrap().store(&path).unwrap_err().fault();
        assert_eq!(error.cause, "there is a key of that name already");
        assert_eq!(SigningKey::load(&path).unwrap().public(), key.public());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build.key");
        SigningKey::generate().unwrap().store(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let fault = SigningKey::load(&path).unwrap_err().fault();
            assert_eq!(fault.kind, FaultKind::Refused);
            assert_eq!(fault.cause, format!("others than its owner can use this key (mode {mode:03o})"));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build.key");
        for bytes in
            [b"".to_vec(), b"\xff\xfe".to_vec(), b"-----BEGIN PRIVATE KEY-----".to_vec(), vec![b'A'; 5000]]
        {
            let _ = std::fs::remove_file(&path);
            write_new(&path, &bytes, 0o600).unwrap();
            assert!(matches!(SigningKey::load(&path), Err(KeyError::NotAKey { .. })));
        }
    }

    #[test]
    fn a_key_that_openssl_made_is_read() {
        // `openssl genpkey -algorithm ed25519`; the key of RFC 8410, section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openssl.key");
        write_new(&path, pem.as_bytes(), 0o600).unwrap();
        let public = SigningKey::load(&path).unwrap().public().to_string();
        assert_eq!(public, "ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
        // And what is written is what OpenSSL would have written.
        let copy = folder.path().join("copy.key");
        SigningKey::load(&path).unwrap().store(&copy).unwrap();
        assert_eq!(std::fs::read_to_string(copy).unwrap(), pem);
    }
}
