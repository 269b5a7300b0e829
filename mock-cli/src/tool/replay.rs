//! `replay`: a recording at its own pace.

use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use claude_wire::recording::EventKind;

use super::arguments::seconds;
use super::files::{end, recordings, recordings_help};
use super::show::{Read, Style, Transcript, event};
use super::terminal::{BOLD, print};
use crate::{Failure, Found};

/// Watch a recording at the pace at which it was recorded.
///
/// Of a folder, one recording after the other, in the order of their launches. Prints the
/// transcript of `claude-wire show`, each line when it is due; with --raw what the CLI
/// wrote, to the byte, stdout and stderr each to its own. --speed makes it faster or slower, and
/// --pause limits each wait. To replay a recording to a program, use `mock-claude`; to check one,
/// `claude-wire verify`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire replay --speed 4 recordings/2.1.332/sub-agent.jsonl
  claude-wire replay --pause 0.5 session.jsonl
  claude-wire replay --raw session.jsonl | claude-wire decode

Exit codes: 0 all were played to their ends, 2 one could not be read (the others are played).")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    /// How many times as fast as it was recorded
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = factor)]
    speed: f64,
    /// The longest wait, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pause: Option<Duration>,
    /// Write what the CLI wrote
    #[arg(long)]
    raw: bool,
    /// Print an object for each event, as `claude-wire show --json` does
    #[arg(long, conflicts_with = "raw")]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let (files, mut failures) = recordings(&arguments.paths);
    for (index, path) in files.iter().enumerate() {
        let read = match Read::open(path) {
            Ok(read) => read,
            Err(why) => {
                failures.push(why);
                continue;
            }
        };
        if files.len() > 1 && !arguments.raw && !arguments.json {
            print(|out| {
                let gap = if index > 0 { "\n" } else { "" };
                writeln!(out, "{gap}{BOLD}== {}{BOLD:#}", path.display())
            })?;
        }
        play(&read, arguments)?;
    }
    end(Found::Nothing, &failures)
}

fn play(read: &Read, arguments: &Arguments) -> Result<Found, Failure> {
    let mut clock = Clock { due: Instant::now(), speed: arguments.speed, limit: arguments.pause };
    if arguments.raw {
        return print_raw(read, &mut clock);
    }
    print(|out| {
        if arguments.json {
            for (row, recorded) in read.recording.events.iter().enumerate() {
                out.flush()?;
                clock.wait(recorded.us);
                writeln!(out, "{}", event(read, row))?;
            }
            return Ok(());
        }
        let mut transcript = Transcript::new(read, Style { all: true, times: true });
        transcript.head(out)?;
        for event in &read.recording.events {
            out.flush()?;
            clock.wait(event.us);
            transcript.next(out)?;
        }
        Ok(())
    })?;
    Ok(Found::Nothing)
}

/// What the CLI wrote. Not through a terminal's filter: the bytes are what counts.
fn print_raw(read: &Read, clock: &mut Clock) -> Result<Found, Failure> {
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr().lock());
    for event in &read.recording.events {
        clock.wait(event.us);
        let written = match &event.kind {
            EventKind::Out(line) => stdout.write_all(&line.wire()).and_then(|()| stdout.flush()),
            EventKind::Err(line) => stderr.write_all(&line.wire()),
            _ => Ok(()),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            done => done.map_err(|error| format!("stdout: {error}"))?,
        }
    }
    Ok(Found::Nothing)
}

/// When the next event is due. Time that writing takes is not added to the waits.
struct Clock {
    due: Instant,
    speed: f64,
    limit: Option<Duration>,
}

impl Clock {
    fn wait(&mut self, us: u64) {
        self.due = self.due.checked_add(self.time(us)).unwrap_or(self.due);
        // This is what the command is for: it waits as long as was recorded.
        thread::sleep(self.due.saturating_duration_since(Instant::now()));
    }

    fn time(&self, us: u64) -> Duration {
        let time = Duration::from_micros(us).as_secs_f64() / self.speed;
        let time = Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX);
        self.limit.map_or(time, |limit| time.min(limit))
    }
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| *factor > 0.0 && factor.is_finite());
    factor.ok_or_else(|| "expected a number over 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_scaled_and_limited() {
        let clock = |speed, limit| Clock { due: Instant::now(), speed, limit };
        let second = Duration::from_secs(1);
        assert_eq!(clock(1.0, None).time(1_000_000), second);
        assert_eq!(clock(4.0, None).time(1_000_000), second / 4);
        assert_eq!(clock(0.5, Some(second)).time(1_000_000), second);
        assert_eq!(clock(f64::MIN_POSITIVE, None).time(u64::MAX), Duration::MAX);
        assert!(factor("0").is_err() && factor("-1").is_err() && factor("inf").is_err());
    }
}
