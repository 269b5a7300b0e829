//! Replays by a process: the stand-in, and the bare program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::conversation::{ARGS, INITIALIZE};
use crate::corpus::{Corpus, Played};
use crate::rows::Row;
use crate::{Failure, bare};

const ROUNDS: usize = 101;

/// The rows, each with its target.
pub(crate) const ROWS: [(&str, Option<f64>); 3] = [
    ("initialize answered, from the start of the process", Some(5.0)),
    ("500 messages, a process from start to exit", Some(15.0)),
    ("the last of a folder of 1,000, a process from start to exit", None),
];

pub(crate) fn run(corpus: &Corpus, mock: &Path) -> Result<Vec<Row>, Failure> {
    let stand_in = |replay: &Path| {
        let mut command = Command::new(mock);
        command.args(ARGS).env("CLAUDE_WIRE_REPLAY", replay).env("CLAUDE_WIRE_PAUSE", "0");
        command
    };
    let bare = |played: &Played| -> Result<Command, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(bare::PLAN, &played.plan);
        Ok(command)
    };
    let Corpus { short, long, folder, last } = corpus;
    let [answered, long_one, last_one] = ROWS;
    Ok(vec![
        Row::measure(
            answered.0,
            ROUNDS,
            answered.1,
            || Ok(play(stand_in(&short.recording), short)?.answered),
            || Ok::<_, Failure>(play(bare(short)?, short)?.answered),
        )?,
        Row::measure(
            long_one.0,
            ROUNDS,
            long_one.1,
            || Ok(play(stand_in(&long.recording), long)?.whole),
            || Ok::<_, Failure>(play(bare(long)?, long)?.whole),
        )?,
        Row::measure(
            last_one.0,
            ROUNDS / 4,
            last_one.1,
            || Ok(play(stand_in(folder), last)?.whole),
            || Ok::<_, Failure>(play(bare(last)?, last)?.whole),
        )?,
    ])
}

/// How long after its start a process had answered `initialize`, and exited.
struct Times {
    answered: Duration,
    whole: Duration,
}

/// Starts a process, and is its host.
fn play(mut command: Command, played: &Played) -> Result<Times, Failure> {
    for name in ["CLAUDE_WIRE_RUN", "CLAUDE_WIRE_JOURNAL", "CLAUDE_WIRE_REPORT"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let start = Instant::now();
    let mut child = command.spawn()?;
    let (mut stdin, stdout) =
        (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
    let mut stdout = BufReader::with_capacity(64 * 1024, stdout);
    let mut line = String::new();
    let mut until = |mark: &str| -> Result<(), Failure> {
        while !line.contains(mark) {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                return Err(format!("the output ended before {mark}").into());
            }
        }
        line.clear();
        Ok(())
    };
    writeln!(stdin, "{INITIALIZE}")?;
    until("control_response")?;
    let answered = start.elapsed();
    for prompt in &played.prompts {
        writeln!(stdin, "{prompt}")?;
        until("\"type\":\"result\"")?;
    }
    drop(stdin);
    let status = child.wait()?;
    let whole = start.elapsed();
    if !status.success() {
        return Err(format!("{command:?}: {status}").into());
    }
    Ok(Times { answered, whole })
}
