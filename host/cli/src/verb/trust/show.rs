use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{Reply, Request, TrustReport};

use super::{Output, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Shows the trusted keys, who must sign what, grants and revocations
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse trust show --output json")]
pub struct Show {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Show {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::Trust(trust) = place.ask("reading the state", Request::TrustShow)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&trust),
            Output::Text => screen::print(&text(&trust)),
        }
        Ok(Ended::Well)
    }
}

fn text(trust: &TrustReport) -> String {
    if trust.keys.is_empty() {
        return "no key is trusted: nothing is let in\n".to_owned();
    }
    let mut keys = Columns::new(&["KEY", "ID", "MAY SIGN", "UNTIL", ""]);
    for key in &trust.keys {
        let mut signs: Vec<&str> = key.kinds.iter().map(|kind| kind.as_str()).collect();
        signs.extend(key.revoke.then_some("revocations"));
        keys.row([
            key.name.as_str(),
            &key.id.short(),
            &signs.join(", "),
            &key.expires.map_or_else(|| "-".to_owned(), |time| time.to_string()),
            if key.revoked { "revoked" } else { "" },
        ]);
    }
    let mut text = keys.text();
    text.push('\n');
    for policy in &trust.policies {
        text.push_str(&format!("a {} needs {}\n", policy.kind, screen::line(&policy.needs)));
    }
    for grant in &trust.grants {
        text.push_str(&format!("\ngranted to {}:\n", grant.plugin));
        for ask in grant.asks.iter() {
            text.push_str(&format!("  {}\n", screen::line(&ask.to_string())));
        }
    }
    if let Some(list) = &trust.revocations {
        text.push_str(&format!(
            "\nrevocation list {} of {}, good until {}:\n",
            list.version, list.issued, list.expires
        ));
        let digests = list.digests.iter().map(|digest| format!("file {digest}"));
        let plugins = list.plugins.iter().map(|plugin| format!("plugin {plugin}"));
        for revoked in list.keys.iter().map(|key| format!("key {key}")).chain(digests).chain(plugins) {
            text.push_str(&format!("  {}\n", screen::line(&revoked)));
        }
    }
    text
}
