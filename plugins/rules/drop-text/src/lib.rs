//! Removes columns of class text. No value of them enters this plugin.

use glasshouse_sdk::prelude::*;

struct DropText;

impl Rule for DropText {
    fn begin(_: &Context) -> Result<Self> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        targets.iter().try_for_each(|(_, column)| batch.drop_column(column))
    }
}

glasshouse_sdk::rule!(DropText);
