//! Plugins that misbehave, one file an attack.
//!
//! Each test sends in a guest that does one thing that it must not, and shows the typed error
//! and the exact message that a person reads. After each the host still serves another plugin on the
//! same sandbox, which `harness::still_serves` proves.

mod harness;

mod spin;
