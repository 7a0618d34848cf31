//! Folders that their owner alone enters, and files that nobody else writes to.

use std::{fs, io, path::Path};

/// Makes a directory that its owner alone enters, where it is not there yet.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes what writers that were cut short left in a folder: a whole file is written beside its
/// place first, as `.NAME.` and 16 hexadecimal digits.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let unfinished = name.to_string_lossy().strip_prefix('.').is_some_and(|name| {
            name.rsplit_once('.').is_some_and(|(_, random)| {
                random.len() == 16 && random.bytes().all(|b| b.is_ascii_hexdigit())
            })
        });
        if unfinished {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes the files of a folder.
pub fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// Makes a file that is gone when its handle is: on Unix it has no name from the begin, on Windows the system deletes
/// it.
pub fn create_passing(folder: &Path) -> io::Result<fs::File> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let path = folder.join(format!("{:016x}", u64::from_le_bytes(random)));
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    {
        const DELETE_ON_CLOSE: u32 = 0x0400_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, DELETE_ON_CLOSE);
    }
    let file = options.open(&path)?;
    #[cfg(unix)]
    fs::remove_file(&path)?;
    Ok(file)
}

/// Why others than the owner could change what is at this path; `None` where they cannot.
#[cfg(unix)]
pub fn open_to_others(metadata: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let service = rustix::process::geteuid().as_raw();
    if metadata.uid() != 0 && metadata.uid() != service {
        return Some(format!("it belongs to uid {}, not to root or uid {service}", metadata.uid()));
    }
    (metadata.mode() & 0o022 != 0)
        .then(|| format!("others than its owner may write to it (mode {:04o})", metadata.mode() & 0o7777))
}

/// On Windows the directory's access list decides, which its creation place (ProgramData) sets.
#[cfg(not(unix))]
pub fn open_to_others(_metadata: &fs::Metadata) -> Option<String> {
    None
}

/// Why others than the owner could read or change what is at this path; `None` where they cannot.
#[cfg(unix)]
pub fn readable_by_others(metadata: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    open_to_others(metadata).or_else(|| {
        (metadata.mode() & 0o077 != 0)
            .then(|| format!("others than its owner may read it (mode {:04o})", metadata.mode() & 0o7777))
    })
}

/// See [`open_to_others`].
#[cfg(not(unix))]
pub fn readable_by_others(metadata: &fs::Metadata) -> Option<String> {
    open_to_others(metadata)
}
