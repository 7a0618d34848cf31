//! The trust of a state directory, for a person to read.

use glasshouse_contract::{Fault, Kind, Name};
use glasshouse_registry::Registry;
use glasshouse_trust::{Policy, TrustStore};

use crate::{GrantReport, KeyReport, PolicyReport, TrustReport};

/// What is trusted now.
pub(crate) fn of(registry: &Registry) -> Result<TrustReport, Fault> {
    let revocations = registry.revocations();
    // A state directory whose trust file was never written trusts nobody: that is an answer. One
    // whose file cannot be read is not.
    let trust =
        if registry.state().trust().exists() { registry.trust()? } else { TrustStore::default().into() };
    let revoked = |id| revocations.as_ref().is_some_and(|list| list.keys.contains(&id));
    Ok(TrustReport {
        keys: trust
            .keys()
            .iter()
            .map(|key| KeyReport {
                name: key.name.to_string(),
                id: key.public.id(),
                public: key.public.to_string(),
                kinds: key.kinds.iter().copied().collect(),
                expires: key.expires,
                revoke: key.revoke,
                revoked: revoked(key.public.id()),
            })
            .collect(),
        policies: [Kind::Query, Kind::Rule, Kind::Target]
            .into_iter()
            .map(|kind| PolicyReport { kind, needs: needs(trust.policy(kind), kind) })
            .collect(),
        grants: trust
            .grants()
            .iter()
            .map(|grant| GrantReport { plugin: grant.plugin.clone(), asks: grant.asks.clone() })
            .collect(),
        revocations: revocations.as_deref().cloned(),
    })
}

fn needs(policy: Option<&Policy>, kind: Kind) -> String {
    let Some(policy) = policy else { return format!("a signature by any key that may sign a {kind}") };
    let names = |names: &[Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let all = (!policy.all_of.is_empty()).then(|| format!("signatures by all of {}", names(&policy.all_of)));
    let any = policy
        .any_of
        .as_ref()
        .map(|quorum| format!("signatures by {} of {}", quorum.minimum, names(&quorum.keys)));
    all.into_iter().chain(any).collect::<Vec<_>>().join(" and ")
}
