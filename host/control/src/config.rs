//! `glasshouse.toml`: what an operator chooses that is no decision of trust.

mod misplaced;
mod retention;
mod routes;
mod sending;
mod unquoted;

use std::{collections::BTreeSet, fs, io};

use glasshouse_contract::{ColumnName, Fault, FaultKind, Level, Name};
use glasshouse_egress::TargetConfig;
use glasshouse_ledger::KeptFor;
use glasshouse_pipeline::Route;
use glasshouse_registry::{Layout, Registry};
use glasshouse_site::SiteConfig;
use serde::Deserialize;
use toml::Spanned;

use crate::Access;
use retention::WrittenRetention;
use routes::{Configured, WrittenResults, WrittenRoute};
use sending::{WrittenMetrics, WrittenOutbox};

pub use sending::Mode;
pub(crate) use sending::Sending;

/// What `glasshouse init` writes: every choice there is, commented out, each with its reason.
pub const COMMENTED: &str = include_str!("config/commented.toml");

/// The configuration. A missing file is the default; an unknown field is an error, so that a
/// misspelt choice is not silently no choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How much is collected.
    pub level: Level,
    /// Where from.
    pub sites: Vec<SiteConfig>,
    control: Control,
    /// Where it goes; the first is that of the results.
    routes: Vec<Configured>,
    /// Whether it is sent, and where to.
    pub(crate) sending: Sending,
    /// How long what may be erased by its age is kept.
    pub(crate) kept_for: KeptFor,
}

/// The configuration as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    level: Level,
    #[serde(rename = "site")]
    sites: Vec<SiteConfig>,
    control: Control,
    results: WrittenResults,
    #[serde(rename = "route")]
    routes: Vec<WrittenRoute>,
    mode: Mode,
    #[serde(rename = "target")]
    targets: Vec<Spanned<TargetConfig>>,
    outbox: WrittenOutbox,
    metrics: WrittenMetrics,
    retention: WrittenRetention,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Control {
    group: Option<String>,
}

/// The lines of a text.
#[derive(Clone, Copy)]
struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// The line, from 1, that this byte is in.
    fn of(self, start: usize) -> usize {
        self.0.get(..start).unwrap_or_default().matches('\n').count() + 1
    }
}

impl Config {
    /// Reads the configuration of a state directory.
    ///
    /// # Errors
    /// When the file cannot be read or is malformed.
    pub fn load(layout: &Layout) -> Result<Self, Fault> {
        let path = layout.config();
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|cause| {
                Fault::new(
                    FaultKind::Malformed,
                    path.display(),
                    cause,
                    "mend the line; `glasshouse init` in an empty directory writes a file with every choice",
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Fault::new(
                FaultKind::Unreachable,
                path.display(),
                error,
                "let the host's account read the file",
            )),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = Lines(text);
        let written: Written = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let words = misplaced::words(error.message(), text.get(span.clone()).unwrap_or_default());
            format!(
                "line {}: {}",
                lines.of(span.start),
                glasshouse_contract::shown(&unquoted::without_value(&words))
            )
        })?;
        let mut names = BTreeSet::new();
        if let Some(twice) = written.sites.iter().find(|site| !names.insert(&site.name)) {
            return Err(format!("two sites are called `{}`", twice.name));
        }
        let routes = routes::read(written.results, written.routes, written.level, lines)?;
        let sending = sending::read(written.mode, written.targets, &written.outbox, &written.metrics, lines)?;
        let kept_for = retention::read(written.retention, lines)?;
        Ok(Self {
            level: written.level,
            sites: written.sites,
            control: written.control,
            routes,
            sending,
            kept_for,
        })
    }

    /// Who may use the control socket.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { group: self.control.group.clone() }
    }

    /// Where results go, that of the results first.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        match &self.routes[..] {
            [] => vec![Route::results(Vec::new())],
            routes => routes.iter().map(|configured| configured.route.clone()).collect(),
        }
    }

    /// Whether the host sends by itself.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.sending.mode
    }

    /// What of its routes leads to a target that nobody described: it is sealed, and waits.
    pub(crate) fn undescribed_targets(&self) -> Vec<String> {
        let routes = self.routes.iter().map(|configured| &configured.route);
        routes
            .filter_map(|route| Some((route, route.target.as_ref()?)))
            .filter(|(_, target)| !self.sending.describes(target))
            .map(|(route, target)| {
                format!(
                    "route `{}`: there is no [[target]] of the plugin {target}: what is sealed for it waits",
                    route.name
                )
            })
            .collect()
    }

    /// Which targets' receivers are believed as they answer.
    pub(crate) fn believed_receivers(&self) -> Vec<String> {
        let told = |target| {
            format!(
                "[[target]] `{target}` has no receiver_key: whoever answers for its receiver is believed, and so are \
                 receipts"
            )
        };
        self.sending.believed().map(told).collect()
    }

    /// The columns of a route of which an administrator knows that they are hashed without a key.
    pub(crate) fn unkeyed(&self, route: &Name) -> &[ColumnName] {
        let configured = self.routes.iter().find(|configured| configured.route.name == *route);
        configured.map_or(&[], |configured| &configured.unkeyed)
    }

    /// What of its routes cannot be followed with the plugins that run now.
    pub(crate) fn unfollowable(&self, registry: &Registry) -> Vec<Fault> {
        let place = registry.state().config();
        let running = |id: &_| registry.get(id);
        self.routes
            .iter()
            .flat_map(|configured| configured.unfollowable(&place.display().to_string(), running))
            .collect()
    }
}

#[cfg(test)]
mod tests;
