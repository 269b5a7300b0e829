//! Messages that belong to no turn go to the event listeners and block nothing.

use std::sync::Arc;

use crate::support::cli::{SESSION, assistant, cli, echo, init, result};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::session::{Events, SessionEvent};
use claude_wire::transport::{Exit, Memory};
use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::Notify;

/// One word for each event.
fn word(event: &SessionEvent) -> String {
    match event {
        SessionEvent::Connected(pid) => format!("connected {pid:?}"),
        SessionEvent::Disconnected(end) => format!("disconnected {:?} {:?}", end.cause, end.exit),
        SessionEvent::SessionId(id) => format!("session {id}"),
        SessionEvent::Message(message) => format!("message {}", message.frame().kind_name()),
        SessionEvent::Control(frame) => format!("control {}", frame.kind_name()),
        SessionEvent::Noise(line) => format!("noise {}", line.text()),
        SessionEvent::StrayReply(_) => "stray reply".into(),
        SessionEvent::Lost(count) => format!("lost {count}"),
        other => format!("{other:?}"),
    }
}

/// All events to the end of the session.
async fn all(mut events: Events) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(event) = events.next().await {
        words.push(word(&event));
    }
    words
}

fn turn_and_tail() -> Memory {
    cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "one").await;
        for line in [
            json!({"type": "prompt_suggestion", "suggestion": "run the tests"}),
            json!({"type": "transcript_mirror", "entries": []}),
            json!({"type": "keep_alive"}),
            json!({"type": "control_response", "response": {"subtype": "success", "request_id": "who?"}}),
        ] {
            cli.write(line).await;
        }
        cli.write("[info] idle").await;
        // A background task has ended, and the CLI starts a turn without a prompt.
        cli.write(json!({"type": "system", "subtype": "init", "session_id": SESSION, "uuid": "x"}))
            .await;
        cli.write(assistant("by myself")).await;
        cli.write(json!({"type": "result", "subtype": "success", "session_id": SESSION, "result": "foreign", "is_error": false})).await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "two").await;
        cli.drain().await;
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn lines_after_a_result_and_turns_started_by_the_cli_are_events() {
    let session = Session::builder().transport(turn_and_tail()).start().unwrap();
    let events = session.events();
    assert_eq!(read(session.query("go")).await.kinds(), ["system", "assistant", "result"]);
    quiet().await;
    let two = read(session.query("again")).await;
    assert_eq!((two.kinds().len(), two.text()), (3, "two".into()));
    ended_well(&session).await;
    assert_eq!(
        all(events).await,
        [
            "connected None",
            &format!("session {SESSION}"),
            "message prompt_suggestion",
            "control transcript_mirror",
            "stray reply",
            "noise [info] idle",
            "message system",
            "message assistant",
            "message result",
            "disconnected Stopped Some(Exit { code: Some(0), signal: None })",
        ]
    );
    assert_eq!(session.stats().unread_events, 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_listener_they_are_counted() {
    let session = Session::builder().transport(turn_and_tail()).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "one");
    assert_eq!(read(session.query("again")).await.text(), "two");
    ended_well(&session).await;
    assert_eq!(session.stats().unread_events, 10);
}

#[tokio::test(start_paused = true)]
async fn each_listener_gets_all_from_its_start_on() {
    let session = Session::builder().transport(turn_and_tail()).start().unwrap();
    let early = session.events();
    let dropped = session.events();
    assert_eq!(read(session.query("go")).await.text(), "one");
    quiet().await;
    drop(dropped);
    let late = session.events();
    assert_eq!(read(session.query("again")).await.text(), "two");
    ended_well(&session).await;
    let early = all(early).await;
    assert_eq!(early.len(), 10);
    assert_eq!(all(late).await, early[9..]);
    assert!(all(session.events()).await.is_empty(), "after the end there are no more events");
}

#[tokio::test(start_paused = true)]
async fn a_slow_event_reader_blocks_nothing_and_learns_what_it_lost() {
    let go = Arc::new(Notify::new());
    let gate = go.clone();
    let transport = cli(move |_, mut cli| {
        let gate = gate.clone();
        async move {
            cli.handshake().await;
            for n in 0..5000 {
                cli.write(format!("noise {n}")).await;
            }
            gate.notified().await;
            cli.write("the last").await;
            cli.serve().await
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut events = session.events();
    session.connect().await.unwrap();
    quiet().await;
    // `Connected` was dropped first.
    assert_eq!(word(&events.next().await.unwrap()), format!("lost {}", 5001 - 1024));
    for n in 5000 - 1024..5000 {
        assert_eq!(word(&events.next().await.unwrap()), format!("noise noise {n}"));
    }
    assert!(events.next().now_or_never().is_none());
    go.notify_one();
    assert_eq!(word(&events.next().await.unwrap()), "noise the last");
    assert_eq!(read(session.query("go")).await.text(), "go");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn event_streams_end_with_the_session_and_do_not_keep_it_alive() {
    let session = Session::builder().transport(echo()).start().unwrap();
    let (before, during) = (session.events(), session.events());
    assert_eq!(read(session.query("go")).await.text(), "go");
    let listener = tokio::spawn(all(during));
    quiet().await;
    drop(session);
    assert_eq!(
        listener.await.unwrap().last().unwrap(),
        "disconnected Dropped Some(Exit { code: Some(0), signal: None })"
    );
    assert_eq!(all(before).await.len(), 3);

    let never_started = Session::builder().transport(echo()).start().unwrap();
    let events = never_started.events();
    drop(never_started);
    assert!(all(events).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_result_of_another_prompt_does_not_end_the_running_turn() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(result("another prompt", "wrong")).await;
        cli.write(result(&uuid, "right")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert_eq!((turn.kinds().len(), turn.text()), (2, "right".into()));
    ended_well(&session).await;
}
