use std::collections::BTreeMap;

use glasshouse_contract::{Access, Batch, Context, Kind, LimitName, Name, Table};
use wasmtime::component::{Resource, ResourceAny, TypedFunc};

use crate::{
    CallError, Keys, LogLine, Plugin,
    guest::Guest,
    open::{BatchRights, Home, OpenBatch},
    plugin::{Instance, gave_up, over},
    wire::{BatchHandle, Refusal, WireContext},
};

type Take = TypedFunc<(ResourceAny, String, Resource<BatchHandle>), (Result<(), Refusal>,)>;

/// One run of a telemetry query.
pub struct Shaper {
    instance: Instance,
    shaper: ResourceAny,
    take: Take,
}

/// What a query made of its statements' rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shaped {
    /// The declared outputs, in the manifest's order; one without rows has no batches.
    pub tables: Vec<Table>,
    /// What the next run of this query starts with.
    pub state: Vec<u8>,
    /// What the plugin said.
    pub log: Vec<LogLine>,
}

impl Plugin {
    /// Begins a run of this query.
    ///
    /// # Errors
    /// When the plugin is no query, is stopped, traps or runs into a limit.
    pub fn shaper(&self, context: &Context) -> Result<Shaper, CallError> {
        let mut instance = self.instance(Kind::Query, Keys::new())?;
        let constructor = instance.function::<(WireContext,), (ResourceAny,)>("[constructor]shaper")?;
        let take = instance.function("[method]shaper.take")?;
        let (shaper,) = instance.call(&constructor, (context.into(),))?;
        Ok(Shaper { instance, shaper, take })
    }
}

impl Shaper {
    /// Gives the query some rows of one of its statements.
    ///
    /// # Errors
    /// When the columns are not the statement's, or the plugin gives up, traps or runs into a limit.
    pub fn take(&mut self, statement: &Name, batch: &Batch) -> Result<(), CallError> {
        let guest = self.instance.store.data_mut();
        let declared = guest.manifest.query().and_then(|query| query.statement(statement.as_str()));
        let Some(declared) = declared else {
            return Err(CallError::Contract(format!("its manifest has no statement `{statement}`")));
        };
        if declared.schema().fields() != batch.schema().fields() {
            return Err(CallError::Contract(format!(
                "the rows have other columns than statement `{statement}`"
            )));
        }
        let rights = BatchRights::all(batch.columns().len(), Some(Access::Read));
        let mut open = OpenBatch::new(batch, rights, Home::None);
        open.statement = Some(statement.clone());
        let rep = guest.hold(open)?;
        let handle = Resource::new_borrow(rep);
        let take = self.take;
        let (result,) = self.instance.call(&take, (self.shaper, statement.to_string(), handle))?;
        self.instance.store.data_mut().release::<OpenBatch>(rep);
        result.map_err(|refusal| gave_up(&refusal))
    }

    /// What was emitted and forwarded since this was asked last, so that a table of any length can
    /// go on its way while the query works. Only outputs with rows are in it.
    ///
    /// # Errors
    /// When an output is none that the manifest declares.
    pub fn drain(&mut self) -> Result<Vec<Table>, CallError> {
        let guest = self.instance.store.data_mut();
        let mut tables = tables(guest)?;
        tables.retain(|table| !table.batches.is_empty());
        guest.bytes_left(
            tables.iter().flat_map(|table| &table.batches).map(|batch| batch.size() as u64).sum(),
        );
        Ok(tables)
    }

    /// Ends the run. The tables are what was not drained.
    ///
    /// # Errors
    /// When the plugin gives up, traps or runs into a limit, or its state is too large.
    pub fn finish(mut self) -> Result<Shaped, CallError> {
        let finish =
            self.instance.function::<(ResourceAny,), (Result<Vec<u8>, Refusal>,)>("[method]shaper.finish")?;
        let (state,) = self.instance.call(&finish, (self.shaper,))?;
        let state = state.map_err(|refusal| gave_up(&refusal))?;
        let guest = self.instance.store.data_mut();
        let size = (state.len() as u64).div_ceil(1024);
        if size > guest.limits.state_kib {
            return Err(over(LimitName::StateKib, guest.limits.state_kib, size));
        }
        let tables = tables(guest)?;
        Ok(Shaped { tables, state, log: std::mem::take(&mut guest.log) })
    }
}

/// What was emitted and forwarded, under every declared output's name.
fn tables(guest: &mut Guest) -> Result<Vec<Table>, CallError> {
    let mut outputs: BTreeMap<Name, Vec<Batch>> = std::mem::take(&mut guest.outputs);
    let Some(query) = guest.manifest.query() else { return Err(CallError::WrongKind("query")) };
    let names: Vec<Name> = if query.outputs.is_empty() {
        query.statements.iter().map(|statement| statement.name.clone()).collect()
    } else {
        query.outputs.iter().map(|output| output.name.clone()).collect()
    };
    names
        .into_iter()
        .map(|name| {
            let schema = query
                .output_schema(name.as_str())
                .ok_or_else(|| CallError::Contract(format!("output `{name}` has no columns")))?;
            let batches = outputs.remove(&name).unwrap_or_default();
            Ok(Table { name, schema, batches })
        })
        .collect()
}
