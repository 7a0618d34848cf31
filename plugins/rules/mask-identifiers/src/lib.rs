//! Masks identifiers and secrets in free text, by handle: this plugin never sees the text.

use glasshouse_sdk::{kernels::Search, prelude::*};

struct MaskIdentifiers {
    what: Search,
}

impl Rule for MaskIdentifiers {
    fn begin(run: &Context) -> Result<Self> {
        let words = |name| run.setting(name).map(words);
        let what = Search {
            kinds: words("kinds")?,
            domains: words("domains")?,
            host_prefixes: words("host-prefixes")?,
        };
        Ok(Self { what })
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        let mut masked = 0;
        for column in targets.of(0) {
            masked += kernels::mask_kinds(batch, column, &self.what)?;
        }
        if masked > 0 {
            glasshouse_sdk::info!("{masked} masked");
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(MaskIdentifiers);

/// A setting with commas between its words.
fn words(setting: &str) -> Vec<String> {
    setting.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_have_commas_between_them() {
        assert_eq!(words("usual, phone ,"), ["usual", "phone"]);
        assert!(words(" ").is_empty());
    }
}
