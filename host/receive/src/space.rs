use std::path::Path;

/// How many bytes this account can still write to the disk that a path is on, where the system says so.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(path).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

/// Not asked for here. That the disk is full is then told by the database when it is, and nothing is lost.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> Option<u64> {
    None
}
