//! Messages that steer a running turn: added to it or answered after it, and reported if lost.

use crate::support::cli::{FakeCli, Log, aborted, assistant, cli, first, init, result, success};
use crate::support::read::quiet;
use claude_wire::session::{SessionEvent, SteerOutcome};
use claude_wire::transport::{Exit, Memory};
use claude_wire::wire::message::Priority;
use claude_wire::{Prompt, Session, Turn};
use serde_json::{Value, json};

fn lifecycle(uuid: &str, state: &str) -> Value {
    json!({"type": "command_lifecycle", "command_uuid": uuid, "state": state, "uuid": "l"})
}

/// A CLI whose first turn runs `script` with the uuid of its prompt, as 2.1.332 begins it.
fn steered<F, Fut>(script: F) -> Memory
where
    F: Fn(FakeCli, String) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    first(&Default::default(), move |mut cli, uuid| {
        let script = script.clone();
        async move {
            for state in ["queued", "started"] {
                cli.write(lifecycle(&uuid, state)).await;
            }
            cli.write(init(&uuid)).await;
            script(cli, uuid).await
        }
    })
}

/// Reads the message that steers the turn, and says that it waits.
async fn message(cli: &mut FakeCli) -> (String, Value) {
    let (uuid, content) = cli.prompt().await;
    cli.write(lifecycle(&uuid, "queued")).await;
    (uuid, content)
}

/// The CLI answers a message after the result.
async fn answer(cli: &mut FakeCli, uuid: &str, text: &str) {
    cli.write(lifecycle(uuid, "started")).await;
    cli.turn(uuid, text).await;
    cli.write(lifecycle(uuid, "completed")).await;
}

/// A CLI that answers the first message after the result of the turn, and then serves.
fn answering_later() -> Memory {
    steered(|mut cli, uuid| async move {
        let (steered, _) = message(&mut cli).await;
        cli.write(result(&uuid, "first")).await;
        cli.write(lifecycle(&uuid, "completed")).await;
        answer(&mut cli, &steered, "second").await;
        cli.serve().await
    })
}

async fn begun(session: &Session) -> Turn {
    let mut turn = session.query("go");
    while !turn.next().await.unwrap().unwrap().frame().opens_a_turn() {}
    turn
}

trait Opens {
    fn opens_a_turn(&self) -> bool;
}

impl Opens for claude_wire::wire::Frame {
    fn opens_a_turn(&self) -> bool {
        self.subtype().as_deref() == Some("init")
    }
}

