//! Compiled code that was changed on disk, cut short, or put under the name of another plugin. Code
//! is run only where its MAC under the host's key holds over these very bytes; anything else is
//! compiled anew, and the host says so.

use crate::harness::cache::{Cached, Lookup};

#[test]
fn changed_code_is_not_run() {
    let cached = Cached::new();
    for at in [0, 31, 32, cached.code().len() / 2, cached.code().len() - 1] {
        let mut changed = cached.code().to_vec();
        changed[at] ^= 1;
        cached.put(&changed);
        assert_eq!(cached.lookup(), Lookup::CompiledAnew, "byte {at}");
    }
    insta::assert_snapshot!(cached.said(), @r#" WARN cached code is not trusted; compiling anew digest=DIGEST why="its MAC is not by this host's key""#);
    // What was compiled anew is in the cache again.
    assert_eq!(cached.lookup(), Lookup::Served);
    cached.still_serves();
}

#[test]
fn code_that_was_cut_short_is_not_run() {
    let cached = Cached::new();
    for length in [0, 31, 32, cached.code().len() - 1] {
        cached.put(&cached.code()[..length]);
        assert_eq!(cached.lookup(), Lookup::CompiledAnew, "{length} bytes");
    }
    cached.still_serves();
}

#[test]
fn the_code_of_another_plugin_is_not_run() {
    let (cached, other) = (Cached::new(), Cached::of_other_plugin());
    cached.put(other.code());
    assert_eq!(cached.lookup(), Lookup::CompiledAnew);
    cached.still_serves();
}
