use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use glasshouse_contract::Digest;
use glasshouse_trust::{PluginFile, replace_file};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Layout, private};

/// Where files go that failed: each into a folder of its own, beside the reason.
#[derive(Clone, Debug)]
pub struct Quarantine {
    folder: PathBuf,
}

/// Why a file is in quarantine: the `reason.json` beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What the file was called.
    pub file: String,
    /// The digest of its bytes, where it could be read.
    pub digest: Option<Digest>,
    /// The plugin and version that it says it is, where it could be parsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// What the reader can do.
    pub mend: String,
    /// When it was put here.
    pub when: Timestamp,
}

/// A file in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The name of its folder in `quarantine/`.
    pub folder: String,
    /// Why it is there.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Quarantine {
    /// What the file itself is called in its folder: never the name that it came with.
    pub const FILE: &str = "file";
    const REASON: &str = "reason.json";
    /// How many are kept.
    const MOST: usize = 1_000;
    /// A listing is for people; an attacker who drops files all night must not make it endless.
    const LISTED: usize = 200;

    /// The quarantine of a state directory.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        Self { folder: layout.quarantine() }
    }

    /// Moves a file here, whatever it is: a link moves as a link, a device is not opened.
    ///
    /// # Errors
    /// When the file cannot be moved or the reason cannot be written.
    pub fn take(&self, path: &Path, reason: &Reason) -> io::Result<String> {
        let (name, folder) = self.new_folder(reason)?;
        if let Err(error) = Self::fill(&folder, path, reason) {
            // The file is where it was: a reason by itself would be one more each time that it is tried.
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
        Ok(name)
    }

    fn fill(folder: &Path, path: &Path, reason: &Reason) -> io::Result<()> {
        // First the reason: a file without one would be a riddle.
        replace_file(&folder.join(Self::REASON), &to_json(reason)?, 0o600)?;
        let to = folder.join(Self::FILE);
        match fs::rename(path, &to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                // The inbox is a mount of its own. Only plain files are worth keeping from there.
                if fs::symlink_metadata(path)?.is_file() {
                    copy(path, &to)?;
                }
                fs::remove_file(path)
            }
            other => other,
        }
    }

    /// Forgets the oldest files beyond a number that nobody looks through: whoever drops files all night
    /// must not fill the disk. What was put here, and its digest, stays in the journal.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn trim(&self) -> io::Result<()> {
        let folders = self.newest_first()?;
        for folder in folders.iter().skip(Self::MOST) {
            if let Err(error) = fs::remove_dir_all(self.folder.join(folder)) {
                tracing::warn!(folder = %shown(folder), %error, "cannot be removed from quarantine");
            }
        }
        Ok(())
    }

    fn newest_first(&self) -> io::Result<Vec<OsString>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            folders.push(entry?.file_name());
        }
        // Folders begin with the time.
        folders.sort_by(|a, b| b.cmp(a));
        Ok(folders)
    }

    /// The newest files here.
    ///
    /// # Errors
    /// When the folder cannot be read. A single reason that cannot be is left out.
    pub fn list(&self) -> io::Result<Vec<Quarantined>> {
        Ok(self.newest_first()?.iter().filter_map(|folder| self.read(folder)).take(Self::LISTED).collect())
    }

    fn read(&self, folder: &OsStr) -> Option<Quarantined> {
        let bytes = fs::read(self.folder.join(folder).join(Self::REASON)).ok()?;
        let reason = serde_json::from_slice(&bytes).ok()?;
        Some(Quarantined { folder: folder.to_string_lossy().into_owned(), reason })
    }

    fn new_folder(&self, reason: &Reason) -> io::Result<(String, PathBuf)> {
        let short = reason.digest.map_or_else(|| "unread".to_owned(), |digest| digest.short());
        let base = format!("{}-{short}", reason.when.strftime("%Y%m%dT%H%M%SZ"));
        for number in 1..1_000 {
            let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
            let folder = self.folder.join(&name);
            if !folder.exists() {
                private::create_folder(&folder)?;
                return Ok((name, folder));
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Copies a plain file of a size that is worth keeping. A larger one stays where it is: nobody wants a
/// second copy of what fills a disk.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = crate::inbox::open_plain(from)?;
    let most = PluginFile::MAX_BYTES as u64;
    if from.metadata()?.len() > most {
        return Err(io::Error::other("it is on another disk and too big to be copied"));
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut (&mut from).take(most), &mut file)?;
    file.sync_all()
}

fn to_json(reason: &Reason) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(reason)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A file name as text that cannot move a cursor or hide a part of itself.
pub fn shown(name: &OsStr) -> String {
    glasshouse_contract::shown(&name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_reason_lie_together_and_two_of_a_second_do_not_mix() {
        let home = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::of(&Layout::at(home.path()));
        let reason = Reason {
            file: "bad.wasm".to_owned(),
            digest: Some(Digest::of(b"bad")),
            plugin: None,
            reason: "it is bad".to_owned(),
            mend: "drop a good one".to_owned(),
            when: "2026-11-20T10:00:00Z".parse().unwrap(),
        };
        let short = Digest::of(b"bad").short();
        for folder in [format!("20261120T100000Z-{short}"), format!("20261120T100000Z-{short}-2")] {
            let path = home.path().join("bad.wasm");
            fs::write(&path, b"bad").unwrap();
            assert_eq!(quarantine.take(&path, &reason).unwrap(), folder);
            assert!(!path.exists());
            assert_eq!(fs::read(home.path().join("quarantine").join(&folder).join("file")).unwrap(), b"bad");
        }
        let listed = quarantine.list().unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().all(|one| one.reason == reason));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::of(&Layout::at(home.path()));
        let folder = home.path().join("quarantine");
        for number in 0..Quarantine::MOST + 5 {
            fs::create_dir_all(folder.join(format!("20261120T10{number:04}Z-unread")).join("file/deep"))
                .unwrap();
        }
        quarantine.trim().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), Quarantine::MOST);
        assert!(!folder.join("20261120T100004Z-unread").exists());
        assert!(folder.join("20261120T100005Z-unread").exists());
    }

    /// Linux has a disk of its own there.
    #[cfg(target_os = "linux")]
    #[test]
    fn from_another_disk_no_more_is_copied_than_a_plugin_has() {
        let home = tempfile::tempdir().unwrap();
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
        let quarantine = Quarantine::of(&Layout::at(home.path()));
        let reason = Reason {
            file: "bad.wasm".to_owned(),
            digest: None,
            plugin: None,
            reason: "it is bad".to_owned(),
            mend: "drop a good one".to_owned(),
            when: "2026-11-20T10:00:00Z".parse().unwrap(),
        };
        let path = other.path().join("bad.wasm");
        fs::write(&path, b"bad").unwrap();
        let folder = home.path().join("quarantine").join(quarantine.take(&path, &reason).unwrap());
        assert_eq!(fs::read(folder.join("file")).unwrap(), b"bad");
        assert!(!path.exists());

        let giant = fs::File::create(&path).unwrap();
        giant.set_len(1 << 40).unwrap();
        assert!(quarantine.take(&path, &reason).is_err());
        assert!(path.exists(), "it is still there to be looked at");
        assert_eq!(quarantine.list().unwrap().len(), 1);
    }

    #[test]
    fn a_hostile_name_is_shown_harmless() {
        assert_eq!(shown(OsStr::new("a\u{1b}[2J\u{202e}.wasm")), "a\\u{1b}[2J\\u{202e}.wasm");
    }
}
