//! Confirmation of irreversible changes: the options `--dry-run` and `--yes`, and the question.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use crate::ExitError;

/// The options of a command that makes an irreversible change. At a terminal the command shows the change and asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct Confirmation {
    /// Shows what the command would do. Changes nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Acts without asking for confirmation. Required if standard input is not a terminal.
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// The mode of a command that makes an irreversible change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Show the change only.
    Show,
    /// Show the change, ask, and make it if the answer is yes.
    Ask,
    /// Make the change.
    Act,
}

impl Confirmation {
    /// The mode of the command. Called before anything is connected.
    ///
    /// # Errors
    /// When standard input is not a terminal and neither option is given.
    pub fn mode(&self) -> Result<Mode, ExitError> {
        self.mode_with(io::stdin().is_terminal())
    }

    fn mode_with(self, is_terminal: bool) -> Result<Mode, ExitError> {
        match self {
            Self { dry_run: true, .. } => Ok(Mode::Show),
            Self { yes: true, .. } => Ok(Mode::Act),
            _ if is_terminal => Ok(Mode::Ask),
            _ => Err(ExitError::Config(
                "this cannot be undone, and standard input is not a terminal; add --yes to act, or --dry-run to see what would \
                 happen"
                    .to_owned(),
            )),
        }
    }
}

impl Mode {
    /// Whether the change is shown before it is made.
    #[must_use]
    pub const fn shows(self) -> bool {
        matches!(self, Self::Show | Self::Ask)
    }

    /// Whether to make the change, after it has been shown. Asks on standard error if necessary. Writes to `out` if nothing is
    /// to be changed.
    ///
    /// # Errors
    /// When the answer is not yes.
    pub async fn acts(self, out: &mut impl Write) -> anyhow::Result<bool> {
        match self {
            Self::Show => Ok(writeln!(out, "nothing was changed").map(|()| false)?),
            Self::Act => Ok(true),
            // In a thread, so that connections stay alive meanwhile.
            Self::Ask => {
                match tokio::task::spawn_blocking(|| ask(&mut io::stdin().lock(), &mut io::stderr())).await?? {
                    true => Ok(true),
                    false => anyhow::bail!("nothing was changed, because the answer was not yes"),
                }
            }
        }
    }
}

/// Asks whether to continue. Any answer other than `y` or `yes` means no, and so does the end of the input.
fn ask(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    write!(output, "This cannot be undone. Continue? [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_a_change_needs_yes() {
        let confirmation = |dry_run, yes| Confirmation { dry_run, yes };
        for is_terminal in [true, false] {
            assert_eq!(confirmation(true, false).mode_with(is_terminal), Ok(Mode::Show));
            assert_eq!(confirmation(false, true).mode_with(is_terminal), Ok(Mode::Act));
        }
        assert_eq!(Confirmation::default().mode_with(true), Ok(Mode::Ask));
        let refused = Confirmation::default().mode_with(false).unwrap_err();
        assert_eq!(refused.code(), 64);
        assert!(refused.to_string().contains("--yes") && refused.to_string().contains("--dry-run"), "{refused}");
    }

    #[test]
    fn only_y_and_yes_confirm() {
        for (answer, expected) in
            [("y\n", true), ("Yes\n", true), ("\n", false), ("", false), ("n\n", false), ("yeah\n", false)]
        {
            let mut asked = Vec::new();
            assert_eq!(ask(&mut answer.as_bytes(), &mut asked).unwrap(), expected, "{answer:?}");
            assert_eq!(asked, b"This cannot be undone. Continue? [y/N] ");
        }
    }
}
