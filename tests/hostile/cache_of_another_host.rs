//! Compiled code that another host made, copied over with its cache: the other host may have been
//! anybody's. Each host's cache is under a key of its own.

use crate::harness::cache::{Cached, Lookup};

#[test]
fn code_under_the_key_of_another_host_is_not_run() {
    let (cached, other) = (Cached::new(), Cached::of_other_host());
    cached.put(other.code());
    assert_eq!(cached.lookup(), Lookup::CompiledAnew);
    insta::assert_snapshot!(cached.said(), @r#" WARN cached code is not trusted; compiling anew digest=DIGEST why="its MAC is not by this host's key""#);
    cached.still_serves();
}
