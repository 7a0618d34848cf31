//! A receiver on this machine, as a person would start it: with an authority of its own, and one tenant.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use super::{keep_private, wait};
use crate::{
    Failed,
    shell::{command, output},
};

/// A receiver that is ended with the demo.
pub struct Receiver {
    process: Child,
    /// Its `[[target]]` for glasshouse.toml.
    pub block: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The key that receipts are verified with.
    pub verifier: String,
}

impl Receiver {
    /// Makes and starts one below `folder`. The tenant's token goes into `secrets`, and nowhere else.
    pub fn start(program: &Path, folder: &Path, secrets: &Path) -> Result<Self, Failed> {
        let here = folder.join("receiver");
        let made =
            said(program, &["init"], &here, &["--name", "receiver.test", "--own-authority", "localhost"])?;
        let after = |start: &str| made.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
        let verifier = after("verifier ").ok_or("`receive init` says no verifier")?;
        let pin = after("pin ").ok_or("`receive init` says no pin")?;

        let config = here.join("receive.toml");
        let failed = |error: std::io::Error| format!("{}: {error}", config.display());
        let text = fs::read_to_string(&config).map_err(failed)?;
        // Any port that is free.
        fs::write(&config, text.replace("127.0.0.1:8443", "127.0.0.1:0")).map_err(failed)?;
        let token = said(program, &["tenant", "add"], &here, &["contoso"])?;
        keep_private(&secrets.join("receiver"), token.trim())?;

        let log = folder.join("receiver.log");
        let log_file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let process = command(program)
            .args(["receive", "run"])
            .arg(&here)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file)
            .spawn()
            .map_err(|error| format!("the receiver cannot be started: {error}"))?;
        // Ended from here on, whatever goes wrong.
        let mut receiver = Self { process, block: String::new(), folder: here, verifier };
        let port = || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            Some(text.split_once("listening at 127.0.0.1:")?.1.split_whitespace().next()?.to_owned())
        };
        wait("the receiver listens", || Ok(port().is_some()))?;
        let port = port().ok_or("the receiver does not say where it listens")?;
        let authority = receiver.folder.join("tls").join("ca.pem");
        receiver.block = format!(
            "[[target]]\nplugin = \"glasshouse.targets.glasshouse\"\ncritical = true\n\
             receiver_key = \"{}\"\ntenant = \"contoso\"\n\
             credential = {{ kind = \"bearer\", file = \"secrets/receiver\" }}\n\
             [target.endpoint.ingest]\nhost = \"localhost:{port}\"\nca_file = '{}'\npins = [\"{pin}\"]\n\
             addresses = [\"loopback\"]\n",
            receiver.verifier,
            authority.display(),
        );
        Ok(receiver)
    }
}

fn said(program: &Path, verb: &[&str], folder: &Path, more: &[&str]) -> Result<String, Failed> {
    let mut asked = command(program);
    let (text, code) = output(asked.arg("receive").args(verb).arg(folder).args(more))?;
    if code == 0 {
        Ok(text)
    } else {
        Err(format!("`glasshouse receive {}` ended with {code}", verb.join(" ")))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // What it accepted is on disk.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
