//! How long it takes to list ten thousand past sessions: copies of one transcript under new ids, as
//! long as the real CLI's, in memory.
//!
//! `cargo bench --bench history`, or with a transcript of your own: `cargo bench --bench history --
//! FILE`. Fails if the list takes longer than the target. Needs 1 GB in `/dev/shm`, where that
//! exists, or else for temporary files.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use claude_wire::history::{History, Page};
use serde_json::{Value, json};

const SESSIONS: usize = 10_000;
const ROUNDS: usize = 9;
const TARGET: Duration = Duration::from_millis(200);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
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
    for n in 0..SESSIONS {
        fs::write(project.join(format!("0a1b2c3d-0000-4000-8000-{n:012}.jsonl")), &transcript)?;
    }
    let history = History::at(folder.path());
    let mut slow = false;
    println!("{SESSIONS} transcripts of {} bytes, median of {ROUNDS}", transcript.len());
    for (what, page) in [("all", Page::all()), ("the last 50", Page::first(50))] {
        let expected = page.limit.unwrap_or(SESSIONS);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let list = history.list_sessions(page)?;
            times.push(started.elapsed());
            if list.sessions.len() != expected || !list.skipped.is_empty() {
                return Err(format!("{} of {expected} sessions", list.sessions.len()).into());
            }
        }
        times.sort();
        let median = times[ROUNDS / 2];
        slow |= median > TARGET;
        println!(
            "list {what}: {median:.1?} (target {TARGET:?}), {:.1?} to {:.1?}",
            times[0],
            times[ROUNDS - 1]
        );
    }
    Ok(if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
