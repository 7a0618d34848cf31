use glasshouse_contract::{Batch, Context, Kind, Name, Scope, Table};
use wasmtime::component::{Resource, ResourceAny, TypedFunc};

use crate::{
    CallError, Keys, LogLine, Plugin,
    open::{BatchRights, Home, OpenBatch, OpenTable, OpenTables},
    plugin::{Instance, gave_up},
    wire::{BatchHandle, Refusal, TablesHandle, WireContext, WireTarget},
};

type Apply = TypedFunc<(ResourceAny, Resource<BatchHandle>, Vec<WireTarget>), (Result<(), Refusal>,)>;
type Finish = TypedFunc<(ResourceAny, Resource<TablesHandle>, Vec<WireTarget>), (Result<(), Refusal>,)>;

/// One run of a redaction rule on one instance. The host takes a fresh one for each batch; keeping
/// one is for measuring.
pub struct Redactor {
    instance: Instance,
    redactor: ResourceAny,
    apply: Apply,
}

/// What a rule made of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Redacted {
    /// The batch, each column with the class that it has now.
    pub batch: Batch,
    /// The numbers that its rows had before, where some were dropped. The host's own word, not the plugin's.
    pub kept: Option<Vec<u32>>,
    /// What the plugin said.
    pub log: Vec<LogLine>,
    /// How many identifiers the mask kernel replaced.
    pub masked: u64,
}

/// What a rule made of whole tables.
#[derive(Clone, Debug, PartialEq)]
pub struct RedactedTables {
    /// The tables.
    pub tables: Vec<Table>,
    /// For each batch of each table the numbers that its rows had before, where some were dropped.
    pub kept: Vec<Vec<Option<Vec<u32>>>>,
    /// What the plugin said.
    pub log: Vec<LogLine>,
    /// How many identifiers the mask kernel replaced.
    pub masked: u64,
}

/// What a rule made of one whole table.
struct RedactedTable {
    table: Table,
    kept: Vec<Option<Vec<u32>>>,
    log: Vec<LogLine>,
    masked: u64,
}

impl Plugin {
    /// Begins a run of this rule.
    ///
    /// # Errors
    /// When the plugin is no rule, is stopped, traps or runs into a limit.
    pub fn redactor(&self, context: &Context, keys: &Keys) -> Result<Redactor, CallError> {
        let mut instance = self.instance(Kind::Rule, keys.clone())?;
        let constructor = instance.function::<(WireContext,), (ResourceAny,)>("[constructor]redactor")?;
        let apply = instance.function("[method]redactor.apply")?;
        let (redactor,) = instance.call(&constructor, (context.into(),))?;
        Ok(Redactor { instance, redactor, apply })
    }

    /// Changes one batch, on an instance that lives for this batch alone.
    ///
    /// # Errors
    /// When the plugin is no rule of scope `batch`, gives up, traps or runs into a limit.
    pub fn redact(&self, context: &Context, keys: &Keys, batch: &Batch) -> Result<Redacted, CallError> {
        if self.scope() != Some(Scope::Batch) {
            return Err(CallError::WrongKind("rule of scope `batch`"));
        }
        self.redactor(context, keys)?.apply(batch)
    }

    /// Changes whole tables, on one instance each.
    ///
    /// # Errors
    /// When the plugin is no rule of scope `table`, gives up, traps or runs into a limit.
    pub fn redact_tables(
        &self,
        context: &Context,
        keys: &Keys,
        tables: &[Table],
    ) -> Result<RedactedTables, CallError> {
        if self.scope() != Some(Scope::Table) {
            return Err(CallError::WrongKind("rule of scope `table`"));
        }
        let mut all = RedactedTables {
            tables: Vec::with_capacity(tables.len()),
            kept: Vec::with_capacity(tables.len()),
            log: Vec::new(),
            masked: 0,
        };
        for table in tables {
            let done = self.redactor(context, keys)?.finish(table)?;
            all.tables.push(done.table);
            all.kept.push(done.kept);
            all.log.extend(done.log);
            all.masked += done.masked;
        }
        Ok(all)
    }

    fn scope(&self) -> Option<Scope> {
        self.manifest().rule().map(|rule| rule.scope)
    }

