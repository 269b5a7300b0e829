//! Settings of a session apply again in the next CLI after a kill.

use claude_wire::Session;
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::PermissionMode;
use claude_wire::session::control::Patch;
use serde_json::json;

use crate::support::{after_a_kill, finish, kill, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().always(When::any(), [ApiReply::text("Well.")])).await;
    let moved = place.cwd().join("sub");
    std::fs::create_dir_all(moved.join("repo")).unwrap();
    let session = place.session().shutdown(after_a_kill()).start().unwrap();
    session.query("First").drain().await.unwrap();
    let at_first = reported(&session).await;
    // `/dev/null` contains nothing: no server starts.
    let server = json!({"type": "stdio", "command": "/dev/null/missing", "args": []});
    session.mcp().set_servers([("off", server.clone()), ("on", server)]).await.unwrap();
    session.mcp().disable("off").await.unwrap();
    session.mcp().set_permission_mode("on", PermissionMode::Default).await.unwrap();
    session.settings().apply([("effortLevel", Some(json!("low")))]).await.unwrap();
    session.settings().apply([("cleanupPeriodDays", Some(json!(77)))]).await.unwrap();
    session.set_max_thinking_tokens(2048, Patch::Keep).await.unwrap();
    session.set_permission_mode("plan").await.unwrap();
    session.files().set_cwd("sub").user_trusts(moved.to_str().unwrap()).await.unwrap();
    session.files().register_repo_root("repo").await.unwrap();
    session.conversation().pause_suggestions(true).await.unwrap();
    session.query("Second").drain().await.unwrap();
    let set = reported(&session).await;
    assert!(at_first.iter().zip(&set).all(|(first, set)| first != set), "{at_first:#?} {set:#?}");

    kill(&session).await;
    session.query("Third").drain().await.unwrap();
    assert_eq!(reported(&session).await, set);
    let efforts: Vec<_> = place
        .api()
        .requests()
        .iter()
        .map(|request| request.body()["output_config"]["effort"].clone())
        .collect();
    assert_eq!(efforts, ["medium", "low", "low"]);
    assert!(finish(session, place).await.success());
}

/// Returns the settings that the CLI reports.
async fn reported(session: &Session) -> [String; 4] {
    let raw =
        |raw: Option<&claude_wire::wire::RawJson>| raw.map(ToString::to_string).unwrap_or_default();
    let mode = session.control("get_status", Default::default()).await.unwrap();
    let cwd = raw(mode.as_ref())
        .split(r#"{"label":"cwd","#)
        .nth(1)
        .unwrap()
        .split('}')
        .next()
        .unwrap()
        .to_owned();
    [
        raw(session.mcp().status().await.unwrap().raw()),
        raw(session.settings().get().await.unwrap().raw()),
        raw(session.inspect().permission_rules().await.unwrap().raw()),
        cwd,
    ]
}
