//! Programs that are replaced while a holder keeps their CLI: what becomes of the turn.
#![cfg(unix)]

use std::time::Duration;

use claude_wire::holder::HeldTransport;
use claude_wire::session::{Events, SessionEvent};
use claude_wire::transport::Exit;
use claude_wire::{Session, SessionBuilder};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::holder_support::{Held, Program, asking, describe};
use crate::support::ask::ask;
use crate::support::cli::{Launches, Log, assistant, cli, init, result, success};

/// A program begins a turn, and is killed while a permission request is open.
async fn killed_at_a_request(held: &Held) {
    let mut first = Program::new(held, 0);
    first.read(first.session.query("go"));
    first.seen_until("asked r-1").await;
    first.kill().await;
    held.is_unclaimed().await;
}

#[tokio::test]
async fn the_next_program_finishes_the_turn() {
    // How many requests the first program answers, and what it sees last.
    for (answers, last) in [
        (0, "system"),
        (0, "one"),
        (0, "asked r-1"),
        (1, "two"),
        (1, "asked r-2"),
        (2, "three"),
        (2, "end"),
    ] {
        let log = Log::default();
        let held = Held::new(asking(&log));
        let mut first = Program::new(&held, answers);
        first.read(first.session.query("go"));
        first.seen_until(last).await;
        first.kill().await;
        held.is_unclaimed().await;

        let mut second = Program::new(&held, 9);
        let turn = second.held_turn().await.expect("the turn that was begun");
        let uuid = turn.uuid().unwrap().to_owned();
        let known = HeldTransport::list(held.socket()).await.unwrap()[0].turn.clone().unwrap();
        assert_eq!(uuid, known.uuid);
        second.read(turn);
        let seen = second.seen_until("end").await;
        let (asked, messages): (Vec<_>, Vec<_>) =
            seen.iter().map(String::as_str).partition(|seen| seen.starts_with("asked"));
        assert_eq!(messages, ["system", "one", "two", "three", "result", "end"], "{last}");
        assert_eq!(asked, ["asked r-1", "asked r-2"][answers..], "{last}");
        assert!(second.held_turn().await.is_none(), "it is handed out once");
        // The CLI has noticed nothing.
        assert_eq!(log.all(), ["initialize", "go", "r-1", "r-2"], "{last}");

        assert_eq!(second.text("more").await, "done");
        assert_eq!(second.session.stats().lines, Default::default(), "{last}");
        assert_eq!(second.stop().await, Some(Exit::from_code(0)));
        held.is_empty().await;
    }
}

#[tokio::test]
async fn a_program_with_other_fields_shakes_hands_again_and_gets_its_own_replies() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    for field in ["one", "two"] {
        held.is_unclaimed().await;
        let change = |builder: SessionBuilder| builder.initialize_field("aField", field.into());
        let mut next = Program::with(&held, 0, change);
        next.read(next.held_turn().await.unwrap());
        next.seen_until("asked r-1").await;
        let session = next.session.clone();
        let model = async move { session.set_model("opus").await };
        next.runtime.spawn(model).await.unwrap().unwrap();
        assert_eq!(next.session.stats().lines.stray_replies, 0);
        next.kill().await;
    }
    let expected = ["initialize", "go", "initialize", "set_model", "initialize", "set_model"];
    assert_eq!(log.all(), expected);
}

#[tokio::test]
async fn a_turn_that_no_one_asks_for_is_finished_before_the_next_query() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    let second = Program::new(&held, 9);
    assert_eq!(second.text("more").await, "done");
    assert_eq!(log.all(), ["initialize", "go", "r-1", "r-2", "more", "r-1", "r-2"]);
    second.kill().await;
}

#[tokio::test]
async fn dropping_the_held_turn_interrupts_it() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    let second = Program::new(&held, 0);
    drop(second.held_turn().await.unwrap());
    while !log.all().contains(&"interrupt".to_owned()) {
        tokio::task::yield_now().await;
    }
    second.kill().await;
}

