//! A recorded conversation of the real CLI with an in-process server, replayed with a server of rmcp in its place.
#![cfg(feature = "mcp")]

use claude_wire::mcp::rmcp;
use claude_wire::{Replay, Session};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock};
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
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> CallToolResult {
        let mut result = CallToolResult::success(vec![ContentBlock::text((a + b).to_string())]);
        // As it was recorded: `isError` is not there.
        result.is_error = None;
        result
    }

    #[tool]
    async fn fail(&self) -> Result<String, String> {
        Err("boom".into())
    }
}

struct Wrong;

#[tool_router(server_handler)]
impl Wrong {
    #[tool]
    async fn add(&self) -> String {
        "4".into()
    }
}

fn recording() -> Replay {
    Replay::open(concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/2.1.329/sdk-mcp-tool.jsonl")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_recorded_calls_are_answered_by_a_server_of_rmcp() {
    let replay = recording();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    // The recorded CLI was told of its server by `--mcp-config`, and not in the handshake.
    session.mcp().in_process("calc", || Calculator);
    session.mcp().status().await.unwrap();
    assert_eq!(session.query("please RUN:mcp").text().await.unwrap(), "1+2=3 and fail failed.");
    assert_eq!(session.mcp().status().await.unwrap().servers[0].name, "calc");
    session.stop().await;
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn another_result_than_the_recorded_one_is_a_difference() {
    let replay = recording();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    session.mcp().in_process("calc", || Wrong);
    session.mcp().status().await.unwrap();
    assert!(session.query("please RUN:mcp").text().await.is_err());
    session.stop().await;
    let report = replay.report().to_string();
    assert!(report.contains(r#""4""#) && report.contains(r#""3""#), "{report}");
}
