//! Function bodies that are valid and small, and made to take the compiler for ever or all memory.
//! Compiling happens in a child process with limits on processor time, memory and wall time.

use glasshouse_contract::Kind;
use glasshouse_sandbox::SandboxError;

use crate::harness::{component, load_in_child, manifest, still_serves};

/// Blocks in blocks, and in each a branch to every one of them with all locals alive: what the
/// register allocator has to do grows much faster than the text.
fn body(depth: usize, repeats: usize) -> String {
    let locals: String = (0..2000).map(|_| "i64 ").collect();
    let labels: String = (0..depth).map(|label| format!("{label} ")).collect();
    let mixed: String = (0..2000)
        .map(|local| {
            format!("(local.set {local} (i64.add (local.get {local}) (local.get {})))\n", local * 7 % 2000)
        })
        .collect();
    let one = format!(
        "{open} (br_table {labels} (i32.wrap_i64 (local.get 3))) {close}",
        open = format!("block {mixed}").repeat(1) + &"block ".repeat(depth - 1),
        close = (0..depth)
            .map(|at| format!("end (local.set {} (i64.const {at}))\n", at % 2000))
            .collect::<String>(),
    );
    format!("(func (export \"long\") (local {locals})\n{}\n)", one.repeat(repeats))
}

fn refused(cpu_s: u64, memory_mib: u64) -> SandboxError {
    let component = component(Kind::Rule, &body(200, 60));
    let error = load_in_child(&manifest(Kind::Rule, "", ""), &component, cpu_s, memory_mib).unwrap_err();
    assert!(matches!(error, SandboxError::CompileLimit { .. }), "{error:?}");
    error
}

#[test]
fn a_function_that_takes_the_compiler_too_long_is_given_up() {
    insta::assert_snapshot!(refused(1, 4096), @"compiling the component took more than 1 s of processor time");
    still_serves();
}

#[test]
fn a_function_that_takes_the_compiler_too_much_memory_is_given_up() {
    insta::assert_snapshot!(refused(60, 128), @"compiling the component took more than 128 MiB of memory");
    still_serves();
}
