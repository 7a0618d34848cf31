use glasshouse_contract::{TextColumn, shown};
use glasshouse_detect::{Detectors, Found, Kind, Kinds};

use super::rewrite::rewrite;
use crate::wire::{Refusal, WireSearch};

/// A domain name has no more bytes.
const LONGEST_WORD: usize = 253;
/// So many domains and prefixes; each find is held against all of them.
const MOST_WORDS: usize = 64;

/// What the detectors find, replaced by its kind; and how much that was.
pub(crate) fn mask_kinds(
    column: &str,
    text: &TextColumn,
    what: &WireSearch,
) -> Result<(TextColumn, u64), Refusal> {
    let detectors = detectors(what)?;
    let mut found: Vec<Found> = Vec::new();
    let mut count = 0;
    let masked = rewrite(text, text.data().len(), |value, data| {
        // What a column holds is UTF-8; it was checked when it came in.
        let value = String::from_utf8_lossy(value);
        detectors.find_in_column(column, &value, &mut found);
        let mut done = 0;
        for Found { range, kind } in &found {
            data.extend_from_slice(value.get(done..range.start).unwrap_or_default().as_bytes());
            data.push(b'[');
            data.extend_from_slice(kind.as_str().as_bytes());
            data.push(b']');
            done = range.end;
        }
        data.extend_from_slice(value.get(done..).unwrap_or_default().as_bytes());
        count += found.len() as u64;
    })?;
    Ok((masked, count))
}

fn detectors(what: &WireSearch) -> Result<Detectors, Refusal> {
    let mut kinds = Kinds::NONE;
    for name in &what.kinds {
        if name == "usual" {
            kinds =
                Kind::ALL.into_iter().filter(|kind| kinds.has(*kind) || Kinds::usual().has(*kind)).collect();
        } else {
            let unknown = || {
                let name: String = name.chars().take(64).collect();
                Refusal::Other(format!("the detectors know no kind `{}`", shown(&name)))
            };
            kinds = kinds.with(Kind::named(name).ok_or_else(unknown)?);
        }
    }
    let words = || what.domains.iter().chain(&what.host_prefixes);
    if words().count() > MOST_WORDS || words().any(|word| word.len() > LONGEST_WORD) {
        return Err(Refusal::Limit(format!(
            "{MOST_WORDS} domains and host prefixes of {LONGEST_WORD} bytes each"
        )));
    }
    let detectors = what.domains.iter().fold(Detectors::of(kinds), |all, domain| all.domain(domain));
    Ok(what.host_prefixes.iter().fold(detectors, |all, prefix| all.host_prefix(prefix)))
}
