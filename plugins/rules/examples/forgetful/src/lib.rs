//! A rule with a bug, on purpose: every third value is forgotten. The host believes no rule, and this one is there
//! to show what becomes of its tables.

use glasshouse_sdk::prelude::*;

struct Forgetful;

impl Rule for Forgetful {
    fn begin(_: &Context) -> Result<Self> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        for column in targets.of(0) {
            let mut seen = 0;
            batch.map_text(column, |name, row| {
                seen += 1;
                row.push(if seen % 3 == 0 { name } else { "***" });
            })?;
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(Forgetful);
