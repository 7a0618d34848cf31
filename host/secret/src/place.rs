//! Read when they are used, from a file or the environment, and wiped afterwards.

use std::{fs::File, io::Read, path::PathBuf};

use glasshouse_contract::shown;
use zeroize::Zeroizing;

/// A password or a token. It has no `Debug` and no `Display`, so that it cannot get into text by accident.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself, for whoever hands it to the other side.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Where a secret is kept. It is read anew for each connection, for passwords change and tokens expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file that nobody but its owner may read.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

/// Why a secret could not be read. Says where it should be and never what it is.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("the file {place} cannot be read: {why}")]
    Unreadable {
        /// The file.
        place: String,
        /// What the operating system says.
        why: String,
    },
    /// The file's mode lets others in.
    #[error("the file {place} can be read by others than its owner (mode {mode:03o})")]
    Readable {
        /// The file.
        place: String,
        /// Its mode.
        mode: u32,
    },
    /// There is no such variable.
    #[error("the variable {place} is not set, or is not text")]
    Unset {
        /// The variable.
        place: String,
    },
    /// There is nothing in it.
    #[error("{place} is empty")]
    Empty {
        /// The file or variable.
        place: String,
    },
    /// There is too much in it.
    #[error("the file {place} is larger than {MOST} bytes, which no password or token is")]
    Large {
        /// The file.
        place: String,
    },
    /// It has several lines, or characters that no line has.
    #[error("{place} is not UTF-8 text of one line")]
    NotText {
        /// The file or variable.
        place: String,
    },
    /// It is not text.
    #[error("{place} is not UTF-8 text")]
    NotUtf8 {
        /// The file.
        place: String,
    },
}

/// The longest token that Entra gives is about 16 KiB.
const MOST: u64 = 64 * 1024;

impl SecretPlace {
    /// Reads the secret. One line break at its end is not part of it, for editors write one.
    ///
    /// # Errors
    /// When it is not there, not one line of text, or open to others than its owner.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let Secret(mut text) = self.read_document()?;
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

    /// Reads a secret of several lines, such as a key in PEM, as it is written.
    ///
    /// # Errors
    /// When it is not there, not text, or open to others than its owner.
    pub fn read_document(&self) -> Result<Secret, SecretError> {
        match self {
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
                    Ok(text) => Ok(Secret(Zeroizing::new(text.to_owned()))),
                    Err(_) => Err(SecretError::NotUtf8 { place: self.place() }),
                }
            }
            Self::Variable(name) => std::env::var(name)
                .map(|text| Secret(Zeroizing::new(text)))
                .map_err(|_| SecretError::Unset { place: shown(name) }),
        }
    }

    fn place(&self) -> String {
        match self {
            Self::File(path) => format!("the file {}", path.display()),
            Self::Variable(name) => format!("the variable {}", shown(name)),
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

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn file(folder: &Path, bytes: &[u8], _mode: u32) -> SecretPlace {
        let path = folder.join("secret");
        fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(_mode)).unwrap();
        SecretPlace::File(path)
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        for (written, read) in [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), (" a ", " a ")] {
            let secret = file(folder.path(), written.as_bytes(), 0o600).read();
            assert_eq!(secret.map(|secret| secret.expose().to_owned()), Ok(read.to_owned()), "{written:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_told_without_a_word_of_it() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&b"canary\nx"[..], b"canary\n\n", b"canary\0", b"canary\xff", &b"canary".repeat(20_000)]
        {
            let error = file(folder.path(), bytes, 0o600).read().map(drop).unwrap_err();
            assert!(!error.to_string().contains("canary") && !format!("{error:?}").contains("canary"));
        }
        for bytes in [&b""[..], b"\n"] {
            let error = file(folder.path(), bytes, 0o600).read().map(drop);
            assert!(matches!(error, Err(SecretError::Empty { .. })), "{error:?}");
        }
        let missing = SecretPlace::Variable("GLASSHOUSE_NO_SUCH_VARIABLE".to_owned());
        assert!(matches!(missing.read().map(drop), Err(SecretError::Unset { .. })));
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o640, 0o604, 0o620] {
            let error = file(folder.path(), b"x", mode).read().map(drop);
            assert!(
                matches!(error, Err(SecretError::Readable { mode: found, .. }) if found == mode),
                "{error:?}"
            );
        }
    }
}
