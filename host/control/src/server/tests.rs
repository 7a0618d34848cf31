use std::{path::PathBuf, sync::Mutex};

use tokio::sync::oneshot;

use super::*;
use crate::{Blob, client::Host};

/// Answers `list` with a fault, `install` by the size of the file, everything else by its verb.
struct StandIn {
    asked: Mutex<Vec<String>>,
}

impl Answers for StandIn {
    fn answer(&self, request: Request, actor: &Actor, progress: &dyn Fn(&str)) -> Result<Reply, Fault> {
        self.asked.lock().unwrap().push(format!("{actor} {}", request.verb()));
        progress("thinking");
        match request {
            Request::List => Err(Fault::new(FaultKind::Refused, "a", "b", "c")),
            Request::Install { file, .. } => Ok(Reply::Done(format!("{} bytes", file.0.len()))),
            Request::Quarantine { .. } => panic!("a fault of the host itself"),
            other => Ok(Reply::Done(other.verb().to_owned())),
        }
    }
}

/// Runs `asker` on a thread while a host listens, then stops it; what the host was asked.
fn with_host(asker: impl FnOnce(PathBuf) + Send + 'static) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_owned();
    let stand_in = Arc::new(StandIn { asked: Mutex::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = Listener::bind(&dir, &Access::default()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(listener.serve(stand_in.clone(), async move { drop(stopped.await) }));
        tokio::task::spawn_blocking(move || asker(dir)).await.unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap();
    });
    assert!(Host::find(folder.path()).unwrap().is_none(), "the socket is still there");
    stand_in.asked.lock().unwrap().clone()
}

fn ask(dir: &Path, request: Request) -> Result<Reply, Fault> {
    Host::find(dir).unwrap().expect("a host listens").ask(&request, &|_| {}).map_err(Fault::from)
}

#[test]
fn a_request_is_answered_with_its_reply_or_its_fault_and_says_who_asked() {
    let asked = with_host(|dir| {
        let heard = Mutex::new(Vec::new());
        let host = Host::find(&dir).unwrap().unwrap();
        let reply = host.ask(&Request::Status, &|text| heard.lock().unwrap().push(text.to_owned()));
        assert_eq!(reply, Ok(Reply::Done("status".to_owned())));
        assert_eq!(*heard.lock().unwrap(), ["thinking"]);
        assert_eq!(ask(&dir, Request::List), Err(Fault::new(FaultKind::Refused, "a", "b", "c")));
    });
    let me = crate::actor::this_process();
    assert_eq!(asked, [format!("{me} status"), format!("{me} list")]);
}

#[test]
fn the_largest_plugin_file_passes_and_more_does_not() {
    let most = glasshouse_trust::PluginFile::MAX_BYTES;
    with_host(move |dir| {
        let install = |bytes: usize| Request::Install { name: "x".to_owned(), file: Blob(vec![7; bytes]) };
        assert_eq!(ask(&dir, install(most)), Ok(Reply::Done(format!("{most} bytes"))));
        let fault = ask(&dir, install(most + (8 << 20))).unwrap_err();
        assert_eq!(fault.cause, format!("it is longer than {} bytes", frame::REQUEST_BYTES));
        assert_eq!(ask(&dir, Request::Status), Ok(Reply::Done("status".to_owned())));
    });
}

#[test]
fn a_request_that_breaks_the_host_is_a_fault_and_the_next_one_is_answered() {
    with_host(|dir| {
        let broken = Request::Quarantine { plugin: "a.b".parse().unwrap(), reason: String::new() };
        let fault = ask(&dir, broken).unwrap_err();
        assert_eq!(fault.cause, "the request broke off by a fault in the host itself");
        assert_eq!(ask(&dir, Request::Status), Ok(Reply::Done("status".to_owned())));
    });
}

#[test]
fn more_askers_than_places_are_all_answered() {
    let asked = with_host(|dir| {
        std::thread::scope(|scope| {
            for _ in 0..LARGE * 4 {
                let install = Request::Install { name: "x".to_owned(), file: Blob(vec![7; 100_000]) };
                scope.spawn(|| assert_eq!(ask(&dir, install), Ok(Reply::Done("100000 bytes".to_owned()))));
            }
        });
    });
    assert_eq!(asked.len(), LARGE * 4);
}

/// Nobody who connects and says nothing, or begins a large request and does not end it, keeps others
/// from stopping a plugin.
#[cfg(unix)]
#[test]
fn whoever_is_slow_keeps_nobody_out() {
    use std::{io::Write as _, os::unix::net::UnixStream, time::Instant};
    with_host(|dir| {
        let slow: Vec<UnixStream> = (0..LARGE * 6)
            .map(|number| {
                let mut stream = UnixStream::connect(dir.join("control.sock")).unwrap();
                stream.write_all(&vec![b'x'; [0, 10, 100_000][number % 3]]).unwrap();
                stream
            })
            .collect();
        let begun = Instant::now();
        assert_eq!(ask(&dir, Request::Status), Ok(Reply::Done("status".to_owned())));
        assert!(begun.elapsed() < READ_TIME / 3, "{:?}", begun.elapsed());
        drop(slow);
    });
}

#[cfg(unix)]
#[test]
fn the_socket_is_the_owners_alone_and_one_left_behind_is_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(Host::find(folder.path()).unwrap().is_none());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let _listener = Listener::bind(folder.path(), &Access::default()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Host::find(folder.path()).unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn a_group_that_does_not_exist_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let access = Access { group: Some("no-such-group\u{1b}".to_owned()) };
    let Err(fault) = Listener::bind(folder.path(), &access) else { panic!("bound") };
    assert_eq!(fault.object, "group `no-such-group\\u{1b}` of `[control]` in glasshouse.toml");
    assert_eq!(fault.cause, "there is no such group");
}
