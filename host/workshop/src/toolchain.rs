//! Finding something that builds for wasm32-unknown-unknown on this machine.
//!
//! Three ways are known, tried in this order: a Rust toolchain that has the target; one that has
//! the sources of the standard library, which is then built along with the plugin (so Debian's
//! packages do); a rustup that can fetch the target.

use std::{
    env,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A Rust compiler that can build plugins.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
    version: String,
    sysroot: PathBuf,
    std: Std,
    linker: Option<PathBuf>,
}

/// Where a plugin's standard library comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Std {
    /// It is installed for the target.
    Installed,
    /// It is built with the plugin, from the toolchain's sources.
    Built,
}

/// Nothing on this machine can build a plugin.
#[derive(Debug, thiserror::Error)]
#[error("{}", if tried.is_empty() { "there is none on this machine".to_owned() } else { tried.join("; ") })]
pub struct NoToolchain {
    /// What was found, and what it lacks.
    tried: Vec<String>,
    rustup: bool,
}

impl NoToolchain {
    /// What to install.
    #[must_use]
    pub fn mend(&self) -> &'static str {
        if self.rustup {
            "run `rustup target add wasm32-unknown-unknown`"
        } else {
            "install Rust from https://rustup.rs and run `rustup target add wasm32-unknown-unknown`, or on Debian 12 \
             `apt-get install rustc-web cargo-web rust-web-src lld-22`: the plugin's machine is wasm32, and \
             a compiler needs its standard library (or the sources of it) and a linker for it"
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.std {
            Std::Installed => format!("which has {TARGET}"),
            Std::Built => "building the standard library from its sources".to_owned(),
        };
        write!(f, "{} at {}, {how}", self.version, self.rustc.display())
    }
}

impl Toolchain {
    /// Looks for a compiler; fetches the target where only rustup can help.
    ///
    /// # Errors
    /// When there is none, with what was found and what to install.
    pub fn find() -> Result<Self, NoToolchain> {
        let mut tried = Vec::new();
        let found: Vec<Found> = places().iter().filter_map(|rustc| Found::at(rustc)).collect();
        for with in [Std::Installed, Std::Built] {
            for found in &found {
                match found.toolchain(with) {
                    Ok(toolchain) => return Ok(toolchain),
                    Err(lacks) => tried.push(lacks),
                }
            }
        }
        let rustup =
            command(Path::new("rustup")).args(["target", "add", TARGET]).stdout(Stdio::null()).output();
        if let Ok(output) = &rustup {
            if output.status.success()
                && let Some(toolchain) = found.iter().find_map(|found| found.toolchain(Std::Installed).ok())
            {
                return Ok(toolchain);
            }
            let words = String::from_utf8_lossy(&output.stderr);
            let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            tried.push(format!("rustup cannot add the target ({})", last.trim()));
        }
        tried.dedup();
        Err(NoToolchain { tried, rustup: rustup.is_ok() })
    }

    /// `cargo`, set up to build a plugin with these flags for the compiler.
    pub(crate) fn cargo(&self, flags: &[String]) -> Command {
        let mut cargo = command(&self.cargo);
        let mut flags = flags.to_vec();
        if let Some(linker) = &self.linker {
            flags.push(format!("-Clinker={}", linker.display()));
        }
        cargo.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        if self.std == Std::Built {
            // What `-Z build-std` asks for; it has been stable in practice for years.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
    }

    /// Arguments for `cargo build`.
    pub(crate) fn build_arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("--target={TARGET}")];
        if self.std == Std::Built {
            arguments.push("-Zbuild-std=std,panic_abort".to_owned());
        }
        arguments
    }

    pub(crate) fn sysroot(&self) -> &Path {
        &self.sysroot
    }
}

/// A compiler that answers, whatever it can build.
struct Found {
    rustc: PathBuf,
    version: String,
    sysroot: PathBuf,
}

impl Found {
    fn at(rustc: &Path) -> Option<Self> {
        let version = answer(rustc, &["--version"])?;
        let sysroot = PathBuf::from(answer(rustc, &["--print", "sysroot"])?);
        Some(Self { rustc: rustc.to_owned(), version, sysroot })
    }

    fn toolchain(&self, std: Std) -> Result<Toolchain, String> {
        let lacks = |what: &str| Err(format!("{} at {} lacks {what}", self.version, self.rustc.display()));
        let rustlib = self.sysroot.join("lib").join("rustlib");
        let has = match std {
            Std::Installed => rustlib.join(TARGET).join("lib").is_dir(),
            Std::Built => rustlib.join("src/rust/library/std/Cargo.toml").is_file(),
        };
        if !has {
            return lacks(match std {
                Std::Installed => "the target wasm32-unknown-unknown",
                Std::Built => "the sources of the standard library",
            });
        }
        let Some(cargo) = self.cargo() else { return lacks("a cargo beside it") };
        let Some(linker) = self.linker() else { return lacks("a linker for wasm32 (rust-lld or wasm-ld)") };
        let (rustc, version, sysroot) = (self.rustc.clone(), self.version.clone(), self.sysroot.clone());
        Ok(Toolchain { rustc, cargo, version, sysroot, std, linker })
    }

    fn cargo(&self) -> Option<PathBuf> {
        let beside = self.rustc.with_file_name(format!("cargo{}", env::consts::EXE_SUFFIX));
        let in_sysroot = self.sysroot.join("bin").join(format!("cargo{}", env::consts::EXE_SUFFIX));
        [beside, in_sysroot].into_iter().find(|cargo| answer(cargo, &["--version"]).is_some())
    }

    /// `None` inside: rustc's own choice, rust-lld, is there. Distributions number theirs.
    fn linker(&self) -> Option<Option<PathBuf>> {
        let exe = |name: &str| format!("{name}{}", env::consts::EXE_SUFFIX);
        let host = answer(&self.rustc, &["--version", "--verbose"])?
            .lines()
            .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
        let own = self.sysroot.join("lib/rustlib").join(host).join("bin").join(exe("rust-lld"));
        if own.is_file() || on_path(&exe("rust-lld")).is_some() {
            return Some(None);
        }
        let numbered = (14..40).rev().map(|number| exe(&format!("wasm-ld-{number}")));
        std::iter::once(exe("wasm-ld")).chain(numbered).find_map(|name| on_path(&name)).map(Some)
    }
}

/// Where compilers are looked for: the one that is said, those on the path, and the system's own,
/// which rustup's may stand in front of.
fn places() -> Vec<PathBuf> {
    let exe = format!("rustc{}", env::consts::EXE_SUFFIX);
    let mut places: Vec<PathBuf> = env::var_os("RUSTC").into_iter().map(PathBuf::from).collect();
    places.extend(path_folders().map(|folder| folder.join(&exe)));
    places.push(Path::new("/usr/bin").join(&exe));
    let mut seen: Vec<PathBuf> = Vec::new();
    places.retain(|place| {
        place.is_file() && !seen.contains(place) && {
            seen.push(place.clone());
            true
        }
    });
    places
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    let path: OsString = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn on_path(name: &str) -> Option<PathBuf> {
    path_folders().map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn answer(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = command(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command without what an outer cargo says to its children: a plugin is built the same from a
/// shell and from a test.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for name in [
        "CARGO",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}
