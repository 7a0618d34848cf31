//! Data segments that make much of little: more of them than any toolchain writes, or two at the far
//! ends of a large memory, of which the compiler could make an image of 1 GiB.

use glasshouse_contract::{Kind, LimitName};
use glasshouse_sandbox::{CallError, LimitExceeded, SandboxError};

use crate::harness::{component, context, core_module, keys, load_in_child, manifest, people, still_serves};

#[test]
fn more_data_segments_than_there_may_be_are_refused() {
    let segments = "(data (i32.const 70000) \"x\")\n".repeat(100_001);
    let module = core_module(Kind::Rule, &segments);
    let module = [b"\0asm\x0d\0\x01\0".as_slice(), &crate::harness::section(1, &module)].concat();
    let error = load_in_child(&manifest(Kind::Rule, "", ""), &module, 20, 1024).unwrap_err();
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not compile: failed to parse WebAssembly module: data segments count exceeds limit of 100000 (at offset 0x223)");
    still_serves();
}

#[test]
fn data_at_the_far_ends_of_a_large_memory_makes_no_large_image() {
    let guest = include_str!("exhausting_data_segment/guest.wat");
    let plugin =
        load_in_child(&manifest(Kind::Rule, "", ""), &component(Kind::Rule, guest), 20, 1024).unwrap();
    let error = plugin.redact(&context(), &keys(), &people()).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::MemoryMib, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `memory_mib` is 64: 0 in use and 1024 more asked for");
    still_serves();
}
