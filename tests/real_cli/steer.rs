//! Messages for a running turn: added after a tool call, answered after the result, or instead of
//! the rest of the turn. These are the rows of the table of `Turn::steer`.

use std::future::pending;
use std::sync::{Arc, Mutex};

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::{SteerHandle, SteerOutcome};
use claude_wire::wire::message::Priority;
use claude_wire::wire::result::TerminalReason;
use claude_wire::{Decision, Prompt, Turn};
use serde_json::json;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::support::{appears, finish, place};

pub(crate) async fn run() {
    before_a_tool_call().await;
    while_a_tool_runs().await;
    while_the_host_is_asked().await;
    while_the_model_writes().await;
    at_once().await;
    interrupted().await;
    dropped().await;
}

/// Messages while the model writes that it calls a tool: before the first call, between two, and
/// after the last one.
async fn before_a_tool_call() {
    let call = |text: &str, command: &str| {
        let input = json!({"command": command, "description": "build"});
        ApiReply::text(text).and_tool_use("Bash", input)
    };
    let script = ApiScript::new()
        .on_prompt(
            "Build it",
            [
                call("I begin.", "echo built").hold(3, "before"),
                call("Now the rest.", "echo rest").hold(3, "between"),
                ApiReply::text("All built.").hold(3, "after"),
            ],
        )
        .when(When::prompt_contains("Then ship it"), [ApiReply::text("Tagged and shipped.")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().allowed_tools(["Bash"]).start().unwrap();
    let (handle, results) = steered(session.query("Build it"));
    let later = |text: &str| Prompt::from(text).priority(Priority::Later);
    place.api().reached("before").await;
    let tag = handle.steer(later("Then tag it")).await.unwrap();
    let skip = handle.steer("Skip the tests").await.unwrap();
    session.inspect().models().await.unwrap();
    place.api().release("before");
    place.api().reached("between").await;
    let docs = handle.steer(Prompt::from("And the docs").priority(Priority::Next)).await.unwrap();
    session.inspect().models().await.unwrap();
    place.api().release("between");
    place.api().reached("after").await;
    let ship = handle.steer(later("Then ship it")).await.unwrap();
    session.inspect().models().await.unwrap();
    place.api().release("after");
    let uuids = [&skip, &docs, &tag, &ship].map(|receipt| receipt.uuid().to_owned());
    for (receipt, outcome) in [
        (skip, SteerOutcome::Added),
        (docs, SteerOutcome::Added),
        (tag, SteerOutcome::Follows),
        // Answered with the one before it.
        (ship, SteerOutcome::Added),
    ] {
        let uuid = receipt.uuid().to_owned();
        assert_eq!(receipt.outcome().await.unwrap(), outcome, "{uuid} of {uuids:?}");
    }
    let (texts, named): (Vec<_>, Vec<_>) = results.await.unwrap().into_iter().unzip();
    assert_eq!(
        texts,
        ["All built.", "Tagged and shipped."],
        "those that wait are answered together"
    );
    assert_eq!((&named[0][1..], &named[1][..]), (&uuids[..2], &uuids[2..]));
    let requests = place.api().requests();
    let reads = |request: usize, text: &str| requests[request].body().to_string().contains(text);
    assert!(reads(1, "Skip the tests") && !reads(1, "And the docs"), "with the first result");
    assert!(reads(2, "And the docs") && !reads(2, "Then tag it"), "with the second one");
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
}

/// A permission question is open: `next` and `later` wait for its answer, `now` withdraws it.
async fn while_the_host_is_asked() {
    let touch = |file: &str| {
        let input = json!({"command": format!("touch {file}"), "description": "make a file"});
        ApiReply::tool_use("Bash", input)
    };
    let script = ApiScript::new()
        .on_prompt("Make a file", [touch("made"), ApiReply::text("Made.")])
        .on_prompt("Then tag it", [ApiReply::text("Tagged.")])
        .on_prompt("Make another", [touch("unmade")])
        .on_prompt("Not now", [ApiReply::text("As you like.")]);
    let place = place(script).await;
    let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (withdrawn, is_withdrawn) = oneshot::channel::<()>();
    let withdrawn = Arc::new(Mutex::new(Some(withdrawn)));
    let handler = (asked.clone(), answer.clone());
    let session = place
        .session()
        .on_permission(move |request| {
            let ((asked, answer), withdrawn) = (handler.clone(), withdrawn.clone());
            async move {
                asked.notify_one();
                if request.input().text().contains("unmade") {
                    // Reports when it is dropped.
                    let _guard = withdrawn.lock().unwrap().take();
                    return pending().await;
                }
                answer.notified().await;
                Decision::allow()
            }
        })
        .start()
        .unwrap();

    let (handle, first) = steered(session.query("Make a file"));
    asked.notified().await;
    let added = handle.steer("Only this one").await.unwrap();
    let later = Prompt::from("Then tag it").priority(Priority::Later);
    let later = handle.steer(later).await.unwrap();
    session.inspect().models().await.unwrap();
    answer.notify_one();
    assert_eq!(added.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(later.outcome().await.unwrap(), SteerOutcome::Follows);
    assert_eq!(texts(first.await.unwrap()), ["Made.", "Tagged."]);
    assert!(place.cwd().join("made").exists());

    let mut turn = session.query("Make another");
    let handle = turn.steer_handle();
    let second = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(message) = turn.next().await {
            if let Some(result) = message.unwrap().as_result() {
                seen.push((result.is_error, result.terminal_reason.clone()));
            }
        }
        seen
    });
    asked.notified().await;
    let now = handle.steer(Prompt::from("Not now").priority(Priority::Now)).await.unwrap();
    assert!(is_withdrawn.await.is_err(), "the handler is dropped without an answer");
    assert_eq!(now.outcome().await.unwrap(), SteerOutcome::Follows);
    let ends = [TerminalReason::AbortedTools, TerminalReason::Completed];
    assert_eq!(second.await.unwrap(), ends.map(|reason| (false, Some(reason))));
    assert!(!place.cwd().join("unmade").exists());
    assert!(finish(session, place).await.success());
}

/// After an interrupt the CLI answers the messages all the same, those with priority `next` first;
/// with `cancel_queued` it does not.
async fn interrupted() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two three").hold(3, "middle")])
        .on_prompt("Shorter", [ApiReply::text("one")])
        .on_prompt("Sum up", [ApiReply::text("a number")])
        .on_prompt("Talk again", [ApiReply::text("four five six").hold(3, "again")])
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    for (prompt, gate, cancels) in [("Talk", "middle", false), ("Talk again", "again", true)] {
        let (handle, results) = steered(session.query(prompt));
        place.api().reached(gate).await;
        let later = Prompt::from("Sum up").priority(Priority::Later);
        let later = handle.steer(later).await.unwrap();
        let next = handle.steer("Shorter").await.unwrap();
        let uuids = [&later, &next].map(|receipt| receipt.uuid().to_owned());
        let interrupt = session.interrupt();
        let reply = if cancels { interrupt.cancel_queued().await } else { interrupt.await };
        let reply = reply.unwrap();
        let (queued, other) = match cancels {
            true => (&reply.cancelled, &reply.still_queued),
            false => (&reply.still_queued, &reply.cancelled),
        };
        assert_eq!((&queued[..], &other[..]), (&uuids[..], &[][..]), "{prompt}");
        let expected: &[&str] = if cancels { &[""] } else { &["", "one", "a number"] };
        assert_eq!(texts(results.await.unwrap()), expected, "{prompt}");
        for receipt in [later, next] {
            let outcome = receipt.outcome().await;
            assert_eq!(outcome.is_err(), cancels, "{prompt}: {outcome:?}");
        }
    }
    assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
    assert!(finish(session, place).await.success());
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
    let (handle, results) = steered(session.query("Build it"));
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
    let (handle, results) = steered(session.query("Talk"));
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

/// The text of each result, and the uuids of the messages that it names.
type Results = Vec<(String, Vec<String>)>;

/// A turn that is read while messages are added to it: what adds them, and its results.
fn steered(turn: Turn) -> (SteerHandle, JoinHandle<Results>) {
    (turn.steer_handle(), tokio::spawn(results(turn)))
}

async fn results(mut turn: Turn) -> Results {
    let mut results = Vec::new();
    while let Some(message) = turn.next().await {
        if let Some(result) = message.unwrap().as_result() {
            let text = result.result.clone().unwrap_or_default();
            results.push((text, result.user_message_uuids.clone().unwrap_or_default()));
        }
    }
    results
}

fn texts(results: Results) -> Vec<String> {
    results.into_iter().map(|(text, _)| text).collect()
}