#[tokio::test]
async fn lines_wait_for_the_next_program_and_stop_the_cli_when_they_are_too_many() {
    const LINES: usize = 2000;
    let log = Log::default();
    let written = log.clone();
    let cli = cli(move |_, mut cli| {
        let written = written.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for number in 0..LINES {
                cli.write(assistant(&format!("{number} {}", "x".repeat(1000)))).await;
                written.push("line");
            }
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let held = Held::with(cli, |holder| holder.buffer(100_000));
    let mut first = Program::new(&held, 0);
    first.read(first.session.query("go"));
    first.seen_until("system").await;
    first.kill().await;
    held.is_unclaimed().await;
    // Until the pipe is full, which has no event: no more comes in this time.
    let mut before = 0;
    while before == 0 || before != log.len() {
        before = log.len();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = Session::builder().transport(held.transport()).start().unwrap();
    let mut events = second.events();
    let mut turn = second.held_turn().await.unwrap().unwrap();
    let mut texts = Vec::new();
    while let Some(message) = turn.next().await {
        texts.push(describe(message.unwrap()));
    }
    assert_eq!(texts.pop().as_deref(), Some("result"));
    // What the first program had read may be gone, and that is reported.
    let first = LINES - texts.iter().filter(|text| text.contains(' ')).count();
    for (number, text) in (first..LINES).zip(texts.iter().filter(|text| text.contains(' '))) {
        assert!(text.starts_with(&format!("{number} ")), "{number}: {text:.9}");
    }
    let mut warned = false;
    while let Some(event) = events.next().now_or_never().flatten() {
        warned |= matches!(&event, SessionEvent::Warning(text) if text.contains("no longer held"));
    }
    assert_eq!(warned, first > 0 || texts.first().is_none_or(|text| text != "system"));
    second.stop().await.unwrap();
}

/// A turn that the CLI runs by itself, as for the `initialPrompt` of an agent.
const OWN: [&str; 3] = [
    r#"{"type":"system","subtype":"init","session_id":"s"}"#,
    r#"{"type":"assistant","message":{"id":"m","role":"assistant","content":[{"type":"text","text":"own"}]},"parent_tool_use_id":null,"session_id":"s"}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"own"}"#,
];

/// Reads the events up to a result that belongs to no turn, and returns their number of results.
async fn own_result(events: &mut Events) {
    loop {
        if let SessionEvent::Message(message) = events.next().await.expect("the session is open")
            && message.as_result().is_some()
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_turn_of_the_cli_itself_is_no_answer_for_the_next_program() {
    const LATER: usize = 100;
    // Whether the first program reads that turn; whether it had asked one itself, of which the buffer
    // has nothing left; what the next one does first, and whether its handshake is another one.
    let cases = [true, false].into_iter().flat_map(|is_read| {
        let ways = ["connect", "query", "held_turn"].into_iter();
        let ways = ways.flat_map(|way| [(way, false), (way, true)]);
        ways.flat_map(move |(way, other)| {
            [(is_read, false, way, other), (is_read, true, way, other)]
        })
    });
    for (is_read, had_turn, way, other) in cases {
        let case = format!("read: {is_read}, had a turn: {had_turn}, {way}, other: {other}");
        let launches = Launches::default();
        let (begin, begins) = watch::channel(false);
        let written = Log::default();
        let (seen, noted) = (written.clone(), launches.clone());
        let cli = cli(move |launch, mut cli| {
            let (mut begins, seen, process) = (begins.clone(), seen.clone(), noted.note(launch));
            async move {
                if process > 0 {
                    return cli.serve().await;
                }
                cli.handshake().await;
                if had_turn {
                    let (uuid, _) = cli.prompt().await;
                    cli.turn(&uuid, "go").await;
                    for _ in 0..LATER {
                        cli.write(assistant("later")).await;
                    }
                }
                begins.wait_for(|begins| *begins).await.unwrap();
                for line in OWN {
                    cli.write(line).await;
                }
                seen.push("own");
                cli.serve().await
            }
        });
        let held = Held::with(cli, |holder| holder.buffer(4000));
        let first = Program::new(&held, 0);
        let mut events = first.session.events();
        assert!(first.held_turn().await.is_none());
        if had_turn {
            assert_eq!(first.text("go").await, "go");
            let mut later = 0;
            while later < LATER {
                let event = events.next().await.unwrap();
                later += usize::from(matches!(event, SessionEvent::Message(_)));
            }
        }
        if is_read {
            begin.send_replace(true);
            own_result(&mut events).await;
        }
        first.kill().await;
        held.is_unclaimed().await;
        begin.send_replace(true);
        while written.len() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(HeldTransport::list(held.socket()).await.unwrap()[0].turn, None, "{case}");

        let second = Program::with(&held, 0, |builder| match other {
            true => builder.initialize_field("aField", "another".into()),
            false => builder,
        });
        let mut events = second.session.events();
        match way {
            "connect" => {
                let session = second.session.clone();
                let connected = second.runtime.spawn(async move { session.connect().await });
                connected.await.unwrap().unwrap_or_else(|error| panic!("{case}: {error}"));
            }
            "query" => {}
            _ => assert!(second.held_turn().await.is_none(), "{case}"),
        }
        assert_eq!(second.text("mine").await, "mine", "{case}");
        let mut results = 0;
        while let Some(event) = events.next().now_or_never().flatten() {
            let message = match &event {
                SessionEvent::Message(message) => Some(message),
                SessionEvent::Warning(text) => panic!("{case}: {text}"),
                _ => None,
            };
            results += usize::from(message.is_some_and(|it| it.as_result().is_some()));
        }
        assert_eq!(results, usize::from(!is_read), "{case}");
        assert_eq!(launches.len(), 1, "{case}");
        assert_eq!(second.stop().await, Some(Exit::from_code(0)));
    }
}

/// A CLI that names the request in its reply to a handshake which it has read before the answer.
#[tokio::test]
async fn a_request_in_the_reply_to_a_handshake_is_asked_once() {
    // Whether the answer is read before that reply is written.
    for answered_first in [true, false] {
        let log = Log::default();
        let seen = log.clone();
        let cli = cli(move |_, mut cli| {
            let seen = seen.clone();
            async move {
                let input = json!({"subtype": "can_use_tool", "tool_name": "r-1", "tool_use_id": "t", "input": {}});
                let asked = ask("r-1", &input.to_string());
                cli.handshake().await;
                let (uuid, _) = cli.prompt().await;
                cli.write(init(&uuid)).await;
                cli.write(&asked).await;
                let again = cli.request("initialize").await;
                let asked: Value = serde_json::from_str(&asked).unwrap();
                let mut reply = success(&again, json!({}));
                reply["response"]["pending_permission_requests"] = json!([asked]);
                if !answered_first {
                    cli.write(&reply).await;
                }
                let answer = cli.read().await.unwrap();
                seen.push(answer["response"]["request_id"].as_str().unwrap());
                if answered_first {
                    cli.write(&reply).await;
                }
                cli.write(result(&uuid, "done")).await;
                while let Some(line) = cli.read().await {
                    if line["type"] != "user" {
                        seen.push(line.to_string());
                        continue;
                    }
                    seen.push(line["message"]["content"].as_str().unwrap());
                    cli.turn(line["uuid"].as_str().unwrap(), "more").await;
                }
                Exit::from_code(0)
            }
        });
        let held = Held::new(cli);
        killed_at_a_request(&held).await;
        for (number, answers) in [(0, 9), (1, 9)] {
            let change = |builder: SessionBuilder| builder.initialize_field("aField", "two".into());
            let mut next = Program::with(&held, answers, change);
            next.read(next.held_turn().await.unwrap());
            let seen = next.seen_until("end").await;
            let asked = seen.iter().filter(|seen| seen.starts_with("asked")).count();
            assert_eq!(asked, usize::from(number == 0), "{answered_first} {number}: {seen:?}");
            if number == 1 {
                assert_eq!(next.text("more").await, "more");
            }
            next.kill().await;
            held.is_unclaimed().await;
        }
        assert_eq!(log.all(), ["r-1", "more"], "{answered_first}");
    }
}

#[tokio::test]
async fn the_turn_behind_a_withdrawn_prompt_is_the_held_one() {
    // What the CLI writes when it has dropped the prompt; whether it runs the next turn already.
    for (is_reported, is_begun) in [(true, true), (true, false), (false, true), (false, false)] {
        let case = format!("reported: {is_reported}, begun: {is_begun}");
        let log = Log::default();
        let (go_on, goes_on) = watch::channel(false);
        let seen = log.clone();
        let cli = cli(move |_, mut cli| {
            let (seen, mut goes_on) = (seen.clone(), goes_on.clone());
            async move {
                cli.handshake().await;
                cli.write(OWN[0]).await;
                let (uuid, _) = cli.prompt().await;
                seen.push("one");
                let withdraw = cli.request("cancel_async_message").await;
                cli.write(success(&withdraw, json!({"cancelled": true}))).await;
                if is_reported {
                    cli.write(json!({"type": "command_lifecycle", "command_uuid": uuid, "state": "cancelled"})).await;
                }
                let (uuid, _) = cli.prompt().await;
                let origin = r#""result","origin":{"kind":"task-notification"}"#;
                cli.write(OWN[2].replacen(r#""result""#, origin, 1)).await;
                if is_begun {
                    cli.write(init(&uuid)).await;
                }
                seen.push("two");
                goes_on.wait_for(|goes_on| *goes_on).await.unwrap();
                cli.turn(&uuid, "two").await;
                cli.serve().await
            }
        });
        let held = Held::new(cli);
        let first = Program::new(&held, 0);
        let mut events = first.session.events();
        assert!(first.held_turn().await.is_none());
        while !matches!(events.next().await.unwrap(), SessionEvent::Message(_)) {}
        let mut turn = first.session.query("one");
        let reading = first.runtime.spawn(async move { turn.next().await.is_some() });
        while log.len() < 1 {
            tokio::task::yield_now().await;
        }
        reading.abort();
        first.read(first.session.query("two"));
        while log.len() < 2 {
            tokio::task::yield_now().await;
        }
        first.kill().await;
        held.is_unclaimed().await;
        go_on.send_replace(true);
        let second = Program::new(&held, 0);
        let turn = second.held_turn().await.expect("the second prompt is being answered");
        let text = second.runtime.spawn(turn.text()).await.unwrap();
        assert_eq!(text.unwrap_or_else(|error| panic!("{case}: {error}")), "two");
        assert_eq!(second.text("three").await, "three", "{case}");
        assert_eq!(second.stop().await, Some(Exit::from_code(0)));
    }
}
