//! The in-process server that the cases assume: `echo` returns its text, `boom` fails.

use claude_wire::mcp::rmcp;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};

pub(crate) struct Server;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = json!({"experimental": {}, "tools": {"listChanged": false}});
        let mut info = ServerConfig::default();
        info.capabilities =
            serde_json::from_value::<ServerCapabilities>(capabilities).unwrap_or_default();
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
        let tools = serde_json::from_value(json!([tool("echo", text), tool("boom", none)]));
        Ok(ListToolsResult::with_all_items(tools.unwrap_or_default()))
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
