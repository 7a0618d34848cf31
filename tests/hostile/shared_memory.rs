//! Guests made for threads: a memory that several could share, and the atomic instructions for it.
//! What threads do to each other cannot be repeated, and a wait would outlast every limit.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;

use crate::harness::{load, load_component, manifest, still_serves};

#[test]
fn a_guest_with_a_shared_memory_is_refused() {
    let component = wat::parse_str("(component (core module (memory 1 1 shared)))").unwrap();
    let error = load_component(&manifest(Kind::Rule, "", ""), &component).unwrap_err();
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not compile: failed to parse WebAssembly module: threads must be enabled for shared memories (at offset 0x15)");
    still_serves();
}

#[test]
fn a_guest_with_atomic_instructions_is_refused() {
    let error = load(&manifest(Kind::Rule, "", ""), include_str!("shared_memory/guest.wat")).unwrap_err();
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not compile: failed to compile: wasm[0]::function[7]: WebAssembly translation error: Invalid input WebAssembly code at offset 937: threads support is not enabled");
    still_serves();
}
