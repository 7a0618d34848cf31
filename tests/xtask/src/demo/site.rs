//! The pretend site, as a person would start it: what it prints is what is used.

use std::{
    env, fs,
    path::Path,
    process::{Child, Stdio},
};

use super::{keep_private, wait};
use crate::{
    Failed,
    shell::{cargo, command, run, step, target},
};

/// A pretend site that is ended with the demo.
pub struct PretendSite {
    process: Child,
    /// Where it listens.
    pub address: String,
    /// Its `[[site]]` for glasshouse.toml.
    pub block: String,
    password: String,
}

impl PretendSite {
    /// Builds and starts one. Its card, with what a client needs to know, is kept in `folder`.
    pub fn start(folder: &Path) -> Result<Self, Failed> {
        step("the pretend site", || run(cargo().args(["build", "--package", "glasshouse-site"])))?;
        let program = target().join("debug").join(format!("glasshouse-site{}", env::consts::EXE_SUFFIX));
        let card = folder.join("site.txt");
        let failed = |error: std::io::Error| format!("{}: {error}", card.display());
        let process = command(program)
            .args(["--devices", "5000", "--port", "0", "--tls-dir"])
            .arg(folder.join("site-tls"))
            .stdout(fs::File::create(&card).map_err(failed)?)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("the pretend site cannot be started: {error}"))?;
        // Ended from here on, whatever goes wrong.
        let mut site =
            Self { process, address: String::new(), block: String::new(), password: String::new() };
        wait("the pretend site has printed its card", || {
            Ok(fs::read_to_string(&card).map_err(failed)?.contains("By hand:"))
        })?;
        let text = fs::read_to_string(&card).map_err(failed)?;
        site.read(&text).ok_or_else(|| format!("{}: it is not as expected", card.display()))?;
        Ok(site)
    }

    /// What the card says.
    fn read(&mut self, card: &str) -> Option<()> {
        let after = |start: &str| card.split_once(start).map(|(_, rest)| rest);
        self.address = after("listens on ")?.split(". ").next()?.to_owned();
        let block = after("[[site]]\n")?.split("\n\n").next()?;
        self.block = format!("[[site]]\n{block}\n");
        let user = block.lines().find_map(|line| line.strip_prefix("user = \"")?.strip_suffix('"'))?;
        let mut logins = card.lines().map(str::split_whitespace);
        self.password = logins.find_map(|mut words| {
            let found = words.next() == Some(user);
            words.next().filter(|_| found).map(str::to_owned)
        })?;
        Some(())
    }

    /// Writes the login's password into the file that the card names.
    pub fn keep_password(&self, secrets: &Path) -> Result<(), Failed> {
        keep_private(&secrets.join("site"), &self.password)
    }
}

impl Drop for PretendSite {
    fn drop(&mut self) {
        // It keeps nothing that a clean end would save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
