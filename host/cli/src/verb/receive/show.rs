use clap::Args;
use glasshouse_contract::{Digest, Fault, Name};

use super::{Place, fault};
use crate::{Ended, screen};

/// Shows a request as it was sealed and came: method, URL, headers, body
///
/// SHA-256 of what --raw prints is the digest in the sender's ledger and in the receipt.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse receive show /srv/receiver 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b --tenant contoso
  glasshouse receive show /srv/receiver ID --tenant contoso --raw | sha256sum")]
pub struct Show {
    #[command(flatten)]
    place: Place,

    /// The request's id, 64 hexadecimal digits, as `receive list` shows it
    #[arg(value_parser = id)]
    id: Digest,

    /// Whose request
    #[arg(long, value_name = "NAME")]
    tenant: Name,

    /// Its bytes and nothing else
    #[arg(long)]
    raw: bool,
}

impl Show {
    pub fn run(self) -> Result<Ended, Fault> {
        let sealed = self.place.store()?.sealed(&self.tenant, &self.id).map_err(fault)?;
        if self.raw {
            screen::print_bytes(&sealed);
            return Ok(Ended::Well);
        }
        screen::print(&format!("{} of {}, {}\n", self.id.hex(), self.tenant, Digest::of(&sealed)));
        for line in String::from_utf8_lossy(&sealed).lines() {
            screen::print(&format!("  {}", screen::line(line)));
        }
        Ok(Ended::Well)
    }
}

fn id(text: &str) -> Result<Digest, &'static str> {
    Digest::from_hex(text).map_err(|_| "an id has 64 hexadecimal digits, in lower case")
}
