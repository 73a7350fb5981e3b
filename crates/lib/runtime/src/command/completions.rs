//! `completions`: scripts that let a shell complete subcommands and options.

use std::io::{self, Write};

use clap::ValueEnum;

/// A shell with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}

/// Writes the script of `shell` for a command line.
pub(crate) fn write(shell: Shell, mut command: clap::Command, out: &mut impl Write) -> io::Result<()> {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let name = command.get_name().to_owned();
    // In memory first, because the generator panics if a write fails, and the reader of a pipe may exit early.
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut command, name, &mut script);
    out.write_all(&script)
}
