//! Native routines behind handles: they see columns that the plugin never does.

mod encode;
mod pseudonym;

pub use encode::Format;
pub(crate) use encode::encode;
pub(crate) use pseudonym::{PSEUDONYM_DIGITS, pseudonymize};
