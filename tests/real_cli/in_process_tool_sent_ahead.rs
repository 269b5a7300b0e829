//! The handshake with an in-process server is in `initialize`: the CLI uses it and performs no
//! handshake until it reconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::replies::server::ManifestState;
use serde_json::json;

use crate::in_process_tool_of_rmcp::Calculator;
use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "Add",
            [
                ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})),
                ApiReply::text("It is 3."),
            ],
        )
        .on_prompt(
            "Again",
            [
                ApiReply::tool_use("mcp__calc__add", json!({"a": 2, "b": 2})),
                ApiReply::text("It is 4."),
            ],
        );
    let place = place(script).await;
    let made = Arc::new(AtomicUsize::new(0));
    let make = {
        let made = made.clone();
        move || {
            made.fetch_add(1, Ordering::Relaxed);
            Calculator::default()
        }
    };
    let session = place
        .session()
        .tool_server("calc", make)
        .allowed_tools(["mcp__calc__add"])
        .start()
        .unwrap();
    let info = session.connect().await.unwrap();
    assert_eq!(info.sdk_mcp_manifests_parked["calc"], ManifestState::Parked);
    let summary = session.query("Add").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "It is 3.");
    let added = summary.tool_calls[0].result.as_ref().unwrap();
    assert!(added.text().contains('3'));
    assert_eq!(made.load(Ordering::Relaxed), 1, "the CLI performed no handshake");
    assert!(
        session.mcp().reconnect("calc").await.unwrap_err().refusal().is_some(),
        "this reconnects only servers outside the host"
    );
    session.mcp().disable("calc").await.unwrap();
    session.mcp().enable("calc").await.unwrap();
    assert_eq!(session.query("Again").text().await.unwrap(), "It is 4.");
    assert_eq!(made.load(Ordering::Relaxed), 2);
    assert!(finish(session, place).await.success());
}
