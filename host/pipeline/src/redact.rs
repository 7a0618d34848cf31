//! What happens to tables between a query and whoever gets them: rules, in the order of a route, and the host's own
//! eyes on what the rules did.
//!
//! A [`Chain`](chain::Chain) is the rules of a route with their digests and settings, and the ceiling at the end; routes
//! with the same chain share its work. No rule is believed: `check` compares each batch before and after, `report`
//! counts what differs, `ceiling` says what may stay, and `scan` looks for what the run knows to identify.

pub(crate) mod ceiling;
pub(crate) mod chain;
pub(crate) mod check;
pub(crate) mod format;
pub(crate) mod report;
pub(crate) mod scan;
pub(crate) mod table;
