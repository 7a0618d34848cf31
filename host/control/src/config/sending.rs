//! `mode`, `[[target]]`, `[outbox]` and `[metrics]`: whether anything is sent, where to, and how much may wait.

use std::{collections::BTreeMap, fmt, net::SocketAddr};

use glasshouse_audit::ReceiverKeys;
use glasshouse_contract::{EndpointHosts, PluginId};
use glasshouse_egress::TargetConfig;
use glasshouse_ledger::DiskPolicy;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Lines;

/// Whether the host sends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing is sent, and no connection is opened but to sites.
    #[default]
    Offline,
    /// What is sealed and waits is sent after a run, and receivers are asked for daily.
    Online,
}

impl Mode {
    /// The mode's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `[outbox]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenOutbox {
    unsent_mib: Spanned<u64>,
}

impl Default for WrittenOutbox {
    fn default() -> Self {
        Self { unsent_mib: Spanned::new(0..0, Self::UNSENT_MIB) }
    }
}

impl WrittenOutbox {
    /// A month without a receiver at fifty sites takes about half of it.
    const UNSENT_MIB: u64 = 4096;
}

/// `[metrics]` as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenMetrics {
    listen: Option<SocketAddr>,
}

/// What of the configuration is about sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sending {
    pub mode: Mode,
    /// By plugin, in the order in which they are written.
    pub targets: Vec<TargetConfig>,
    pub hosts: BTreeMap<PluginId, EndpointHosts>,
    /// How much may wait; nothing before a file was read.
    unsent_mib: Option<u64>,
    /// Where metrics can be fetched from.
    pub metrics: Option<SocketAddr>,
}

impl Sending {
    /// How much disk what is not sent may take.
    pub fn policy(&self) -> DiskPolicy {
        DiskPolicy {
            unsent_bytes: self.unsent_mib.unwrap_or(WrittenOutbox::UNSENT_MIB).saturating_mul(1 << 20),
        }
    }

    /// The targets whose receivers are believed: nothing says whose receipts count.
    pub fn believed(&self) -> impl Iterator<Item = &PluginId> {
        self.targets.iter().filter(|target| target.receiver_key.is_none()).map(|target| &target.plugin)
    }

    /// Whether a target is described.
    pub fn describes(&self, target: &PluginId) -> bool {
        self.hosts.contains_key(target)
    }
}

/// Reads what is about sending; a complaint begins with its line.
pub(super) fn read(
    mode: Mode,
    targets: Vec<Spanned<TargetConfig>>,
    outbox: &WrittenOutbox,
    metrics: &WrittenMetrics,
    lines: Lines<'_>,
) -> Result<Sending, String> {
    let mut hosts = BTreeMap::new();
    let mut described = Vec::new();
    for target in targets {
        let line = lines.of(target.span().start);
        let target = target.into_inner();
        let named =
            target.hosts().map_err(|bad| format!("line {line}: target `{}`: {bad}", target.plugin))?;
        if hosts.insert(target.plugin.clone(), named).is_some() {
            return Err(format!("line {line}: two targets are of the plugin `{}`", target.plugin));
        }
        receiver_key_of(&target).map_err(|why| format!("line {line}: target `{}`: {why}", target.plugin))?;
        described.push(target);
    }
    let unsent_mib = *outbox.unsent_mib.get_ref();
    if unsent_mib == 0 {
        let line = lines.of(outbox.unsent_mib.span().start);
        return Err(format!("line {line}: `unsent_mib = 0` leaves no room for anything; 1 is the least"));
    }
    Ok(Sending { mode, targets: described, hosts, unsent_mib: Some(unsent_mib), metrics: metrics.listen })
}

/// Whether a receiver's key that is written out is one. A file is read when it is needed.
fn receiver_key_of(target: &TargetConfig) -> Result<(), String> {
    if let Some(key) = target.written_receiver_key() {
        key.parse::<ReceiverKeys>().map_err(|error| format!("`receiver_key`: {error}"))?;
    }
    if target.receiver_key.is_none() && target.tenant.is_some() {
        return Err(
            "`tenant` is held against receipts, and without `receiver_key` none is looked at".to_owned()
        );
    }
    Ok(())
}
