//! `claude-wire`: the tool for recordings.

#![warn(clippy::unwrap_used)]

mod arguments;
mod asked;
mod census;
mod corpus;
mod decode;
mod drift;
mod events;
#[path = "../flag_tables.rs"]
mod flag_tables;
mod folders;
mod import;
mod install;
mod lint;
mod namespace;
mod options;
#[path = "../pass_through.rs"]
mod pass_through;
mod record;
mod rerecord;
mod schema;
mod scrub;
mod seal;
mod tasks;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Record sessions of the Claude Code CLI, and check, redact, replay and compare the recordings
#[derive(Parser)]
#[command(name = "claude-wire", version, about, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What users need comes first; the commands after that are hidden, and listed in [`AFTER_HELP`].
#[derive(Subcommand)]
enum Command {
    Record(record::Arguments),
    Verify(verify::Arguments),
    Lint(lint::Arguments),
    Scrub(scrub::Arguments),
    Import(import::Arguments),
    Seal(seal::Arguments),
    Decode(decode::Arguments),
    Options(options::Arguments),
    Install(install::Install),
    Drift(drift::Arguments),
    #[command(hide = true)]
    Rerecord(rerecord::Arguments),
    #[command(hide = true)]
    Census(census::Arguments),
}

const AFTER_HELP: &str = "\
For maintainers of claude-wire:
  rerecord  Rebuild the recordings of the corpus with a real CLI, and their index
  census    Print the kinds of lines in recordings, with their fields, types and values, as JSON, one field per line

Exit codes:
  0  all is well
  1  something was found: a malformed line, a recording that does not replay to its end, an entry that differs
  2  the command could not do its work: wrong arguments, a file that cannot be read or written, a CLI that cannot be installed";

/// What a command found.
#[derive(Clone, Copy, PartialEq)]
enum Found {
    Nothing,
    Something,
}

/// Why a command could not do its work; exit code 2.
type Failure = String;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Record(arguments) => record::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Scrub(arguments) => scrub::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Seal(arguments) => seal::run(arguments),
        Command::Decode(arguments) => decode::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Install(arguments) => install::run(&arguments),
        Command::Options(arguments) => options::run(&arguments),
        Command::Rerecord(arguments) => rerecord::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Census(arguments) => census::run(&arguments),
    };
    match done {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::from(1),
        Err(why) => {
            eprintln!("claude-wire: {why}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_lists_each_command_once_with_what_it_does() {
        let mut command = Arguments::command();
        let help = command.render_help().to_string();
        for command in command.get_subcommands() {
            let (name, about) = (command.get_name(), command.get_about().unwrap().to_string());
            let lines =
                help.lines().filter(|line| line.trim_start().starts_with(&format!("{name} ")));
            let lines: Vec<_> = lines.filter(|line| line.ends_with(&about)).collect();
            assert_eq!(lines.len(), 1, "{name}: {about}\n{help}");
        }
    }
}
