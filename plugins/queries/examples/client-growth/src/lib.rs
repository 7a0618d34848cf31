//! How the number of clients of each version changed since the last collection.
//!
//! The state carried from run to run is this run's counts, one `version<tab>devices` a line; the
//! clients that report no version are counted under an empty one.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

struct ClientGrowth {
    /// Empty and absent differ: the first collection has nothing to compare with.
    before: Option<BTreeMap<String, i64>>,
    now: BTreeMap<String, i64>,
}

impl Query for ClientGrowth {
    fn begin(run: &Context) -> Result<Self> {
        let before = if run.state.is_empty() { None } else { Some(read(std::str::from_utf8(&run.state)?)?) };
        Ok(Self { before, now: BTreeMap::new() })
    }

    fn take(&mut self, _statement: &str, batch: &Batch) -> Result<()> {
        let (versions, devices) =
            (batch.text(batch.column("ClientVersion")?)?, batch.ints(batch.column("Devices")?)?);
        for (version, devices) in versions.iter().zip(&devices.values) {
            *self.now.entry(version.unwrap_or_default().to_owned()).or_default() += devices;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        let growth = growth(self.before.as_ref(), &self.now);
        Output::new("growth", growth.len())
            .text(growth.iter().map(|row| (!row.0.is_empty()).then_some(row.0)).collect::<TextBuilder>())?
            .int(growth.iter().map(|row| row.1).collect::<IntBuilder>())?
            .int(growth.iter().map(|row| row.2).collect::<IntBuilder>())?
            .emit()?;
        let new = self
            .before
            .as_ref()
            .map(|before| self.now.keys().filter(|v| !before.contains_key(*v)).count() as i64);
        Output::new("summary", 1)
            .int([self.now.len() as i64])?
            .int([self.now.values().min().copied()])?
            .int([self.now.values().max().copied()])?
            .int([new])?
            .emit()?;
        Ok(write(&self.now).into_bytes())
    }
}

glasshouse_sdk::query!(ClientGrowth);

/// Each version of either collection with its devices now and how many more that is.
fn growth<'a>(
    before: Option<&'a BTreeMap<String, i64>>,
    now: &'a BTreeMap<String, i64>,
) -> Vec<(&'a str, i64, Option<i64>)> {
    let gone = before.into_iter().flatten().filter(|(version, _)| !now.contains_key(*version));
    let mut rows: Vec<_> = now.iter().chain(gone.map(|(version, _)| (version, &0))).collect();
    rows.sort();
    rows.into_iter()
        .map(|(version, devices)| {
            let change = before.map(|before| devices - before.get(version).copied().unwrap_or(0));
            (version.as_str(), *devices, change)
        })
        .collect()
}

fn write(counts: &BTreeMap<String, i64>) -> String {
    // A first line of its own, so that no clients at all are still a state.
    let lines = counts.iter().map(|(version, devices)| format!("{version}\t{devices}\n"));
    std::iter::once("v1\n".to_owned()).chain(lines).collect()
}

fn read(state: &str) -> Result<BTreeMap<String, i64>> {
    let lines = state.strip_prefix("v1\n").ok_or("the carried state is of another version of this plugin")?;
    lines
        .lines()
        .map(|line| {
            let (version, devices) =
                line.rsplit_once('\t').ok_or("the carried state has a line without a tab")?;
            Ok((version.to_owned(), devices.parse()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
        of.iter().map(|(version, devices)| ((*version).to_owned(), *devices)).collect()
    }

    #[test]
    fn versions_that_came_and_went_are_both_shown() {
        let (before, now) = (counts(&[("1", 5), ("2", 7)]), counts(&[("2", 9), ("3", 1)]));
        assert_eq!(growth(Some(&before), &now), [("1", 0, Some(-5)), ("2", 9, Some(2)), ("3", 1, Some(1))]);
        assert_eq!(growth(None, &now), [("2", 9, None), ("3", 1, None)]);
    }

    #[test]
    fn the_state_reads_back() {
        for state in [counts(&[]), counts(&[("a\tb", -1), ("c", 2)])] {
            assert_eq!(read(&write(&state)).unwrap(), state);
        }
        assert!(read("5.0\t1\n").is_err());
    }
}
