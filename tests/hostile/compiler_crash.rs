//! A component that crashes the compiler, or makes it hang with its output closed, or write what is no
//! code. The host waits no longer than it said, and blames the component, so that it is not tried again and
//! again; only where the process itself could not work is it tried later.
//!
//! No such component is known. A shell stands in for the compiler that met one.

use std::time::{Duration, Instant};

use glasshouse_contract::Kind;
use glasshouse_sandbox::{ChildCompiler, SandboxError};

use crate::harness::{component, load_compiled_by, manifest, still_serves};

fn compiled_by(script: &str) -> SandboxError {
    let usual = ChildCompiler::new("/bin/sh".into(), vec!["-c".into(), script.into()]);
    let child = ChildCompiler { wall: Duration::from_secs(1), ..usual };
    let begun = Instant::now();
    let error =
        load_compiled_by(child, &manifest(Kind::Rule, "", ""), &component(Kind::Rule, "")).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10));
    error
}

#[test]
fn a_component_that_crashes_the_compiler_is_to_blame() {
    let error = compiled_by("echo 'at pc 0x7f' >&2; kill -SEGV $$");
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    let shown = error.to_string();
    // Whether a core was dumped depends on the machine.
    insta::assert_snapshot!(shown.replace(" (core dumped)", ""), @"the component does not compile: the compiler crashed over it (signal: 11 (SIGSEGV)) at pc 0x7f");
    still_serves();
}

#[test]
fn a_component_that_makes_the_compiler_panic_is_to_blame() {
    let error = compiled_by("echo 'thread main panicked' >&2; exit 101");
    assert!(matches!(error, SandboxError::Invalid(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not compile: the compiler crashed over it (exit status: 101) thread main panicked");
    still_serves();
}

/// The compiler quotes names, and a component may have any.
#[test]
fn what_the_compiler_says_moves_no_cursor() {
    let error = compiled_by("printf 'no import \\033[2J\\342\\200\\256x\\n' >&2; exit 2");
    insta::assert_snapshot!(error, @r"the component does not compile: no import \u{1b}[2J\u{202e}x");
    still_serves();
}

#[test]
fn a_compiler_that_hangs_is_not_waited_for() {
    for script in ["exec sleep 100", "exec 1>&- 2>&-; exec sleep 100"] {
        let error = compiled_by(script);
        assert!(matches!(error, SandboxError::CompileLimit { .. }), "{error:?}");
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"compiling the component took more than 1 s") };
    }
    still_serves();
}

#[test]
fn what_is_no_code_is_not_run() {
    let error = compiled_by("echo gadget");
    assert!(matches!(error, SandboxError::Shape(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the component does not fit the sandbox: failed to parse precompiled artifact as an ELF: Invalid ELF header size or alignment");
    still_serves();
}

#[test]
fn a_compiler_that_cannot_work_is_to_blame_itself() {
    let error = compiled_by("echo 'no memory for the engine' >&2; exit 3");
    assert!(matches!(error, SandboxError::Compiler(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the compiler process failed: no memory for the engine");
    still_serves();
}
