//! A program that is killed leaves a recording that can be read.
#![cfg(unix)]

use std::io::Read as _;
use std::process::{Command, Stdio};

use claude_wire::recorder::Recorder;
use claude_wire::recording::{Integrity, Recording};
use claude_wire::transport::{Exit, Launch, Memory, Transport as _};
use tokio::io::AsyncWriteExt as _;

const PATH: &str = "CLAUDE_WIRE_TEST_RECORD_TO";

#[test]
fn a_killed_program_leaves_all_lines_but_the_footer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.jsonl");
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "recorder_killed::records_until_it_is_killed", "--nocapture"])
        .env(PATH, &path)
        .stdout(Stdio::piped());
    let mut program = program.spawn().unwrap();
    let mut stdout = program.stdout.take().unwrap();
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(b"written\n") && stdout.read(&mut byte).unwrap() == 1 {
        said.push(byte[0]);
    }
    program.kill().unwrap();
    program.wait().unwrap();

    let recording = Recording::open(&path).unwrap();
    assert!(
        matches!(recording.integrity(), Integrity::Truncated { .. }),
        "{:?}",
        recording.integrity()
    );
    assert_eq!(recording.events.len(), 3);
    assert!(recording.require_whole().unwrap_err().is_truncated());
}

/// The program of the test above; it does nothing when run as a test.
#[test]
fn records_until_it_is_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let deaf = Memory::new(|_, peer| async move {
            std::future::pending::<()>().await;
            drop(peer);
            Exit::from_code(0)
        });
        let recorder = Recorder::new(deaf, path);
        let mut cli = recorder.open(Launch::default()).await.unwrap();
        for line in ["{\"a\":1}\n", "two\n", "{\"b\":1}\n"] {
            cli.stdin.write_all(line.as_bytes()).await.unwrap();
        }
        recorder.flush().await.unwrap();
        println!("written");
        std::future::pending::<()>().await;
    });
}
