//! How old operating systems are, to the nearest three months.
//!
//! SQL gives the month of the installation and how many devices have it; the age is taken from the day on
//! which the run was due, so that a run that comes late, or is repeated, says the same.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

struct AgeQuarters {
    run: Context,
    /// Age, missing where it is not known, to devices.
    devices: BTreeMap<Option<i64>, i64>,
}

impl Query for AgeQuarters {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { run: run.clone(), devices: BTreeMap::new() })
    }

    fn take(&mut self, _statement: &str, batch: &Batch) -> Result<()> {
        let (months, devices) = (batch.ints(batch.column("Month")?)?, batch.ints(batch.column("Devices")?)?);
        for (month, devices) in months.iter().zip(&devices.values) {
            let age = month.and_then(|month| self.run.age_in_months(month));
            let counted = self.devices.entry(age.map(nearest_quarter)).or_default();
            *counted = counted.saturating_add(*devices);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        Output::new("os-age-quarters", self.devices.len())
            .int(self.devices.keys().copied().collect::<IntBuilder>())?
            .int(self.devices.values().copied().collect::<IntBuilder>())?
            .emit()?;
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(AgeQuarters);

/// 0 and 1 month are 0, 2 to 4 are 3, 5 to 7 are 6.
fn nearest_quarter(months: i64) -> i64 {
    (months + 1) / 3 * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_quarter_is_at_most_one_month_away() {
        for months in 0..1000 {
            let quarter = nearest_quarter(months);
            assert!(quarter % 3 == 0 && (quarter - months).abs() <= 1, "{months}");
        }
    }
}
