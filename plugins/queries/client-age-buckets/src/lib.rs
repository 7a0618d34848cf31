//! How old operating systems are in months, and firmware in years.
//!
//! SQL gives the month of a date and how many devices have it; the age is taken from the day on which the
//! run was due, so that a run that comes late, or is repeated, says the same.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

struct AgeBuckets {
    run: Context,
    /// For each output of which rows came: age, missing where it is not known, to devices.
    outputs: BTreeMap<&'static str, BTreeMap<Option<i64>, i64>>,
}

impl Query for AgeBuckets {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { run: run.clone(), outputs: BTreeMap::new() })
    }

    fn take(&mut self, statement: &str, batch: &Batch) -> Result<()> {
        let (output, bucket): (_, fn(i64) -> i64) = match statement {
            "os-installed" => ("os-age-months", |months| months),
            "bios-released" => ("bios-age-years", |months| months / 12),
            other => return Err(format!("no age is taken from the statement `{other}`").into()),
        };
        let (months, devices) = (batch.ints(batch.column("Month")?)?, batch.ints(batch.column("Devices")?)?);
        let buckets = self.outputs.entry(output).or_default();
        for (month, devices) in months.iter().zip(&devices.values) {
            let age = month.and_then(|month| self.run.age_in_months(month));
            let counted = buckets.entry(age.map(bucket)).or_default();
            *counted = counted.saturating_add(*devices);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        for (output, buckets) in self.outputs {
            Output::new(output, buckets.len())
                .int(buckets.keys().copied().collect::<IntBuilder>())?
                .int(buckets.values().copied().collect::<IntBuilder>())?
                .emit()?;
        }
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(AgeBuckets);
