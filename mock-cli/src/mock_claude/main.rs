//! `mock-claude`: a stand-in for the Claude Code CLI that plays a recording.
//!
//! It takes the arguments that `claude` takes, refuses what `claude` refuses, and speaks on its standard streams what was recorded. Which
//! recording, says the environment: see [`HELP`].

#![warn(clippy::unwrap_used)]

mod argv;
mod environment;
mod flags;
mod play;
mod suggest;

use std::process::ExitCode;

use claude_wire::recording::Recording;

use self::argv::Asked;
use self::environment::Environment;

const HELP: &str = "\
mock-claude: a stand-in for the Claude Code CLI that plays a recording

Usage: as `claude`; point your SDK at this program instead of at `claude`.

  CLAUDE_WIRE_REPLAY=session.jsonl mock-claude -p --output-format stream-json --input-format stream-json --verbose

What the host writes must be what was recorded; the first difference ends the run with a report on stderr and exit code 70.

Environment:
  CLAUDE_WIRE_REPLAY=FILE   the recording to play
  CLAUDE_WIRE_SPEED=FACTOR  play at the recorded pace, so many times as fast (2 takes half the time); without it, at once
  CLAUDE_WIRE_IDLE_TIMEOUT=SECONDS
                            how long the host may do nothing while it is awaited, 600 unless told; past that it diverged
  CLAUDE_WIRE_LENIENT=1     accept flags that the recorded version of the CLI does not know

Exit codes: as recorded; 1 for arguments that the CLI refuses; 70 when the host diverged; 78 when there is nothing to play.
";

/// The exit code when the environment names nothing that could be played.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let recording = environment.as_ref().map_err(Clone::clone).and_then(Environment::recording);
    let version = recording.as_ref().ok().and_then(|recording| recording.header.cli.clone());
    let args: Vec<String> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let lenient = environment.as_ref().is_ok_and(|environment| environment.lenient);
    match argv::read(&args, flags::of(version.as_deref()), lenient) {
        Ok(Asked::Version) => {
            println!("{} (Claude Code)", version.as_deref().unwrap_or(flags::NEWEST));
            ExitCode::SUCCESS
        }
        Ok(Asked::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::FAILURE
        }
        Ok(Asked::Run) => run(environment.and_then(|environment| Ok((recording?, environment)))),
    }
}

fn run(source: Result<(Recording, Environment), String>) -> ExitCode {
    match source {
        Ok((recording, environment)) => play::play(&recording, &environment),
        Err(why) => {
            eprintln!("mock-claude: {why}");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}
