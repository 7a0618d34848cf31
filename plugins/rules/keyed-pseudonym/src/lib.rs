//! Replaces identifiers by keyed pseudonyms, by handle: this plugin sees neither values nor key.

use glasshouse_sdk::prelude::*;

struct KeyedPseudonym {
    hex_chars: u32,
}

impl Rule for KeyedPseudonym {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { hex_chars: run.read_setting("hex-chars")? })
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        targets.of(0).try_for_each(|column| kernels::pseudonymize(batch, column, "default", self.hex_chars))
    }
}

glasshouse_sdk::rule!(KeyedPseudonym);
