//! How long it takes to list ten thousand past sessions: copies of one transcript under new ids, as
//! long as the real CLI's, in memory.
//!
//! `cargo bench --bench history`, or with a transcript of your own: `cargo bench --bench history --
//! FILE`. Fails if the list takes longer than the target, or too long next to a program that only
//! reads what it reads. Needs 1 GB in `/dev/shm`, where that exists, or else for temporary files.
//!
//! With `--quick`, 500 sessions, and only the comparison: for a busy machine.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use claude_wire::history::{History, Page};
use serde_json::{Value, json};

const SESSIONS: usize = 10_000;
const ROUNDS: usize = 9;
const TARGET: Duration = Duration::from_millis(200);
/// How many times as long as the bare reader a list may take.
const RATIO: f64 = 2.5;
/// What a list reads of each end of a transcript, in bytes.
const END: u64 = 64 * 1024;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sessions = if quick { 500 } else { SESSIONS };
    // Cargo adds `--bench`.
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let transcript = match given {
        Some(path) => fs::read(path)?,
        None => recorded()?,
    };
    let memory = Path::new("/dev/shm");
    let folder = tempfile::Builder::new();
    let folder = if memory.is_dir() { folder.tempdir_in(memory) } else { folder.tempdir() }?;
    let project = folder.path().join("projects/-srv-shop");
    fs::create_dir_all(&project)?;
    let path = |n: usize| project.join(format!("0a1b2c3d-0000-4000-8000-{n:012}.jsonl"));
    let paths: Vec<_> = (0..sessions).map(path).collect();
    for path in &paths {
        fs::write(path, &transcript)?;
    }
    let history = History::at(folder.path());
    let mut slow = false;
    println!("{sessions} transcripts of {} bytes, median of {ROUNDS}", transcript.len());
    for (what, page) in [("all", Page::all()), ("the last 50", Page::first(50))] {
        let expected = page.limit.unwrap_or(sessions);
        let (mut times, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            read_ends(&paths[..expected])?;
            bare.push(started.elapsed());
            let started = Instant::now();
            let list = history.list_sessions(page)?;
            times.push(started.elapsed());
            if list.sessions.len() != expected || !list.skipped.is_empty() {
                return Err(format!("{} of {expected} sessions", list.sessions.len()).into());
            }
        }
        times.sort();
        bare.sort();
        let median = times[ROUNDS / 2];
        slow |= !quick && median > TARGET;
        println!(
            "list {what}: {median:.1?} (target {TARGET:?}), {:.1?} to {:.1?}",
            times[0],
            times[ROUNDS - 1]
        );
        // A page looks at all files for their times.
        if page == Page::all() {
            let ratio = times[0].as_secs_f64() / bare[0].as_secs_f64();
            slow |= ratio > RATIO;
            println!("  {ratio:.2} times the bare reader, {:.1?} (limit {RATIO})", bare[0]);
        }
    }
    Ok(if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Reads what a list reads, and nothing else, with as many threads.
fn read_ends(paths: &[PathBuf]) -> io::Result<()> {
    let read = |paths: &[PathBuf]| {
        let mut buffer = Vec::new();
        paths.iter().try_for_each(|path| {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            buffer.clear();
            let head = if length > 2 * END { END } else { 2 * END };
            Read::by_ref(&mut file).take(head).read_to_end(&mut buffer)?;
            if length > head {
                file.seek(SeekFrom::Start(length - END))?;
                file.read_to_end(&mut buffer)?;
            }
            std::hint::black_box(&buffer);
            Ok(())
        })
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let shares = paths.chunks(paths.len().div_ceil(threads).max(1));
        let running: Vec<_> = shares.map(|share| scope.spawn(move || read(share))).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

/// The transcript in the recording of a session store's mirror. That has no requests to the API,
/// which are most of a file on disk: they are made up, as long as those of CLI 2.1.332.
fn recorded() -> Result<Vec<u8>, Failure> {
    let version = claude_wire::CLI_VERSION;
    let path = format!("{}/recordings/{version}/session-mirror.jsonl", env!("CARGO_MANIFEST_DIR"));
    let mut entries: Vec<Value> = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        if line["out"]["type"] == "transcript_mirror" {
            entries.extend(line["out"]["entries"].as_array().cloned().unwrap_or_default());
        }
    }
    let reply = entries.iter().position(|entry| entry["type"] == "assistant");
    let reply = reply.ok_or("the recording has no reply")?;
    let text = "\"Do what was asked for.\"\n".repeat(2_000);
    for (kind, length) in
        [("api-request-blob", 10_000), ("api-request-shape", 37_000), ("attachment", 24_000)]
    {
        entries.insert(reply, json!({"type": kind, "content": &text[..length]}));
    }
    Ok(entries.iter().map(|entry| format!("{entry}\n")).collect::<String>().into_bytes())
}
