//! An in-process rmcp server: its tools are offered, called, fail, report progress and return
//! megabytes.

use std::sync::Arc;

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::mcp::rmcp;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::{RoleServer, schemars, tool, tool_router};
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{finish, place};

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct Pair {
    a: i64,
    b: i64,
}

#[derive(Default)]
pub(crate) struct Calculator {
    pub(crate) waits: Arc<Notify>,
    pub(crate) cancelled: Arc<Notify>,
}

#[tool_router(server_handler)]
impl Calculator {
    /// Adds two whole numbers.
    #[tool]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        (a + b).to_string()
    }

    #[tool]
    async fn fail(&self) -> Result<String, String> {
        Err("no luck".into())
    }

    #[tool]
    async fn panic(&self) -> String {
        panic!("at the tool, as it is meant to")
    }

    #[tool]
    async fn report(&self, context: RequestContext<RoleServer>) -> Result<String, String> {
        let token = context.meta.get_progress_token().ok_or("no progress token")?;
        let half = ProgressNotificationParam::new(token, 1.0).with_total(2.0).with_message("half");
        context.peer.notify_progress(half).await.map_err(|error| error.to_string())?;
        Ok("reported".into())
    }

    #[tool]
    async fn long(&self) -> String {
        "long ".repeat(600_000)
    }

    /// Waits until it is cancelled.
    #[tool]
    async fn wait(&self, context: RequestContext<RoleServer>) -> String {
        self.waits.notify_one();
        context.ct.cancelled().await;
        self.cancelled.notify_one();
        "late".into()
    }
}

pub(crate) async fn run() {
    let call = |tool: &str, input| ApiReply::tool_use(format!("mcp__calc__{tool}"), input);
    let replies = [
        call("add", json!({"a": 1, "b": 2})),
        call("fail", json!({})),
        call("panic", json!({})),
        call("report", json!({})),
        call("long", json!({})),
        ApiReply::text("All done."),
    ];
    let place = place(ApiScript::new().on_prompt("Try them all", replies)).await;
    let tools = ["add", "fail", "panic", "report", "long"].map(|tool| format!("mcp__calc__{tool}"));
    let session = place
        .session()
        .tool_server("calc", Calculator::default)
        .allowed_tools(tools)
        .start()
        .unwrap();
    let summary = session.query("Try them all").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "All done.");
    let results: Vec<_> =
        summary.tool_calls.iter().map(|call| call.result.as_ref().unwrap()).collect();
    let expected = [
        ("3", false),
        ("no luck", true),
        ("the tool panicked", true),
        ("reported", false),
        ("", false),
    ];
    for (result, (text, is_error)) in results.iter().zip(expected) {
        assert!(result.content.as_ref().unwrap().text().contains(text), "{text}: {result:?}");
        assert_eq!(result.is_error.unwrap_or_default(), is_error, "{text}: {result:?}");
    }
    assert_eq!(results.len(), expected.len());
    let status = session.mcp().status().await.unwrap();
    assert_eq!((&*status.servers[0].name, status.servers[0].tools.len()), ("calc", 6));
    assert!(finish(session, place).await.success());
}
