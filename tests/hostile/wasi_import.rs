//! A component that imports WASI, as every component of a common toolchain does. It is refused by the
//! name of the import before anything is compiled, and the sandbox has nothing of that name either.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;
use glasshouse_trust::FileError;

use crate::harness::{load_component, manifest, still_serves, unsigned_error};

#[test]
fn a_component_that_imports_wasi_is_refused_by_name() {
    let component = wat::parse_str(include_str!("wasi_import/guest.wat")).unwrap();
    let error = unsigned_error(&component);
    assert!(matches!(error, FileError::ForeignImport { .. }), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: it imports `wasi:filesystem/preopens@0.2.0`, which a rule does not get
      mend: plugins have no WASI: build it for wasm32-unknown-unknown, or stub WASI out; a rule gets table, run, kernels, diagnostics
    "#);

    let error = load_component(&manifest(Kind::Rule, "", ""), &component).unwrap_err();
    assert!(matches!(error, SandboxError::Shape(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not fit the sandbox: component imports instance `wasi:filesystem/preopens@0.2.0`, but a matching implementation was not found in the linker: instance export `get-directories` has the wrong type: function implementation is missing");
    still_serves();
}
