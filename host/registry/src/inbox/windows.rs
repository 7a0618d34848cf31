use std::{
    fs::{File, Metadata, OpenOptions},
    os::windows::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::{InboxError, Stamp};

const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x0000_0400;
const FILE_SHARE_READ: u32 = 0x0000_0001;
/// 100-nanosecond ticks from 1601, where Windows begins to count, to 1970.
const TICKS_TO_1970: i128 = 116_444_736_000_000_000;

/// Without following a link; while it is open nobody can write to it, rename it or delete it.
pub fn open(path: &Path) -> Result<File, InboxError> {
    Ok(OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?)
}

pub fn is_link(metadata: &Metadata) -> bool {
    metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0
}

pub fn check_kind(metadata: &Metadata) -> Result<(), InboxError> {
    if is_link(metadata) {
        Err(InboxError::Link)
    } else if metadata.is_dir() {
        Err(InboxError::NotAFile("a folder"))
    } else {
        Ok(())
    }
}

/// A second name needs write access to the file, which the folder's access list decides; and the
/// open handle keeps every name from being written to.
pub fn check_links(_metadata: &Metadata) -> Result<(), InboxError> {
    Ok(())
}

pub fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        size: metadata.file_size(),
        modified_ns: (i128::from(metadata.last_write_time()) - TICKS_TO_1970) * 100,
        identity: (0, 0, i128::from(metadata.creation_time())),
    }
}
