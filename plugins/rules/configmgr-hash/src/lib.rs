//! Replaces identifiers by the unkeyed hash of Configuration Manager's own telemetry, by handle: this
//! plugin never sees the values.

use glasshouse_sdk::prelude::*;

struct ConfigMgrHash {
    columns: Columns,
}

impl Rule for ConfigMgrHash {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { columns: Columns::new(run.setting("columns")?) })
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        let fields = batch.schema();
        targets
            .of(0)
            .filter(|column| self.columns.has(&fields[*column as usize].name))
            .try_for_each(|column| kernels::configmgr_hash(batch, column))
    }
}

glasshouse_sdk::rule!(ConfigMgrHash);

/// The setting `columns`: names, or what names begin with.
struct Columns(Vec<String>);

impl Columns {
    fn new(setting: &str) -> Self {
        Self(setting.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
    }

    fn has(&self, column: &str) -> bool {
        self.0.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => column.starts_with(start),
            None => column == name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn a_star_stands_for_any_rest() {
        let columns = Columns::new("Hash_*, SupportId");
        assert!(columns.has("Hash_SiteCode") && columns.has("Hash_") && columns.has("SupportId"));
        assert!(!columns.has("MyHash_SiteCode") && !columns.has("SupportIds") && !columns.has("hash_x"));
        assert!(Columns::new("*").has("Anything"));
        assert!(!Columns::new(" , ").has("") && !Columns::new("").has("Anything"));
    }
}
