//! `completions` and `man`: files for shells, and the manual.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap_complete::Shell;
use clap_mangen::Man;

use super::terminal::print;
use crate::{Failure, Found};

/// Print the completions for a shell.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire completions bash > ~/.local/share/bash-completion/completions/claude-wire
  claude-wire completions zsh > \"${fpath[1]}/_claude-wire\"
  claude-wire completions fish > ~/.config/fish/completions/claude-wire.fish

Exit codes: 0 printed, 2 not.")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write one for each command.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire man | man -l -
  claude-wire man --dir ~/.local/share/man/man1

Exit codes: 0 printed or written, 2 not.")]
pub(crate) struct Manual {
    /// Write claude-wire.1, and claude-wire-COMMAND.1 for each command, into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// `command`: the commands as clap describes them.
pub(crate) fn completions(
    arguments: &Completions,
    mut command: clap::Command,
) -> Result<Found, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "claude-wire", &mut text);
    if arguments.shell == Shell::Bash {
        // For a program with a hyphen in its name clap_complete 4.6 labels the commands with one
        // name and looks for another.
        text = String::from_utf8_lossy(&text)
            .replace("claude__subcmd__wire", "claude__wire")
            .into_bytes();
    }
    print(|out| out.write_all(&text))?;
    Ok(Found::Nothing)
}

/// `command`: the commands as clap describes them.
pub(crate) fn manual(arguments: &Manual, command: clap::Command) -> Result<Found, Failure> {
    let Some(folder) = &arguments.dir else {
        print(|out| Man::new(command).render(out))?;
        return Ok(Found::Nothing);
    };
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    Ok(Found::Nothing)
}
