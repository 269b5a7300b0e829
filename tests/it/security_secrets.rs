//! A secret given to a session is only in the environment of the CLI and on its standard input, and
//! nowhere else that users see.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::PermissionsExt;

use crate::support::cli::Log;
use crate::support::log::Logged;
use claude_wire::recorder::Recorder;
use claude_wire::session::options::McpServer;
use claude_wire::transport::{CliPath, Process};
use claude_wire::wire::permission::{PermissionBehavior, PermissionDestination, PermissionUpdate};
use claude_wire::{Decision, Session, SessionBuilder};
use serde_json::json;

const CANARY: &str = "sk-ant-api03-canary0123456789canary0123456789";

const EMPTY: PermissionUpdate = PermissionUpdate::AddRules {
    rules: Vec::new(),
    behavior: PermissionBehavior::Allow,
    destination: PermissionDestination::Session,
};

/// Answers the handshake, fails the first prompt with text on stderr, and answers the next one.
const CLI: &str = r#"#!/bin/sh
read -r initialize
id=${initialize#*'"request_id":"'}
printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "${id%%'"'*}"
read -r prompt
case "$prompt" in *fail*) echo 'no such thing' >&2; exit 7;; esac
printf '%s\n' '{"type":"control_request","request_id":"p","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}}'
read -r answer
printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s"}'
cat >/dev/null
"#;

/// A session with the canary in every option that takes a secret.
fn builder() -> SessionBuilder {
    Session::builder()
        .api_key(CANARY)
        .env("SERVICE_TOKEN", CANARY)
        .external_mcp_server(
            "issues",
            McpServer::http("https://mcp.example.com/")
                .header("Authorization", format!("Bearer {CANARY}")),
        )
        .mcp_config(
            json!({"mcpServers": {"files": {"command": "files", "env": {"FILES_TOKEN": CANARY}}}}),
        )
        .settings(json!({"env": {"OTHER_TOKEN": CANARY}}))
        .managed_settings(json!({"env": {"THIRD_TOKEN": CANARY}}))
        // An empty update causes a warning in the log.
        .on_permission(|_| async { Decision::allow_and_update([EMPTY]) })
}

#[tokio::test]
async fn secrets_are_not_logged_shown_recorded_or_on_the_command_line() {
    let log = Log::default();
    let _recording = tracing::subscriber::set_default(Logged(log.clone()));
    let folder = tempfile::tempdir().unwrap();
    let cli = folder.path().join("claude");
    std::fs::write(&cli, CLI).unwrap();
    std::fs::set_permissions(&cli, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("session.jsonl");
    let recorder = Recorder::new(Process::new(CliPath::Explicit(cli)), &path);
    let builder = builder().transport(recorder.clone());
    let session = builder.clone().start().unwrap();

    let error = session.query("fail").text().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    let turn = session.query("go");
    let shown = format!("{builder:?} {session:?} {turn:?} {error:?} {error}");
    assert_eq!(turn.text().await.unwrap(), "done");
    let pid = session.pid().unwrap();
    let read = |file: &str| {
        String::from_utf8(std::fs::read(format!("/proc/{pid}/{file}")).unwrap()).unwrap()
    };
    assert!(read("environ").contains(CANARY), "or the test proves nothing");
    let command_line = read("cmdline");
    assert!(command_line.contains("--initialize-fields"), "{command_line}");
    session.stop().await.unwrap();
    recorder.flush().await.unwrap();
    let mut recorded = std::fs::read_to_string(&path).unwrap();
    recorded += &std::fs::read_to_string(folder.path().join("session-2.jsonl")).unwrap();
    assert!(recorded.contains("Authorization"), "what was written to the CLI is recorded");
    let refused = builder.max_turns(0).start().unwrap_err();
    let logged = log.all().join("\n");
    assert!(logged.contains("no update is sent"), "or the log proves nothing: {logged}");
    for text in [shown, command_line, recorded, logged, format!("{refused:?} {refused}")] {
        assert!(!text.contains("canary"), "{text}");
    }
}
