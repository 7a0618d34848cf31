//! `[retention]`: how many days rows of results, and bodies that were sent, are kept on this machine.

use glasshouse_ledger::KeptFor;
use serde::Deserialize;
use toml::Spanned;

use super::Lines;

/// `[retention]` as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenRetention {
    results_days: Option<Spanned<u32>>,
    sent_days: Option<Spanned<u32>>,
}

/// Reads it; a complaint begins with its line.
pub(super) fn read(written: WrittenRetention, lines: Lines<'_>) -> Result<KeptFor, String> {
    let usual = KeptFor::default();
    let days = |name: &str, written: Option<Spanned<u32>>, usual: u32| match written {
        None => Ok(usual),
        Some(days) if *days.get_ref() == 0 => {
            let line = lines.of(days.span().start);
            Err(format!("line {line}: `{name} = 0` would erase everything at once; 1 is the least"))
        }
        Some(days) => Ok(days.into_inner()),
    };
    Ok(KeptFor {
        results_days: days("results_days", written.results_days, usual.results_days)?,
        sent_days: days("sent_days", written.sent_days, usual.sent_days)?,
    })
}
