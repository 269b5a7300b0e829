//! Handshakes with in-process MCP servers, and calls of their tools.

use std::time::Duration;

use serde_json::{Value, json};

use super::handle::Cli;
use super::host_answer::Answer;

/// The version of the protocol that the CLI asks for.
const PROTOCOL: &str = "2025-11-25";

/// How long the CLI waits for the answer to `initialize`. It asks twice.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// The id of the second request.
const RETRY: u32 = 1 << 20;

/// What a tool of a server returned.
pub(super) enum Called {
    Result {
        content: Value,
        structured: Option<Value>,
        is_error: bool,
    },
    Failed(String),
    /// The result did not come before the input ended.
    Interrupted,
}

impl Called {
    /// The `result` of a `tools/call`.
    pub(super) fn of_result(result: &Value) -> Self {
        Self::Result {
            content: result.get("content").cloned().unwrap_or_else(|| json!([])),
            structured: result.get("structuredContent").filter(|value| !value.is_null()).cloned(),
            is_error: result["isError"] == true,
        }
    }
}

impl Cli {
    async fn mcp(&self, server: &str, message: Value) -> Answer {
        self.ask(json!({"subtype": "mcp_message", "server_name": server, "message": message})).await
    }

    /// The handshake with a server, up to its answer to `initialize`.
    pub(super) async fn connect(&self, name: &str) -> bool {
        let params = json!({
            "protocolVersion": PROTOCOL, "capabilities": {},
            "clientInfo": {
                "name": "claude-code", "title": "Claude Code", "description": "Anthropic's agentic coding tool",
                "websiteUrl": "https://claude.com/claude-code", "version": crate::CLI_VERSION,
            },
        });
        let mut message = self.with(|state| state.servers.message("initialize", Some(params)));
        let mut answer = self.mcp_within(name, message.clone()).await;
        if answer.is_none() {
            message["id"] = RETRY.into();
            answer = self.mcp_within(name, message).await;
        }
        let info = match &answer {
            Some(Answer::Success(body)) => body.pointer("/mcp_response/result/serverInfo").cloned(),
            _ => None,
        };
        let is_up = info.is_some();
        self.with(|state| state.servers.note_info(name, info));
        is_up
    }

    /// The same as [`mcp`](Self::mcp), for as long as the CLI waits for a handshake.
    async fn mcp_within(&self, server: &str, message: Value) -> Option<Answer> {
        if self.with(|state| state.eof) {
            return Some(Answer::Closed);
        }
        let request = json!({"subtype": "mcp_message", "server_name": server, "message": message});
        let id = self.request(request);
        let answer = self.answer_within(&id, HANDSHAKE).await;
        if answer.is_none() {
            self.with(|state| state.open.retain(|(open, _)| *open != id));
        }
        answer
    }

    /// Tells a server that the handshake is over.
    pub(super) async fn initialized(&self, name: &str) {
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let _ = self.mcp(name, initialized).await;
    }

    /// What tools a server has.
    pub(super) async fn list_tools(&self, name: &str) {
        let message = self.with(|state| state.servers.message("tools/list", None));
        let answer = self.mcp(name, message).await;
        let tools = match answer {
            Answer::Success(body) => {
                body.pointer("/mcp_response/result/tools").and_then(Value::as_array).cloned()
            }
            _ => None,
        };
        self.with(|state| state.servers.note_tools(name, tools));
    }

    /// Calls a tool.
    pub(super) async fn call_tool(
        &self,
        server: &str,
        tool: &str,
        use_id: &str,
        input: &Value,
    ) -> Called {
        let message = self.with(|state| {
            let token = state.servers.next_id();
            let params = json!({
                "name": tool, "arguments": input,
                "_meta": {"claudecode/toolUseId": use_id, "progressToken": token},
            });
            state.servers.message("tools/call", Some(params))
        });
        match self.mcp(server, message).await {
            Answer::Success(body) => {
                let response = &body["mcp_response"];
                if let Some(error) = response.get("error") {
                    let text = error["message"].as_str().unwrap_or("unknown error");
                    let code = error["code"].as_i64().map(|code| format!("MCP error {code}: "));
                    return Called::Failed(format!("{}{text}", code.unwrap_or_default()));
                }
                let Some(result) = response.get("result") else {
                    return Called::Failed("the server gave no result".to_owned());
                };
                Called::of_result(result)
            }
            Answer::Error(error) => Called::Failed(error),
            Answer::Closed => Called::Interrupted,
        }
    }
}
