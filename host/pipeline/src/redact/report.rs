//! What the rules of a chain did to one table, counted by the host.

use std::collections::BTreeMap;

use glasshouse_contract::{ColumnName, DataClass, Name, PluginId};
use glasshouse_ledger::{ChainId, RedactionRow};

use super::chain::{Chain, Step};

/// What one rule did to one column, in rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCount {
    pub class_in: DataClass,
    /// None where the column was dropped.
    pub class_out: Option<DataClass>,
    /// Whether the rule's manifest says that it works on the column.
    pub taken: bool,
    pub seen: u64,
    pub changed: u64,
    pub nulled: u64,
    pub dropped: u64,
    pub suppressed: u64,
}

impl ColumnCount {
    pub const fn of(class_in: DataClass, class_out: Option<DataClass>, taken: bool) -> Self {
        Self { class_in, class_out, taken, seen: 0, changed: 0, nulled: 0, dropped: 0, suppressed: 0 }
    }

    /// Whether something of the column is not what it was.
    pub const fn touched(&self) -> bool {
        self.changed > 0 || self.nulled > 0 || self.dropped > 0
    }

    fn add(&mut self, more: &Self) {
        self.class_out = more.class_out;
        self.seen += more.seen;
        self.changed += more.changed;
        self.nulled += more.nulled;
        self.dropped += more.dropped;
        self.suppressed += more.suppressed;
    }
}

/// What all rules of a chain did to one table, so far.
#[derive(Clone, Debug, Default)]
pub struct Report(BTreeMap<(u32, ColumnName), ColumnCount>);

impl Report {
    pub fn add(&mut self, step: &Step, counts: Vec<(ColumnName, ColumnCount)>) {
        for (column, count) in counts {
            match self.0.get_mut(&(step.place, column.clone())) {
                Some(known) => known.add(&count),
                None => drop(self.0.insert((step.place, column), count)),
            }
        }
    }

    /// The rule that changed a column last: what is found in it came by that one.
    pub fn last_rule(&self, chain: &Chain, column: &ColumnName) -> Option<PluginId> {
        let changed =
            |step: &&Step| self.0.get(&(step.place, column.clone())).is_some_and(|count| count.changed > 0);
        chain.rules.iter().rev().find(changed).map(|step| step.rule.id().clone())
    }

    /// Whether a rule of the chain made pseudonyms of a column, and the host saw that they are.
    pub fn made_pseudonyms(&self, column: &ColumnName) -> bool {
        self.0.iter().any(|((_, name), count)| {
            name == column
                && count.class_in != DataClass::Pseudonym
                && count.class_out == Some(DataClass::Pseudonym)
        })
    }

    /// For the record: the columns that a rule takes, and any other of which something is gone.
    pub fn rows(&self, chain: &Chain, id: &ChainId, table: &Name) -> Vec<RedactionRow> {
        let told = |count: &ColumnCount| count.taken || count.touched() || count.suppressed > 0;
        let row = |((place, column), count): (&(u32, ColumnName), &ColumnCount)| {
            let rule = chain.rules.iter().find(|step| step.place == *place)?.rule.row();
            Some(RedactionRow {
                chain: id.clone(),
                table: table.clone(),
                step: *place,
                rule: rule.rule,
                version: rule.version,
                digest: rule.digest,
                column: column.clone(),
                class_in: count.class_in,
                class_out: count.class_out,
                seen: count.seen,
                changed: count.changed,
                nulled: count.nulled,
                dropped: count.dropped,
                suppressed: count.suppressed,
            })
        };
        self.0.iter().filter(|(_, count)| told(count)).filter_map(row).collect()
    }
}
