//! Masks e-mail and IP addresses in free text, by handle: this plugin never sees the text.

use glasshouse_sdk::prelude::*;

struct MaskIdentifiers;

impl Rule for MaskIdentifiers {
    fn begin(_: &Context) -> Result<Self> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        let mut masked = 0;
        for column in targets.of(0) {
            masked += kernels::mask(batch, column, Patterns::all())?;
        }
        if masked > 0 {
            glasshouse_sdk::info!("{masked} addresses masked");
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(MaskIdentifiers);
