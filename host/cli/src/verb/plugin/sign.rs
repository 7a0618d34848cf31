use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_trust::{PluginFile, Validity, replace_file};
use jiff::Timestamp;
use semver::Version;

use super::{name_of, read_file};
use crate::{
    Ended,
    place::Place,
    screen,
    verb::{SIGNED_FOR, trust::load_key},
};

/// Signs a built plugin; also adds signatures to one that is signed
///
/// The signature covers every byte of the component and its manifest, and says from when until when,
/// and from which host on, the plugin may run. A further signer of the same file signs the
/// same statement; to change its times, build and sign the file anew.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plugin sign devices.wasm --key mine
  glasshouse plugin sign devices.wasm --key ./build.key --not-after 2027-06-30T00:00:00Z
  glasshouse plugin sign devices.wasm --key first --key second --out signed.wasm")]
pub struct Sign {
    /// The plugin file
    file: PathBuf,
    /// A signing key: a name in the state directory's keys/, or a file; may be given more than once
    #[arg(long = "key", required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// The plugin does not run before this [default: now]
    #[arg(long, value_name = "TIME")]
    not_before: Option<Timestamp>,
    /// The plugin does not run from this on [default: a year later]
    #[arg(long, value_name = "TIME")]
    not_after: Option<Timestamp>,
    /// The plugin does not run in an older host
    #[arg(long, value_name = "VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    minimum_host: Version,
    /// Write the signed plugin here [default: in the place of FILE]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sign {
    pub fn run(self, place: impl Fn() -> Result<Place, Fault>) -> Result<Ended, Fault> {
        let layout = place()?.layout;
        let keys = self.keys.iter().map(|key| load_key(&layout, key)).collect::<Result<Vec<_>, _>>()?;
        let bytes = read_file(&self.file, PluginFile::MAX_BYTES as u64)?;
        let object = name_of(&self.file);
        let file = PluginFile::parse(bytes).map_err(|error| error.fault(&object))?;
        let validity = self.validity(&file)?;
        let signed = file
            .signed_with(&keys.iter().collect::<Vec<_>>(), validity.clone())
            .map_err(|error| error.fault(&object))?;
        let out = self.out.as_ref().unwrap_or(&self.file);
        replace_file(out, &signed, 0o644).map_err(|error| {
            Fault::new(FaultKind::Unreachable, out.display(), error, "choose another file with --out")
        })?;
        let ids: Vec<String> = keys.iter().map(|key| key.id().short()).collect();
        screen::print(&format!(
            "{}: {} {} signed by {}, valid from {} to {}",
            screen::line(&out.display().to_string()),
            file.manifest().id,
            file.manifest().version,
            ids.join(", "),
            validity.not_before,
            validity.not_after
        ));
        Ok(Ended::Well)
    }

    /// The times asked for; where none are, those that the file is signed for already.
    fn validity(&self, file: &PluginFile) -> Result<Validity, Fault> {
        if let (None, None, Some(statement)) = (self.not_before, self.not_after, file.statement()) {
            return Ok(statement.validity.clone());
        }
        let now = Timestamp::now();
        // Whole seconds: nobody reads the rest, and it is signed as it is written.
        let not_before = self.not_before.unwrap_or(Timestamp::from_second(now.as_second()).unwrap_or(now));
        let too_late = |error| Fault::new(FaultKind::Malformed, "--not-after", error, "name an earlier time");
        let not_after = match self.not_after {
            Some(time) => time,
            None => not_before.checked_add(SIGNED_FOR).map_err(too_late)?,
        };
        if not_after <= not_before {
            return Err(Fault::new(
                FaultKind::Malformed,
                "--not-after",
                format!("the plugin would never run: {not_after} is not after {not_before}"),
                "name a later time",
            ));
        }
        Ok(Validity { not_before, not_after, minimum_host: self.minimum_host.clone() })
    }
}
