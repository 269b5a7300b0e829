//! `claude-wire`: the tool for recordings.

#![warn(clippy::unwrap_used)]

mod arguments;
mod census;
mod corpus;
mod decode;
mod drift;
mod events;
#[path = "../flag_tables.rs"]
mod flag_tables;
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

/// Records sessions of the Claude Code CLI, scrubs, checks, replays and compares the recordings, installs the CLI itself, and lists the options of
/// a session.
#[derive(Parser)]
#[command(name = "claude-wire", version, about, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Record(record::Arguments),
    Import(import::Arguments),
    Scrub(scrub::Arguments),
    Lint(lint::Arguments),
    Seal(seal::Arguments),
    Decode(decode::Arguments),
    Verify(verify::Arguments),
    Install(install::Install),
    Options(options::Arguments),
    Rerecord(rerecord::Arguments),
    Drift(drift::Arguments),
    Census(census::Arguments),
}

const AFTER_HELP: &str = "\
Exit codes:
  0  all is well
  1  something was found: a line that is no frame, a recording that is not played to its end, an entry that is not as it was
  2  the arguments are wrong, a file cannot be read or written, the CLI cannot be installed";

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
