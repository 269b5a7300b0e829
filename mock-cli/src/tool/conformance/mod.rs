//! `conformance`: drives a host program, on any SDK, through the conformance cases.
//! `docs/conformance.md` has the protocol.

mod argv;
mod cases;
mod delivery;
mod exits;
mod expect;
mod host;
mod judge;
mod judged;
mod lenient;
mod matcher;
mod plan;
mod program;
mod report;
mod script;
mod section;
mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::{Duration, Instant};

use claude_wire::CLI_VERSION;
use serde_json::json;

use self::cases::Case;
use self::expect::Expected;
use self::host::Broken;
use self::judge::{Baseline, judge};
use self::program::{Program, lines};
use self::report::{Outcome, Played, Verdict};
use self::script::{Record, Script};
pub(crate) use self::stand_in::stand_in;
use super::arguments::limit;
use super::terminal::{Output, print, progress, say_json};
use crate::session_host::lock;
use crate::{Failure, Found};

/// Drive a program on any SDK through the conformance cases.
///
/// The program, the host, gets one line of JSON on stdin, runs its SDK against the `claude` that
/// the line names, and reports a line for each event: docs/conformance.md has the protocol, and a
/// host in Python. It is started once for each case.
///
/// A case passes, fails, or is unsupported by the host. Failures and unsupported cases that are
/// listed with a reason do not count; one that is listed and passes does. Each case is as
/// independent of the SDK as it can be: a launch without options is made first, and what it passes
/// is not compared in the others.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire conformance --command 'python3 host.py'
  claude-wire conformance --command 'node host.mjs' --filter exit_cases --timeout 10
  claude-wire conformance --command ./host --expect failures.json --json >report.jsonl

  {\"argv_cases\": {\"max_turns_0\": {\"why\": \"0 is refused\", \"error\": \"max_turns\"}},
   \"mcp_cases\": {\"mcp_list\": {\"why\": \"the SDK has no in-process servers\", \"not_run\": true}}}

Exit codes: 0 all pass or fail as expected, 1 one does not, 2 the kit could not do its work: a case that is wrong, a stand-in or a host that cannot be started.")]
pub(crate) struct Arguments {
    /// The host, as a shell reads it
    #[arg(long, value_name = "COMMAND")]
    command: String,
    /// The failures that are expected, with reasons, as JSON
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// A folder with more cases, in the form of those of this project; may be repeated
    #[arg(long, value_name = "FOLDER")]
    cases: Vec<PathBuf>,
    /// Only cases with this in their names, such as argv_cases/ or mcp; may be repeated
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// How long the host may take for a case, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    timeout: Duration,
    /// How many hosts run at a time (default: the number of processors)
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// The stand-in for `claude` (default: this program)
    #[arg(long, value_name = "PATH")]
    stand_in: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let cases = cases::load(&arguments.cases)?;
    let expected = match &arguments.expect {
        Some(path) => Expected::read(path, &cases)?,
        None => Expected::default(),
    };
    let wanted = |case: &&Case| {
        arguments.filter.is_empty()
            || arguments.filter.iter().any(|it| case.id().contains(it.as_str()))
    };
    let selected: Vec<_> = cases.iter().filter(wanted).collect();
    if selected.is_empty() {
        return Err(format!("no case has {} in its name", arguments.filter.join(" or ")));
    }
    let claude = match &arguments.stand_in {
        Some(path) => path.clone(),
        None => std::env::current_exe().map_err(|error| format!("this program: {error}"))?,
    };
    let claude = claude.canonicalize().map_err(|error| format!("{}: {error}", claude.display()))?;
    check_stand_in(&claude)?;
    let kit = Kit { arguments, claude: claude.display().to_string() };
    let baseline = kit.baseline()?;
    let play = |case: &Case| {
        let start = Instant::now();
        let played = kit.play(case, &baseline);
        Outcome::new(played, expected.of(case.section, &case.name), start.elapsed())
    };
    let done = all(arguments, &selected, &play);
    report(arguments, &done)
}

/// Plays the cases, several at a time, and returns the outcomes in order.
fn all<'a>(
    arguments: &Arguments,
    selected: &[&'a Case],
    play: &(impl Fn(&Case) -> Outcome + Sync),
) -> Vec<(&'a Case, Outcome)> {
    let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok().map(usize::from));
    let jobs = jobs.unwrap_or(1).clamp(1, selected.len());
    let bar = progress(selected.len(), arguments.output.quiet || arguments.output.json);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(case) = selected.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = play(case);
                    bar.set_message(case.id());
                    bar.inc(1);
                    lock(&done).push((*case, outcome));
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut done = std::mem::take(&mut *lock(&done));
    let place = |case: &Case| selected.iter().position(|other| std::ptr::eq(*other, case));
    done.sort_by_key(|(case, _)| place(case));
    done
}

