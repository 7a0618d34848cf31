//! How ready clients are to be connected to the cloud service, as far as the site database knows.
//!
//! SQL groups devices by the facts that matter and counts them, so that no device comes in here. Each
//! group is classified as a whole.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

/// The client of version 1902, the first that can enroll.
const FIRST_BUILD: u32 = 8790;
/// How long ago an inventory may have come in to count as complete.
const RECENT_DAYS: i64 = 28;

/// What the site database knows about one group of devices.
#[derive(Clone, Copy)]
struct Facts<'a> {
    managed: bool,
    server: bool,
    long_term: bool,
    /// Missing while the site has no status of the client.
    active: Option<bool>,
    version: Option<&'a str>,
    /// Whether the client's check of itself failed.
    failed_check: bool,
    inventory_age: Option<i64>,
}

/// Why a device is not asked to enroll at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Excluded {
    Unmanaged,
    Server,
    LongTerm,
    Inactive,
}

/// The documented states, those taken together that only the cloud service could tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    UnableToEnroll,
    ConfigurationAlert,
    EnrolledOrAwaiting,
    MissingDataOrAwaiting,
    StatusPending,
}

impl State {
    const ALL: [(Self, &'static str); 5] = [
        (Self::UnableToEnroll, "unable-to-enroll"),
        (Self::ConfigurationAlert, "configuration-alert"),
        (Self::EnrolledOrAwaiting, "enrolled-or-awaiting"),
        (Self::MissingDataOrAwaiting, "missing-data-or-awaiting"),
        (Self::StatusPending, "status-pending"),
    ];
}

/// Every device is in exactly one place, so that states and exclusions add up to all devices.
fn classify(device: Facts<'_>) -> Result<State, Excluded> {
    if !device.managed {
        return Err(Excluded::Unmanaged);
    }
    if device.server {
        return Err(Excluded::Server);
    }
    if device.long_term {
        return Err(Excluded::LongTerm);
    }
    if device.active == Some(false) {
        return Err(Excluded::Inactive);
    }
    // What blocks comes before what alerts, and pending is what is left when nothing else is known.
    let build = device.version.and_then(build);
    Ok(match (build, device.failed_check, device.inventory_age) {
        (Some(build), _, _) if build < FIRST_BUILD => State::UnableToEnroll,
        (_, true, _) => State::ConfigurationAlert,
        _ if build.is_none() || device.active.is_none() => State::StatusPending,
        (_, _, Some(age)) if age <= RECENT_DAYS => State::EnrolledOrAwaiting,
        _ => State::MissingDataOrAwaiting,
    })
}

/// The third field of `5.00.8790.1007`, which alone decides.
fn build(version: &str) -> Option<u32> {
    version.split('.').nth(2)?.parse().ok()
}

struct ConnectionHealth {
    today: i64,
    states: BTreeMap<State, i64>,
    excluded: BTreeMap<Excluded, i64>,
}

impl Query for ConnectionHealth {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { today: run.scheduled_day(), states: BTreeMap::new(), excluded: BTreeMap::new() })
    }

    fn take(&mut self, _statement: &str, batch: &Batch) -> Result<()> {
        let ints = |name: &str| batch.ints(batch.column(name)?);
        let version = batch.text(batch.column("ClientVersion")?)?;
        let (client, product_type, long_term) = (ints("Client")?, ints("ProductType")?, ints("LongTerm")?);
        let (active, health, inventory) = (ints("Active")?, ints("Healthy")?, ints("InventoryDay")?);
        for (row, devices) in ints("Devices")?.values.iter().enumerate() {
            let device = Facts {
                managed: client.get(row) == Some(1),
                // 1 is a workstation, 2 a domain controller, 3 a server. Not known yet is no server.
                server: matches!(product_type.get(row), Some(2 | 3)),
                long_term: long_term.get(row) == Some(1),
                active: active.get(row).map(|active| active != 0),
                version: version.get(row),
                // 1 passed, 2 failed, 3 is not known.
                failed_check: health.get(row) == Some(2),
                inventory_age: inventory.get(row).map(|day| self.today.saturating_sub(day)),
            };
            let counter = match classify(device) {
                Ok(state) => self.states.entry(state).or_default(),
                Err(excluded) => self.excluded.entry(excluded).or_default(),
            };
            *counter = counter.saturating_add(*devices);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        if self.states.is_empty() && self.excluded.is_empty() {
            warning!("the site shows no devices: nothing is said about their health");
            return Ok(Vec::new());
        }
        let devices = State::ALL.map(|(state, _)| self.states.get(&state).copied().unwrap_or_default());
        Output::new("states", State::ALL.len())
            .text(State::ALL.iter().map(|(_, name)| *name).collect::<TextBuilder>())?
            .int(devices)?
            .emit()?;
        let excluded = |why| self.excluded.get(&why).copied().unwrap_or_default();
        let eligible = devices.into_iter().fold(0, i64::saturating_add);
        let all = self.excluded.values().copied().fold(eligible, i64::saturating_add);
        Output::new("eligibility", 1)
            .int([all])?
            .int([excluded(Excluded::Unmanaged)])?
            .int([excluded(Excluded::Server)])?
            .int([excluded(Excluded::LongTerm)])?
            .int([excluded(Excluded::Inactive)])?
            .int([eligible])?
            .emit()?;
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(ConnectionHealth);

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that is as well connected as the site database can tell.
    const GOOD: Facts<'static> = Facts {
        managed: true,
        server: false,
        long_term: false,
        active: Some(true),
        version: Some("5.00.9128.1007"),
        failed_check: false,
        inventory_age: Some(3),
    };

    #[test]
    fn inventory_of_28_days_ago_is_complete_and_of_29_is_not() {
        let state = |inventory_age| classify(Facts { inventory_age, ..GOOD });
        assert_eq!(state(Some(28)), Ok(State::EnrolledOrAwaiting));
        assert_eq!(state(Some(29)), Ok(State::MissingDataOrAwaiting));
        assert_eq!(state(None), Ok(State::MissingDataOrAwaiting));
        assert_eq!(state(Some(-1)), Ok(State::EnrolledOrAwaiting), "a clock ahead of the run's");
    }

    #[test]
    fn a_client_before_1902_is_unable_to_enroll_whatever_else_is_wrong() {
        let state = |version| classify(Facts { version: Some(version), failed_check: true, ..GOOD });
        assert_eq!(state("5.00.8789.9999"), Ok(State::UnableToEnroll));
        assert_eq!(state("5.00.8790.1000"), Ok(State::ConfigurationAlert));
    }

    #[test]
    fn what_the_site_does_not_know_yet_is_pending() {
        for version in [None, Some(""), Some("5.00"), Some("5.00.x.1"), Some("5.00.99999999999.1")] {
            assert_eq!(classify(Facts { version, ..GOOD }), Ok(State::StatusPending), "{version:?}");
        }
        assert_eq!(classify(Facts { active: None, ..GOOD }), Ok(State::StatusPending));
        let failed = Facts { active: None, failed_check: true, ..GOOD };
        assert_eq!(classify(failed), Ok(State::ConfigurationAlert), "what is known to be wrong comes first");
    }

    #[test]
    fn what_is_not_targeted_has_no_state() {
        let worst = Facts { active: Some(false), version: Some("5.00.1.1"), ..GOOD };
        let excluded = |device| classify(device).unwrap_err();
        assert_eq!(excluded(worst), Excluded::Inactive);
        assert_eq!(excluded(Facts { long_term: true, ..worst }), Excluded::LongTerm);
        assert_eq!(excluded(Facts { server: true, long_term: true, ..worst }), Excluded::Server);
        assert_eq!(excluded(Facts { managed: false, server: true, ..worst }), Excluded::Unmanaged);
    }
}
