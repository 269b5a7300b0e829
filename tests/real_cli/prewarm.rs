//! A process that is started in advance, and claimed for a directory.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::options::AgentDefinition;
use claude_wire::{Options, PermissionMode};
use serde_json::json;

use crate::support::{appears, close, finish, gone, place};

pub(crate) async fn run() {
    claimed().await;
    refused().await;
    dropped().await;
}

async fn claimed() {
    let script = ApiScript::new()
        .on_prompt(
            "Where?",
            [
                ApiReply::tool_use("Bash", json!({"command": "pwd > here"})),
                ApiReply::text("There."),
            ],
        )
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let project = place.cwd().join("project");
    std::fs::create_dir(&project).unwrap();
    let spare = place.session().allowed_tools(["Bash"]).prewarm().await.unwrap();
    let parked = spare.pid().unwrap();
    let claim = Options::default()
        .cwd(&project)
        .permission_mode(PermissionMode::AcceptEdits)
        .append_system_prompt("Answer in one word.")
        .agents([("reviewer", AgentDefinition::new("Reviews", "Review."))])
        .title("A title")
        .model("sonnet");
    let session = spare.claim(claim).await.unwrap();
    let info = session.server_info().unwrap();
    assert!(info.defects().is_empty() && info.unmodelled().is_empty(), "{:?}", info.unmodelled());
    assert!(info.agents.iter().any(|agent| agent.name == "reviewer"));
    assert_eq!(info.current_permission_mode, Some(PermissionMode::AcceptEdits));
    let summary = session.query("Where?").collect_summary().await.unwrap();
    assert_eq!(summary.texts, ["There."]);
    assert_eq!(session.pid(), Some(parked), "the process that waited");
    assert_eq!(appears(&project.join("here")).await.trim(), project.to_str().unwrap());
    let request = place.api().requests()[0].body().to_string();
    assert!(request.contains("Answer in one word."), "{request}");
    assert!(request.contains("sonnet"), "{request}");
    // Another launch continues the conversation in the directory of the claim.
    let thanks = session.query("Thanks").max_turns(2).text().await.unwrap();
    assert_eq!(thanks, "You are welcome.");
    assert_ne!(session.pid(), Some(parked));
    finish(session, place).await;
}

/// What a running process cannot take refuses the claim, and another process can.
async fn refused() {
    let place = place(ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi.")])).await;
    let project = place.cwd().join("project");
    std::fs::create_dir_all(project.join(".claude")).unwrap();
    std::fs::write(project.join(".claude/settings.json"), r#"{"env": {"A": "b"}}"#).unwrap();
    let host = place.session();
    let claim = Options::default().cwd(&project);
    let spare = host.clone().prewarm().await.unwrap();
    let pid = spare.pid().unwrap().to_string();
    let error = spare.claim(claim.clone()).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert!(refusal.error().starts_with("project_settings_not_claimable"), "{error}");
    assert_eq!(refusal.code(), Some("project_settings_not_claimable"));
    gone(&pid).await;
    let spare = host.clone().prewarm().await.unwrap();
    let token = claim.clone().env("A", "b");
    let error = spare.claim(token).await.unwrap_err();
    assert!(error.refusal().unwrap().error().starts_with("env_key_not_claimable"), "{error}");
    let session = host.options(claim).start().unwrap();
    assert_eq!(session.query("Hello").text().await.unwrap(), "Hi.");
    finish(session, place).await;
}

async fn dropped() {
    let place = place(ApiScript::new()).await;
    let spare = place.session().prewarm().await.unwrap();
    let pid = spare.pid().unwrap().to_string();
    drop(spare);
    gone(&pid).await;
    let spare = place.session().prewarm().await.unwrap();
    assert!(spare.stop().await.unwrap().unwrap().success());
    close(place);
}
