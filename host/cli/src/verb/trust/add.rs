use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Kind, Name};
use glasshouse_control::{NewKey, Reply, Request};
use glasshouse_trust::PublicKey;
use jiff::Timestamp;

use super::{load_key, unexpected};
use crate::{Ended, place::Place, screen};

/// Trusts a key: plugins that it signed may be let in
///
/// Plugins that were refused for want of this key are looked at again at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse trust add mine --kinds query,rule,target          a key made here by `trust keygen mine`
  glasshouse trust add build-2026 --public ed25519:... --kinds query --expires 2027-06-30T00:00:00Z
  glasshouse trust add security --public ed25519:... --revoke  a key that may only revoke")]
pub struct Add {
    /// What to call the key; where --public is missing, the key of that name in keys/ is meant
    name: Name,
    /// The public key, as `trust keygen` prints it
    #[arg(long, value_name = "ed25519:BASE64")]
    public: Option<PublicKey>,
    /// The kinds of plugin that it may sign
    #[arg(long, value_delimiter = ',', value_name = "query,rule,target", required_unless_present = "revoke")]
    kinds: Vec<Kind>,
    /// When it is trusted no longer
    #[arg(long, value_name = "TIME")]
    expires: Option<Timestamp>,
    /// Let it sign revocation lists
    #[arg(long)]
    revoke: bool,
}

impl Add {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let public = match self.public {
            Some(public) => public,
            None => load_key(&place.layout, self.name.as_str())
                .map_err(|fault| Fault {
                    mend: format!(
                        "name the public key with --public, or make one: glasshouse trust keygen {}",
                        self.name
                    ),
                    kind: FaultKind::Malformed,
                    ..fault
                })?
                .public(),
        };
        let key =
            NewKey { name: self.name, public, kinds: self.kinds, expires: self.expires, revoke: self.revoke };
        match place.ask("writing trust.toml", Request::TrustAdd { key })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
