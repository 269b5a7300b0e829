//! How fast a recorder's thread redacts and writes: at this speed it keeps up with a burst.
//!
//! All CPU time of the process minus that of this thread, which is the CLI and its reader; on one
//! core. Next to it, in the same rounds, the tagged enum decodes the same lines: a short run on a busy
//! machine only checks that ratio.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claude_wire::recorder::Recorder;
use claude_wire::transport::{Launch, Transport};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::corpus::{Corpus, SECRETS};
use crate::{SLACK, clock, pipe, rows};

/// The least megabytes of deltas that it must redact per second.
const LEAST: f64 = 100.0;
/// How many times as long it may take to redact deltas as the tagged enum takes to decode them. At
/// [`LEAST`] it is this much.
const MOST: f64 = 3.1;

const PIPE: usize = 64 * 1024;

/// Prints the rows, and returns the broken budgets.
pub(crate) fn run(corpora: &[&Corpus], quick: bool) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.jsonl");
    println!(
        "\n{:<40} {:>10} {:>9}   (the recorder's thread; deltas redacted at {LEAST} MB/s at least)",
        "recorder", "MB/s", "/ tagged"
    );
    let mut broken = Vec::new();
    for corpus in corpora {
        // A short run has deltas, for their limit, and secrets, to see that they are redacted.
        if quick && corpus.name != "deltas" && corpus.name != "secrets" {
            continue;
        }
        let modes = [("redacted", true), ("unredacted", false)];
        let modes = if quick { &modes[..1] } else { &modes[..] };
        let times = clock::medians(modes.len() + 1, |row| match modes.get(row) {
            Some((_, redacts)) => record(corpus, &path, *redacts),
            None => {
                let started = clock::now();
                (rows::TAGGED.run)(&corpus.bytes);
                clock::now() - started
            }
        });
        for ((name, redacts), took) in modes.iter().zip(&times) {
            let speed = corpus.bytes.len() as f64 / 1e6 / took.as_secs_f64();
            let ratio = took.as_secs_f64() / times[modes.len()].as_secs_f64();
            println!("{:<40} {speed:>10.0} {ratio:>9.2}", format!("{}, {name}", corpus.name));
            if corpus.name != "deltas" || !redacts {
                continue;
            }
            if !quick && speed < LEAST {
                broken.push(format!(
                    "deltas are redacted at {speed:.0} MB/s, must be at least {LEAST}"
                ));
            }
            let most = if quick { MOST / SLACK } else { MOST };
            if ratio > most {
                broken.push(format!(
                    "deltas are redacted in {ratio:.2} times the time of the tagged enum, must be \
                     at most {most:.2}"
                ));
            }
        }
    }
    broken
}

/// The CPU time of the recorder's thread for a CLI that writes all this at once.
fn record(corpus: &Corpus, path: &Path, redacts: bool) -> Duration {
    let lines: Arc<[u8]> = corpus.bytes.clone().into();
    let before = (clock::of_process(), clock::now());
    let read = pipe::runtime().block_on(async {
        let recorder = Recorder::new(pipe::answering(lines, PIPE), path).overwrite(true);
        let recorder = if redacts { recorder } else { recorder.unredacted() };
        let mut cli = recorder.open(Launch::default()).await.expect("a pipe");
        cli.stdin.write_all(b"{\"type\":\"user\"}\n").await.expect("a pipe");
        drop(cli.stdin);
        let mut buffer = vec![0; PIPE];
        let mut read = 0;
        while let Ok(count @ 1..) = cli.stdout.read(&mut buffer).await {
            read += count;
        }
        drop((cli.stdout, cli.stderr, cli.control));
        recorder.flush().await.expect("a recording");
        read
    });
    let (all, this) = (clock::of_process() - before.0, clock::now() - before.1);
    assert_eq!(read, corpus.bytes.len() + pipe::RESULT.len() + 1, "the recorder lost bytes");
    check(corpus, path, redacts);
    all - this
}

/// Fails unless the recording has every line, and secrets only if they were to be kept.
fn check(corpus: &Corpus, path: &Path, redacts: bool) {
    let recording = std::fs::read(path).expect("a recording");
    let outputs = recording.split(|byte| *byte == b'\n').filter(|line| {
        let start = &line[..line.len().min(40)];
        start.starts_with(b"{\"us\":") && memmem::find(start, b",\"out\":").is_some()
    });
    assert_eq!(outputs.count(), corpus.lines + 1, "the recording of {} lost lines", corpus.name);
    for secret in SECRETS {
        let has = |text: &[u8]| memmem::find(text, secret.as_bytes()).is_some();
        let is_kept = has(&corpus.bytes) && !redacts;
        assert_eq!(has(&recording), is_kept, "{secret} in a recording of {}", corpus.name);
    }
}
