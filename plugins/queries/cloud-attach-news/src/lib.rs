//! How many devices are attached to the cloud, and how many of those are new since the last collection.
//!
//! What is carried from run to run is a fingerprint of each attached device: 32 bits of a hash over the
//! hierarchy and the device's id in Entra. That id is random, so that nobody finds devices by hashing all
//! ids; who has an id already can look whether it was attached.

mod state;

use std::collections::BTreeSet;

use glasshouse_sdk::prelude::*;
use sha2::{Digest as _, Sha256};

/// The devices of one collection. Of 1.4 million, all that a hierarchy can have, a new one is taken for
/// one of the others once in 3,000 times; of 50,000 once in 86,000 times.
type Fingerprints = BTreeSet<u32>;

struct CloudAttachNews {
    hierarchy: String,
    /// Missing at the first collection: then nothing is new or gone.
    before: Option<Fingerprints>,
    now: Fingerprints,
    /// What SQL counted, in a statement that always has a row: without it nothing was read.
    attached: Option<i64>,
}

impl Query for CloudAttachNews {
    fn begin(run: &Context) -> Result<Self> {
        let before = if run.state.is_empty() { None } else { Some(state::read(&run.state)?) };
        Ok(Self { hierarchy: run.hierarchy.clone(), before, now: Fingerprints::new(), attached: None })
    }

    fn take(&mut self, statement: &str, batch: &Batch) -> Result<()> {
        if statement == "attached" {
            let counts = batch.ints(batch.column("Attached")?)?;
            self.attached = counts.iter().flatten().next();
        } else {
            let devices = batch.text(batch.column("DeviceId")?)?;
            self.now.extend(devices.iter().flatten().map(|device| fingerprint(&self.hierarchy, device)));
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        // One of the statements failed: an empty set kept now would make every device new the next time.
        if self.attached.is_none_or(|attached| (attached > 0) == self.now.is_empty()) {
            warning!(
                "the attached devices could not be read: the next collection compares with the last one"
            );
            return Ok(self.before.as_ref().map(state::write).unwrap_or_default());
        }
        let count = |of: Option<usize>| [of.map(|devices| devices as i64)];
        let before = self.before.as_ref();
        Output::new("cloud-attached", 1)
            .int([self.now.len() as i64])?
            .int(count(before.map(|before| self.now.intersection(before).count())))?
            .int(count(before.map(|before| self.now.difference(before).count())))?
            .int(count(before.map(|before| before.difference(&self.now).count())))?
            .emit()?;
        Ok(state::write(&self.now))
    }
}

glasshouse_sdk::query!(CloudAttachNews);

fn fingerprint(hierarchy: &str, device: &str) -> u32 {
    // The hierarchy, always as long, keeps states of two hierarchies from being laid side by side. The
    // same id may come in either case.
    let hash = Sha256::new().chain_update(hierarchy).chain_update(device.to_ascii_lowercase()).finalize();
    hash.iter().take(4).fold(0, |bits, byte| bits << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_the_hierarchy_and_the_device_in_any_case() {
        let device = "0f8fad5b-d9cb-469f-a165-70867728950e";
        assert_eq!(fingerprint("h1", device), fingerprint("h1", &device.to_uppercase()));
        assert_ne!(fingerprint("h1", device), fingerprint("h2", device));
        assert_ne!(fingerprint("h1", device), fingerprint("h1", &device.replace('0', "1")));
    }

    #[test]
    fn a_fingerprint_stays_what_it_is_for_states_are_kept() {
        // SHA-256 of the two, one after the other, by another program.
        assert_eq!(fingerprint("hierarchy", "DEVICE"), 1431058402);
    }
}
