//! How fast a recorder's thread redacts and writes: at this speed it keeps up with a burst.
//!
//! All CPU time of the process minus that of this thread, which is the CLI and its reader; on one
//! core.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claude_wire::recorder::Recorder;
use claude_wire::transport::{Launch, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::corpus::Corpus;
use crate::{clock, pipe};

/// The least megabytes of deltas that it must redact per second.
const LEAST: f64 = 100.0;

const PIPE: usize = 64 * 1024;

/// Prints the rows, and returns the broken budgets.
pub(crate) fn run(corpora: &[&Corpus], rounds: usize, quick: bool) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.jsonl");
    println!(
        "\n{:<40} {:>10}   (the recorder's thread; deltas redacted at {LEAST} MB/s at least)",
        "recorder", "MB/s"
    );
    let mut broken = Vec::new();
    for corpus in corpora {
        for (name, redacts) in [("redacted", true), ("unredacted", false)] {
            let best =
                (0..rounds).map(|_| record(corpus, &path, redacts)).min().unwrap_or_default();
            let speed = corpus.bytes.len() as f64 / 1e6 / best.as_secs_f64();
            println!("{:<40} {speed:>10.0}", format!("{}, {name}", corpus.name));
            if !quick && redacts && corpus.name == "deltas" && speed < LEAST {
                broken.push(format!(
                    "deltas are redacted at {speed:.0} MB/s, must be at least {LEAST}"
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
    pipe::runtime().block_on(async {
        let recorder = Recorder::new(pipe::answering(lines, PIPE), path).overwrite(true);
        let recorder = if redacts { recorder } else { recorder.unredacted() };
        let mut cli = recorder.open(Launch::default()).await.expect("a pipe");
        cli.stdin.write_all(b"{\"type\":\"user\"}\n").await.expect("a pipe");
        drop(cli.stdin);
        let mut buffer = vec![0; PIPE];
        while let Ok(1..) = cli.stdout.read(&mut buffer).await {}
        drop((cli.stdout, cli.stderr, cli.control));
        recorder.flush().await.expect("a recording");
    });
    let (all, this) = (clock::of_process() - before.0, clock::now() - before.1);
    all - this
}
