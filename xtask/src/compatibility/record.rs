//! The recordings of the programs, made with the real CLI in a closed network.

use std::fs;
use std::path::Path;
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When};
use claude_wire_cli::Failure;
use serde_json::json;

use super::cases::{Case, Source};
use super::client::{Client, Place, Tools};
use crate::root;

/// Records what the cases play and does not exist yet.
pub(super) async fn missing(cases: &[Case], tools: &Tools, cli: &Path) -> Result<(), Failure> {
    for case in cases {
        let path = root().join(case.plays());
        if matches!(case.source, Source::Recorded(_)) && case.is_own() && !path.exists() {
            println!("recording {}", case.plays());
            record(case, tools, cli, &path)
                .await
                .map_err(|error| format!("{}: {error}", case.plays()))?;
        }
    }
    Ok(())
}

async fn record(case: &Case, tools: &Tools, cli: &Path, path: &Path) -> Result<(), Failure> {
    let program = case.program;
    let script = script(case).ok_or("the model has no script for this program")?;
    let hermetic = Hermetic::start(cli, script).await.map_err(|error| error.to_string())?;
    let place = Place::new().map_err(|error| error.to_string())?;
    let command = tools.command(case.client, program.file, &place);
    let mut command = command.map_err(|error| error.to_string())?;
    command.env_clear().envs(hermetic.env()).current_dir(hermetic.cwd());
    tools.settle(case.client, &place, &mut command);
    command.envs(program.env.iter().copied()).args(program.args);
    command.env("CLAUDE_WIRE_RECORD_TO", path).env("CLAUDE_WIRE_REAL_CLI", cli);
    command.kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let output = output.map_err(|_| "no end after 60 s")?.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    let finished = hermetic.finish().map_err(|error| error.to_string());
    if !output.status.success() || finished.is_err() {
        // Only what went well is kept.
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        let ended = format!("the program ended with {}: {}", output.status, text(&output.stderr));
        return Err(finished.err().map_or(ended.clone(), |error| format!("{error}; {ended}")));
    }
    Ok(())
}

/// What the model says to a program.
fn script(case: &Case) -> Option<ApiScript> {
    let touch = |name: &str| json!({"command": format!("touch {name}"), "description": "make"});
    let script = ApiScript::new();
    Some(match (case.client, case.program.name) {
        (Client::Acp, "ask") => script
            .when(
                When::prompt("Make a.txt"),
                [
                    ApiReply::text("I will look first.").and_tool_use("Bash", touch("a.txt")),
                    ApiReply::text("Made."),
                ],
            )
            // It also asks for a title.
            .always(When::any(), [ApiReply::text("A file")]),
        (Client::Shell, "sum") => script
            .on_prompt(
                "Add 1 and 2",
                [ApiReply::tool_use("StructuredOutput", json!({"sum": 3, "kept": false}))],
            )
            .on_prompt("Go on", [ApiReply::tool_use("Read", json!({"file_path": "sum.txt"}))]),
        (_, "talk") => script
            .on_prompt(
                "Make a.txt",
                [ApiReply::tool_use("Bash", touch("a.txt")), ApiReply::text("Made.")],
            )
            .on_prompt("Thanks", [ApiReply::text("You are welcome.")]),
        (Client::Wrapper, "queries") => script
            .on_prompt("First", [ApiReply::text("One.")])
            .on_prompt("Second", [ApiReply::text("Two.")]),
        (_, "interrupt") => {
            let slow = ApiReply::text("word ".repeat(400)).delta_chars(5);
            script
                .on_prompt("Talk slowly", [slow.delta_every(Duration::from_millis(50))])
                .on_prompt("And now?", [ApiReply::text("Now this.")])
        }
        (_, "parallel") => {
            let three =
                ["p2", "p3"].iter().fold(ApiReply::tool_use("Bash", touch("p1")), |reply, name| {
                    reply.and_tool_use("Bash", touch(name))
                });
            script.on_prompt("Make three", [three, ApiReply::text("Three.")])
        }
        (_, "pipelined") => script
            .on_prompt("First", [ApiReply::text("One.")])
            .on_prompt("Second", [ApiReply::text("Two.")]),
        (_, "sum") => script
            .on_prompt(
                "Add 1 and 2",
                [
                    ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})),
                    ApiReply::tool_use("Write", json!({"file_path": "sum.txt", "content": "3"})),
                    ApiReply::tool_use("StructuredOutput", json!({"sum": 3, "kept": true})),
                ],
            )
            .on_prompt("Go on", [ApiReply::tool_use("Read", json!({"file_path": "sum.txt"}))]),
        _ => return None,
    })
}
