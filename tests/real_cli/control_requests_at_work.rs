//! Requests that the CLI accepts only if there is something to act on: servers, tasks, files,
//! plugins.

use claude_wire::Session;
use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When};
use claude_wire::session::PermissionMode;
use claude_wire::session::options::McpServer;
use claude_wire::wire::replies::mcp::McpState;
use claude_wire::wire::{Message, System};
use serde_json::{Map, json};

use crate::support::{appears, finish, place};

/// An MCP server with one tool and one resource.
const SERVER: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      server='{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"resources":{}},"serverInfo":{"name":"ext","version":"1"}}'
      printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$server";;
    *'"method":"tools/list"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"ping","inputSchema":{"type":"object"}}]}}\n' "$id";;
    *'"method":"resources/list"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"resources":[{"uri":"ui://ext/page","name":"page"}]}}\n' "$id";;
    *'"method":"resources/read"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"contents":[{"uri":"ui://ext/page","mimeType":"text/html","text":"<p>hi</p>"}]}}\n' "$id";;
    *'"method":"tools/call"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"pong"}]}}\n' "$id";;
  esac
done
"#;

pub(crate) async fn run() {
    let bash = |command: &str, background: bool| {
        ApiReply::tool_use("Bash", json!({"command": command, "run_in_background": background}))
    };
    let script = ApiScript::new()
        .on_prompt(
            "Write",
            [
                ApiReply::tool_use("Write", json!({"file_path": "a.txt", "content": "one\n"})),
                ApiReply::text("Written."),
            ],
        )
        .on_prompt(
            "Begin",
            [bash("echo begun; while :; do sleep 1; done", true), ApiReply::text("Begun.")],
        )
        .on_prompt(
            "Wait",
            [
                bash("touch waiting; while [ -e waiting ]; do sleep 0.1; done", false),
                ApiReply::text("Not any more."),
            ],
        )
        .always(When::prompt_contains("background-task event"), [ApiReply::text("Noted.")]);
    let place = place(script).await;
    let session = place
        .session()
        .external_mcp_server("ext", McpServer::stdio("/bin/sh", ["-c", SERVER]))
        .allowed_tools(["Bash"])
        .permission_mode("acceptEdits")
        .file_checkpointing(true)
        .start()
        .unwrap();
    files(&session, &place).await;
    servers(&session).await;
    tasks(&session, &place).await;
    plugins(&session, &place).await;
    assert!(finish(session, place).await.success());
}

async fn files(session: &Session, place: &Hermetic) {
    let mut turn = session.query("Write");
    while let Some(message) = turn.next().await {
        message.unwrap();
    }
    let written = place.cwd().join("a.txt");
    assert!(written.exists());
    let prompt = turn.uuid().unwrap().to_owned();
    let dry = session.files().rewind(&prompt).dry_run().await.unwrap();
    assert!(
        dry.can_rewind && dry.files_changed.as_ref().is_some_and(|files| files.len() == 1),
        "{dry:?}"
    );
    assert!(session.files().rewind(&prompt).await.unwrap().can_rewind);
    assert!(!written.exists());
}

async fn servers(session: &Session) {
    let mcp = session.mcp();
    let state = async || {
        mcp.status()
            .await
            .unwrap()
            .servers
            .iter()
            .find(|server| server.name == "ext")
            .unwrap()
            .status
            .clone()
    };
    mcp.reconnect("ext").await.unwrap();
    assert_eq!(state().await, McpState::Connected);
    let call = mcp.call("mcp__ext__ping", Map::new()).tool_timeout_ms(5000);
    assert_eq!(
        call.await
            .unwrap()
            .content
            .as_ref()
            .unwrap()
            .pointer("/0/text")
            .unwrap()
            .as_str()
            .as_deref(),
        Some("pong")
    );
    let denied = mcp.call("mcp__ext__ping", Map::new()).check_permissions().await.unwrap_err();
    assert!(denied.refusal().is_some(), "{denied}");
    assert_eq!(
        mcp.read_resource("ext", "ui://ext/page").await.unwrap().contents[0].text.as_deref(),
        Some("<p>hi</p>")
    );
    assert_eq!(
        mcp.set_permission_mode("ext", PermissionMode::Default).await.unwrap().warning,
        None
    );
    mcp.disable("ext").await.unwrap();
    assert_eq!(state().await, McpState::Disabled);
    mcp.enable("ext").await.unwrap();
    assert_eq!(state().await, McpState::Connected);
}

async fn tasks(session: &Session, place: &Hermetic) {
    let mut turn = session.query("Begin");
    let mut task = None;
    while let Some(message) = turn.next().await {
        task = task.or(started(&message.unwrap()));
    }
    let task = task.unwrap();
    let output = loop {
        let output = session.tasks().output(&task).await.unwrap();
        if output.total_bytes > 0 {
            break output;
        }
    };
    assert_eq!((output.output.as_str(), output.truncated), ("begun\n", false));
    session.tasks().stop(&task).await.unwrap();

    let mut turn = session.query("Wait");
    let mut call = None;
    while call.is_none() {
        let message = turn.next().await.unwrap().unwrap();
        call = message.as_assistant().and_then(|assistant| {
            assistant.message.content.iter().find_map(|block| Some(block.as_tool_use()?.id.clone()))
        });
    }
    let (waiting, answer) = (place.cwd().join("waiting"), tokio::spawn(turn.text()));
    appears(&waiting).await;
    let call = call.unwrap();
    // The CLI does not background a command in its first seconds.
    while session.tasks().background(&call).await.unwrap().backgrounded != Some(true) {}
    assert_eq!(answer.await.unwrap().unwrap(), "Not any more.", "while the command runs");
    std::fs::remove_file(waiting).unwrap();
}

/// The task that a message reports.
fn started(message: &Message) -> Option<String> {
    match message.as_system()? {
        System::TaskStarted(started) => Some(started.task_id.clone()),
        _ => None,
    }
}

async fn plugins(session: &Session, place: &Hermetic) {
    let plugin = place.cwd().join("plugin");
    std::fs::create_dir_all(plugin.join(".claude-plugin")).unwrap();
    std::fs::write(
        plugin.join(".claude-plugin/plugin.json"),
        r#"{"name": "added", "version": "1.0.0"}"#,
    )
    .unwrap();
    let reloaded = session.reload().plugins().add_plugin(plugin.to_str().unwrap()).await.unwrap();
    assert!(reloaded.plugins.iter().any(|plugin| plugin.name == "added"), "{reloaded:?}");
}
