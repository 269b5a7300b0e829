//! A recorded conversation of the real CLI with an in-process server, replayed against an rmcp
//! server.
#![cfg(feature = "mcp")]

use crate::support::project;
use claude_wire::mcp::rmcp;
use claude_wire::{Replay, Session};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{schemars, tool, tool_router};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Pair {
    a: f64,
    b: f64,
}

struct Calculator;

#[tool_router(server_handler)]
impl Calculator {
    #[tool]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        (a + b).to_string()
    }

    #[tool]
    async fn fail(&self) -> Result<String, String> {
        Err("boom".into())
    }
}

/// The server recorded in `in-process-server.jsonl`, as far as the model could see it.
struct Divider;

#[tool_router(server_handler)]
impl Divider {
    #[tool(description = "Multiplies two numbers.")]
    async fn multiply(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        (a * b).to_string()
    }

    #[tool(description = "Divides one number by another.")]
    async fn divide(&self, Parameters(Pair { .. }): Parameters<Pair>) -> Result<String, String> {
        Err("division by zero".into())
    }
}

struct Wrong;

#[tool_router(server_handler)]
impl Wrong {
    #[tool]
    async fn add(&self, Parameters(Pair { .. }): Parameters<Pair>) -> String {
        "4".into()
    }

    #[tool]
    async fn fail(&self) -> Result<String, String> {
        Err("boom".into())
    }
}

/// A session whose recorded CLI got its server from the configuration, while this one adds it later,
/// with other descriptions.
fn configured() -> (Replay, Session) {
    let replay = recording("sdk-mcp-tool").ignore(["--mcp-config", "mcp_message /result/tools"]);
    let builder = Session::builder().transport(replay.clone()).strict_mcp_config(true);
    let builder = builder.allowed_tools(["mcp__calc__add", "mcp__calc__fail"]);
    (replay, builder.start().unwrap())
}

fn recording(name: &str) -> Replay {
    Replay::open(project::recording(name)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_server_named_in_the_handshake_answers_as_recorded() {
    let replay = recording("in-process-server");
    let builder = Session::builder().tool_server("calc", || Divider).transport(replay.clone());
    let builder = builder.allowed_tools(["mcp__calc__multiply", "mcp__calc__divide"]);
    let session = builder.start().unwrap();
    let answer = session.query("What is 6 times 7, and 1 divided by 0?").text().await.unwrap();
    assert_eq!(answer, "6 times 7 is 42; 1 cannot be divided by 0.");
    session.stop().await.unwrap();
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn an_rmcp_server_answers_the_recorded_calls() {
    let (replay, session) = configured();
    session.mcp().in_process("calc", || Calculator);
    assert_eq!(
        session.query("Add 1 and 2, then fail").text().await.unwrap(),
        "1 + 2 = 3, and fail failed."
    );
    assert_eq!(session.mcp().status().await.unwrap().servers[0].name, "calc");
    session.stop().await.unwrap();
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_result_that_differs_from_the_recording_is_reported() {
    let (replay, session) = configured();
    session.mcp().in_process("calc", || Wrong);
    assert!(session.query("Add 1 and 2, then fail").text().await.is_err());
    session.stop().await.unwrap();
    let report = replay.report().to_string();
    assert!(report.contains(r#""4""#) && report.contains(r#""3""#), "{report}");
}