    pub(crate) fn dry_redact(&self, context: &Context, samples: Vec<(Name, Batch)>) -> Result<(), CallError> {
        let keys = self.dry_keys();
        // Without a sample there is still an instance and a constructor to try.
        if samples.is_empty() {
            return self.redactor(context, &keys).map(drop);
        }
        for (name, batch) in samples {
            match self.scope() {
                Some(Scope::Batch) => drop(self.redact(context, &keys, &batch)?),
                _ => {
                    let table = Table { name, schema: batch.schema().clone(), batches: vec![batch] };
                    drop(self.redact_tables(context, &keys, &[table])?);
                }
            }
        }
        Ok(())
    }
}

impl Redactor {
    /// Changes one batch.
    ///
    /// # Errors
    /// When the plugin gives up, traps or runs into a limit.
    pub fn apply(&mut self, batch: &Batch) -> Result<Redacted, CallError> {
        let guest = self.instance.store.data_mut();
        let rule = guest.manifest.rule().ok_or(CallError::WrongKind("rule"))?;
        let (rights, targets) = BatchRights::of_rule(rule, batch.schema());
        guest.begin_output();
        let rep = guest.hold(OpenBatch::new(batch, rights, Home::None))?;
        let apply = self.apply;
        let (result,) =
            self.instance.call(&apply, (self.redactor, Resource::new_borrow(rep), wire_targets(&targets)))?;
        let guest = self.instance.store.data_mut();
        let open = guest.release::<OpenBatch>(rep);
        result.map_err(|refusal| gave_up(&refusal))?;
        let open = open.ok_or_else(|| CallError::Contract("the batch is gone".to_owned()))?;
        Ok(Redacted {
            batch: open.to_batch().map_err(CallError::Contract)?,
            kept: open.kept().map(<[u32]>::to_vec),
            log: std::mem::take(&mut guest.log),
            masked: std::mem::take(&mut guest.masked),
        })
    }

    /// Changes a whole table.
    fn finish(mut self, table: &Table) -> Result<RedactedTable, CallError> {
        let guest = self.instance.store.data_mut();
        let rule = guest.manifest.rule().ok_or(CallError::WrongKind("rule"))?;
        let (rights, targets) = BatchRights::of_rule(rule, &table.schema);
        // A table without batches still gets its new schema: from an empty one.
        let mut whole = table.clone();
        if whole.batches.is_empty() {
            whole.batches.push(empty(table)?);
        }
        let rep = guest.hold(OpenTables { tables: vec![OpenTable::new(&whole, &rights)] })?;
        let finish: Finish = self.instance.function("[method]redactor.finish")?;
        let (result,) = self
            .instance
            .call(&finish, (self.redactor, Resource::new_borrow(rep), wire_targets(&targets)))?;
        result.map_err(|refusal| gave_up(&refusal))?;
        let guest = self.instance.store.data_mut();
        let table = guest
            .release::<OpenTables>(rep)
            .and_then(|mut open| open.tables.pop())
            .ok_or_else(|| CallError::Contract("the tables are gone".to_owned()))?;
        let (batches, kept) = table
            .batches
            .into_iter()
            .map(|batch| {
                let batch = batch.ok_or_else(|| "it kept a batch that it had taken out".to_owned())?;
                Ok((batch.to_batch()?, batch.kept().map(<[u32]>::to_vec)))
            })
            .collect::<Result<(Vec<Batch>, Vec<_>), _>>()
            .map_err(CallError::Contract)?;
        let schema = same_schema(&batches).ok_or_else(|| {
            CallError::Contract("it left the batches of one table with different columns".to_owned())
        })?;
        let table = Table { name: table.name, schema, batches };
        let (log, masked) = (std::mem::take(&mut guest.log), std::mem::take(&mut guest.masked));
        Ok(RedactedTable { table, kept, log, masked })
    }
}

fn wire_targets(targets: &[(u32, u32)]) -> Vec<WireTarget> {
    targets.iter().map(|(need, column)| WireTarget { need: *need, column: *column }).collect()
}

fn empty(table: &Table) -> Result<Batch, CallError> {
    let columns =
        table.schema.fields().iter().map(|field| glasshouse_contract::Column::nulls(field.kind, 0)).collect();
    Batch::new(table.schema.clone(), 0, columns).map_err(|error| CallError::Contract(error.to_string()))
}

fn same_schema(batches: &[Batch]) -> Option<std::sync::Arc<glasshouse_contract::Schema>> {
    let (first, rest) = batches.split_first()?;
    rest.iter().all(|batch| batch.schema() == first.schema()).then(|| first.schema().clone())
}
