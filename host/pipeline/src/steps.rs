//! One plugin's part in a flow.

use std::sync::Arc;

use glasshouse_contract::{
    Batch, BatchError, ColumnBuilder, Context, EndpointHosts, Level, Name, Request, Scope, Table,
};
use glasshouse_sandbox::{CallError, Keys, LogLine, Plugin};

use crate::Occasion;

/// What a query made of its statements' rows.
pub(crate) struct Shaping {
    pub tables: Vec<Table>,
    pub state: Vec<u8>,
    pub log: Vec<LogLine>,
    /// Statements that do not run at this level.
    pub skipped: Vec<Name>,
}

/// Feeds a query the rows of those of its statements that run at the occasion's level.
pub(crate) fn shape(query: &Plugin, occasion: &Occasion, tables: &[Table]) -> Result<Shaping, CallError> {
    let mut shaper = query.shaper(&query_context(query, occasion))?;
    let mut skipped = Vec::new();
    for table in tables {
        if level_of(query, table).is_some_and(|level| level > occasion.level) {
            skipped.push(table.name.clone());
            continue;
        }
        for batch in &table.batches {
            shaper.take(&table.name, batch)?;
        }
    }
    let shaped = shaper.finish()?;
    Ok(Shaping { tables: shaped.tables, state: shaped.state, log: shaped.log, skipped })
}

fn level_of(query: &Plugin, table: &Table) -> Option<Level> {
    let statement = query.manifest().query()?.statement(table.name.as_str())?;
    Some(statement.level)
}

/// Has a rule work on every table: on each batch with a fresh instance, or on the whole.
pub(crate) fn redact(
    rule: &Plugin,
    occasion: &Occasion,
    keys: &Keys,
    tables: &[Table],
) -> Result<(Vec<Table>, Vec<LogLine>), CallError> {
    let context = context(rule, occasion);
    if rule.manifest().rule().is_some_and(|spec| spec.scope == Scope::Table) {
        let redacted = rule.redact_tables(&context, keys, tables)?;
        return Ok((redacted.tables, redacted.log));
    }
    let mut log = Vec::new();
    let mut done = Vec::with_capacity(tables.len());
    for table in tables {
        done.push(redact_batches(rule, &context, keys, table, &mut log)?);
    }
    Ok((done, log))
}

fn redact_batches(
    rule: &Plugin,
    context: &Context,
    keys: &Keys,
    table: &Table,
    log: &mut Vec<LogLine>,
) -> Result<Table, CallError> {
    let mut redact = |batch: &Batch| -> Result<Batch, CallError> {
        let redacted = rule.redact(context, keys, batch)?;
        log.extend(redacted.log);
        Ok(redacted.batch)
    };
    // What the columns are afterwards is seen from a batch; a table without rows has an empty one.
    let Some((first, rest)) = table.batches.split_first() else {
        let none = redact(&empty(table).map_err(|error| CallError::Contract(error.to_string()))?)?;
        return Ok(Table {
            name: table.name.clone(),
            schema: Arc::clone(none.schema()),
            batches: Vec::new(),
        });
    };
    let first = redact(first)?;
    let schema = Arc::clone(first.schema());
    let mut batches = vec![first];
    for batch in rest {
        let batch = redact(batch)?;
        if *batch.schema() != schema {
            return Err(CallError::Contract(format!(
                "it made other columns of one batch of `{}` than of the first",
                table.name
            )));
        }
        batches.push(batch);
    }
    Ok(Table { name: table.name.clone(), schema, batches })
}

fn empty(table: &Table) -> Result<Batch, BatchError> {
    let columns =
        table.schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, 0).finish()).collect();
    Batch::new(Arc::clone(&table.schema), 0, columns)
}

/// Has a target make requests of the tables.
pub(crate) fn render(
    target: &Plugin,
    occasion: &Occasion,
    tables: &[Table],
    hosts: &EndpointHosts,
) -> Result<(Vec<Request>, Vec<LogLine>), CallError> {
    let rendered = target.render(&context(target, occasion), tables, hosts)?;
    Ok((rendered.requests, rendered.log))
}

/// The occasion as a query sees it: with what it carries.
pub(crate) fn query_context(query: &Plugin, occasion: &Occasion) -> Context {
    Context { state: occasion.state.clone(), ..context(query, occasion) }
}

/// The occasion as one plugin sees it: with that plugin's settings.
pub(crate) fn context(plugin: &Plugin, occasion: &Occasion) -> Context {
    let settings = &plugin.manifest().settings;
    Context {
        run: occasion.run.clone(),
        scheduled_us: occasion.scheduled_us,
        level: occasion.level,
        site: occasion.site.clone(),
        hierarchy: occasion.hierarchy.clone(),
        settings: settings.iter().map(|setting| (setting.name.clone(), setting.default.clone())).collect(),
        state: Vec::new(),
    }
}
