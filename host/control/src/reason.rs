//! Why somebody decided something, in their own words.

use glasshouse_contract::{Fault, FaultKind};

/// More of a reason than this belongs into a document that the reason names.
const CHARS: usize = 1_000;

/// A reason that says something; `mend` tells what to say.
pub(crate) fn stated<'a>(reason: &'a str, mend: &str) -> Result<&'a str, Fault> {
    let reason = reason.trim();
    let chars = reason.chars().count();
    if (1..=CHARS).contains(&chars) {
        return Ok(reason);
    }
    let cause = format!("it has {chars} characters; from 1 to {CHARS} are read");
    Err(Fault::new(FaultKind::Malformed, "the reason", cause, mend))
}
