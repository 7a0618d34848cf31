use std::sync::Arc;

use glasshouse_contract::{Column, DataClass};
use glasshouse_detect::Patterns;
use wasmtime::{
    Result, StoreContextMut,
    component::{LinkerInstance, Resource},
};

use crate::{
    guest::Guest,
    kernels::{self, PSEUDONYM_DIGITS},
    open::OpenBatch,
    wire::{BatchHandle, Refusal, WirePatterns, WireSearch},
};

type Batch = Resource<BatchHandle>;

pub fn link(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    instance.func_wrap(
        "pseudonymize",
        |mut store: StoreContextMut<'_, Guest>, (batch, column, key, digits): (Batch, u32, String, u32)| {
            let guest = store.data_mut();
            guest.count_host_call()?;
            Ok((pseudonymize(guest, batch.rep(), column, &key, digits),))
        },
    )?;
    instance.func_wrap(
        "mask",
        |mut store: StoreContextMut<'_, Guest>, (batch, column, what): (Batch, u32, WirePatterns)| {
            let guest = store.data_mut();
            guest.count_host_call()?;
            Ok((mask(guest, batch.rep(), column, what),))
        },
    )?;
    instance.func_wrap(
        "configmgr-hash",
        |mut store: StoreContextMut<'_, Guest>, (batch, column): (Batch, u32)| {
            let guest = store.data_mut();
            guest.count_host_call()?;
            Ok((configmgr_hash(guest, batch.rep(), column),))
        },
    )?;
    instance.func_wrap(
        "mask-kinds",
        |mut store: StoreContextMut<'_, Guest>, (batch, column, what): (Batch, u32, WireSearch)| {
            let guest = store.data_mut();
            guest.count_host_call()?;
            Ok((mask_kinds(guest, batch.rep(), column, &what),))
        },
    )?;
    Ok(())
}

fn pseudonymize(guest: &mut Guest, rep: u32, column: u32, key: &str, digits: u32) -> Result<(), Refusal> {
    let shown = || key.chars().take(64).collect::<String>();
    let declared =
        guest.manifest.rule().is_some_and(|rule| rule.keys.iter().any(|name| name.as_str() == key));
    if !declared {
        return Err(Refusal::NoSuchKey(format!("`{}` is not among the manifest's keys", shown())));
    }
    let Some(key) = guest.keys.get(key).cloned() else {
        return Err(Refusal::NoSuchKey(format!("the host holds no key `{}`", shown())));
    };
    if !PSEUDONYM_DIGITS.contains(&digits) || !digits.is_multiple_of(2) {
        return Err(Refusal::Other(format!("{digits} digits: an even number from 16 to 64 is needed")));
    }
    let batch = guest.get_mut::<OpenBatch>(rep)?;
    let Column::Text(text) = batch.handle(column)? else {
        return Err(batch.wrong_type(column, "text"));
    };
    let pseudonyms = kernels::pseudonymize(&key, text, digits as usize)?;
    batch.put_by_kernel(column, Column::Text(pseudonyms), Some(DataClass::Pseudonym));
    Ok(())
}

fn mask(guest: &mut Guest, rep: u32, column: u32, what: WirePatterns) -> Result<u64, Refusal> {
    let batch = guest.get_mut::<OpenBatch>(rep)?;
    let Column::Text(text) = batch.handle(column)? else {
        return Err(batch.wrong_type(column, "text"));
    };
    let what = Patterns {
        email: what.contains(WirePatterns::EMAIL),
        ipv4: what.contains(WirePatterns::IPV4),
        ipv6: what.contains(WirePatterns::IPV6),
    };
    let mut offsets = Arc::unwrap_or_clone(text.offsets().clone());
    let mut data = Arc::unwrap_or_clone(text.data().clone());
    let found = glasshouse_detect::mask(&mut offsets, &mut data, what);
    let masked = text.with_data(offsets, data)?;
    batch.put_by_kernel(column, Column::Text(masked), None);
    guest.masked += found;
    Ok(found)
}

/// Nobody's key is in this hash, so it is the administrator's word and not the host's that the column
/// is a pseudonym now: without it the column stays what it was.
fn configmgr_hash(guest: &mut Guest, rep: u32, column: u32) -> Result<(), Refusal> {
    let batch = guest.get_mut::<OpenBatch>(rep)?;
    let Column::Text(text) = batch.handle(column)? else {
        return Err(batch.wrong_type(column, "text"));
    };
    let hashes = kernels::configmgr_hash(text)?;
    let class = batch.granted_class(column).filter(|class| *class == DataClass::Pseudonym);
    batch.put_by_kernel(column, Column::Text(hashes), class);
    Ok(())
}

fn mask_kinds(guest: &mut Guest, rep: u32, column: u32, what: &WireSearch) -> Result<u64, Refusal> {
    let batch = guest.get_mut::<OpenBatch>(rep)?;
    let Column::Text(text) = batch.handle(column)? else {
        return Err(batch.wrong_type(column, "text"));
    };
    let name = batch.schema().fields().get(column as usize).map(|field| field.name.clone());
    let (masked, found) = kernels::mask_kinds(name.as_ref().map_or("", |name| name.as_str()), text, what)?;
    batch.put_by_kernel(column, Column::Text(masked), None);
    guest.masked += found;
    Ok(found)
}
