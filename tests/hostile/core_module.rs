//! A core module in the place of a component: it would import by whatever names it likes, and its
//! exports have no types.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;
use glasshouse_trust::FileError;

use crate::harness::{core_module, load_component, manifest, still_serves, unsigned_error};

#[test]
fn a_core_module_is_refused() {
    let module = core_module(Kind::Rule, "");
    let error = unsigned_error(&module);
    assert!(matches!(error, FileError::CoreModule), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: it is a core WebAssembly module, not a component
      mend: make a plugin of it with `glasshouse plugin build --component FILE --manifest FILE`
    "#);

    let error = load_component(&manifest(Kind::Rule, "", ""), &module).unwrap_err();
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not compile: failed to parse WebAssembly module: attempted to parse a wasm module with a component parser");
    still_serves();
}
