//! Compiling, in a process of its own with limits: what a hostile component can do to a compiler
//! is outside of what wasmtime promises.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio, exit},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use wasmtime::Engine;

use crate::{SandboxError, engine::compile_config, imports::diagnostics_cut};

/// Where components are compiled.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// In this process, without limits: for components that come from this house.
    InProcess,
    /// In a child process with limits.
    Child(ChildCompiler),
}

/// A program that ends up in [`compile_child_main`], and its limits.
#[derive(Clone, Debug)]
pub struct ChildCompiler {
    /// The program: the host's own.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How long it may take by the clock.
    pub wall: Duration,
    /// How much processor time it may take. A component from the Python toolchain takes 15 s.
    pub cpu_s: u64,
    /// How much memory it may take.
    pub memory_mib: u64,
}

/// More code than any 32 MiB component compiles to.
const MOST_CODE: u64 = 512 << 20;
/// The end of what the child says in its defence.
const MOST_WORDS: usize = 4096;
/// How the child exits where the component does not compile, and where the child itself cannot work.
const COMPONENT_AT_FAULT: i32 = 2;
const PROCESS_AT_FAULT: i32 = 3;
const CHILD_CPU_VARIABLE: &str = "GLASSHOUSE_COMPILE_CPU_S";
const CHILD_MEMORY_VARIABLE: &str = "GLASSHOUSE_COMPILE_MEMORY_MIB";

impl ChildCompiler {
    /// The usual limits: 20 s of processor time, a minute by the clock, 1 GiB.
    #[must_use]
    pub const fn new(program: PathBuf, args: Vec<OsString>) -> Self {
        Self { program, args, wall: Duration::from_secs(60), cpu_s: 20, memory_mib: 1024 }
    }
}

impl Compiler {
    pub(crate) fn compile(&self, engine: &Engine, component: &[u8]) -> Result<Vec<u8>, SandboxError> {
        match self {
            Self::InProcess => engine
                .precompile_component(component)
                .map_err(|error| SandboxError::Invalid(format!("{error:#}"))),
            Self::Child(child) => child.compile(component),
        }
    }
}

impl ChildCompiler {
    fn compile(&self, component: &[u8]) -> Result<Vec<u8>, SandboxError> {
        let failed = |error: io::Error| SandboxError::Compiler(error.to_string());
        let deadline = Instant::now() + self.wall;
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .env(CHILD_CPU_VARIABLE, self.cpu_s.to_string())
            .env(CHILD_MEMORY_VARIABLE, self.memory_mib.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(SandboxError::Compiler("it has no pipes".to_owned()));
        };
        thread::scope(|scope| {
            // A child that stops reading is a child that ends, and says why on stderr.
            scope.spawn(move || drop(stdin.write_all(component)));
            let words = scope.spawn(move || read_capped(stderr, MOST_WORDS as u64));
            let (send, receive) = mpsc::channel();
            scope.spawn(move || drop(send.send(read_capped(stdout, MOST_CODE))));
            let Ok(code) = receive.recv_timeout(self.wall) else {
                kill(&mut child);
                return Err(self.too_long());
            };
            if code.len() as u64 > MOST_CODE {
                kill(&mut child);
                return Err(SandboxError::CompileLimit { limit: format!("{} MiB of code", MOST_CODE >> 20) });
            }
            let Some(status) = wait_until(&mut child, deadline).map_err(failed)? else {
                kill(&mut child);
                return Err(self.too_long());
            };
            let words = words.join().unwrap_or_default();
            // They quote names that are in the component.
            let words = diagnostics_cut(String::from_utf8_lossy(&words).trim().to_owned());
            match status.code() {
                Some(0) => Ok(code),
                Some(COMPONENT_AT_FAULT) => Err(SandboxError::Invalid(words)),
                Some(PROCESS_AT_FAULT) => Err(SandboxError::Compiler(words)),
                _ => Err(self.death(status, &words)),
            }
        })
    }

    /// What ended the child, as far as its exit tells.
    fn death(&self, status: ExitStatus, words: &str) -> SandboxError {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            const SIGABRT: i32 = 6;
            const SIGKILL: i32 = 9;
            const SIGXCPU: i32 = 24;
            match status.signal() {
                Some(SIGXCPU | SIGKILL) => {
                    return SandboxError::CompileLimit {
                        limit: format!("{} s of processor time", self.cpu_s),
                    };
                }
                // Rust aborts when it gets no memory, and says so.
                Some(SIGABRT) if words.contains("memory allocation") => {
                    return SandboxError::CompileLimit {
                        limit: format!("{} MiB of memory", self.memory_mib),
                    };
                }
                _ => {}
            }
        }
        // A crash or a panic: the same component does the same again, so it is the component's.
        SandboxError::Invalid(
            format!("the compiler crashed over it ({status}) {words}").trim_end().to_owned(),
        )
    }

    fn too_long(&self) -> SandboxError {
        SandboxError::CompileLimit { limit: format!("{} s", self.wall.as_secs()) }
    }
}

/// Waits for a child that has closed its output, and so is about to end, if it is honest.
fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
            status => return Ok(status),
        }
    }
}

fn kill(child: &mut Child) {
    // It may have ended in the meantime; either way it is gone after this.
    let _ = child.kill();
    let _ = child.wait();
}

fn read_capped(from: impl Read, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A broken pipe ends the stream early; the child's exit then says what happened.
    let _ = from.take(most + 1).read_to_end(&mut bytes);
    bytes
}

/// The compiler process, from its start to its end: component on stdin, code on stdout, trouble on
/// stderr. The exit code says whether the component is at fault or the process.
pub fn compile_child_main() -> ! {
    limit_self();
    let code = match compile_stdin() {
        Ok(()) => 0,
        Err((code, why)) => {
            eprintln!("{why}");
            code
        }
    };
    exit(code)
}

fn compile_stdin() -> Result<(), (i32, String)> {
    let mut component = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut component)
        .map_err(|error| (PROCESS_AT_FAULT, format!("the component cannot be read: {error}")))?;
    let engine = Engine::new(&compile_config()).map_err(|error| (PROCESS_AT_FAULT, format!("{error:#}")))?;
    let code = engine
        .precompile_component(&component)
        .map_err(|error| (COMPONENT_AT_FAULT, format!("{error:#}")))?;
    io::stdout()
        .lock()
        .write_all(&code)
        .map_err(|error| (PROCESS_AT_FAULT, format!("the code cannot be written: {error}")))
}

/// Takes the limits that the parent named. Without them (a person ran it by hand) there are none.
#[cfg(unix)]
fn limit_self() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let variable = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let limit = |resource, value| {
        // Lowering a limit cannot fail for a process that owns itself.
        let _ = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    };
    if let Some(seconds) = variable(CHILD_CPU_VARIABLE) {
        limit(Resource::Cpu, seconds);
    }
    if let Some(mib) = variable(CHILD_MEMORY_VARIABLE) {
        limit(Resource::Data, mib << 20);
        // Address space counts what is only reserved, too: stacks of threads, arenas of malloc.
        limit(Resource::As, (mib << 20) * 4);
    }
    limit(Resource::Core, 0);
    limit(Resource::Fsize, 0);
}

/// Windows has no such limits from inside; the parent's clock ends a runaway.
#[cfg(not(unix))]
fn limit_self() {}
