//! Another user who speaks to the running host: kept out by the socket's place and mode, and where
//! somebody loosened those by hand, by the kernel's word on who is at the other end.

use std::{
    fs,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use glasshouse_control::{Access, host};
use glasshouse_registry::Layout;
use glasshouse_sandbox::Compiler;

use crate::harness::house::{skipped, stranger, told};

/// A host at work, while `during` is done.
fn with_host(state: &Path, during: impl FnOnce()) {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let stopped = async { drop(stopped.await) };
            runtime.block_on(host(Layout::at(state), Compiler::InProcess, &Access::default(), stopped))
        });
        let begun = Instant::now();
        while !fs::metadata(state.join("control.sock")).is_ok_and(|it| it.file_type().is_socket()) {
            assert!(begun.elapsed() < Duration::from_secs(30) && !running.is_finished(), "no host");
            thread::sleep(Duration::from_millis(10));
        }
        during();
        drop(stop);
        running.join().unwrap().unwrap();
    });
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn another_user_is_not_answered() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can be somebody else");
    }
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path(), 0o755);
    // A copy in the open: the build's own folder may be closed to others.
    let (program, state) = (folder.path().join("stranger"), folder.path().join("state"));
    fs::copy(stranger(), &program).unwrap();
    let as_stranger = || told(Command::new(&program).uid(4711).gid(4711), "ask", &state);
    let as_owner = || told(&mut Command::new(&program), "ask", &state);

    with_host(&state, || {
        insta::assert_snapshot!(as_stranger(), @r#"
        STATE/control.sock: this account may not speak to the host
          mend: ask as the host's own account or as root, or have the account put into the group that `[control] group` in glasshouse.toml names
        "#);
        open_to_all(&state, 0o755);
        open_to_all(&state.join("control.sock"), 0o666);
        insta::assert_snapshot!(as_stranger(), @r#"
        the control socket: uid 4711 may not speak to this host
          mend: ask as the host's own account or as root, or have the account put into the group that `[control] group` in glasshouse.toml names
        "#);
        assert_eq!(as_owner(), "");
    });
}
