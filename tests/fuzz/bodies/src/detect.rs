use glasshouse_detect::{Detectors, Found, Kinds};

use crate::promise;

/// A text that anybody wrote, whole and as a cell of a column that its first line names.
pub fn detect(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let detectors = Detectors::of(Kinds::all()).domain("contoso.example").host_prefix("CTS-");
    let mut found = Vec::new();
    detectors.find(&text, &mut found);
    check(&text, &found);
    let again = found.clone();
    detectors.find(&text, &mut found);
    promise(found == again, "the same text has the same places");
    let (column, cell) = text.split_once('\n').unwrap_or(("", &text));
    detectors.find_in_column(column, cell, &mut found);
    check(cell, &found);
}

fn check(text: &str, found: &[Found]) {
    let parts = found.iter().all(|one| text.get(one.range.clone()).is_some_and(|part| !part.is_empty()));
    promise(parts, "a place is not empty and its ends are ends of characters");
    let apart = found.iter().zip(found.iter().skip(1)).all(|(one, next)| one.range.end <= next.range.start);
    promise(apart, "places are in order and do not overlap");
}
