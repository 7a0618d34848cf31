//! What the fuzz targets do with their bytes: one function for each parser of bytes that a stranger wrote.
//!
//! A body returns when all is well and panics when a promise is broken: what was read is written the
//! same, what was checked stays checked, what nobody signed is not admitted, what is sent is one SELECT. `tests/hostile` runs the
//! kept seeds through these functions in every test run; cargo-fuzz runs them on whatever it invents.

#![forbid(unsafe_code)]
#![expect(clippy::panic, reason = "a fuzz target tells what it found by a panic")]

mod batch;
mod detect;
mod file;
mod statement;
mod text;
mod tsql;

pub use batch::batch;
pub use detect::detect;
pub use file::{envelope, plugin_file};
pub use statement::statement;
pub use text::{manifest, recorded_table};

/// A target's name, which is that of its folder of seeds, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("batch", batch),
    ("detect", detect),
    ("envelope", envelope),
    ("manifest", manifest),
    ("plugin_file", plugin_file),
    ("recorded_table", recorded_table),
    ("statement", statement),
];

/// Like `assert!`, with the promise in words.
fn promise(kept: bool, words: &str) {
    if !kept {
        panic!("broken promise: {words}");
    }
}
