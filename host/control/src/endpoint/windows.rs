use std::{
    fs::{File, OpenOptions},
    io,
    os::windows::fs::OpenOptionsExt as _,
    path::Path,
};

use glasshouse_contract::{Digest, Fault, FaultKind};
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

use super::Access;
use glasshouse_ledger::Actor;

/// What Windows answers where every instance of a pipe is taken for the moment.
const ERROR_PIPE_BUSY: i32 = 231;

/// Whoever made a pipe of this name may learn who asks, and may not act in the asker's name.
const SECURITY_IDENTIFICATION: u32 = 0x0001_0000;

/// The asker's side.
pub(crate) type Stream = File;

/// The host's side.
pub(crate) struct Listening {
    next: NamedPipeServer,
    path: String,
}

/// One pipe for each state directory; the path itself may hold characters that a pipe's name
/// cannot.
fn pipe_path(state_dir: &Path) -> String {
    let dir = std::path::absolute(state_dir).unwrap_or_else(|_| state_dir.to_owned());
    let name = Digest::of(dir.to_string_lossy().to_lowercase().as_bytes()).hex();
    format!(r"\\.\pipe\glasshouse-{name}")
}

/// Connects to the host of a state directory; `None` where none listens.
pub(crate) fn connect(state_dir: &Path) -> Result<Option<Stream>, Fault> {
    let path = pipe_path(state_dir);
    // A busy pipe is free again when the host has answered whoever is before us.
    for _ in 0..100 {
        let mut options = OpenOptions::new();
        match options.read(true).write(true).security_qos_flags(SECURITY_IDENTIFICATION).open(&path) {
            Ok(stream) => return Ok(Some(stream)),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => return Ok(None),
                io::ErrorKind::PermissionDenied => {
                    return Err(Fault::new(
                        FaultKind::Refused,
                        path,
                        "this account may not speak to the host",
                        "ask as the host's own account or as an administrator",
                    ));
                }
                _ => return Err(Fault::new(FaultKind::Unreachable, path, error, "")),
            },
        }
    }
    Err(Fault::new(FaultKind::Unreachable, path, "the host is busy", "ask again"))
}

impl Listening {
    pub(crate) fn bind(state_dir: &Path, access: &Access) -> Result<Self, Fault> {
        if let Some(group) = &access.group {
            return Err(Fault::new(
                FaultKind::Malformed,
                format!("group `{}` of `[control]` in glasshouse.toml", group.escape_debug()),
                "on Windows the pipe is open to the host's account, the system and administrators alone",
                "take the line out",
            ));
        }
        let path = pipe_path(state_dir);
        let next =
            instance(&path, true).map_err(|error| Fault::new(FaultKind::Unreachable, &path, error, ""))?;
        Ok(Self { next, path })
    }

    pub(crate) fn place(&self) -> String {
        self.path.clone()
    }

    /// The next asker. A pipe without a security descriptor of its own gives everyone else read
    /// access alone, and nobody can ask without writing.
    pub(crate) async fn accept(&mut self) -> io::Result<(NamedPipeServer, Result<Actor, Fault>)> {
        self.next.connect().await?;
        let taken = std::mem::replace(&mut self.next, instance(&self.path, false)?);
        Ok((taken, Ok(Actor::new("a local account"))))
    }
}

/// `first` refuses a pipe of that name which some other process has made already.
fn instance(path: &str, first: bool) -> io::Result<NamedPipeServer> {
    ServerOptions::new().first_pipe_instance(first).reject_remote_clients(true).create(path)
}
