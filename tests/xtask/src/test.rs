//! Everything that CI does.

use crate::{
    Failed, check, plugins,
    shell::{self, cargo, step},
};

pub fn run() -> Result<(), Failed> {
    check::run()?;
    plugins::run()?;
    step("tests: units, hostile plugins, the whole product from outside", || {
        shell::run(cargo().args(["test", "--workspace"]))
    })
}