fn report(arguments: &Arguments, done: &[(&Case, Outcome)]) -> Result<Found, Failure> {
    match (arguments.output.quiet, arguments.output.json) {
        (true, _) => {}
        (_, true) => done.iter().for_each(|(case, outcome)| say_json(outcome.json(case))),
        _ => print(|out| {
            for (case, outcome) in done {
                outcome.print(case, out)?;
            }
            report::table(done, out)
        })?,
    }
    let of_the_kit = done.iter().filter(|(_, outcome)| outcome.verdict == Verdict::Harness).count();
    if of_the_kit > 0 {
        return Err(format!("{of_the_kit} of {} cases could not be played", done.len()));
    }
    let fails = done.iter().any(|(case, outcome)| outcome.is_failure(case));
    Ok(if fails { Found::Something } else { Found::Nothing })
}

/// A stand-in that cannot be started would look like a failure of the host in each case.
fn check_stand_in(claude: &Path) -> Result<(), Failure> {
    let failed = |why: &str| format!("the stand-in {}: {why}", claude.display());
    let mut command = Command::new(claude);
    command.arg("--version");
    let program = Program::start(command, Path::new("unused"));
    let mut program = program.map_err(|error| failed(&error.to_string()))?;
    let Some((_, stdout, _stderr)) = program.streams() else {
        return Err(failed("it has no standard streams"));
    };
    // Usually it takes milliseconds.
    let line = match lines(stdout).recv_timeout(Duration::from_secs(20)) {
        Ok(line) => line.map_err(|error| failed(&error.to_string()))?,
        Err(RecvTimeoutError::Timeout) => return Err(failed("no answer to --version in 20 s")),
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    if String::from_utf8_lossy(&line).trim() == format!("{CLI_VERSION} (Claude Code)") {
        return Ok(());
    }
    let exit = program.end(Instant::now() + Duration::from_secs(2));
    let exit = exit.map_or_else(|| "did not end".to_owned(), |exit| format!("ended with {exit}"));
    Err(failed(&format!("it is not one: --version {exit}")))
}

struct Kit<'a> {
    arguments: &'a Arguments,
    claude: String,
}

impl Kit<'_> {
    /// A host that fails here fails in its cases, too.
    fn baseline(&self) -> Result<Baseline, Failure> {
        let case = Case::baseline()?;
        match self.host(&case) {
            Ok((_, log)) => Ok(Baseline::of(&log)),
            Err(Broken::Host(_)) => Ok(Baseline::default()),
            Err(Broken::Harness(why)) => Err(why),
        }
    }

    fn play(&self, case: &Case, baseline: &Baseline) -> Played {
        let (heard, log) = match self.host(case) {
            Ok(heard) => heard,
            Err(Broken::Host(why)) => return Played::Broken(why),
            Err(Broken::Harness(why)) => return Played::Harness(why),
        };
        if let Some(why) = heard.unsupported {
            return match log.is_empty() {
                true => Played::Unsupported(why),
                false => Played::Broken(format!(
                    "the host said that the case is unsupported after it had started its `claude`: {why}"
                )),
            };
        }
        judge(case, &heard, &log, baseline).map_or_else(Played::Broken, Played::Judged)
    }

    fn host(&self, case: &Case) -> Result<(host::Heard, Vec<Record>), Broken> {
        let failed =
            |error: std::io::Error| Broken::Harness(format!("a folder for the case: {error}"));
        let folder = tempfile::tempdir().map_err(failed)?;
        let limit = self.arguments.timeout;
        let script = Script { limit, ..case.script.clone() };
        let path = stand_in::script_in(folder.path());
        fs::write(path, json!(script).to_string()).map_err(failed)?;
        let mut ask = case.ask.clone();
        ask.insert("claude".to_owned(), self.claude.as_str().into());
        let ask = json!(ask).to_string();
        let heard = host::run(&self.arguments.command, &ask, folder.path(), limit);
        let log = fs::read_to_string(stand_in::log_in(folder.path())).unwrap_or_default();
        let log: Vec<Record> =
            log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        // The host cannot be blamed for what its `claude` did.
        for record in &log {
            if let Record::Failed(why) = record {
                return Err(Broken::Harness(format!("the stand-in: {why}")));
            }
        }
        heard.map(|heard| (heard, log))
    }
}
