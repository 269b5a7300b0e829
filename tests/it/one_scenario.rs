//! One scenario file for a Rust program. `mock-cli` drives a Python program and a `claude -p` script
//! with the same file, through the same two launches.
#![cfg(feature = "mcp")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use claude_wire::mcp::rmcp;
use claude_wire::session::Matcher;
use claude_wire::wire::TurnOutcome;
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::{Decision, Scenario, Session};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServerHandler, schemars, tool, tool_handler, tool_router};
use serde_json::json;

type Log = Arc<Mutex<Vec<String>>>;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Pair {
    a: i64,
    b: i64,
}

struct Calculator(Log);

#[tool_router]
impl Calculator {
    /// Adds two numbers.
    #[tool]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        self.0.lock().unwrap().push(format!("TOOL add {a} {b}"));
        (a + b).to_string()
    }
}

#[tool_handler]
impl ServerHandler for Calculator {}

#[tokio::test]
async fn a_rust_program_goes_through_two_launches() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/sum.json");
    let scenario = Scenario::load(path).unwrap();
    let log = Log::default();
    let (calls, asked, hooked) = (log.clone(), log.clone(), log.clone());
    let schema = json!({
        "type": "object", "properties": {"sum": {"type": "number"}, "kept": {"type": "boolean"}}, "required": ["sum", "kept"],
    });
    let session = Session::builder()
        .transport(scenario.clone())
        .tool_server("calc", move || Calculator(calls.clone()))
        .allowed_tools(["mcp__calc__add"])
        .json_schema(schema)
        .on_permission(move |request| {
            asked.lock().unwrap().push(format!("ASK {}", request.tool_name()));
            async { Decision::allow() }
        })
        .on_hook(Matcher::from("mcp__calc__add|Write"), move |event: PreToolUse, _| {
            hooked.lock().unwrap().push(format!("HOOK {}", event.tool_name));
            async { HookOutput::new() }
        })
        .start()
        .unwrap();
    let first = session.query("Add 1 and 2").final_result().await.unwrap();
    let answer = first.structured_output.as_ref().unwrap().to_value().unwrap();
    assert_eq!(answer, json!({"sum": 3, "kept": true}));
    let denied: Vec<_> = first.permission_denials.iter().map(|one| &*one.tool_name).collect();
    assert_eq!(denied, ["Bash"], "by the hook of the settings");
    let first_session = first.session_id.clone();
    session.stop().await.unwrap();

    let session = Session::builder()
        .transport(scenario.clone())
        .resume(first_session)
        .max_turns(1)
        .start()
        .unwrap();
    let second = session.query("Go on").final_result().await.unwrap();
    assert_eq!(second.outcome(), TurnOutcome::MaxTurns);
    session.stop().await.unwrap();
    scenario.assert_finished();
    let log = log.lock().unwrap().clone();
    assert_eq!(log, ["HOOK mcp__calc__add", "TOOL add 1 2", "HOOK Write", "ASK Write"]);
}