fn start(transport: Memory) -> Session {
    Session::builder().transport(transport).start().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_added_to_the_turn_that_is_being_read() {
    let session = start(steered(|mut cli, uuid| async move {
        cli.write(assistant("calling a tool")).await;
        let (steered, content) = message(&mut cli).await;
        assert_eq!(content, "skip the slow ones");
        cli.write(lifecycle(&steered, "started")).await;
        cli.write(assistant("skipping them")).await;
        cli.write(lifecycle(&steered, "completed")).await;
        let mut both = result(&uuid, "done");
        both["user_message_uuids"] = json!([uuid, steered]);
        cli.write(both).await;
        cli.serve().await
    }));
    let mut turn = session.query("fix the tests");
    let mut receipt = None;
    let mut results = Vec::new();
    while let Some(message) = turn.next().await {
        let message = message.unwrap();
        if message.as_assistant().is_some() && receipt.is_none() {
            receipt = Some(turn.steer("skip the slow ones").await.unwrap());
        }
        results.extend(message.as_result().cloned());
    }
    let receipt = receipt.unwrap();
    assert_eq!(results.len(), 1);
    let uuids = results[0].user_message_uuids.clone().unwrap();
    assert_eq!(uuids, [turn.uuid().unwrap(), receipt.uuid()]);
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(session.query("next").text().await.unwrap(), "next");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_answered_later_adds_a_result_to_its_turn() {
    let session = start(answering_later());
    let mut turn = begun(&session).await;
    let next = tokio::spawn(session.query("next").text());
    let receipt = turn.steer(Prompt::from("and that").priority(Priority::Later)).await.unwrap();
    let mut results = Vec::new();
    while let Some(message) = turn.next().await {
        results.extend(message.unwrap().as_result().and_then(|result| result.result.clone()));
    }
    assert_eq!(results, ["first", "second"]);
    assert_eq!(turn.spending().unwrap().results, 2, "both count");
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Follows);
    assert_eq!(next.await.unwrap().unwrap(), "next", "and not merged with the message");
}

#[tokio::test(start_paused = true)]
async fn the_last_result_is_the_turns() {
    let session = start(answering_later());
    let turn = begun(&session).await;
    turn.steer("and that").await.unwrap();
    assert_eq!(turn.final_text().await.unwrap().as_deref(), Some("second"));

    let session = start(answering_later());
    let turn = begun(&session).await;
    turn.steer("and that").await.unwrap();
    let summary = turn.collect_summary().await.unwrap();
    assert_eq!((summary.text().as_str(), summary.spending.results), ("second", 2));
}

/// With priority `now` the CLI aborts the turn, and answers the message.
#[tokio::test(start_paused = true)]
async fn a_turn_that_is_aborted_for_a_message_has_not_failed() {
    let session = start(steered(|mut cli, uuid| async move {
        let line = cli.read().await.unwrap();
        assert_eq!(line["priority"], "now");
        let steered = line["uuid"].as_str().unwrap();
        cli.write(lifecycle(steered, "queued")).await;
        cli.write(aborted(&uuid)).await;
        cli.write(lifecycle(&uuid, "cancelled")).await;
        answer(&mut cli, steered, "stopped").await;
        cli.serve().await
    }));
    let turn = session.query("go");
    let handle = turn.steer_handle();
    let texts = tokio::spawn(turn.text_deltas().collect());
    quiet().await;
    let receipt = handle.steer(Prompt::from("stop").priority(Priority::Now)).await.unwrap();
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Follows);
    let texts = texts.await.unwrap().unwrap();
    assert_eq!(texts.iter().map(|piece| piece.as_str()).collect::<String>(), "stopped");
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_last_result_failed_has_failed() {
    let session = start(steered(|mut cli, uuid| async move {
        let (steered, _) = message(&mut cli).await;
        cli.write(result(&uuid, "first")).await;
        cli.write(lifecycle(&steered, "started")).await;
        cli.write(init(&steered)).await;
        cli.write(aborted(&steered)).await;
        cli.serve().await
    }));
    let turn = begun(&session).await;
    turn.steer("and that").await.unwrap();
    let error = turn.text_deltas().collect().await.unwrap_err();
    assert!(error.is_result(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_run_cannot_be_steered() {
    let session = start(steered(|mut cli, uuid| async move {
        cli.turn(&uuid, "done").await;
        cli.serve().await
    }));
    let mut turn = session.query("go");
    let handle = turn.steer_handle();
    let refused = async || {
        let error = handle.steer("too early or too late").await.unwrap_err();
        assert!(error.is_turn_over(), "{error}");
        assert!(error.to_string().contains("new query"), "{error}");
    };
    refused().await;
    while turn.next().await.is_some() {}
    refused().await;
    assert!(turn.steer("too late").await.unwrap_err().is_turn_over());
    drop((turn, session));
    refused().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_in_the_queue_gets_its_message_after_its_prompt() {
    let log = Log::default();
    let heard = log.clone();
    let session = start(cli(move |_, mut cli| {
        let log = heard.clone();
        async move {
            cli.handshake().await;
            let (one, _) = cli.prompt().await;
            quiet().await;
            cli.turn(&one, "one").await;
            let (two, content) = cli.prompt().await;
            log.push(content.as_str().unwrap());
            let (steered, content) = cli.prompt().await;
            log.push(content.as_str().unwrap());
            cli.write(init(&two)).await;
            let mut both = result(&two, "two");
            both["user_message_uuids"] = json!([two, steered]);
            cli.write(both).await;
            cli.serve().await
        }
    }));
    let one = tokio::spawn(session.query("1").text());
    quiet().await;
    let turn = session.query("2");
    let handle = turn.steer_handle();
    let two = tokio::spawn(turn.text());
    tokio::task::yield_now().await;
    let receipt = handle.steer("and this").await.unwrap();
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(one.await.unwrap().unwrap(), "one");
    assert_eq!(two.await.unwrap().unwrap(), "two");
    assert_eq!(log.all(), ["2", "and this"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_turn_cancels_its_messages() {
    let log = Log::default();
    let heard = log.clone();
    let session = start(steered(move |mut cli, uuid| {
        let log = heard.clone();
        async move {
            let (steered, _) = message(&mut cli).await;
            let interrupt = cli.request("interrupt").await;
            log.push(interrupt["request"].to_string());
            cli.write(lifecycle(&steered, "cancelled")).await;
            cli.write(success(&interrupt, json!({"still_queued": [], "cancelled": [steered]})))
                .await;
            cli.write(aborted(&uuid)).await;
            cli.serve().await
        }
    }));
    let turn = begun(&session).await;
    let receipt = turn.steer("and that").await.unwrap();
    drop(turn);
    let error = receipt.outcome().await.unwrap_err();
    assert!(error.to_string().contains("dropped the prompt"), "{error}");
    assert_eq!(log.all(), [r#"{"subtype":"interrupt","cancel_queued":true}"#]);
    assert_eq!(session.query("next").text().await.unwrap(), "next");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_not_taken_before_the_exit_is_lost() {
    for after_the_result in [false, true] {
        let session = start(steered(move |mut cli, uuid| async move {
            message(&mut cli).await;
            if after_the_result {
                cli.write(result(&uuid, "first")).await;
            }
            Exit::from_code(1)
        }));
        let mut turn = begun(&session).await;
        let receipt = turn.steer("and that").await.unwrap();
        assert!(receipt.outcome().await.unwrap_err().is_closed());
        let mut last = None;
        while let Some(message) = turn.next().await {
            last = Some(message);
        }
        assert!(last.unwrap().unwrap_err().is_process(), "the turn is not complete");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_message_that_no_one_waits_for_is_a_warning() {
    let session = start(steered(|mut cli, uuid| async move {
        let (steered, _) = message(&mut cli).await;
        cli.write(lifecycle(&steered, "cancelled")).await;
        cli.write(result(&uuid, "first")).await;
        cli.serve().await
    }));
    let mut events = session.events();
    let turn = begun(&session).await;
    let uuid = turn.steer("and that").await.unwrap().uuid().to_owned();
    assert_eq!(turn.text().await.unwrap(), "first", "the turn ends without it");
    session.stop().await.unwrap();
    let mut warnings = Vec::new();
    while let Some(event) = events.next().await {
        if let SessionEvent::Warning(warning) = event {
            warnings.push(warning);
        }
    }
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(&uuid), "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn the_outcome_does_not_wait_for_the_reader_of_the_turn() {
    let session = Session::builder()
        .buffer_limit(1000)
        .transport(steered(|mut cli, uuid| async move {
            let (steered, _) = message(&mut cli).await;
            for _ in 0..100 {
                cli.write(assistant(&"x".repeat(100))).await;
            }
            cli.write(lifecycle(&steered, "started")).await;
            cli.write(result(&uuid, "done")).await;
            cli.serve().await
        }))
        .start()
        .unwrap();
    let turn = begun(&session).await;
    let receipt = turn.steer("and that").await.unwrap();
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(turn.text().await.unwrap(), "done");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_the_outcome_gets_an_error() {
    let steering =
        std::sync::Arc::new(std::sync::OnceLock::<claude_wire::session::SteerHandle>::new());
    let handle = steering.clone();
    let session = Session::builder()
        .on_permission(move |_: claude_wire::PermissionRequest| {
            let handle = handle.clone();
            async move {
                let receipt = handle.get().unwrap().steer("and that").await.unwrap();
                assert!(receipt.outcome().await.unwrap_err().is_within_handler());
                claude_wire::Decision::allow()
            }
        })
        .transport(steered(|mut cli, uuid| async move {
            cli.write(json!({"type": "control_request", "request_id": "c", "request":
                {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}, "tool_use_id": "t"}}))
                .await;
            let (steered, _) = message(&mut cli).await;
            let answer = cli.read().await.unwrap();
            assert_eq!(answer["response"]["response"]["behavior"], "allow", "{answer}");
            cli.write(lifecycle(&steered, "started")).await;
            cli.write(result(&uuid, "done")).await;
            cli.serve().await
        }))
        .start()
        .unwrap();
    let turn = session.query("go");
    steering.set(turn.steer_handle()).unwrap();
    assert_eq!(turn.text().await.unwrap(), "done");
}

/// A turn that is still in the queue starts only when the handler has ended.
#[tokio::test(start_paused = true)]
async fn a_handler_that_steers_a_turn_in_the_queue_gets_an_error() {
    let steering =
        std::sync::Arc::new(std::sync::OnceLock::<claude_wire::session::SteerHandle>::new());
    let (handle, log) = (steering.clone(), Log::default());
    let steered_from = log.clone();
    let session = Session::builder()
        .on_permission(move |_: claude_wire::PermissionRequest| {
            let (handle, log) = (handle.clone(), steered_from.clone());
            async move {
                let error = handle.get().unwrap().steer("and that").await.unwrap_err();
                assert!(error.is_within_handler(), "{error}");
                log.push("refused");
                claude_wire::Decision::allow()
            }
        })
        .transport(steered(|mut cli, uuid| async move {
            quiet().await;
            cli.write(json!({"type": "control_request", "request_id": "c", "request":
                {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}, "tool_use_id": "t"}}))
                .await;
            let answer = cli.read().await.unwrap();
            assert_eq!(answer["response"]["response"]["behavior"], "allow", "{answer}");
            cli.write(result(&uuid, "one")).await;
            cli.serve().await
        }))
        .start()
        .unwrap();
    let one = tokio::spawn(session.query("one").text());
    tokio::task::yield_now().await;
    let two = session.query("two");
    steering.set(two.steer_handle()).unwrap();
    let two = tokio::spawn(two.text());
    assert_eq!(one.await.unwrap().unwrap(), "one");
    assert_eq!(two.await.unwrap().unwrap(), "two");
    assert_eq!(log.all(), ["refused"]);
}

/// The messages of turns that wait get the reason why the turns will not run.
#[tokio::test(start_paused = true)]
async fn a_message_for_a_waiting_turn_is_lost_with_the_session() {
    let session = start(steered(|mut cli, _| async move {
        cli.read().await;
        Exit::from_code(0)
    }));
    let running = begun(&session).await;
    let waiting = session.query("two");
    let handle = waiting.steer_handle();
    let waiting = tokio::spawn(waiting.text());
    tokio::task::yield_now().await;
    let message = tokio::spawn(async move { handle.steer("and that").await });
    tokio::task::yield_now().await;
    session.stop().await.unwrap();
    assert!(waiting.await.unwrap().unwrap_err().is_stopped());
    let error = message.await.unwrap().unwrap_err();
    assert!(error.is_stopped(), "{error}");
    drop(running);
}

/// Only the last result of the turn says that the input of a replay differs.
#[tokio::test(start_paused = true)]
async fn a_turn_that_is_read_late_has_the_divergence_at_its_last_result() {
    let session = start(steered(|mut cli, uuid| async move {
        let (steered, _) = message(&mut cli).await;
        cli.write(result(&uuid, "first")).await;
        cli.write(lifecycle(&steered, "started")).await;
        cli.write(init(&steered)).await;
        let mut last = aborted(&steered);
        last["claude_wire"] = json!({"divergence": {"kind": "mismatch"}});
        cli.write(last).await;
        cli.serve().await
    }));
    let mut turn = begun(&session).await;
    turn.steer("and that").await.unwrap();
    quiet().await;
    let mut results = Vec::new();
    let error = loop {
        match turn.next().await.unwrap() {
            Ok(message) => {
                results.extend(message.as_result().and_then(|result| result.result.clone()));
            }
            Err(error) => break error,
        }
    };
    assert_eq!(results, ["first"]);
    assert!(error.is_divergence(), "{error}");
}
