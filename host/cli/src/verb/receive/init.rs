use std::path::Path;

use clap::Args;
use glasshouse_contract::Fault;

use super::{Place, fault};
use crate::{Ended, screen};

/// Makes a receiver's folder: a commented configuration and the key that receipts are signed with
///
/// The receiver needs a certificate for its name, with its key, where receive.toml says. For trying, --own-authority
/// makes a certificate authority, the certificate and the key; the authority's own key is forgotten at once, so
/// that nothing else is ever signed with it. Keep a copy of receipt.key in another place: receipts of
/// another key are not believed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse receive init /srv/receiver --name receiver.contoso.example
  glasshouse receive init ./receiver --name receiver.test --own-authority localhost --own-authority 127.0.0.1")]
pub struct Init {
    #[command(flatten)]
    place: Place,

    /// The name that receipts are signed with, as a DNS name is
    #[arg(long, value_name = "NAME")]
    name: String,

    /// Make certificates for trying, for this host name or address; may be given more than once
    #[arg(long, value_name = "HOST")]
    own_authority: Vec<String>,
}

impl Init {
    pub fn run(self) -> Result<Ended, Fault> {
        let made = self.place.folder().make(&self.name, &self.own_authority).map_err(fault)?;
        screen::print(&format!("wrote {}", screen::line(&made.config.display().to_string())));
        screen::print(&format!("verifier {}", screen::line(&made.verifier)));
        match (&made.authority, self.own_authority.first()) {
            (Some((file, pin)), Some(host)) => {
                screen::print(&format!("authority {}", screen::line(&file.display().to_string())));
                screen::print(&format!("pin {pin}"));
                screen::print(&format!("\n{}", for_senders(&made.verifier, host, file, pin)));
            }
            _ => {
                screen::note("next: put the server's certificate and key where the file says");
                screen::note("senders write the verifier into their [[target]]: receiver_key = \"..\"");
            }
        }
        screen::note("next: glasshouse receive tenant add --help");
        Ok(Ended::Well)
    }
}

/// What a sender on the same machine writes into its glasshouse.toml; the port is the one of a new receive.toml.
fn for_senders(verifier: &str, host: &str, authority: &Path, pin: &str) -> String {
    let authority = std::path::absolute(authority).unwrap_or_else(|_| authority.to_owned());
    format!(
        "# For glasshouse.toml of a sender on this machine; the token of `receive tenant add` goes into the file.\n\
         [[target]]\n\
         plugin = \"glasshouse.targets.glasshouse\"\n\
         receiver_key = \"{verifier}\"\n\
         credential = {{ kind = \"bearer\", file = \"secrets/receiver\" }}\n\
         [target.endpoint.ingest]\n\
         host = \"{host}:8443\"\n\
         ca_file = '{}'\n\
         pins = [\"{pin}\"]\n\
         addresses = [\"loopback\"]",
        screen::line(&authority.display().to_string()),
        verifier = screen::line(verifier),
        host = screen::line(host),
    )
}
