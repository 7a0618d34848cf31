//! A guest that computes with relaxed SIMD: instructions whose results differ from processor to
//! processor, so that a run could not be repeated elsewhere.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;

use crate::harness::{load, manifest, still_serves};

#[test]
fn a_guest_with_relaxed_simd_is_refused() {
    let error = load(&manifest(Kind::Rule, "", ""), include_str!("relaxed_simd/guest.wat")).unwrap_err();
    insta::assert_snapshot!(error, @"the component does not compile: failed to compile: wasm[0]::function[7]: WebAssembly translation error: Invalid input WebAssembly code at offset 941: relaxed SIMD support is not enabled");
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    still_serves();
}
