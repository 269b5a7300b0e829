//! `mock-claude`: a stand-in for the Claude Code CLI that plays a recording or a scenario.
//!
//! It accepts the arguments that `claude` accepts, refuses what `claude` refuses, and writes what
//! was recorded or scripted to its standard streams. Environment variables say what to play: see
//! [`HELP`]. What it saw goes into a [`journal`].

#[cfg(unix)]
mod direct;
mod environment;
mod journal;
mod journaled;
mod loaded;
#[cfg(unix)]
mod orphan;
#[cfg(unix)]
mod owned;
mod play;
mod record;
mod report_file;
mod source;
mod tee;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use claude_wire::CLI_VERSION;
use claude_wire::player::{Asked, CommandLine, RunFolder};
use claude_wire::recording::{RecordedExit, recordings_in};

pub(crate) use self::environment::Environment;
use self::journal::Journal;
use self::loaded::Loaded;
use self::record::Target;
use self::source::Source;
use crate::common;
use crate::exit_codes::{self, EXIT_CODES};

const HELP: &str = "\
mock-claude: a stand-in for the Claude Code CLI that plays a recording or a scenario, or records the real CLI

Usage: the same as `claude`. Point your SDK at this program instead of `claude`.

  CLAUDE_WIRE_REPLAY=session.jsonl mock-claude -p --output-format stream-json --input-format stream-json --verbose

The first input that differs from the recording ends the run, with a report on stderr and exit code 70.

What to play; set one of these:
  CLAUDE_WIRE_REPLAY=PATH   replay a recording (a path that ends in .jsonl), or the recordings of a folder
  CLAUDE_WIRE_SCENARIO=FILE play a scenario
  CLAUDE_WIRE_RECORD_TO=PATH
                            run the real CLI with the same arguments, and record it: a folder gets one recording for each
                            launch; in a path that ends in .jsonl, {n} becomes the first free number

