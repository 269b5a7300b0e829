//! A program is killed with SIGKILL while its CLI works: with the guard, the CLI and its tool end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use claude_wire::transport::{CliPath, Launch, OrphanGuard, Process, Transport};

/// A CLI with a tool. Both keep the pipe open as long as they live; at SIGTERM the CLI ends its
/// tool, as the real one does.
const CLI: &str = r#"
    exec 3>"$PIPE"
    setsid sleep 1000 &
    trap 'kill -9 $!; exit 143' TERM
    echo ready
    wait
"#;

/// The program that is killed; run by the test below, as another process.
#[tokio::test]
#[ignore = "a part of another test"]
async fn host() {
    let guard = match std::env::var("GUARD").unwrap().as_str() {
        "required" => OrphanGuard::Required,
        _ => OrphanGuard::Off,
    };
    let launch =
        Launch { args: vec!["-c".into(), CLI.into()], orphan_guard: guard, ..Launch::default() };
    let cli = Process::new(CliPath::Explicit("/bin/sh".into())).open(launch).await.unwrap();
    let mut lines = tokio::io::BufReader::new(cli.stdout);
    let mut line = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line).await.unwrap();
    eprintln!("cli {}", cli.control.pid().unwrap());
    std::future::pending::<()>().await;
}

/// Starts the program, waits until its CLI works, and kills it. Returns the pid of the CLI.
fn kill_host(guard: &str, pipe: &Path) -> String {
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "host", "--ignored", "--nocapture"])
        .env("GUARD", guard)
        .env("PIPE", pipe)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(host.stderr.take().unwrap()).lines();
    let pid =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("cli ").map(str::to_owned));
    host.kill().unwrap();
    host.wait().unwrap();
    pid.expect("the CLI did not start")
}

#[test]
fn the_cli_and_its_tool_end_with_the_program_under_the_guard_and_only_then() {
    OrphanGuard::check().unwrap();
    for guard in ["required", "off"] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Opened before the CLI opens it, so that neither waits for the other.
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || {
                let mut end = Vec::new();
                fs::File::open(pipe).unwrap().read_to_end(&mut end).unwrap();
            }
        });
        let pid = kill_host(guard, &pipe);
        if guard == "off" {
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            assert!(state.contains("(sh)"), "it lives on: {state}");
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        }
        // The end of the pipe: neither the CLI nor its tool has it any more.
        reader.join().unwrap();
    }
}
