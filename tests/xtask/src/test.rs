//! Everything that CI does.

use crate::{
    Failed, apt, check, plugins,
    shell::{self, cargo, command, root, step, works},
};

pub fn run() -> Result<(), Failed> {
    check::run()?;
    plugins::run()?;
    step("tests: units of the SDK and the example plugins, on this machine", || {
        shell::run(cargo().args(["test", "--quiet"]).current_dir(root().join("plugins")))
    })?;
    freetds();
    step("tests: units, hostile plugins, the whole product from outside", || {
        shell::run(cargo().args(["test", "--workspace"]))
    })
}

/// A second client asks the pretend site, one that knows nothing of ours. Without it those tests say that
/// they were not run.
fn freetds() {
    if works(command("tsql").arg("-C")) || !apt::may() {
        return;
    }
    let installed = step("apt-get install of FreeTDS, an independent client of the pretend site", || {
        apt::install(&["freetds-bin"])
    });
    if let Err(why) = installed {
        eprintln!("    the tests with it are passed over: {why}");
    }
}
