//! Messages for a running turn: added after a tool call, answered after the result, or instead of
//! the rest of the turn.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::SteerOutcome;
use claude_wire::wire::message::Priority;
use claude_wire::{Prompt, Turn};
use serde_json::json;

use crate::support::{appears, finish, place};

pub(crate) async fn run() {
    while_a_tool_runs().await;
    while_the_model_writes().await;
    at_once().await;
    dropped().await;
}

async fn while_a_tool_runs() {
    let command = "echo > running; until [ -e go ]; do sleep 0.05; done";
    let script = ApiScript::new()
        .on_prompt(
            "Build it",
            [
                ApiReply::tool_use("Bash", json!({"command": command})),
                ApiReply::text("Built without tests."),
            ],
        )
        .when(When::prompt_contains("Then tag it"), [ApiReply::text("Tagged.")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().allowed_tools(["Bash"]).start().unwrap();
    let turn = session.query("Build it");
    let handle = turn.steer_handle();
    let results = tokio::spawn(results(turn));
    appears(&place.cwd().join("running")).await;
    let later = Prompt::from("Then tag it").priority(Priority::Later);
    let later = handle.steer(later).await.unwrap();
    let added = handle.steer("Skip the tests").await.unwrap();
    let command = handle.steer("/context").await.unwrap();
    // Behind the messages, so that the CLI has read them when it answers.
    session.inspect().models().await.unwrap();
    std::fs::write(place.cwd().join("go"), "").unwrap();
    let uuids = [added.uuid(), command.uuid(), later.uuid()].map(String::from);
    assert_eq!(added.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(command.outcome().await.unwrap(), SteerOutcome::Follows, "a command");
    assert_eq!(later.outcome().await.unwrap(), SteerOutcome::Follows);
    let results = results.await.unwrap();
    let (texts, named): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert_eq!((&*texts[0], &*texts[2]), ("Built without tests.", "Tagged."));
    assert_eq!(named[0].len(), 2, "the prompt and what was added to its turn");
    assert_eq!([&named[0][1], &named[1][0], &named[2][0]], uuids.each_ref());
    let second = place.api().requests()[1].body().to_string();
    assert!(second.contains("Skip the tests"), "the model reads it with the tool's result");
    assert!(!second.contains("Then tag it"), "{second}");
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
}

async fn while_the_model_writes() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two three").hold(2, "middle")])
        .when(When::prompt_contains("Shorter"), [ApiReply::text("one")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let turn = session.query("Talk");
    let handle = turn.steer_handle();
    let results = tokio::spawn(results(turn));
    place.api().reached("middle").await;
    let answered = handle.steer("Shorter").await.unwrap();
    let withdrawn = handle.steer("Longer").await.unwrap();
    let reply = session.conversation().cancel_message(withdrawn.uuid()).await.unwrap();
    assert!(reply.cancelled);
    assert!(withdrawn.outcome().await.is_err());
    let note = handle.steer(Prompt::from("A note").should_query(false)).await.unwrap();
    session.inspect().models().await.unwrap();
    place.api().release("middle");
    assert_eq!(answered.outcome().await.unwrap(), SteerOutcome::Follows);
    note.outcome().await.unwrap();
    let texts: Vec<_> = results.await.unwrap().into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["one two three", "one", ""], "a note has an empty result");
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
}

async fn at_once() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two three").hold(3, "middle")])
        .when(When::prompt_contains("Stop"), [ApiReply::text("Stopped.")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let turn = session.query("Talk");
    let handle = turn.steer_handle();
    let text = tokio::spawn(turn.text());
    place.api().reached("middle").await;
    let now = handle.steer(Prompt::from("Stop").priority(Priority::Now)).await.unwrap();
    assert_eq!(now.outcome().await.unwrap(), SteerOutcome::Follows);
    assert_eq!(text.await.unwrap().unwrap(), "Stopped.");
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
}

/// The messages of a dropped turn are cancelled with it: no reply is scripted for them.
async fn dropped() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two three").hold(3, "middle")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let mut turn = session.query("Talk");
    turn.next().await.unwrap().unwrap();
    place.api().reached("middle").await;
    let receipt = turn.steer("Shorter").await.unwrap();
    drop(turn);
    assert!(receipt.outcome().await.is_err());
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
}

/// The text of each result, and the prompts that it names.
async fn results(mut turn: Turn) -> Vec<(String, Vec<String>)> {
    let mut results = Vec::new();
    while let Some(message) = turn.next().await {
        if let Some(result) = message.unwrap().as_result() {
            let text = result.result.clone().unwrap_or_default();
            results.push((text, result.user_message_uuids.clone().unwrap_or_default()));
        }
    }
    results
}