How to record:
  CLAUDE_WIRE_REAL_CLI=PATH the CLI to record
  CLAUDE_WIRE_RECORD=MODE   with CLAUDE_WIRE_REPLAY=FOLDER: none, once (record if the folder has no recordings), rewrite
                            (always record) or passthrough (run the real CLI, and record nothing)
  CLAUDE_WIRE_RECORD_IN_CI=1
                            allow once and rewrite although CI is set
  CLAUDE_WIRE_KEEP=PATTERNS files below the working directory that are kept with a recording that is made, separated by
                            commas (out/*.txt,notes.md); a replay puts them back
  CLAUDE_WIRE_REDACT=off    record keys, addresses and long texts as they are; run `claude-wire scrub` before you share
                            such a recording

Several launches of one test:
  CLAUDE_WIRE_RUN=FOLDER    what the launches of one test share; created if missing, and thrown away after the test

How to play:
  CLAUDE_WIRE_SPEED=FACTOR  replay at FACTOR times the recorded speed; without it, at once
  CLAUDE_WIRE_IDLE_TIMEOUT=SECONDS
                            how long to wait for input before failing with a report (default: 600)
  CLAUDE_WIRE_PAUSE=MILLISECONDS
                            the pause before a request of the CLI and before a result (default: 20; 0: none)
  CLAUDE_WIRE_IGNORE=PLACES what is not compared with a recording, separated by commas: flags (--model), prompts
                            (prompt[0]), fields of requests (set_model /model); rules for a recording NAME.jsonl are read
                            from NAME.rules.json
  CLAUDE_WIRE_LENIENT=1     accept flags that the recorded version of the CLI does not know
  CLAUDE_WIRE_DIALECT=legacy
                            play the scenario in the format of early guides to the CLI: bare messages, no result

What goes wrong:
  CLAUDE_WIRE_FAULT=FAULTS  inject faults, separated by semicolons: exit_mid_turn:nth=2; docs/faults.md lists them
  CLAUDE_WIRE_SEED=NUMBER   the seed of what is random in them (default: 0)

What to write down:
  CLAUDE_WIRE_JOURNAL=FILE  append what is seen (arguments, every line, divergences, the exit) as JSON Lines
  CLAUDE_WIRE_REPORT=FILE   append the report of each launch, since many programs drop stderr

A scenario:

  {\"claude-wire\": \"scenario\", \"version\": 2, \"turns\": [
    {\"prompt\": \"Hello\", \"reply\": \"Hi!\"},
    {\"reply\": [{\"tool_use\": {\"name\": \"Bash\", \"input\": {\"command\": \"ls\"}}}, {\"tool_result\": \"a.txt\"}, {\"text\": \"One file.\"}]}]}

A turn without prompt, prompt_contains and prompt_regex accepts any. In the place of turns, launches is a list of such lists.

Steps:
  what the model says  text, thinking, message (a whole answer of the API), error (the API fails), delay_ms, \"hang\"
  tools                tool_use, run_tool (without a question), ask_permission, tool_result, tool_error, tool_output, elicit,
                       if_allowed, if_denied
  the process          raw (a line on stdout), stderr, exit, crash, compacted_to
";

pub(crate) fn main() -> ExitCode {
    #[cfg(unix)]
    if orphan::hold() {
        return ExitCode::SUCCESS;
    }
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
    let run = match environment.as_ref().ok().and_then(|environment| environment.run.as_ref()) {
        Some(path) => RunFolder::open(path).map(Some),
        None => Ok(None),
    };
    let run = match run {
        Ok(run) => run,
        Err(error) => return misconfigured(&journal, &format!("CLAUDE_WIRE_RUN: {error}")),
    };
    if let Ok(Environment { source: Ok(source), redact, keep, .. }) = &environment {
        match real_cli(source, run.as_ref()) {
            Ok(Some((target, why))) => {
                return record::record(&target, why, *redact, keep, &journal)
                    .unwrap_or_else(|why| misconfigured(&journal, &why));
            }
            Ok(None) => {}
            Err(why) => return misconfigured(&journal, &why),
        }
    }
    let loaded = environment
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|environment| environment.source.clone())
        .and_then(|source| Loaded::read(&source, run.as_ref()));
    let version = loaded.as_ref().ok().and_then(Loaded::version);
    let version = version.as_deref();
    let name = loaded.as_ref().ok().map(|loaded| loaded.name.as_str());
    let lenient = environment.as_ref().is_ok_and(|environment| environment.lenient);
    let read = CommandLine::read(&args, version, lenient);
    let unknown = read.as_ref().map(CommandLine::unknown).unwrap_or_default();
    journal.start(&args, unknown, version, name);
    let plays_scenario = loaded.as_ref().is_ok_and(Loaded::is_scenario);
    // A scenario says what is printed.
    match read.as_ref().map(CommandLine::asked) {
        Ok(Asked::Version) if !plays_scenario => {
            say(&journal, &format!("{} (Claude Code)\n", version.unwrap_or(CLI_VERSION)))
        }
        Ok(Asked::Help) if !plays_scenario => {
            let plays = environment.as_ref().is_ok_and(|environment| environment.source.is_ok());
            let cli = read.ok().filter(|_| plays).map(|read| read.help());
            say(&journal, &cli.unwrap_or_else(|| format!("{HELP}\n{EXIT_CODES}\n")))
        }
        Err(refusal) => complain(&journal, &refusal.to_string(), exit_codes::REFUSED),
        Ok(_) => environment
            .and_then(|environment| play::play(loaded?, &args, &environment, &journal))
            .unwrap_or_else(|why| misconfigured(&journal, &why)),
    }
}

/// Where the recording of the real CLI goes, and the variable that asks for it; `None` to play.
fn real_cli<'a>(
    source: &'a Source,
    run: Option<&'a RunFolder>,
) -> Result<Option<(Target<'a>, &'static str)>, String> {
    const MODE: &str = "CLAUDE_WIRE_RECORD";
    let (path, rewrite) = match source {
        Source::Record(to) => return Ok(Some((Target::Path(to), "CLAUDE_WIRE_RECORD_TO"))),
        Source::PassThrough => return Ok(Some((Target::Nothing, MODE))),
        Source::Replay(_) | Source::Scenario { .. } => return Ok(None),
        Source::Once(path) => (path, false),
        Source::Rewrite(path) => (path, true),
    };
    let Some(run) = run else { return Ok(None) };
    // The first launch of the run looks; the recordings are not there before the test has passed.
    let missing = || recordings_in(path).map_or(true, |found| found.is_empty());
    let records = run.plays(path, || rewrite || missing());
    let records = records.map_err(|error| format!("CLAUDE_WIRE_RUN: {error}"))?;
    Ok((rewrite || records).then_some((Target::Run(run), MODE)))
}

fn say(journal: &Journal, text: &str) -> ExitCode {
    text.split_inclusive('\n').for_each(|line| journal.line("out", line.as_bytes()));
    journal.exit(&RecordedExit::code(0));
    // A reader that has gone does not change how it ends.
    let mut stdout = io::stdout();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    ExitCode::SUCCESS
}

fn misconfigured(journal: &Journal, why: &str) -> ExitCode {
    complain(journal, &format!("mock-claude: {why}"), exit_codes::CONFIG)
}

fn complain(journal: &Journal, text: &str, code: u8) -> ExitCode {
    text.lines().for_each(|line| journal.line("err", format!("{line}\n").as_bytes()));
    journal.exit(&RecordedExit::code(code.into()));
    common::complain(text);
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::HELP;
    use claude_wire::Scenario;

    #[test]
    fn the_help_has_every_step_of_the_page_and_a_scenario_that_is_played() {
        let page = include_str!("../../../docs/stand-in.md");
        let (_, table) = page.split_once("| step | what it says |").unwrap_or_default();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let cells = rows.filter_map(|row| row.split('|').nth(1)).collect::<String>();
        let names: Vec<_> = cells
            .split('`')
            .filter_map(|code| code.strip_prefix("{\"").or(code.strip_prefix('"')))
            .filter_map(|code| code.split('"').next())
            .collect();
        assert!(names.len() >= 19 && names.contains(&"hang"), "{names:?}");
        let (_, steps) = HELP.split_once("\nSteps:\n").unwrap_or_default();
        let words: Vec<_> = steps.split(|c: char| c != '_' && !c.is_alphanumeric()).collect();
        for name in names {
            assert!(words.contains(&name), "{name}");
        }
        let start = HELP.find("{\"claude-wire\": \"scenario\"").unwrap_or_default();
        let file = HELP[start..].split("\n\n").next().unwrap_or_default();
        let scenario = Scenario::parse(file).map(Scenario::unverified);
        assert_eq!(
            scenario.map(|one| one.report().left().len()).map_err(|why| why.to_string()),
            Ok(2)
        );
        let version = r#"{"claude-wire": "scenario", "version": "#;
        let of = |text: &str| text.split(version).nth(1).and_then(|rest| rest.chars().next());
        assert_eq!(of(HELP), of(page), "that of the page");
    }

    #[test]
    fn the_help_has_every_variable_of_the_page() {
        let page = include_str!("../../../docs/stand-in.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `CLAUDE_WIRE_"));
        let names: Vec<_> =
            rows.filter_map(|row| row.split_once('=')).map(|(name, _)| name).collect();
        assert!(names.len() >= 16 && names.contains(&"RUN"), "{names:?}");
        for name in names {
            assert!(HELP.contains(&format!("\n  CLAUDE_WIRE_{name}=")), "{name}");
        }
    }
}
