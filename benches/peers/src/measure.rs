//! Runs the clients in turn.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use meter::{Failure, Job, Read};
use serde_json::Value;

use crate::part::Part;
use crate::results::Results;
use crate::row::Row;
use crate::setup::Setup;
use crate::stand_in::{COMPLAINT, SCRIPT};

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
    let _ = io::stdout().flush();
}

fn once(part: &Part, row: Row, setup: &Setup, mut command: Command) -> Result<Value, Failure> {
    let Row { flavour, read, .. } = row;
    let job = Job { work: part.work, read, flavour, cli: setup.cli.clone(), count: part.count };
    // Files, because a client would wait for a pipe that is full.
    let (mut output, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let complaint = tempfile::NamedTempFile::new()?;
    command
        .args(job.to_arguments())
        .env(SCRIPT, part.script.to_text())
        .env(COMPLAINT, complaint.path())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(errors.try_clone()?);
    let mut child = command.spawn()?;
    let deadline = Instant::now() + LIMIT;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            let complaint = fs::read_to_string(complaint.path())?;
            return Err(format!("no end within {} s; {complaint}", LIMIT.as_secs()).into());
        }
        // Polled, because a wait has no time limit.
        thread::sleep(Duration::from_millis(5));
    }
    let complaint = fs::read_to_string(complaint.path())?;
    if !complaint.is_empty() {
        return Err(format!("the CLI got {complaint}").into());
    }
    let (output, errors) = (written(&mut output)?, written(&mut errors)?);
    let report: Value = serde_json::from_str(output.lines().last().unwrap_or_default())
        .map_err(|_| format!("no report; {}", errors.trim()))?;
    let seen = |name: &str| report[name].as_u64().map(|number| number as usize);
    if seen("messages") != Some(part.messages) {
        return Err(format!("{} of {} messages", report["messages"], part.messages).into());
    }
    if let Some(text) = part.text
        && read != Read::Untouched
        && seen("bytes") != Some(text)
    {
        return Err(format!("{} of {text} bytes of text", report["bytes"]).into());
    }
    Ok(report)
}

/// What a client has written to a file.
fn written(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
