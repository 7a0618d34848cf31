use glasshouse_contract::Name;
use wasmtime::{
    Result, StoreContextMut,
    component::{LinkerInstance, Resource},
};

use crate::{
    guest::Guest,
    open::{OpenBatch, bytes_besides_rows},
    wire::{BatchHandle, Refusal},
};

type Answer = Result<(Result<(), Refusal>,)>;

pub fn link(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    instance.func_wrap(
        "emit",
        |mut store: StoreContextMut<'_, Guest>, (batch,): (Resource<BatchHandle>,)| -> Answer {
            let guest = store.data_mut();
            guest.count_host_call()?;
            let Some(mut open) = guest.release::<OpenBatch>(batch.rep()) else {
                return Ok((Err(Refusal::Other("the batch is gone".to_owned())),));
            };
            let Some(output) = open.output.take() else {
                return Ok((Err(Refusal::NoSuchOutput(
                    "only a batch that a builder made can be emitted; others are forwarded".to_owned(),
                )),));
            };
            let batch = open.to_batch().map_err(wasmtime::Error::msg)?;
            // Its bytes were counted when the builder got them.
            guest.count_rows(&batch)?;
            guest.outputs.entry(output).or_default().push(batch);
            Ok((Ok(()),))
        },
    )?;
    instance.func_wrap(
        "forward",
        |mut store: StoreContextMut<'_, Guest>, (output, batch): (String, Resource<BatchHandle>)| -> Answer {
            let guest = store.data_mut();
            guest.count_host_call()?;
            let (name, batch) = match forwarded(guest, &output, batch.rep()) {
                Ok(forwarded) => forwarded,
                Err(refusal) => return Ok((Err(refusal),)),
            };
            guest.count_rows(&batch)?;
            guest.count_bytes(batch.size() as u64 + bytes_besides_rows(batch.schema()))?;
            guest.outputs.entry(name).or_default().push(batch);
            Ok((Ok(()),))
        },
    )?;
    Ok(())
}

/// The batch under its output's name, where the columns are the same.
fn forwarded(guest: &Guest, output: &str, rep: u32) -> Result<(Name, glasshouse_contract::Batch), Refusal> {
    let open = guest.get::<OpenBatch>(rep)?;
    let unknown = || Refusal::NoSuchOutput(output.chars().take(64).collect());
    let name: Name = output.parse().map_err(|_| unknown())?;
    let query = guest.manifest.query().ok_or_else(unknown)?;
    let schema = query.output_schema(name.as_str()).ok_or_else(unknown)?;
    // Where no output is declared, a table is what its statement says and nothing else: its SQL was judged, and its level.
    if query.outputs.is_empty() && open.statement.as_ref() != Some(&name) {
        return Err(Refusal::NoSuchOutput(format!(
            "`{name}` is a statement, and these are not its rows: declare an output for others"
        )));
    }
    if schema.fields() != open.schema().fields() {
        return Err(Refusal::WrongType(format!("output `{name}` has other columns than this batch")));
    }
    open.to_batch().map(|batch| (name, batch)).map_err(Refusal::Other)
}
