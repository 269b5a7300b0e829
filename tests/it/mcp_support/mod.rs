//! A server to call, and messages of the CLI to it.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use claude_wire::mcp::rmcp;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, schemars, tool, tool_handler, tool_router};

use crate::support::ask::ask;
use crate::support::cli::Log;

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub struct Pair {
    a: i64,
    b: i64,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub struct Length {
    bytes: usize,
}

/// Typical tools.
#[derive(Default)]
pub struct Bench {
    pub log: Log,
    pub calls: AtomicU32,
}

#[tool_router]
impl Bench {
    #[tool(description = "add two", annotations(read_only_hint = true))]
    async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> CallToolResult {
        text((a + b).to_string())
    }

    #[tool(description = "fails")]
    async fn fail(&self) -> Result<String, String> {
        Err("boom".into())
    }

    #[tool(description = "panics")]
    async fn panic(&self) -> String {
        panic!("at the tool")
    }

    #[tool(description = "counts its calls")]
    async fn count(&self) -> CallToolResult {
        text((self.calls.fetch_add(1, Ordering::Relaxed) + 1).to_string())
    }

    #[tool(description = "a long text")]
    async fn long(&self, Parameters(Length { bytes }): Parameters<Length>) -> CallToolResult {
        text("x".repeat(bytes))
    }

    /// Waits until it is cancelled, and logs that.
    #[tool(description = "waits")]
    async fn wait(&self, context: RequestContext<RoleServer>) -> String {
        self.log.push("waits");
        context.ct.cancelled().await;
        self.log.push("cancelled");
        "never seen".into()
    }

    /// Ignores its cancellation.
    #[tool(description = "hangs")]
    async fn hang(&self) -> String {
        let _dropped = OnDrop(self.log.clone());
        self.log.push("hangs");
        std::future::pending().await
    }

    #[tool(description = "tells how far it is")]
    async fn report(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let token = context.meta.get_progress_token().unwrap();
        let half = rmcp::model::ProgressNotificationParam::new(token, 1.0)
            .with_total(2.0)
            .with_message("half");
        context
            .peer
            .notify_progress(half)
            .await
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(text("done".into()))
    }

    #[tool(description = "has other tools from now on")]
    async fn change(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        let sent = context.peer.notify_tool_list_changed().await;
        text(format!("{}", sent.is_ok()))
    }

    #[tool(description = "asks the CLI")]
    async fn ping(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        let ping = rmcp::model::ServerRequest::PingRequest(Default::default());
        let reply = context.peer.send_request(ping).await;
        text(if reply.is_ok() { "pong".into() } else { format!("{reply:?}") })
    }
}

#[tool_handler]
impl ServerHandler for Bench {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::default();
        info.capabilities = ServerCapabilities::builder().enable_tools().build();
        info.server_info.name = "bench".into();
        info.server_info.version = "1.0.0".into();
        info
    }
}

struct OnDrop(Log);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.push("dropped");
    }
}

fn text(text: String) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.is_error = None;
    result
}

pub const INITIALIZE: &str = r#"{"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"claude-code","title":"Claude Code","description":"Anthropic's agentic coding tool","websiteUrl":"https://claude.com/claude-code","version":"2.1.329"}},"jsonrpc":"2.0","id":0}"#;

/// An `mcp_message` of the CLI to the server `bench`.
pub fn message(id: &str, message: &str) -> String {
    ask(id, &format!(r#"{{"subtype":"mcp_message","server_name":"bench","message":{message}}}"#))
}

/// A tool call as CLI 2.1.329 writes it.
pub fn call(id: u32, tool: &str, arguments: &str) -> String {
    let params = format!(
        r#"{{"name":"{tool}","arguments":{arguments},"_meta":{{"claudecode/toolUseId":"toolu_{id}","progressToken":{id}}}}}"#
    );
    message(
        &format!("c{id}"),
        &format!(r#"{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":{id}}}"#),
    )
}
