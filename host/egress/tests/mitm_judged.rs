//! Somebody in between whom the machine believes: PyPI's `mitmproxy`, as the inspecting proxies of companies work.
//!
//! mitmproxy and what it needs are some 100 MB, so this runs only where it is asked for:
//! `GLASSHOUSE_JUDGES=1 cargo test -p glasshouse-egress --test mitm_judged`. That another key is refused is held by
//! `outside/certificates.rs` and `outside/proxies.rs`, always.

#![cfg(test)]

#[path = "outside/support.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use glasshouse_egress::{Cause, Egress};
use pretend_outside::Authority;
use support::{ok, open, request, start};
use tokio::net::TcpStream;

/// The release that the test was written against.
const PACKAGE: &str = "mitmproxy==11.0.2";

fn run(command: &mut Command, mend: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{command:?} failed: {}\n{mend}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?} cannot be started: {error}\n{mend}"),
    }
}

/// The folder of a Python that has mitmproxy, made when it is not there.
fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools");
    fs::create_dir_all(&tools).unwrap();
    let lock = fs::File::create(tools.join("mitmproxy.lock")).unwrap();
    lock.lock().unwrap();
    let folder = tools.join(PACKAGE.replace("==", "-"));
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let ready = folder.join("ready");
    if !ready.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        run(
            Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder),
            "This test needs Python 3 with venv (Debian: apt-get install python3-venv).",
        );
        run(
            Command::new(programs.join("python")).args(["-m", "pip", "install", "--quiet", PACKAGE]),
            "This test needs a package index that has mitmproxy, the first time that it runs.",
        );
        fs::write(ready, "").unwrap();
    }
    programs
}

/// mitmproxy, until it is dropped.
struct Inspector {
    child: Child,
    port: u16,
}

impl Drop for Inspector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Inspector {
    async fn start(folder: &Path) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let trusts = format!("ssl_verify_upstream_trusted_ca={}", folder.join("ca.pem").display());
        let child = Command::new(tools().join("mitmdump"))
            .args(["--listen-host", "127.0.0.1", "--listen-port", &port.to_string()])
            .args(["--set", &format!("confdir={}", folder.display()), "--set", &trusts])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let inspector = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "mitmproxy does not listen");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        inspector
    }
}

#[tokio::test]
async fn whoever_inspects_the_traffic_reads_it_without_a_pin_and_nothing_with_one() {
    if env::var_os("GLASSHOUSE_JUDGES").is_none_or(|asked| asked != "1") {
        println!("skipped: mitmproxy and what it needs are 100 MB; set GLASSHOUSE_JUDGES=1 to have them");
        return;
    }
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let receiver = start(&authority, identity.server(), ok()).await;
    let folder = receiver.folder.path();
    let inspector = Inspector::start(folder).await;
    // What a company installs on its machines: its inspector's authority beside the real ones.
    let theirs = fs::read_to_string(folder.join("mitmproxy-ca-cert.pem")).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem.clone() + &theirs).unwrap();

    let config = |pins: &str| {
        let mut config =
            receiver.config("", &format!("proxy = \"http://127.0.0.1:{}\"\n{pins}", inspector.port));
        let host = format!("localhost:{}", receiver.port());
        config.endpoints.values_mut().for_each(|endpoint| endpoint.host = Some(host.clone()));
        config
    };
    let egress = Egress::new();
    let destination = open(&egress, &config(""), folder).unwrap();
    let sent = egress.send(&destination, &request(&destination, b"seen by others")).await.unwrap();
    assert_eq!((sent.response.status, receiver.came().len()), (200, 1), "the way goes through the inspector");

    let pins = format!("pins = [\"{}\", \"{}\"]", identity.pin(), authority.sign("localhost").pin());
    let destination = open(&egress, &config(&pins), folder).unwrap();
    let error = egress.send(&destination, &request(&destination, b"for the receiver")).await.unwrap_err();
    assert!(
        matches!(error.cause(), Cause::Pin { presented: Some(pin) } if *pin != identity.pin()),
        "the inspector shows a certificate that is believed, with a key of its own: {error:?}"
    );
    assert_eq!(receiver.came().len(), 1, "nothing came the second time");

    // The same pins, without anybody in between.
    let mut direct = config(&pins);
    direct.endpoints.values_mut().for_each(|endpoint| endpoint.proxy = None);
    let destination = open(&egress, &direct, folder).unwrap();
    egress.send(&destination, &request(&destination, b"for the receiver")).await.unwrap();
}
