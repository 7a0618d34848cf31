//! A choice that stands below the wrong heading, or a heading that is there twice: what a person who pastes a block
//! meets first, and what the parser's own words do not explain.

/// Choices that are in one part of the file alone, and where that is.
const PARTS: [(&str, &str); 8] = [
    ("level", TOP),
    ("mode", TOP),
    ("rules", "[results] or a [[route]]"),
    ("group", "[control]"),
    ("unsent_mib", "[outbox]"),
    ("results_days", "[retention]"),
    ("sent_days", "[retention]"),
    ("listen", "[metrics]"),
];

const TOP: &str = "the top of the file, above the first line in brackets";

/// The parser's words, or better ones where it is known what was meant. `at` is the text that they are about.
pub(super) fn words(error: &str, at: &str) -> String {
    if error == "duplicate key" {
        return format!("`{at}` is there twice: write both into one");
    }
    let field = error.strip_prefix("unknown field `").and_then(|rest| Some(rest.split_once('`')?.0));
    match field.and_then(|field| PARTS.iter().find(|(choice, _)| *choice == field)) {
        Some((choice, part)) => format!("`{choice}` does not belong here: its place is {part}"),
        None => error.to_owned(),
    }
}
