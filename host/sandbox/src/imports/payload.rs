use glasshouse_contract::LimitName;
use wasmtime::{
    Result, StoreContextMut,
    component::{LinkerInstance, Resource, ResourceType},
};

use crate::{
    guest::Guest,
    kernels::{self, Format},
    limit::take,
    open::OpenTables,
    wire::{BodyHandle, Refusal, TablesHandle, WireFormat},
};

/// Brackets, names and commas around encoded rows; no room for data.
const LITERAL_BYTES: usize = 4096;

type Store<'a> = StoreContextMut<'a, Guest>;
type Body = Resource<BodyHandle>;
type Tables = Resource<TablesHandle>;
type Answer = Result<(Result<(), Refusal>,)>;

pub fn link(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    instance.resource("body", ResourceType::host::<BodyHandle>(), |mut store: Store<'_>, rep| {
        let guest = store.data_mut();
        guest.release::<Vec<u8>>(rep);
        guest.literals.remove(&rep);
        Ok(())
    })?;
    instance.func_wrap("[constructor]body", |mut store: Store<'_>, (): ()| {
        let guest = store.data_mut();
        guest.count_host_call()?;
        let rep = guest.hold(Vec::<u8>::new())?;
        guest.literals.insert(rep, 0);
        Ok((Body::new_own(rep),))
    })?;
    instance.func_wrap("[method]body.literal", |mut store: Store<'_>, (body, text): (Body, String)| -> Answer {
        let guest = store.data_mut();
        guest.count_host_call()?;
        let used = guest.literals.entry(body.rep()).or_default();
        if *used + text.len() > LITERAL_BYTES {
            let (used, more) = (*used, text.len());
            return Ok((Err(Refusal::Limit(format!(
                "literals of one body take {LITERAL_BYTES} bytes: {used} are used and {more} more were asked for"
            ))),));
        }
        *used += text.len();
        append(guest, body.rep(), |_, bytes| {
            bytes.extend_from_slice(text.as_bytes());
            Ok(())
        })
    })?;
    instance.func_wrap(
        "[method]body.encode",
        |mut store: Store<'_>,
         (body, tables, table, from, rows, format): (Body, Tables, u32, u64, u64, WireFormat)|
         -> Answer {
            let guest = store.data_mut();
            guest.count_host_call()?;
            let format = match format {
                WireFormat::Json => Format::Json,
                WireFormat::Ndjson => Format::Ndjson,
                WireFormat::Csv => Format::Csv,
            };
            append(guest, body.rep(), |guest, bytes| {
                let table = guest.get::<OpenTables>(tables.rep())?.table(table)?;
                let room = (guest.limits.body_mib << 20) as usize;
                kernels::encode(table, from, rows, format, room, bytes)
            })
        },
    )?;
    instance.func_wrap(
        "[method]body.free",
        |mut store: Store<'_>, (body, bytes): (Body, Vec<u8>)| -> Answer {
            let guest = store.data_mut();
            guest.count_host_call()?;
            if !guest.free_body {
                return Ok((Err(Refusal::NotDeclared("a free body, which also needs a grant".to_owned())),));
            }
            append(guest, body.rep(), |_, body| {
                body.extend_from_slice(&bytes);
                Ok(())
            })
        },
    )?;
    instance.func_wrap("[method]body.size", |mut store: Store<'_>, (body,): (Body,)| {
        let guest = store.data_mut();
        guest.count_host_call()?;
        Ok((guest.get::<Vec<u8>>(body.rep()).map_or(0, |bytes| bytes.len() as u64),))
    })?;
    Ok(())
}

/// Adds to a body, and leaves it as it was when that is refused.
fn append(
    guest: &mut Guest,
    rep: u32,
    add: impl FnOnce(&Guest, &mut Vec<u8>) -> Result<(), Refusal>,
) -> Answer {
    let mut bytes = match guest.get_mut::<Vec<u8>>(rep) {
        Ok(bytes) => std::mem::take(bytes),
        Err(refusal) => return Ok((Err(refusal),)),
    };
    let before = bytes.len();
    let added = add(guest, &mut bytes);
    if added.is_err() {
        bytes.truncate(before);
    }
    let (mut used, more) = (before as u64 >> 20, (bytes.len() as u64 >> 20) - (before as u64 >> 20));
    take(LimitName::BodyMib, guest.limits.body_mib, &mut used, more)?;
    guest.count_bytes((bytes.len() - before) as u64)?;
    if let Ok(place) = guest.get_mut::<Vec<u8>>(rep) {
        *place = bytes;
    }
    Ok((added,))
}
