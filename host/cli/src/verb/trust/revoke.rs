use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Digest, Fault, FaultKind, PluginId};
use glasshouse_control::{Blob, Reply, Request};
use glasshouse_trust::{KeyId, Revocations};
use jiff::{SignedDuration, Timestamp};

use super::{load_key, read_file, unexpected};
use crate::{Ended, place::Place, screen};

/// Revokes keys, plugin files or plugins by a signed list; what runs of them stops within 2 s
///
/// Takes the list in force, adds to it, signs it with a key that `trust.toml` lets revoke, and puts
/// it in force. Or puts a list in force that was made elsewhere (--list). Older lists than the
/// one in force are refused, and so are new plugins once the list has expired: renew it in time
/// with --with-key alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse trust revoke --key 3f9a… --with-key security
  glasshouse trust revoke --plugin contoso.devices --with-key security --days 90
  glasshouse trust revoke --digest sha256:… --with-key security --save revocations.json
  glasshouse trust revoke --list revocations.json             on another host that trusts the same key
  glasshouse trust revoke --with-key security                 renew the list as it is")]
pub struct Revoke {
    /// A key, by its id of 64 digits as `trust show --output json` shows it
    #[arg(long, value_name = "ID")]
    key: Vec<KeyId>,
    /// A plugin file, by its digest
    #[arg(long, value_name = "sha256:...")]
    digest: Vec<Digest>,
    /// A plugin, in every version
    #[arg(long, value_name = "ID")]
    plugin: Vec<PluginId>,
    /// The signing key: a name in keys/, or a file
    #[arg(long, value_name = "KEY", required_unless_present = "list")]
    with_key: Option<String>,
    /// How long the list is good; after that nothing new is let in until it is renewed
    #[arg(long, default_value_t = 365, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Also write the signed list to this file, for other hosts
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Put a signed list in force as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "digest", "plugin", "with_key", "save", "days"])]
    list: Option<PathBuf>,
}

impl Revoke {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let list = match (&self.list, &self.with_key) {
            (Some(path), _) => read_file(path, Revocations::MAX_BYTES as u64)?,
            (None, Some(key)) => self.sign(place, key)?,
            // clap asks for one of them.
            (None, None) => return Ok(Ended::WithFindings),
        };
        if let Some(path) = &self.save {
            Revocations::save(&list, path).map_err(|error| {
                Fault::new(FaultKind::Unreachable, path.display(), error, "choose another file")
            })?;
        }
        match place.ask("putting the list in force", Request::TrustRevoke { list: Blob(list) })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }

    /// The list in force and what is added to it, signed here: the host never sees the key.
    fn sign(&self, place: &Place, key: &str) -> Result<Vec<u8>, Fault> {
        let signer = load_key(&place.layout, key)?;
        let Reply::Trust(trust) = place.ask("reading the list in force", Request::TrustShow)? else {
            return Err(unexpected());
        };
        let now = Timestamp::now();
        // Whole seconds: nobody reads the rest, and it is signed as it is written.
        let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let expires = issued
            .checked_add(SignedDuration::from_hours(24 * i64::from(self.days)))
            .map_err(|error| Fault::new(FaultKind::Malformed, "--days", error, "name fewer days"))?;
        let mut list = Revocations::following(trust.revocations.as_ref(), issued, expires);
        add(&mut list.keys, &self.key);
        add(&mut list.digests, &self.digest);
        add(&mut list.plugins, &self.plugin);
        Ok(list.signed_with(&[&signer]))
    }
}

fn add<T: Clone + Ord>(list: &mut Vec<T>, more: &[T]) {
    list.extend_from_slice(more);
    list.sort();
    list.dedup();
}
