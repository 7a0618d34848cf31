//! Where a host is asked: a Unix socket in the state directory, a named pipe on Windows.

#[cfg_attr(unix, path = "endpoint/unix.rs")]
#[cfg_attr(not(unix), path = "endpoint/windows.rs")]
mod platform;

pub(crate) use platform::{Listening, Stream, connect};

/// Who may ask besides the host's own account and root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Members of this group of the operating system. On Windows it must be absent: the pipe is
    /// open to the host's account, the system and administrators.
    pub group: Option<String>,
}
