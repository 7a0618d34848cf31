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

#[cfg(test)]
mod tests {
    use glasshouse_contract::{Column, ColumnBuilder, ColumnType};

    use super::*;

    fn masked(
        rows: &[Option<&str>],
        kinds: &[&str],
        domains: &[&str],
    ) -> Result<(Vec<String>, u64), Refusal> {
        let mut column = ColumnBuilder::new(ColumnType::Text, rows.len());
        for row in rows {
            match row {
                Some(text) => column.push_text(text),
                None => column.push_null(),
            }
        }
        let Column::Text(text) = column.finish() else { panic!("a text column was built") };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let what = WireSearch { kinds: words(kinds), domains: words(domains), host_prefixes: Vec::new() };
        let (text, found) = mask_kinds("Message", &text, &what)?;
        Ok(((0..rows.len()).map(|row| text.get(row).unwrap_or("NULL").to_owned()).collect(), found))
    }

    #[test]
    fn what_stands_in_may_be_longer_than_what_was_there() {
        let rows = [Some("a@b.cc, a@b.cc"), None, Some(""), Some("é a@b.cc é")];
        let (rows, found) = masked(&rows, &["usual"], &[]).unwrap();
        assert_eq!(rows, ["[email], [email]", "NULL", "", "é [email] é"]);
        assert_eq!(found, 3);
    }

    #[test]
    fn usual_is_a_set_that_others_are_added_to() {
        let rows = [Some("call +44 20 7946 0958 or ann@example.com")];
        let one = |kinds: &[&str]| masked(&rows, kinds, &[]).unwrap().0.remove(0);
        assert_eq!(one(&["usual"]), "call +44 20 7946 0958 or [email]");
        assert_eq!(one(&["phone", "usual"]), "call [phone] or [email]");
        assert_eq!(one(&["phone"]), "call [phone] or ann@example.com");
        assert_eq!(one(&[]), rows[0].unwrap());
    }

    #[test]
    fn too_many_domains_and_too_long_ones_are_refused() {
        let long = "x".repeat(LONGEST_WORD + 1);
        for domains in [vec!["a.b"; MOST_WORDS + 1], vec![long.as_str()]] {
            let refusal = masked(&[Some("x")], &["usual"], &domains).unwrap_err();
            assert!(matches!(refusal, Refusal::Limit(_)), "{refusal:?}");
        }
    }
}
