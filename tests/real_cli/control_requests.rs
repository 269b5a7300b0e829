//! The CLI accepts the request of every method, and its replies match the types.

use claude_wire::Session;
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::control::{
    Call, FeedbackKind, Patch, RatedPart, Rating, Sentiment, Survey,
};
use claude_wire::session::options::Effort;
use claude_wire::wire::replies;
use claude_wire::wire::replies::files::CwdStatus;
use claude_wire::wire::replies::session::HeldMessageOutcome;
use serde_json::{Map, json};

use crate::support::{finish, place};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) async fn run() {
    let place =
        place(ApiScript::new().always(When::any(), [ApiReply::text(r#"{"title":"A title"}"#)]))
            .await;
    std::fs::write(place.cwd().join("f.txt"), "file text\n").unwrap();
    std::fs::create_dir(place.cwd().join("sub")).unwrap();
    let session = place.session().start().unwrap();
    let info = session.connect().await.unwrap();
    assert!(
        info.defects().is_empty() && info.unmodelled().is_empty(),
        "{:?} {:?}",
        info.defects(),
        info.unmodelled()
    );
    session.query("Hello").drain().await.unwrap();

    conversation(&session).await;
    running_session(&session).await;
    files_and_tasks(&session).await;
    settings(&session).await;
    inspection(&session).await;
    mcp(&session).await;
    elsewhere(&session).await;
    assert!(finish(session, place).await.success());
}

async fn running_session(session: &Session) {
    typed(session.interrupt().cancel_queued()).await;
    typed(session.set_model("sonnet")).await;
    typed(session.set_model(None)).await;
    assert_eq!(
        typed(session.set_permission_mode("plan")).await.mode.as_ref().unwrap().as_str(),
        "plan"
    );
    typed(session.set_permission_mode("default")).await;
    refused(session.set_permission_mode("bogus"), Some("invalid_mode")).await;
    session.set_max_thinking_tokens(2048, Patch::Keep).await.unwrap();
    session.set_max_thinking_tokens(None, None).await.unwrap();
}

async fn files_and_tasks(session: &Session) {
    let files = session.files();
    let file = typed(files.read("f.txt").max_bytes(4)).await;
    assert_eq!((file.contents.as_str(), file.truncated), ("file", Some(true)));
    typed(files.suggest("f")).await;
    typed(files.workspace_diff().uncommitted_hunks()).await;
    assert!(!typed(files.rewind(UNKNOWN).dry_run()).await.can_rewind);
    files.seed_read_state("f.txt", 1).await.unwrap();
    typed(files.register_repo_root("sub").reload_memory().reload_skills()).await;
    assert_eq!(typed(files.set_cwd("/dev/null/missing")).await.status, CwdStatus::Rejected);
    let tasks = session.tasks();
    tasks.stop("none").await.unwrap();
    assert_eq!(typed(tasks.background_all()).await.backgrounded, None);
    assert_eq!(typed(tasks.background("none")).await.backgrounded, Some(false));
    refused(tasks.output("none"), None).await;
}

async fn settings(session: &Session) {
    let settings = session.settings();
    settings.apply([("effortLevel", Some(json!("low"))), ("outputStyle", None)]).await.unwrap();
    settings.save_output_style("default").await.unwrap();
    settings.save_effort(Effort::Low).await.unwrap();
    assert_eq!(
        typed(settings.get()).await.applied.as_ref().unwrap().effort.as_deref(),
        Some("low")
    );
    typed(session.reload().plugins().refuse_if_busy()).await;
    typed(session.reload().skills()).await;
    typed(session.reload().output_styles()).await;
    refused(session.reload().connectors(), None).await;
}

async fn conversation(session: &Session) {
    let conversation = session.conversation();
    assert!(typed(conversation.side_question("why?")).await.response.is_some());
    conversation.rename("A name").await.unwrap();
    conversation.rename_other(&session.session_id().unwrap(), "A name").await.unwrap();
    refused(conversation.rename_other(UNKNOWN, "A name"), None).await;
    assert_eq!(
        typed(conversation.generate_title("fix the login", false)).await.title.as_deref(),
        Some("A title")
    );
    assert!(!typed(conversation.cancel_message(UNKNOWN)).await.cancelled);
    assert!(typed(conversation.export()).await.text.contains("Hello"));
    conversation.pause_suggestions(true).await.unwrap();
    conversation.set_message_waiting(true).await.unwrap();
    conversation.set_message_waiting(false).await.unwrap();
    conversation.note_draft_activity().await.unwrap();
    let delivery = typed(conversation.set_peer_delivery().shows_held_messages(true)).await;
    assert!(delivery.always_deliver.session.is_none() && !delivery.always_deliver.account);
    // No message is held here: another session would have to send one.
    for decide in
        [conversation.deliver_held_message("none"), conversation.drop_held_message("none")]
    {
        assert_eq!(typed(decide).await.outcome, HeldMessageOutcome::Gone);
    }
    assert_eq!(typed(conversation.launch_review("", false)).await.status, "error");
}

async fn inspection(session: &Session) {
    let usage = session.usage();
    typed(usage.context()).await;
    typed(usage.context().summary()).await;
    typed(usage.details().skip_behaviors()).await;
    typed(usage.cost()).await;
    let inspect = session.inspect();
    let version = typed(inspect.version()).await;
    assert_eq!(
        session.server_info().unwrap().claude_code_version.as_deref(),
        Some(version.version.as_str())
    );
    typed(inspect.models()).await;
    typed(inspect.status()).await;
    typed(inspect.plan()).await;
    typed(inspect.memories()).await;
    typed(inspect.skills()).await;
    typed(inspect.sandbox()).await;
    typed(inspect.hooks()).await;
    typed(inspect.permission_rules()).await;
}

async fn mcp(session: &Session) {
    let mcp = session.mcp();
    let config = json!({"type": "stdio", "command": "/dev/null/missing", "args": []});
    assert!(typed(mcp.set_servers([("bad", config)])).await.errors.contains_key("bad"));
    assert_eq!(typed(mcp.status()).await.servers[0].name, "bad");
    mcp.disable("bad").await.unwrap();
    mcp.send("ghost", json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}))
        .await
        .unwrap();
    assert!(typed(mcp.set_permission_mode("ghost", None)).await.warning.is_some());
    refused(mcp.reconnect("ghost"), None).await;
    refused(mcp.enable("ghost"), None).await;
    refused(mcp.call("mcp__ghost__tool", Map::new()), None).await;
    refused(mcp.read_resource("ghost", "ui://x"), None).await;
    refused(mcp.authenticate("ghost"), None).await;
    refused(mcp.finish_authentication("ghost", "http://localhost/?code=1"), None).await;
    refused(mcp.clear_authentication("ghost"), None).await;
    refused(mcp.enable_channel("ghost"), None).await;
}

async fn elsewhere(session: &Session) {
    // No login was started.
    let account = session.account();
    typed(account.cloud_sessions()).await;
    refused(account.finish_login("made-up", "made-up"), None).await;
    refused(account.await_login(), None).await;
    typed(account.login(true)).await;
    let feedback = session.feedback();
    feedback.rate(UNKNOWN, RatedPart::AssistantText, Sentiment::Positive).await.unwrap();
    feedback.clear_rating(UNKNOWN, RatedPart::AssistantText, Sentiment::Positive).await.unwrap();
    typed(feedback.submit("A text.").save_locally().kind(FeedbackKind::Bug)).await;
    typed(feedback.submit_survey(Survey::Session, Rating::Good, "a-1", "A text.")).await;
    refused(session.remote().enable().name("made-up"), None).await;
    typed(session.remote().disable()).await;
    session.remote().set_has_subscribers(None).await.unwrap();
    typed(session.chrome().status()).await;
    refused(session.chrome().browsers(), None).await;
    refused(session.chrome().select("none"), None).await;
    for (subtype, reason) in
        [("claim_session", "--await-claim"), ("set_chrome_browser_hints", "remote-hosted session")]
    {
        let error = session.control(subtype, Map::new()).await.unwrap_err();
        assert!(
            error.refusal().is_some_and(|refusal| refusal.error().contains(reason)),
            "{subtype}: {error}"
        );
    }
    refused(
        session.control("set_color", Map::from_iter([("color".into(), json!("red"))])),
        Some("unsupported_request"),
    )
    .await;
}

/// Returns the reply, every field of which the type must name and parse.
async fn typed<T>(call: Call<replies::Reply<T>>) -> replies::Reply<T> {
    let name = format!("{call:?}");
    let reply = call.await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(
        reply.defects().is_empty() && reply.unmodelled().is_empty(),
        "{name}: {:?} {:?}",
        reply.defects(),
        reply.unmodelled()
    );
    reply
}

async fn refused<T>(call: Call<T>, code: Option<&str>) {
    let name = format!("{call:?}");
    let Err(error) = call.await else { panic!("{name} was not refused") };
    assert_eq!(error.refusal().unwrap_or_else(|| panic!("{name}: {error}")).code(), code, "{name}");
}
