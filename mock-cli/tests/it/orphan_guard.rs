//! A program is killed with SIGKILL while its CLI works: with the guard, the CLI and its tool end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use claude_wire::Session;
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

/// The same, behind the handshake of a session.
const SESSION_CLI: &str = r#"#!/bin/sh
    exec 3>"$PIPE"
    setsid sleep 1000 &
    trap 'kill -9 $!; exit 143' TERM
    read -r line
    id=$(printf '%s' "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/')
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id"
    wait
"#;

fn guard() -> OrphanGuard {
    match std::env::var("GUARD").unwrap().as_str() {
        "required" => OrphanGuard::Required,
        "if_possible" => OrphanGuard::IfPossible,
        _ => OrphanGuard::Off,
    }
}

/// The program that is killed; run by the test below, as another process.
#[tokio::test]
#[ignore = "a part of another test"]
async fn host() {
    let guard = guard();
    let launch =
        Launch { args: vec!["-c".into(), CLI.into()], orphan_guard: guard, ..Launch::default() };
    let cli = Process::new(CliPath::Explicit("/bin/sh".into())).open(launch).await.unwrap();
    let mut lines = tokio::io::BufReader::new(cli.stdout);
    let mut line = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line).await.unwrap();
    eprintln!("cli {}", cli.control.pid().unwrap());
    std::future::pending::<()>().await;
}

/// The same with a session, which no supervisor has.
#[tokio::test]
#[ignore = "a part of another test"]
async fn session_host() {
    let cli = std::env::var("CLI").unwrap();
    let session = Session::builder().cli_path(cli).orphan_guard(guard()).start().unwrap();
    session.connect().await.unwrap();
    eprintln!("cli {}", session.state().pid.unwrap());
    std::future::pending::<()>().await;
}

/// Starts the program, waits until its CLI works, and kills it. Returns the pid of the CLI.
fn kill_host(host: &str, guard: &str, pipe: &Path) -> String {
    let cli = pipe.with_file_name("cli");
    fs::write(&cli, SESSION_CLI).unwrap();
    fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", host, "--ignored", "--nocapture"])
        .env("GUARD", guard)
        .env("CLI", cli)
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
    check("orphan_guard::host", &["required", "off"]);
}

#[test]
fn the_cli_of_a_session_and_its_tool_end_with_the_program() {
    check("orphan_guard::session_host", &["required", "if_possible", "off"]);
}

fn check(host: &str, guards: &[&str]) {
    OrphanGuard::check().unwrap();
    for guard in guards {
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
        let pid = kill_host(host, guard, &pipe);
        if *guard == "off" {
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            let name = if host == "orphan_guard::host" { "(sh)" } else { "(cli)" };
            assert!(state.contains(name), "it lives on: {state}");
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        }
        // The end of the pipe: neither the CLI nor its tool has it any more.
        reader.join().unwrap();
    }
}
