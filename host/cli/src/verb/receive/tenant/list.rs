use clap::Args;
use glasshouse_contract::Fault;
use serde_json::json;

use super::{Output, Place, fault};
use crate::{
    Ended,
    screen::{self, Columns},
};

/// Lists the tenants and how much there is of each
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse receive tenant list /srv/receiver")]
pub struct List {
    #[command(flatten)]
    place: Place,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self) -> Result<Ended, Fault> {
        let tenants = self.place.store()?.tenants().map_err(fault)?;
        match self.output {
            Output::Json => {
                let tenants: Vec<_> = tenants
                    .iter()
                    .map(|tenant| {
                        json!({
                            "name": tenant.name, "token": tenant.has_token, "added": tenant.added,
                            "kept": tenant.kept, "bytes": tenant.bytes, "deleted": tenant.deleted,
                            "last": tenant.last,
                        })
                    })
                    .collect();
                screen::print_json(&tenants);
            }
            Output::Text => {
                let mut columns =
                    Columns::new(&["NAME", "TOKEN", "KEPT", "BYTES", "DELETED", "LAST REQUEST"]);
                for tenant in tenants {
                    columns.row([
                        tenant.name.to_string(),
                        if tenant.has_token { "yes" } else { "none" }.to_owned(),
                        tenant.kept.to_string(),
                        tenant.bytes.to_string(),
                        tenant.deleted.to_string(),
                        tenant.last.map_or_else(|| "-".to_owned(), |last| last.to_string()),
                    ]);
                }
                screen::print(&columns.text());
            }
        }
        Ok(Ended::Well)
    }
}
