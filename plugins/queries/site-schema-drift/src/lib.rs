//! Which tables of the site database are not the product's own, told by hashes alone.

// The host's own file, by path and not as a crate: what else `contract` needs has no place in a plugin.
#[path = "../../../../host/contract/src/one_way.rs"]
mod one_way;

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_sdk::prelude::*;
use one_way::one_way_hash;

/// The hashes of the product's tables; the README says where they come from.
const DEFAULTS: &str = include_str!("default-tables.txt");

struct SchemaDrift {
    defaults: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Query for SchemaDrift {
    fn begin(run: &Context) -> Result<Self> {
        let mut defaults = shipped(DEFAULTS)?;
        let more = run.setting("more-defaults")?.split(|at: char| at == ',' || at.is_whitespace());
        for hash in more.filter(|hash| !hash.is_empty()) {
            defaults.insert(read(hash, "setting `more-defaults`")?);
        }
        Ok(Self { defaults, found: BTreeSet::new() })
    }

    fn take(&mut self, _statement: &str, batch: &Batch) -> Result<()> {
        let names = batch.text(batch.column("TableName")?)?;
        self.found.extend(names.iter().flatten().map(one_way_hash));
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        if self.found.is_empty() {
            warning!("the site shows no tables: the login may not see any, so nothing is said about them");
            return Ok(Vec::new());
        }
        let unknown: Vec<&str> = self.found.difference(&self.defaults).map(String::as_str).collect();
        let known = self.found.len() - unknown.len();
        Output::new("summary", 1)
            .int([known as i64])?
            .int([unknown.len() as i64])?
            .int([(self.defaults.len() - known) as i64])?
            .emit()?;
        Output::new("unknown-tables", unknown.len())
            .text(unknown.iter().copied().collect::<TextBuilder>())?
            .emit()?;
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(SchemaDrift);

/// One hash a line; what follows it is for readers.
fn shipped(list: &str) -> Result<BTreeSet<String>> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().next())
        .map(|hash| read(hash, "default-tables.txt"))
        .collect()
}

fn read(hash: &str, place: &str) -> Result<String> {
    match STANDARD.decode(hash) {
        Ok(bytes) if bytes.len() == 32 => Ok(hash.to_owned()),
        _ => Err(format!("{place}: `{hash}` is no hash of a table's name").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_hash_is_that_of_the_name_beside_it() {
        let lines: Vec<&str> = DEFAULTS.lines().filter(|line| !line.starts_with('#')).collect();
        for (hash, name) in lines.iter().filter_map(|line| line.split_once(' ')) {
            assert_eq!(one_way_hash(name), *hash, "{name}");
        }
        assert_eq!(shipped(DEFAULTS).unwrap().len(), lines.len(), "none is there twice");
    }

    #[test]
    fn a_list_has_a_hash_a_line_with_or_without_a_name() {
        let (cas, site) = (one_way_hash("CAS"), one_way_hash("SMS00001"));
        let list = format!("# words\n{cas}\n\n{site} SMS00001\n");
        assert_eq!(shipped(&list).unwrap(), [cas.clone(), site].into());
        for wrong in ["v_R_System", "AAAA", cas.trim_end_matches('=')] {
            let error = shipped(wrong).unwrap_err();
            let why = format!("default-tables.txt: `{wrong}` is no hash of a table's name");
            assert_eq!(error.message(), why);
        }
    }
}
