//! The inbox: a folder that people drop plugin files into, and that attackers may reach.
//!
//! A file is opened once, without following links and without blocking, and everything that is
//! decided about it is decided about that open file: its type, links, owner, mode, size, bytes.

#[cfg(not(unix))]
#[path = "inbox/windows.rs"]
mod system;
#[cfg(unix)]
#[path = "inbox/unix.rs"]
mod system;

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use glasshouse_trust::PluginFile;
use jiff::Timestamp;

/// Why a file in the inbox is not even judged.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// A symbolic link or a reparse point.
    #[error("it is a link, and a link may lead elsewhere tomorrow")]
    Link,
    /// Not a regular file.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// The file has other names.
    #[error("it has {0} names (hard links), so it can be changed from elsewhere")]
    HardLinked(u64),
    /// Somebody else's, or writable by others.
    #[error("{0}")]
    OpenToOthers(String),
    /// More bytes than any plugin may have.
    #[error("it has {size} bytes; a plugin file has at most {max}", max = PluginFile::MAX_BYTES)]
    TooBig {
        /// Its size.
        size: u64,
    },
    /// It was written to, or replaced, while it was read.
    #[error("it changed while it was read")]
    Changed,
    /// The operating system refused.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

impl InboxError {
    /// What the person who dropped the file can do.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Link | Self::NotAFile(_) | Self::HardLinked(_) => {
                "copy the plugin file itself into the inbox"
            }
            Self::OpenToOthers(_) => {
                "give the file to root or to the account that the host runs as, with mode 0644 or less"
            }
            Self::TooBig { .. } => "build a smaller plugin: strip debug information and unused languages",
            Self::Changed => "copy the file under another name, then rename it into place",
            Self::Unreadable(_) => "let the host's account read the file",
        }
    }

    /// Whether the same file may well be fine a moment later.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Changed)
    }
}

/// Tells one state of a file from every other: as long as it is the same, so are the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified_ns: i128,
    /// Device, number and time of change, where the system has them.
    identity: (u64, u64, i128),
}

/// The inbox folder.
#[derive(Clone, Debug)]
pub struct Inbox {
    path: PathBuf,
}

/// A file of the inbox that passed the checks on the file itself, opened.
#[derive(Debug)]
pub struct Opened {
    file: fs::File,
    stamp: Stamp,
    most: u64,
}

impl Inbox {
    /// An inbox at that path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the plugin files in it, with their stamps, in order. Other names, such as that
    /// of a copy in progress, are none of the host's business.
    ///
    /// # Errors
    /// When the folder is a link, others may write to it, or it cannot be read.
    pub fn names(&self) -> Result<Vec<(OsString, Stamp)>, InboxError> {
        let metadata = fs::symlink_metadata(&self.path)?;
        if system::is_link(&metadata) {
            return Err(InboxError::Link);
        }
        if let Some(why) = crate::private::open_to_others(&metadata) {
            return Err(InboxError::OpenToOthers(why));
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            if !is_plugin_name(&name) {
                continue;
            }
            match self.stamp(&name) {
                Ok(stamp) => found.push((name, stamp)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// The stamp of whatever has that name now.
    ///
    /// # Errors
    /// When there is nothing, or it cannot be looked at.
    pub fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        fs::symlink_metadata(self.path.join(name)).map(|metadata| system::stamp(&metadata))
    }

    /// Opens a file, the one time that it is opened.
    ///
    /// # Errors
    /// When it is no plain file with one name that only the host's account and root may write to.
    pub fn open(&self, name: &OsStr) -> Result<Opened, InboxError> {
        let path = self.path.join(name);
        // What is not a file is not even opened: to open a device can do things.
        system::check_kind(&fs::symlink_metadata(&path)?)?;
        let file = system::open(&path)?;
        let metadata = file.metadata()?;
        system::check_kind(&metadata)?;
        system::check_links(&metadata)?;
        if let Some(why) = crate::private::open_to_others(&metadata) {
            return Err(InboxError::OpenToOthers(why));
        }
        let most = PluginFile::MAX_BYTES as u64;
        if metadata.len() > most {
            return Err(InboxError::TooBig { size: metadata.len() });
        }
        Ok(Opened { file, stamp: system::stamp(&metadata), most })
    }
}

impl Opened {
    /// The stamp of the open file.
    #[must_use]
    pub const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The bytes of the open file, whatever has its name by now.
    ///
    /// # Errors
    /// When it was written to meanwhile, or cannot be read.
    pub fn read(self) -> Result<Vec<u8>, InboxError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.stamp.size).unwrap_or_default());
        (&self.file).take(self.most + 1).read_to_end(&mut bytes)?;
        if system::stamp(&self.file.metadata()?) != self.stamp || bytes.len() as u64 != self.stamp.size {
            return Err(InboxError::Changed);
        }
        Ok(bytes)
    }
}

impl Stamp {
    /// Milliseconds between the last write and `now`, whichever was first: a clock that runs ahead
    /// must not make a file wait for ever.
    #[must_use]
    pub fn age_ms(&self, now: Timestamp) -> u64 {
        let age = (now.as_nanosecond() - self.modified_ns).unsigned_abs() / 1_000_000;
        u64::try_from(age).unwrap_or(u64::MAX)
    }
}

/// Opens what is a plain file there, without following a link and without waiting.
pub(crate) fn open_plain(path: &Path) -> io::Result<fs::File> {
    let opened = system::open(path).and_then(|file| {
        system::check_kind(&file.metadata()?)?;
        Ok(file)
    });
    opened.map_err(|error| match error {
        InboxError::Unreadable(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

fn is_plugin_name(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with('.') && name.to_ascii_lowercase().ends_with(".wasm")
}
