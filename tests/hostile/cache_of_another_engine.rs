//! Compiled code that another version of the engine left behind. The engine's version and settings are in
//! the file's name, so it is not found; they are under the MAC too, so a new name does not help (that
//! takes two engines and is proved beside the cache, in the sandbox).

use crate::harness::cache::{Cached, Lookup};

#[test]
fn code_of_another_engine_is_not_looked_at() {
    let cached = Cached::new();
    cached.rename(|name| name.replacen('.', ".0", 1));
    assert_eq!(cached.lookup(), Lookup::CompiledAnew);
    // To find nothing is nothing to warn of.
    assert_eq!(cached.said(), "");
    cached.still_serves();
}
