//! Runs the conformance cases of in-process servers: what an rmcp server answers to their JSON-RPC.
#![cfg(feature = "mcp")]

use crate::host_support::run::Run;
use crate::support::ask::{answers, ask};
use claude_wire::Session;
use claude_wire::mcp::rmcp;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};

/// The server that the cases assume: `echo` returns its text, `boom` fails.
struct Server;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = json!({"experimental": {}, "tools": {"listChanged": false}});
        let mut info = ServerConfig::default();
        info.capabilities = serde_json::from_value::<ServerCapabilities>(capabilities).unwrap();
        info.server_info.name = "s".into();
        info.server_info.version = "1.0.0".into();
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let text =
            json!({"type": "object", "properties": {"t": {"type": "string"}}, "required": ["t"]});
        let none = json!({"type": "object", "properties": {}, "required": []});
        let tool = |name: &str, schema: Value| json!({"name": name, "description": "d", "inputSchema": schema});
        let tools =
            serde_json::from_value(json!([tool("echo", text), tool("boom", none)])).unwrap();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut result = match &*call.name {
            "boom" => CallToolResult::error(vec![ContentBlock::text("tool broke")]),
            _ => CallToolResult::success(vec![ContentBlock::text(
                call.arguments.unwrap_or_default()["t"].as_str().unwrap_or_default(),
            )]),
        };
        result.result_type = None;
        Ok(result.into())
    }
}

#[tokio::test(start_paused = true)]
async fn every_server_answer_matches_its_case() {
    let mut run = Run::new("mcp_cases", 4);
    for (file, case) in run.cases() {
        let message = |(number, message): (usize, &Value)| {
            let body = json!({"subtype": "mcp_message", "server_name": case["server_name"], "message": message});
            ask(&format!("c{number}"), &body.to_string())
        };
        let asks: Vec<_> =
            case["json_rpc_in_order"].as_array().unwrap().iter().enumerate().map(message).collect();
        let replies = answers(Session::builder().tool_server("s", || Server), &asks).await;
        let last: Value = serde_json::from_str(replies.last().unwrap()).unwrap();
        let found = match &last["response"]["response"]["mcp_response"] {
            Value::Null => json!({"error": last["response"]["error"]}),
            reply => json!({"mcp_response": reply}),
        };
        run.compare(
            &file,
            &case,
            &json!({"mcp_response": case["expect_last_mcp_response"]}),
            &found,
        );
    }
    run.end();
}
