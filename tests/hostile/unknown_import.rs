//! A component that imports an interface of this house that its kind does not get, or a name that
//! nobody has. Imports are read from the component, never from what the manifest says.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;
use glasshouse_trust::FileError;

use crate::harness::{load_component, manifest, still_serves, unsigned_error};

fn refused(import: &str) -> String {
    let text = include_str!("unknown_import/guest.wat").replace("IMPORT", import);
    let component = wat::parse_str(text).unwrap();
    let error = unsigned_error(&component);
    assert!(matches!(error, FileError::ForeignImport { .. }), "{error:?}");
    let loaded = load_component(&manifest(Kind::Rule, "", ""), &component).unwrap_err();
    assert!(matches!(loaded, SandboxError::Shape(_)), "{loaded:?}");
    format!("{error}\n{loaded}")
}

#[test]
fn a_component_that_imports_what_nobody_has_is_refused_by_name() {
    insta::assert_snapshot!(refused("contoso:secrets/store@1.0.0"), @r#"
    it imports `contoso:secrets/store@1.0.0`, which a rule does not get
    the component does not fit the sandbox: component imports instance `contoso:secrets/store@1.0.0`, but a matching implementation was not found in the linker: instance export `take` has the wrong type: function implementation is missing
    "#);
    still_serves();
}

#[test]
fn a_rule_that_imports_what_only_a_target_gets_is_refused_by_name() {
    insta::assert_snapshot!(refused("glasshouse:plugin/payload@1.0.0"), @r#"
    it imports `glasshouse:plugin/payload@1.0.0`, which a rule does not get
    the component does not fit the sandbox: component imports instance `glasshouse:plugin/payload@1.0.0`, but a matching implementation was not found in the linker: instance export `take` has the wrong type: function implementation is missing
    "#);
    still_serves();
}
