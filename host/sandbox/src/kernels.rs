//! Native routines behind handles: they see columns that the plugin never does.

mod configmgr;
mod encode;
mod mask_kinds;
mod pseudonym;
mod rewrite;

pub(crate) use configmgr::configmgr_hash;
pub use encode::Format;
pub(crate) use encode::encode;
pub(crate) use mask_kinds::mask_kinds;
pub(crate) use pseudonym::{PSEUDONYM_DIGITS, pseudonymize};
