//! A program is killed with SIGKILL, and the next one goes on with its CLI.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use claude_wire::holder::HeldTransport;
use claude_wire::player::reply;
use claude_wire::{Decision, Scenario, Session, SessionBuilder};
use serde_json::json;

use crate::support::{MOCK, TOOL, mock};

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts it, and waits for a line of its output that begins so.
    fn until(command: &mut Command, line: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let found = lines.by_ref().any(|found| found.unwrap().contains(line));
        let running = Self(child);
        assert!(found, "no line with {line:?}");
        // The rest goes nowhere, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        running
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn holder(folder: &Path) -> Running {
    let scenario = Scenario::new()
        .any_order()
        .on_prompt(
            "go",
            reply()
                .text("I begin.")
                .ask_permission("Bash", json!({"command": "ls"}))
                .tool_result("a file")
                .text("Done."),
        )
        .on_prompt("more", reply().text("More."));
    std::fs::write(folder.join("scenario.json"), scenario.unverified().to_json()).unwrap();
    let mut command = Command::new(TOOL);
    command.arg("hold").arg(folder.join("socket")).args(["--cli", MOCK]);
    Running::until(&mut command, "holding CLIs at")
}

fn builder(folder: &Path) -> SessionBuilder {
    let environment = mock(&[]);
    let pairs = environment
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())));
    pairs
        .fold(Session::builder(), |builder, (name, value)| builder.env(name, value))
        .env("CLAUDE_WIRE_SCENARIO", folder.join("scenario.json").to_str().unwrap())
        .env("CLAUDE_CONFIG_DIR", folder.to_str().unwrap())
        .cwd(folder)
        .transport(HeldTransport::new(folder.join("socket"), "chat"))
}

/// The program that is killed; run by the test below, as another process.
#[tokio::test]
#[ignore = "a part of another test"]
async fn host() {
    let folder = std::env::var("HELD_FOLDER").unwrap();
    let session = builder(Path::new(&folder)).on_permission(
        |request: claude_wire::PermissionRequest| async move {
            println!("asked for {}", request.tool_name());
            std::future::pending::<Decision>().await
        },
    );
    let session = session.start().unwrap();
    let _ = session.query("go").text().await;
}

#[tokio::test]
async fn the_turn_survives_the_death_of_its_program() {
    let folder = tempfile::tempdir().unwrap();
    let holder = holder(folder.path());
    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--exact", "hold::host", "--ignored", "--nocapture"])
        .env("HELD_FOLDER", folder.path());
    let host = Running::until(&mut host, "asked for Bash");
    let socket = folder.path().join("socket");
    let before = HeldTransport::list(&socket).await.unwrap().remove(0);
    assert_eq!((before.key.as_str(), before.owner), ("chat", Some(host.0.id())));
    host.kill();

    let session = builder(folder.path()).on_permission(|_| async { Decision::allow() });
    let session = session.start().unwrap();
    let turn = session.held_turn().await.unwrap().expect("the turn that was begun");
    assert_eq!(turn.uuid(), before.turn.as_ref().map(|turn| turn.uuid.as_str()));
    assert_eq!(session.pid(), before.pid);
    let summary = turn.collect_summary().await.unwrap();
    assert_eq!(summary.tool_calls.len(), 1);
    assert!(summary.text().ends_with("Done."), "{}", summary.text());
    assert_eq!(session.query("more").text().await.unwrap(), "More.");

    // The end of the holder is the end of its CLIs, and the session says so.
    holder.kill();
    let error = session.query("again").text().await.unwrap_err();
    assert!(error.is_closed() || error.is_start(), "{error}");
    let stat = format!("/proc/{}/stat", before.pid.unwrap());
    while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_list_is_json_and_a_missing_holder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let list = || {
        let socket = folder.path().join("socket");
        Command::new(TOOL).arg("hold").arg(socket).arg("--list").output().unwrap()
    };
    let missing = list();
    assert_eq!(missing.status.code(), Some(2));
    let text = String::from_utf8(missing.stderr).unwrap();
    assert!(text.contains("no holder answers at") && text.contains("claude-wire hold"), "{text}");

    let holder = holder(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = builder(folder.path()).start().unwrap();
    runtime.block_on(session.query("more").text()).unwrap();
    let listed = String::from_utf8(list().stdout).unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed["key"], &listed["turn"]["ended"]), (&json!("chat"), &json!(true)));
    assert_eq!(listed["owner"], std::process::id());
    let pid = holder.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut holder = holder;
    assert_eq!(holder.0.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("socket").exists());
}
