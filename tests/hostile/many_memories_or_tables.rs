//! A component with more memories, tables or core instances than any toolchain makes, or a table
//! that is larger. The pool has places of a fixed size; what does not fit is refused when it is loaded.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;

use crate::harness::{component, load, load_component, manifest, still_serves};

fn refused(attack: &str) -> SandboxError {
    let error = load(&manifest(Kind::Rule, "", ""), attack).unwrap_err();
    assert!(matches!(error, SandboxError::Shape(_)), "{error:?}");
    error
}

#[test]
fn a_guest_with_many_memories_is_refused() {
    let memories = format!("(memory (export \"memory\") 1)\n{}", "(memory 1)\n".repeat(40));
    insta::assert_snapshot!(refused(&memories), @"the component does not fit the sandbox: module memory does not fit in pooling allocator requirements: defined memories count of 41 exceeds the per-instance limit of 1");
    still_serves();
}

#[test]
fn a_guest_with_many_tables_is_refused() {
    insta::assert_snapshot!(refused(&"(table 1 funcref)\n".repeat(90)), @"the component does not fit the sandbox: module table does not fit in pooling allocator requirements: defined tables count of 90 exceeds the per-instance limit of 1");
    still_serves();
}

#[test]
fn a_guest_with_a_large_table_is_refused() {
    insta::assert_snapshot!(refused("(table 1000000 funcref)"), @"the component does not fit the sandbox: module table does not fit in pooling allocator requirements: table index 0 has a minimum element size of 1000000 which exceeds the limit of 8192");
    still_serves();
}

#[test]
fn a_component_with_many_instances_of_a_module_is_refused() {
    let mut text = String::from("(component (core module $m)");
    for _ in 0..1000 {
        text.push_str("(core instance (instantiate $m))");
    }
    text.push(')');
    let error = load_component(&manifest(Kind::Rule, "", ""), &wat::parse_str(text).unwrap()).unwrap_err();
    assert!(matches!(error, SandboxError::Shape(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not fit the sandbox: The component transitively contains 1000 core module instances, which exceeds the configured maximum of 40 in the pooling allocator");
    assert!(!component(Kind::Rule, "").is_empty());
    still_serves();
}
