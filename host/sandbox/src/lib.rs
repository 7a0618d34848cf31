//! Runs an admitted plugin in a sandbox and lets it do only what its manifest and grant say.
//!
//! The room takes component bytes that somebody else verified, compiles them in a limited child
//! process (or takes the code from an authenticated cache), and offers one typed call for each
//! thing that a plugin does. Whatever a guest hands over is checked here; whatever it may use up is
//! counted here. What may not come in: signatures and trust, SQL, files other than the code
//! cache, sockets, clocks that a guest could see.
//!
//! Unsafe code is denied but for one function, in `code.rs`.

mod cache;
mod code;
mod compile;
mod engine;
mod error;
mod guest;
mod imports;
mod kernels;
mod keys;
mod limit;
#[cfg(feature = "measure")]
pub mod measure;
mod open;
mod plugin;
mod query;
mod rule;
mod target;
mod wire;

pub use cache::{CacheKey, CodeCache};
pub use compile::{ChildCompiler, Compiler, compile_child_main};
pub use engine::{Sandbox, Settings};
pub use error::{CallError, SandboxError};
pub use guest::{LogLine, Severity};
pub use kernels::Format;
pub use keys::Keys;
pub use limit::LimitExceeded;
pub use plugin::Plugin;
pub use query::{Shaped, Shaper};
pub use rule::{Redacted, RedactedTables, Redactor};
pub use target::{Delivery, Rendered};
