//! Runs the clients in turn.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;
use crate::part::Part;
use crate::results::Results;
use crate::row::Row;
use crate::setup::Setup;
use crate::stand_in::SCRIPT;

/// After this a client is ended, and has failed.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(part: &Part, setup: &Setup, runs: usize, results: &mut Results) {
    let started = Instant::now();
    let mut rows: Vec<(Row, Vec<Value>)> = part.rows.iter().map(|row| (*row, Vec::new())).collect();
    for number in 0..runs {
        // The other way round each time, so that no client always runs behind the same one.
        rows.reverse();
        for (row, reports) in &mut rows {
            // One that failed is not tried again.
            if reports.len() < number {
                continue;
            }
            let Some(command) = row.command(setup) else { continue };
            match once(part, *row, setup, command) {
                Ok(report) => reports.push(report),
                Err(why) => results.failures.push(format!("{}: {row}: {why}", part.name)),
            }
        }
    }
    rows.sort_by_key(|(row, _)| *row);
    println!("\n{} ({:.0} s)", part.name, started.elapsed().as_secs_f64());
    for (row, reports) in &rows {
        print!("  {:<50}", row.to_string());
        for (figure, of) in &part.figures {
            results.add(*figure, *row, reports.iter().filter_map(of).collect());
            match results.get(*figure, *row) {
                Some(value) => print!(" {value:>9.3}"),
                None => print!(" {:>9}", "-"),
            }
        }
        println!();
    }
    let _ = std::io::stdout().flush();
}

fn once(part: &Part, row: Row, setup: &Setup, mut command: Command) -> Result<Value, Failure> {
    command
        .args([part.work, row.read.name(), row.flavour.name()])
        .arg(&setup.cli)
        .arg(part.count.to_string())
        .env(SCRIPT, part.script.to_text())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let deadline = Instant::now() + LIMIT;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(format!("no end within {} s", LIMIT.as_secs()).into());
        }
        // Polled, because a wait has no time limit.
        thread::sleep(Duration::from_millis(5));
    }
    let (mut output, mut errors) = (String::new(), String::new());
    child.stdout.take().ok_or("no stdout")?.read_to_string(&mut output)?;
    child.stderr.take().ok_or("no stderr")?.read_to_string(&mut errors)?;
    let report: Value = serde_json::from_str(output.lines().last().unwrap_or_default())
        .map_err(|_| format!("no report; {}", errors.trim()))?;
    let seen = |name: &str| report[name].as_u64().map(|number| number as usize);
    if seen("messages") != Some(part.messages) {
        return Err(format!("{} of {} messages", report["messages"], part.messages).into());
    }
    let is_text = row.read.name() != "untouched" && report["bytes"].is_u64();
    if let (true, Some(text)) = (is_text, part.text)
        && seen("bytes") != Some(text)
    {
        return Err(format!("{} of {text} bytes of text", report["bytes"]).into());
    }
    Ok(report)
}
