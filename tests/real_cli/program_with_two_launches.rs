//! A program with two launches, a hook, a permission and an in-process tool: recorded, replayed from
//! the folder of its recordings, and refused where it was changed.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::mcp::rmcp;
use claude_wire::recorder::Recorder;
use claude_wire::transport::{CliPath, Process};
use claude_wire::wire::hook::{HookOutput, PreToolUse, Stop};
use claude_wire::{Decision, Error, Matcher, PermissionRequest, Replay, Session, SessionBuilder};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{schemars, tool, tool_router};
use serde_json::json;

use crate::support::{close, place};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Pair {
    a: i64,
    b: i64,
}

struct Calculator;

#[tool_router(server_handler)]
impl Calculator {
    #[tool(description = "Adds two numbers")]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        (a + b).to_string()
    }
}

struct Changed;

#[tool_router(server_handler)]
impl Changed {
    #[tool(description = "Adds numbers")]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        (a + b).to_string()
    }
}

/// Where a program can differ from the one that was recorded.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    FirstPrompt,
    LastPrompt,
    Model,
    SystemPrompt,
    Tool,
    Hook,
    Decision,
    AllowedTools,
}

/// The program. `launch` is what it starts each session from.
async fn program(
    launch: impl Fn(usize) -> SessionBuilder,
    change: Change,
) -> Result<[String; 2], Error> {
    let changed = move |which| change == which;
    let mut agent = launch(1)
        .model(if changed(Change::Model) { "claude-sonnet-4-5" } else { "claude-opus-5-5" })
        .allowed_tools(if changed(Change::AllowedTools) {
            vec!["mcp__calc__add", "Read"]
        } else {
            vec!["mcp__calc__add"]
        })
        .on_permission(move |_: PermissionRequest| async move {
            if changed(Change::Decision) { Decision::deny("no") } else { Decision::allow() }
        });
    agent = match change {
        Change::Tool => agent.tool_server("calc", || Changed),
        _ => agent.tool_server("calc", || Calculator),
    };
    agent = match change {
        Change::Hook => {
            agent.on_hook(Matcher::all(), |_: PreToolUse, _| async { HookOutput::new() })
        }
        _ => agent.on_hook(Matcher::all(), |_: Stop, _| async { HookOutput::new() }),
    };
    let prompt = if changed(Change::FirstPrompt) { "Add, then make" } else { "Add and make" };
    let session = agent.start()?;
    let made = session.query(prompt).text().await;
    let stopped = session.stop().await;
    let made = made?;
    stopped?;

    let mut plain = launch(2);
    if changed(Change::SystemPrompt) {
        plain = plain.system_prompt("Be brief.");
    }
    let session = plain.start()?;
    let prompt = if changed(Change::LastPrompt) { "Thank you" } else { "Thanks" };
    let thanked = session.query(prompt).text().await;
    let stopped = session.stop().await;
    let thanked = thanked?;
    stopped?;
    Ok([made, thanked])
}

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "Add and make",
            [
                ApiReply::tool_use("mcp__calc__add", json!({"a": 6, "b": 7})),
                ApiReply::tool_use("Bash", json!({"command": "touch made.txt"})),
                ApiReply::text("Made it. 13."),
            ],
        )
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let recordings = place.home().join("recordings");
    std::fs::create_dir(&recordings).unwrap();
    let cli = CliPath::Explicit(claude_wire::lab::real_cli().unwrap());
    let recorder = |number: usize| {
        let path = recordings.join(format!("{number:03}.jsonl"));
        place.session().transport(Recorder::new(Process::new(cli.clone()), path))
    };
    let live = program(recorder, Change::None).await.unwrap();
    assert_eq!(live, ["Made it. 13.", "You are welcome."]);

    // Neither folder nor environment are those of the recorded program.
    let replay = Replay::open(&recordings).unwrap();
    let replayed = program(|_| Session::builder().transport(replay.clone()), Change::None).await;
    assert_eq!(replayed.unwrap(), live);
    replay.assert_finished();

    for (change, difference) in [
        (Change::FirstPrompt, "Add, then make"),
        (Change::LastPrompt, "Thank you"),
        (Change::Model, "--model"),
        (Change::SystemPrompt, "--system-prompt"),
        (Change::Tool, "Adds numbers"),
        (Change::Hook, "PreToolUse"),
        (Change::Decision, "deny"),
        (Change::AllowedTools, "--allowed-tools"),
    ] {
        let replay = Replay::open(&recordings).unwrap();
        let error = program(|_| Session::builder().transport(replay.clone()), change).await;
        let error = error.expect_err(difference);
        assert!(error.is_divergence(), "{difference}: {error}");
        let report = replay.report().to_string();
        assert!(report.contains(difference), "{difference}: {report}");
    }
    close(place);
}
