use clap::Args;

/// Compiles one component from standard input to standard output, within limits (the host runs this)
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct CompileChild {}

impl CompileChild {
    /// Its exit codes are for the host that runs it, not for people.
    pub fn run(&self) -> ! {
        glasshouse_sandbox::compile_child_main()
    }
}
