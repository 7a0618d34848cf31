//! Packages of Debian, where this is one and we may install them.

use std::{path::Path, process::Command};

use crate::{
    Failed,
    shell::{command, run, works},
};

/// Whether packages can be installed without asking anybody.
pub fn may() -> bool {
    Path::new("/usr/bin/apt-get").exists() && works(Command::new("sh").args(["-c", "test \"$(id -u)\" = 0"]))
}

/// Installs packages.
pub fn install(packages: &[&str]) -> Result<(), Failed> {
    let apt = |args: &[&str]| {
        let mut apt = command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(args);
        run(&mut apt)
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
