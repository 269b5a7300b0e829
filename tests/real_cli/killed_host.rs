//! The program of a session is killed while a tool runs: with an orphan guard, the CLI and the tool
//! end with it, and the CLI asks nothing more of the API; without one, it goes on.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use claude_wire::Session;
use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
use claude_wire::transport::{Inherit, OrphanGuard};
use serde_json::{Value, json};

use crate::support::{appears, close, gone, place};

/// In the environment of the program that is killed: its guard, its directory, and the environment
/// of its CLI as JSON.
const PROGRAM: &str = "KILLED_HOST";

pub(crate) async fn run() {
    for guard in ["required", "if_possible", "off"] {
        // The first tool waits for a file; what comes after it shows that the CLI went on.
        let first = "echo $$ >tool.part && mv tool.part tool; until [ -e go ]; do sleep 0.02; done";
        let bash = |command: &str| ApiReply::tool_use("Bash", json!({"command": command}));
        let goes_on = "touch went-on.part && mv went-on.part went-on";
        let script = ApiScript::new()
            .on_prompt("Work", [bash(first), bash(goes_on), ApiReply::text("Done.")]);
        let place = place(script).await;
        let mut program = program(&place, guard);
        let tool = appears(&place.cwd().join("tool")).await;
        let cli = appears(&place.cwd().join("cli")).await;
        assert_eq!(place.api().requests().len(), 1);
        program.kill().unwrap();
        program.wait().unwrap();
        if guard == "off" {
            fs::write(place.cwd().join("go"), "").unwrap();
            // It asks the API, and runs the next tool, although no one reads what it says.
            appears(&place.cwd().join("went-on")).await;
            assert!(place.api().requests().len() >= 2);
        }
        gone(tool.trim()).await;
        gone(cli.trim()).await;
        if guard == "off" {
            close(place);
            continue;
        }
        // They are gone, so nothing more can come.
        assert_eq!(place.api().requests().len(), 1, "{guard}");
        assert!(!place.cwd().join("went-on").exists(), "{guard}");
        // Replies are left.
        place.finish().unwrap_err();
    }
}

/// This program again, as the one that is killed.
fn program(place: &Hermetic, guard: &str) -> std::process::Child {
    let env: Vec<_> = place.env().into_iter().collect();
    let plan = json!({"guard": guard, "cwd": place.cwd(), "env": env});
    let program = std::env::current_exe().unwrap();
    Command::new(program).env(PROGRAM, plan.to_string()).stdout(Stdio::null()).spawn().unwrap()
}

/// The program that is killed. Returns at once in any other.
pub(crate) fn be_killed() {
    let Ok(plan) = std::env::var(PROGRAM) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work(&serde_json::from_str(&plan).unwrap()));
}

async fn work(plan: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let cwd = PathBuf::from(text(&plan["cwd"]));
    let variables = plan["env"].as_array().unwrap().iter();
    let builder = Session::builder().cli_path(real_cli().unwrap()).inherit_env(Inherit::None);
    let builder = variables
        .fold(builder, |builder, variable| builder.env(text(&variable[0]), text(&variable[1])));
    let builder =
        builder.cwd(&cwd).allowed_tools(["Bash"]).orphan_guard(match &*text(&plan["guard"]) {
            "required" => OrphanGuard::Required,
            "if_possible" => OrphanGuard::IfPossible,
            _ => OrphanGuard::Off,
        });
    let session = builder.start().unwrap();
    session.connect().await.unwrap();
    fs::write(cwd.join("cli.part"), session.pid().unwrap().to_string()).unwrap();
    fs::rename(cwd.join("cli.part"), cwd.join("cli")).unwrap();
    let answer = session.query("Work").text().await;
    panic!("it is killed before the end: {answer:?}");
}
