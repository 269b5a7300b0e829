//! A program is killed with SIGKILL while its CLI works: with the guard, the CLI and its tool end.
//! Where a guard is not possible, that is an error or a warning, as asked.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use claude_wire::session::{Restart, SessionEvent};
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, Supervisor, SupervisorBuilder, SupervisorEvent,
};
use claude_wire::transport::{CliPath, Launch, OrphanGuard, Process, Transport};
use claude_wire::{Session, SessionBuilder};

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

/// Answers the handshake, and ends with its input. It needs no other program.
const BARE_CLI: &str = r#"#!/bin/sh
    read -r line
    id=${line#*'"request_id":"'}
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "${id%%'"'*}"
    while read -r line; do :; done
"#;

/// `None` for the default.
fn guard() -> Option<OrphanGuard> {
    match std::env::var("GUARD").unwrap().as_str() {
        "required" => Some(OrphanGuard::Required),
        "if_possible" => Some(OrphanGuard::IfPossible),
        "off" => Some(OrphanGuard::Off),
        _ => None,
    }
}

fn session() -> SessionBuilder {
    let builder = Session::builder().cli_path(std::env::var("CLI").unwrap());
    match guard() {
        Some(guard) => builder.orphan_guard(guard),
        None => builder,
    }
}

/// The program that is killed; run by the test below, as another process.
#[tokio::test]
#[ignore = "a part of another test"]
async fn host() {
    let guard = guard().unwrap_or_default();
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
    let session = session().start().unwrap();
    session.connect().await.unwrap();
    eprintln!("cli {}", session.state().pid.unwrap());
    std::future::pending::<()>().await;
}

/// The same with the session of a supervisor.
#[tokio::test]
#[ignore = "a part of another test"]
async fn supervisor_host() {
    let child = ChildSpec::new("a", session);
    let supervisor: Supervisor = Supervisor::builder().child(child).start().await.unwrap();
    eprintln!("cli {}", supervisor.list()[0].pid.unwrap());
    std::future::pending::<()>().await;
}

/// A session where `setpriv` is missing. Says what became of it.
#[tokio::test]
#[ignore = "a part of another test"]
async fn session_without_setpriv() {
    let session = session().start().unwrap();
    let mut events = session.events();
    let connected = session.connect().await;
    if connected.is_ok() {
        session.restart(Restart::Fresh).await.unwrap();
    }
    if let Err(error) = &connected {
        let error = error.transport_error().unwrap();
        eprintln!("says error {} {error}", error.is_orphan_guard());
    }
    eprintln!("says launches {}", session.state().launches);
    session.stop().await.unwrap();
    drop(session);
    while let Some(event) = events.next().await {
        if let SessionEvent::Warning(text) = event {
            eprintln!("says warning {text}");
        }
    }
}

/// The same with the session of a supervisor.
#[tokio::test]
#[ignore = "a part of another test"]
async fn supervisor_without_setpriv() {
    let builder: SupervisorBuilder = Supervisor::builder().child(ChildSpec::new("a", session));
    let mut events = builder.events();
    let started = builder.start().await;
    if let Err(error) = &started {
        let error = error.session_error().unwrap().transport_error().unwrap();
        eprintln!("says error {} {error}", error.is_orphan_guard());
    }
    if let Ok(supervisor) = started {
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap().session().await.unwrap();
        eprintln!("says launches {}", a.state().launches);
        supervisor.stop().await;
    }
    while let Ok(event) = events.try_recv() {
        if let SupervisorEvent::Warning(_, text) = event {
            eprintln!("says warning {text}");
        }
    }
}

/// A child of a supervisor that was up without a guard; where it starts again, one is required. Says
/// how often it was tried, and what became of it.
#[tokio::test]
#[ignore = "a part of another test"]
async fn supervisor_that_wakes_without_setpriv() {
    let wakes = Arc::new(AtomicBool::new(false));
    let (now, idle) = (wakes.clone(), Duration::from_millis(1));
    let make = move || match now.load(Ordering::Relaxed) {
        true => session().orphan_guard(OrphanGuard::Required),
        false => session().orphan_guard(OrphanGuard::Off),
    };
    let builder: SupervisorBuilder = Supervisor::builder();
    let builder =
        builder.backoff(Backoff::none()).child(ChildSpec::new("a", make).idle_after(idle));
    let mut events = builder.events();
    let supervisor = builder.start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    a.wait_for(ChildState::Resting).await.unwrap();
    wakes.store(true, Ordering::Relaxed);
    let error = a.query("x").await.unwrap_err();
    eprintln!("says error {} {error}", error.is_failed());
    eprintln!("says state {}", a.state().as_str());
    supervisor.stop().await;
    while let Ok(event) = events.try_recv() {
        if let SupervisorEvent::Down(_, text) = event {
            eprintln!("says down {text}");
        }
    }
}

/// A program of a test that starts this CLI.
fn program(name: &str, guard: &str, cli: &Path) -> Command {
    fs::set_permissions(cli, fs::Permissions::from_mode(0o755)).unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--exact", name, "--ignored", "--nocapture"])
        .env("GUARD", guard)
        .env("CLI", cli)
        .env("CLAUDE_CONFIG_DIR", cli.with_file_name("config"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    host
}

/// Starts the program, waits until its CLI works, and kills it. Returns the pid of the CLI.
fn kill_host(name: &str, guard: &str, pipe: &Path) -> String {
    let cli = pipe.with_file_name("cli");
    fs::write(&cli, SESSION_CLI).unwrap();
    let mut host = program(name, guard, &cli).env("PIPE", pipe).spawn().unwrap();
    let lines = BufReader::new(host.stderr.take().unwrap()).lines();
    let pid =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("cli ").map(str::to_owned));
    host.kill().unwrap();
    host.wait().unwrap();
    pid.expect("the CLI did not start")
}

#[test]
fn the_cli_and_its_tool_end_with_the_program_under_the_guard_and_only_then() {
    check("orphan_guard::host", &[("required", true), ("off", false)]);
}

/// A session has none by default.
#[test]
fn the_cli_of_a_session_and_its_tool_end_with_the_program() {
    let guards = [("required", true), ("if_possible", true), ("off", false), ("default", false)];
    check("orphan_guard::session_host", &guards);
}

#[test]
fn the_session_of_a_supervisor_has_a_guard_by_default() {
    check("orphan_guard::supervisor_host", &[("default", true), ("off", false)]);
}

/// Another start would not find it either.
#[test]
fn without_setpriv_a_child_that_requires_a_guard_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let cli = folder.path().join("cli");
    fs::write(&cli, BARE_CLI).unwrap();
    let host = "orphan_guard::supervisor_that_wakes_without_setpriv";
    let output = program(host, "required", &cli).env("PATH", folder.path()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("says ")).collect();
    let [error, "state failed", down] = said[..] else { panic!("{text}") };
    assert!(error.starts_with("error true "), "{text}");
    for text in [error, down] {
        assert!(text.contains("an orphan guard is not possible here"), "{text}");
    }
}

/// What a program says for which `setpriv` is missing, and how it says that.
#[test]
fn without_setpriv_a_guard_that_is_required_is_an_error_and_another_one_a_warning() {
    let error = "error true an orphan guard is not possible here: ";
    // One for both launches.
    let warning = "warning the CLI starts without an orphan guard: an orphan guard is not possible";
    let rows: [(&str, &str, &[&str]); 7] = [
        ("session", "required", &[error, "launches 1"]),
        ("session", "if_possible", &["launches 2", warning]),
        ("session", "off", &["launches 2"]),
        ("session", "default", &["launches 2"]),
        ("supervisor", "required", &[error]),
        ("supervisor", "off", &["launches 2"]),
        ("supervisor", "default", &["launches 2", warning]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let cli = folder.path().join("cli");
    fs::write(&cli, BARE_CLI).unwrap();
    for (name, guard, expected) in rows {
        let test = format!("orphan_guard::{name}_without_setpriv");
        let output = program(&test, guard, &cli).env("PATH", folder.path()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{name} {guard}: {text}");
        let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("says ")).collect();
        assert_eq!(said.len(), expected.len(), "{name} {guard}: {text}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{name} {guard}: {text}");
            let is_about_setpriv = said.contains("`setpriv` (util-linux) is not on PATH");
            assert_eq!(is_about_setpriv, !said.starts_with("launches"), "{name} {guard}: {text}");
        }
    }
}

/// Whether the CLI ends with the program, for each guard.
fn check(host: &str, guards: &[(&str, bool)]) {
    OrphanGuard::check().unwrap();
    for (guard, ends) in guards {
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
        if !ends {
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            let name = if host == "orphan_guard::host" { "(sh)" } else { "(cli)" };
            assert!(state.contains(name), "it lives on: {state}");
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        }
        // The end of the pipe: neither the CLI nor its tool has it any more.
        reader.join().unwrap();
    }
}
