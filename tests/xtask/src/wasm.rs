//! A compiler for plugins: `glasshouse plugin build` finds one by itself; this sees to it that
//! there is one to find.

use std::path::Path;

use crate::{
    Failed, apt,
    shell::{command, output, step, works},
};

const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// Installs what plugins need to be compiled, unless it is there.
pub fn ensure() -> Result<(), Failed> {
    if has_target("rustc") || has_debian() {
        return Ok(());
    }
    if works(command("rustup").args(["target", "add", "wasm32-unknown-unknown"])) {
        return Ok(());
    }
    if !apt::may() {
        return Err(format!(
            "plugins cannot be compiled: there is no wasm32-unknown-unknown target\n  \
             mend: `rustup target add wasm32-unknown-unknown`, or on Debian 12 as root `apt-get install {}`",
            DEBIAN.join(" ")
        ));
    }
    step("apt-get install of Debian's Rust for wasm (rustup has no wasm32 target to add here)", || {
        apt::install(&DEBIAN)
    })
}

fn has_target(rustc: &str) -> bool {
    let target = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
    output(command(rustc).args(target)).is_ok_and(|(path, code)| code == 0 && Path::new(path.trim()).is_dir())
}

/// Debian's compiler is newer than its Debian; its library comes as source.
fn has_debian() -> bool {
    Path::new("/usr/bin/cargo").exists()
        && Path::new("/usr/bin/wasm-ld-22").exists()
        && output(command("/usr/bin/rustc").args(["--print", "sysroot"])).is_ok_and(|(sysroot, code)| {
            code == 0 && Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library").is_dir()
        })
}
