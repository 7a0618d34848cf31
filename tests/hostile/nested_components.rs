//! Components in components, 10,000 deep: what walks them by recursion runs out of stack. The walk over
//! a file has a stack of its own and a limit; the compiler, if it ever saw one, has a process of its own.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;
use glasshouse_trust::FileError;

use crate::harness::{load_in_child, manifest, section, still_serves, unsigned_error};

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
const NESTED_COMPONENT: u8 = 4;

fn nested(deep: usize) -> Vec<u8> {
    (0..deep).fold(HEADER.to_vec(), |inner, _| [HEADER, &section(NESTED_COMPONENT, &inner)].concat())
}

#[test]
fn components_nested_10_000_deep_are_refused() {
    let component = nested(10_000);
    let error = unsigned_error(&component);
    assert!(matches!(error, FileError::TooDeep { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"components are nested in it more than 16 deep");

    // Whether it runs out of memory or of time, it is the child that does.
    let error = load_in_child(&manifest(Kind::Rule, "", ""), &component, 2, 256).unwrap_err();
    assert!(matches!(error, SandboxError::CompileLimit { .. }), "{error:?}");
    still_serves();
}
