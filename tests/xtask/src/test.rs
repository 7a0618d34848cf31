//! Everything that CI does.

use crate::{
    Failed, check, plugins,
    shell::{self, cargo, root, step},
};

pub fn run() -> Result<(), Failed> {
    check::run()?;
    plugins::run()?;
    step("tests: units of the SDK and the example plugins, on this machine", || {
        shell::run(cargo().args(["test", "--quiet"]).current_dir(root().join("plugins")))
    })?;
    step("tests: units, hostile plugins, the whole product from outside", || {
        shell::run(cargo().args(["test", "--workspace"]))
    })
}
