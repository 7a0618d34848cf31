use std::{
    fs::{File, Metadata},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::{InboxError, Stamp};

/// Without following a link, without waiting for a pipe's other end, without a terminal taking hold.
pub fn open(path: &Path) -> Result<File, InboxError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(file.into()),
        Err(Errno::LOOP) => Err(InboxError::Link),
        Err(error) => Err(InboxError::Unreadable(error.into())),
    }
}

pub fn is_link(metadata: &Metadata) -> bool {
    metadata.file_type().is_symlink()
}

pub fn check_kind(metadata: &Metadata) -> Result<(), InboxError> {
    let kind = metadata.file_type();
    if kind.is_file() {
        Ok(())
    } else if kind.is_symlink() {
        Err(InboxError::Link)
    } else if kind.is_dir() {
        Err(InboxError::NotAFile("a folder"))
    } else if kind.is_fifo() {
        Err(InboxError::NotAFile("a pipe"))
    } else if kind.is_socket() {
        Err(InboxError::NotAFile("a socket"))
    } else {
        Err(InboxError::NotAFile("a device"))
    }
}

pub fn check_links(metadata: &Metadata) -> Result<(), InboxError> {
    if metadata.nlink() == 1 { Ok(()) } else { Err(InboxError::HardLinked(metadata.nlink())) }
}

/// The time of change cannot be set back by whoever writes the file, the time of writing can.
pub fn stamp(metadata: &Metadata) -> Stamp {
    let ns = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    Stamp {
        size: metadata.len(),
        modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
        identity: (metadata.dev(), metadata.ino(), ns(metadata.ctime(), metadata.ctime_nsec())),
    }
}
