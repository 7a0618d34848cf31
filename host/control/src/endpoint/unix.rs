use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _, chown},
        net::UnixStream as Blocking,
    },
    path::{Path, PathBuf},
};

use glasshouse_contract::{Fault, FaultKind};
use nix::unistd::{Group, User, geteuid};
use tokio::net::{UnixListener, UnixStream};

use super::Access;
use crate::actor;
use glasshouse_ledger::Actor;

const SOCKET: &str = "control.sock";

/// The asker's side.
pub(crate) type Stream = Blocking;

/// The host's side; the socket's file goes away with it.
pub(crate) struct Listening {
    listener: UnixListener,
    path: PathBuf,
    group: Option<Group>,
}

/// Connects to the host of a state directory; `None` where none listens.
pub(crate) fn connect(state_dir: &Path) -> Result<Option<Stream>, Fault> {
    let path = state_dir.join(SOCKET);
    match Blocking::connect(&path) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) => match error.kind() {
            // Refused: the file was left behind by a host that was killed.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
            io::ErrorKind::PermissionDenied => Err(Fault::new(
                FaultKind::Refused,
                path.display(),
                "this account may not speak to the host",
                "ask as the host's own account or as root, or have the account put into the group that \
                 `[control] group` in glasshouse.toml names",
            )),
            _ => Err(Fault::new(FaultKind::Unreachable, path.display(), error, too_long(&error_text(&path)))),
        },
    }
}

fn error_text(path: &Path) -> String {
    path.display().to_string()
}

/// The kernel's address of a Unix socket holds 107 bytes.
fn too_long(path: &str) -> &'static str {
    if path.len() > 100 { "choose a state directory with a shorter path" } else { "" }
}

impl Listening {
    /// Takes the socket's place. Whoever calls this holds the state directory's lock, so that a
    /// file which is there already was left behind.
    pub(crate) fn bind(state_dir: &Path, access: &Access) -> Result<Self, Fault> {
        let path = state_dir.join(SOCKET);
        let fault = |error: io::Error| {
            Fault::new(FaultKind::Unreachable, path.display(), &error, too_long(&error_text(&path)))
        };
        let group = access.group.as_deref().map(find_group).transpose()?;
        if fs::symlink_metadata(&path).is_ok_and(|there| there.file_type().is_socket()) {
            fs::remove_file(&path).map_err(fault)?;
        }
        let listener = UnixListener::bind(&path).map_err(fault)?;
        let listening = Self { listener, path: path.clone(), group };
        if let Some(group) = &listening.group {
            chown(&path, None, Some(group.gid.as_raw())).map_err(fault)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).map_err(fault)?;
            // Members reach the socket and, by the other files' own modes, nothing else.
            chown(state_dir, None, Some(group.gid.as_raw())).map_err(fault)?;
            fs::set_permissions(state_dir, fs::Permissions::from_mode(0o710)).map_err(fault)?;
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(fault)?;
        }
        Ok(listening)
    }

    /// Where it listens, for a log line.
    pub(crate) fn place(&self) -> String {
        error_text(&self.path)
    }

    /// The next asker, and who it is or why it may not ask.
    pub(crate) async fn accept(&mut self) -> io::Result<(UnixStream, Result<Actor, Fault>)> {
        let (stream, _) = self.listener.accept().await?;
        // The socket's mode keeps others out already; the kernel's word on who the peer is holds
        // also where the mode was loosened by hand, and names the asker for the journal.
        let who = match stream.peer_cred() {
            Ok(peer) => {
                let actor = actor::of_uid(peer.uid());
                if self.may_ask(peer.uid(), peer.gid()) { Ok(actor) } else { Err(refused(&actor)) }
            }
            Err(error) => Err(Fault::new(FaultKind::Refused, "the control socket", error, "")),
        };
        Ok((stream, who))
    }

    fn may_ask(&self, uid: u32, gid: u32) -> bool {
        uid == 0
            || uid == geteuid().as_raw()
            || self.group.as_ref().is_some_and(|group| gid == group.gid.as_raw() || is_member(uid, group))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Where this fails the file stays, refuses connections and is replaced by the next host.
        let _ = fs::remove_file(&self.path);
    }
}

fn find_group(name: &str) -> Result<Group, Fault> {
    let fault = |cause: String| {
        Fault::new(
            FaultKind::Malformed,
            format!("group `{}` of `[control]` in glasshouse.toml", name.escape_debug()),
            cause,
            "name a group of this machine (`getent group` lists them), or take the line out",
        )
    };
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group),
        Ok(None) => Err(fault("there is no such group".to_owned())),
        Err(error) => Err(fault(error.to_string())),
    }
}

fn is_member(uid: u32, group: &Group) -> bool {
    matches!(User::from_uid(uid.into()), Ok(Some(user))
        if user.gid == group.gid || group.mem.contains(&user.name))
}

fn refused(actor: &Actor) -> Fault {
    Fault::new(
        FaultKind::Refused,
        "the control socket",
        format!("{actor} may not speak to this host"),
        "ask as the host's own account or as root, or have the account put into the group that \
         `[control] group` in glasshouse.toml names",
    )
}
