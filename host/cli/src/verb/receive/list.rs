use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_receive::Kept;
use serde_json::json;

use super::{Output, Place, fault};
use crate::{
    Ended,
    screen::{self, Columns},
};

/// Lists the requests that came, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse receive list /srv/receiver
  glasshouse receive list /srv/receiver --tenant contoso --last 1000 --output json")]
pub struct List {
    #[command(flatten)]
    place: Place,

    /// Only this tenant's
    #[arg(long, value_name = "NAME")]
    tenant: Option<Name>,

    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: u64,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self) -> Result<Ended, Fault> {
        let mut all: Vec<Kept> = Vec::new();
        self.place
            .store()?
            .each_request(self.tenant.as_ref(), self.last, |kept| {
                all.push(kept);
                Ok(())
            })
            .map_err(fault)?;
        match self.output {
            Output::Json => {
                let all: Vec<_> = all
                    .iter()
                    .map(|kept| {
                        json!({
                            "tenant": kept.tenant, "id": kept.id.hex(), "digest": kept.digest, "bytes": kept.bytes,
                            "received": kept.received, "deleted": kept.deleted,
                        })
                    })
                    .collect();
                screen::print_json(&all);
            }
            Output::Text => {
                let mut columns = Columns::new(&["RECEIVED", "TENANT", "BYTES", "DELETED", "ID"]);
                for kept in all {
                    columns.row([
                        kept.received.to_string(),
                        kept.tenant.to_string(),
                        kept.bytes.to_string(),
                        kept.deleted.map_or_else(|| "-".to_owned(), |at| at.to_string()),
                        kept.id.hex(),
                    ]);
                }
                screen::print(&columns.text());
            }
        }
        Ok(Ended::Well)
    }
}
