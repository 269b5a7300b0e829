//! `mock-claude`: a stand-in for the Claude Code CLI that plays a recording or a scenario.
//!
//! It takes the arguments that `claude` takes, refuses what `claude` refuses, and speaks on its standard streams what was recorded or
//! scripted. What that is, says the environment: see [`HELP`]. What it saw goes into a [`journal`].

#![warn(clippy::unwrap_used)]

mod argv;
mod environment;
#[path = "../flag_tables.rs"]
mod flag_tables;
mod flags;
mod heard;
mod journal;
#[path = "../pass_through.rs"]
mod pass_through;
mod play;
mod record;
mod source;
mod suggest;

use std::path::Path;
use std::process::ExitCode;

use claude_wire::CLI_VERSION;
use claude_wire::recording::Exit;

use self::argv::Asked;
use self::environment::Environment;
use self::journal::Journal;
use self::source::Source;

const HELP: &str = "\
mock-claude: a stand-in for the Claude Code CLI that plays a recording or a scenario, or records the real one

Usage: as `claude`; point your SDK at this program instead of at `claude`.

  CLAUDE_WIRE_REPLAY=session.jsonl mock-claude -p --output-format stream-json --input-format stream-json --verbose

What the host writes must be what was recorded; the first difference ends the run with a report on stderr and exit code 70.

Environment:
  CLAUDE_WIRE_REPLAY=FILE   the recording to play
  CLAUDE_WIRE_SCENARIO=FILE the scenario to play, in place of a recording: what to answer to which prompt, as JSON
  CLAUDE_WIRE_DIALECT=legacy
                            play the scenario in the dialect of early guides to the CLI: bare messages, and no result
  CLAUDE_WIRE_RECORD_TO=FILE with CLAUDE_WIRE_REAL_CLI=PATH
                            run the real CLI in our place, with the same arguments, and record it; {n} in the file's name
                            becomes the first free number, for hosts that start the CLI more than once
  CLAUDE_WIRE_SPEED=FACTOR  play at the recorded pace, so many times as fast (2 takes half the time); without it, at once
  CLAUDE_WIRE_IDLE_TIMEOUT=SECONDS
                            how long the host may do nothing while it is awaited, 600 unless told; past that it diverged
  CLAUDE_WIRE_LENIENT=1     accept flags that the recorded version of the CLI does not know
  CLAUDE_WIRE_JOURNAL=FILE  append what is seen (arguments, every line, divergences, the exit) as JSON Lines; refused
                            beside CLAUDE_WIRE_RECORD_TO, whose recording is its journal

Exit codes: as recorded, or the real CLI's; 1 for arguments that the CLI refuses; 70 when the host diverged; 78 when there is nothing to
play, a recording cannot be begun, or the environment asks for what is not supported (yet: CLAUDE_WIRE_FAULT, CLAUDE_WIRE_SEED).

A scenario:

  {\"claude-wire\": \"scenario\", \"version\": 1, \"turns\": [
    {\"prompt\": \"Hello\", \"reply\": [{\"text\": \"Hi!\"}]},
    {\"reply\": [{\"tool_use\": {\"name\": \"Bash\", \"input\": {\"command\": \"ls\"}}}, {\"tool_result\": \"a.txt\"}, {\"text\": \"One file.\"}]}]}

A turn without a prompt takes any. Steps: text, thinking, tool_use, ask_permission, tool_result, tool_error, error, delay_ms, \"hang\".
";

/// The exit code when the environment names nothing that could be played.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let journal = match std::env::var_os("CLAUDE_WIRE_JOURNAL").filter(|path| !path.is_empty()) {
        Some(path) => Journal::open(Path::new(&path)),
        None => Ok(Journal::default()),
    };
    let journal = match journal {
        Ok(journal) => journal,
        Err(why) => return misconfigured(&Journal::default(), &why),
    };
    let environment = Environment::of_process();
    if let Ok(Environment { source: Ok(Source::Record(to)), .. }) = &environment {
        return record::record(to).unwrap_or_else(|why| misconfigured(&journal, &why));
    }
    let loaded = environment
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|environment| environment.source.clone())
        .and_then(|source| source.load());
    let (version, name) = (
        loaded.as_ref().ok().and_then(|loaded| loaded.version()),
        loaded.as_ref().ok().map(|loaded| loaded.name.as_str()),
    );
    let lenient = environment.as_ref().is_ok_and(|environment| environment.lenient);
    let read = argv::read(&args, flags::of(version), lenient);
    let unknown = read.as_ref().map(|read| read.unknown.as_slice()).unwrap_or_default();
    journal.start(&args, unknown, version, name);
    match read.map(|read| read.asked) {
        Ok(Asked::Version) => {
            say(&journal, &format!("{} (Claude Code)\n", version.unwrap_or(CLI_VERSION)))
        }
        Ok(Asked::Help) => say(&journal, HELP),
        Err(refusal) => complain(&journal, &refusal, 1),
        Ok(Asked::Run) => match environment.and_then(|environment| Ok((loaded?, environment))) {
            Ok((loaded, environment)) => match loaded.script(&args) {
                Ok(script) => play::play(&loaded, script, &environment, &journal),
                Err(why) => misconfigured(&journal, &why),
            },
            Err(why) => misconfigured(&journal, &why),
        },
    }
}

fn say(journal: &Journal, text: &str) -> ExitCode {
    text.split_inclusive('\n').for_each(|line| journal.line("out", line.as_bytes()));
    journal.exit(&Exit::code(0));
    print!("{text}");
    ExitCode::SUCCESS
}

fn misconfigured(journal: &Journal, why: &str) -> ExitCode {
    complain(journal, &format!("mock-claude: {why}"), EXIT_CONFIG)
}

fn complain(journal: &Journal, text: &str, code: u8) -> ExitCode {
    text.lines().for_each(|line| journal.line("err", format!("{line}\n").as_bytes()));
    journal.exit(&Exit::code(code.into()));
    eprintln!("{text}");
    ExitCode::from(code)
}
