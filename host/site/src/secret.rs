//! Passwords and tokens: read when they are used, from a file or the environment, and wiped afterwards.

use std::{fs::File, io::Read, path::PathBuf};

use zeroize::Zeroizing;

/// A password or a token. It has no `Debug` and no `Display`, so that it cannot get into text by accident.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself, for the driver alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Where a secret is kept. It is read anew for each connection, for passwords change and tokens expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// A file that nobody but its owner may read.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

/// Why a secret could not be read. Says where it should be and never what it is.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SecretError {
    #[error("the file {place} cannot be read: {why}")]
    Unreadable { place: String, why: String },
    #[error("the file {place} can be read by others than its owner (mode {mode:03o})")]
    Readable { place: String, mode: u32 },
    #[error("the variable {place} is not set, or is not text")]
    Unset { place: String },
    #[error("{place} is empty")]
    Empty { place: String },
    #[error("the file {place} is larger than {MOST} bytes, which no password or token is")]
    Large { place: String },
    #[error("{place} is not UTF-8 text of one line")]
    NotText { place: String },
}

/// The longest token that Entra gives is about 16 KiB.
const MOST: u64 = 64 * 1024;

impl SecretPlace {
    /// Reads the secret. One line break at its end is not part of it, for editors write one.
    pub(crate) fn read(&self) -> Result<Secret, SecretError> {
        let mut text = match self {
            Self::File(path) => {
                let place = path.display().to_string();
                let unreadable = |error: std::io::Error| SecretError::Unreadable {
                    place: place.clone(),
                    why: error.to_string(),
                };
                let mut file = File::open(path).map_err(unreadable)?;
                if let Some(mode) = mode_for_others(&file).map_err(unreadable)? {
                    return Err(SecretError::Readable { place, mode });
                }
                // All of the room at once: a vector that grows would leave copies behind.
                let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize + 2));
                file.by_ref().take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
                if bytes.len() as u64 > MOST {
                    return Err(SecretError::Large { place });
                }
                match str::from_utf8(&bytes) {
                    Ok(text) => Zeroizing::new(text.to_owned()),
                    Err(_) => return Err(SecretError::NotText { place }),
                }
            }
            Self::Variable(name) => Zeroizing::new(
                std::env::var(name)
                    .map_err(|_| SecretError::Unset { place: glasshouse_contract::shown(name) })?,
            ),
        };
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        if text.is_empty() {
            return Err(SecretError::Empty { place: self.place() });
        }
        if text.contains(['\n', '\r', '\0']) {
            return Err(SecretError::NotText { place: self.place() });
        }
        Ok(Secret(text))
    }

    fn place(&self) -> String {
        match self {
            Self::File(path) => format!("the file {}", path.display()),
            Self::Variable(name) => format!("the variable {}", glasshouse_contract::shown(name)),
        }
    }
}

/// The file's mode where it lets others than the owner in.
#[cfg(unix)]
fn mode_for_others(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Windows: who may read a file is in its access list, which a new file takes from its folder.
#[cfg(not(unix))]
fn mode_for_others(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
