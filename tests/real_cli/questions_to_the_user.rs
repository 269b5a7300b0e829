//! Questions to the user: the model's come as a tool that is allowed with its answers, an MCP
//! server's as elicitations.

use std::sync::{Arc, Mutex};

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::handlers::{Answers, ElicitationAnswer};
use claude_wire::session::options::McpServer;
use serde_json::json;

use crate::support::{finish, place};

/// An MCP server with one tool that asks for a name before it answers. The CLI would substitute its
/// own variables for names in braces.
pub(crate) const ASKER: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      server='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"asker","version":"1"}}'
      printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$server";;
    *'"method":"tools/list"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"greet","inputSchema":{"type":"object"}}]}}\n' "$id";;
    *'"method":"tools/call"'*)
      schema='{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'
      printf '{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{"message":"Your name?","requestedSchema":%s}}\n' "$schema"
      read -r answer
      name=$(printf '%s' "$answer" | sed -n 's/.*"name":"\([^"]*\)".*/\1/p')
      printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"Hello, %s!"}]}}\n' "$id" "$name";;
  esac
done
"#;

pub(crate) async fn run() {
    let question = json!({"question": "Which one?", "header": "One", "multiSelect": false, "options": [
        {"label": "The first", "description": "a"}, {"label": "The second", "description": "b"}]});
    let script = ApiScript::new()
        .when(
            When::prompt("Ask me").tool_result_contains("The second"),
            [ApiReply::text("The second, then.")],
        )
        .on_prompt(
            "Ask me",
            [ApiReply::tool_use("AskUserQuestion", json!({"questions": [question]}))],
        )
        .when(
            When::prompt("Greet me").tool_result_contains("Hello, Ann!"),
            [ApiReply::text("Greeted.")],
        )
        .on_prompt("Greet me", [ApiReply::tool_use("mcp__asker__greet", json!({}))]);
    let place = place(script).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let elicited = asked.clone();
    let session = place
        .session()
        .external_mcp_server("asker", McpServer::stdio("/bin/sh", ["-c", ASKER]))
        .allowed_tools(["mcp__asker__greet"])
        .on_permission(|request| async move {
            let questions = request.questions();
            match &questions[..] {
                [one] => {
                    Answers::new().answer(&one.question, &one.options[1].label).decide(&request)
                }
                _ => Decision::deny("only questions here"),
            }
        })
        .on_elicitation(move |request| {
            elicited.lock().unwrap().push(request.elicitation().message.clone());
            async { ElicitationAnswer::accept(json!({"name": "Ann"})) }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("Ask me").text().await.unwrap(), "The second, then.");
    assert_eq!(session.query("Greet me").text().await.unwrap(), "Greeted.");
    assert_eq!(*asked.lock().unwrap(), ["Your name?"]);
    assert!(finish(session, place).await.success());
}
