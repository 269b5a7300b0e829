//! `claude-wire`: the tool for recordings.

mod accept;
mod arguments;
#[cfg(feature = "lab")]
mod check;
mod completions;
mod conformance;
mod decode;
mod diff;
mod doctor;
#[cfg(feature = "lab")]
mod drift;
mod extract;
mod files;
#[cfg(unix)]
mod hold;
mod import;
pub(crate) mod install;
mod lint;
mod record;
mod replay;
mod report;
mod scrub;
mod seal;
mod show;
mod stats;
mod terminal;
mod timeline;
mod trim;
mod verify;
mod why;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Record sessions of the Claude Code CLI, and check, redact, replay and compare the recordings
#[derive(Parser)]
#[command(name = "claude-wire", version, after_help = after_help())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Record(record::Arguments),
    Import(import::Arguments),
    Show(show::Arguments),
    Extract(extract::Arguments),
    Replay(replay::Arguments),
    Diff(diff::Arguments),
    Trim(trim::Arguments),
    Stats(stats::Arguments),
    Verify(verify::Arguments),
    Lint(lint::Arguments),
    Scrub(scrub::Arguments),
    Seal(seal::Arguments),
    Report(report::Arguments),
    Why(why::Arguments),
    Accept(accept::Arguments),
    Decode(decode::Arguments),
    Doctor(doctor::Arguments),
    Install(install::Install),
    Drift(drift::Arguments),
    Check(check::Arguments),
    Conformance(conformance::Arguments),
    #[cfg(unix)]
    Hold(hold::Arguments),
    Completions(completions::Completions),
    #[command(name = "man")]
    Manual(completions::Manual),
}

/// The commands as the help groups them.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Recordings", &["record", "import", "show", "extract", "stats", "diff", "replay"]),
    ("To share and keep them", &["lint", "scrub", "trim", "seal"]),
    ("Replays", &["verify", "report", "why", "accept"]),
    (
        "The CLI, and this tool",
        &[
            "doctor",
            "install",
            "decode",
            "hold",
            "drift",
            "check",
            "conformance",
            "completions",
            "man",
        ],
    ),
];

fn after_help() -> String {
    format!("`claude-wire COMMAND --help` has examples.\n\n{}", crate::exit_codes::EXIT_CODES)
}

pub(crate) fn main() -> ExitCode {
    if let Some(code) = conformance::stand_in() {
        return code;
    }
    let arguments = Arguments::from_arg_matches(&command().get_matches());
    let done = match arguments.unwrap_or_else(|error| error.exit()).command {
        Command::Record(arguments) => record::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Extract(arguments) => extract::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Trim(arguments) => trim::run(&arguments),
        Command::Accept(arguments) => accept::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Completions(arguments) => completions::completions(&arguments, plain_command()),
        Command::Manual(arguments) => completions::manual(&arguments, plain_command()),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Scrub(arguments) => scrub::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Seal(arguments) => seal::run(arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Why(arguments) => why::run(&arguments),
        Command::Decode(arguments) => decode::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Install(arguments) => install::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        #[cfg(unix)]
        Command::Hold(arguments) => hold::run(&arguments),
    };
    crate::end("claude-wire", done)
}

/// The commands as clap describes them.
fn plain_command() -> clap::Command {
    Arguments::command()
}

/// The commands, with a help text in groups, which clap supports for options only.
fn command() -> clap::Command {
    let command = plain_command();
    let mut groups = String::new();
    for (title, names) in GROUPS {
        groups.push_str(&format!("\n{title}:\n"));
        for name in names {
            // `hold` is a command on Unix only.
            let Some(found) = command.find_subcommand(name) else { continue };
            let about = found.get_about().map(ToString::to_string).unwrap_or_default();
            groups.push_str(&format!("  {name:<11}  {about}\n"));
        }
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{groups}\nOptions:\n{{options}}{{after-help}}"
    ))
}

/// Replaces a command in a package that was built without the feature `lab`.
#[cfg(not(feature = "lab"))]
macro_rules! without_lab {
    ($name:ident: $about:literal) => {
        mod $name {
            use std::ffi::OsString;

            use crate::{Failure, Found};

            #[doc = $about]
            ///
            /// This `claude-wire` was built without it. In a clone of the repository,
            /// `cargo install --path mock-cli --features lab` installs one that has it.
            #[derive(clap::Args)]
            pub(crate) struct Arguments {
                /// Whatever the command takes
                #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
                _any: Vec<OsString>,
            }

            pub(crate) fn run(_: &Arguments) -> Result<Found, Failure> {
                let name = stringify!($name);
                Err(format!("this program was built without `{name}`: `cargo install --path mock-cli --features lab`, in a clone of the repository, installs one that has it"))
            }
        }
    };
}

#[cfg(not(feature = "lab"))]
without_lab!(drift: "Run the corpus with another CLI, and report how it differs from the recordings.");
#[cfg(not(feature = "lab"))]
without_lab!(check: "Play a scenario to a real CLI, and report what it does differently.");

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn each_command_is_in_one_group_of_the_help() {
        let grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let mut sorted = grouped.clone();
        sorted.sort_unstable();
        let command = Arguments::command();
        let mut names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        names.sort_unstable();
        assert_eq!(sorted, names);
    }
}
