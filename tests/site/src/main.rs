//! `glasshouse-site`: the pretend site on a command line.

#![forbid(unsafe_code)]

fn main() -> anyhow::Result<()> {
    Ok(())
}
