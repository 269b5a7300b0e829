//! The turn continues, whatever a line contains.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use crate::support::cli::{answering, assistant, cli, result};
use crate::support::read::{Read, ended_well, read};
use claude_wire::Session;
use claude_wire::session::{Events, SessionEvent};
use claude_wire::transport::{Exit, Memory};
use futures_util::FutureExt;
use serde_json::json;

const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"end","session_id":"6f1a3e52-0000-4000-8000-000000000001"}"#;

/// Returns the turn and the events that came with it.
async fn play(transport: Memory) -> (Read, Vec<SessionEvent>, Session) {
    let session = Session::builder().max_line(1024 * 1024).transport(transport).start().unwrap();
    let mut events = session.events();
    let turn = read(session.query("go")).await;
    let seen = drain(&mut events);
    ended_well(&session).await;
    (turn, seen, session)
}

/// The events so far, without those of the connection.
fn drain(events: &mut Events) -> Vec<SessionEvent> {
    let all = std::iter::from_fn(|| events.next().now_or_never().flatten());
    all.filter(|event| !matches!(event, SessionEvent::Connected(_) | SessionEvent::SessionId(_)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn noise_and_malformed_lines_never_end_a_turn() {
    let mut bytes = b"\n  \r\n[debug] warming up\nnull\n42\n\"text\"\n[1,2]\n".to_vec();
    bytes.extend_from_slice(b"{\"type\":\n{}\n{\"type\":5}\n{\"type\":\"\"}\n\xff\xfe\xfd\n\x00\n");
    bytes.extend_from_slice("\u{feff}{\"type\":\"bom\"}\n".as_bytes());
    bytes.extend_from_slice(b"{\"type\":\"a_future_type\"}\n");
    bytes.extend_from_slice(format!("{RESULT}\n").as_bytes());
    let (turn, events, session) = play(answering(bytes)).await;
    assert_eq!(turn.text(), "end");
    let kinds: Vec<_> = events
        .iter()
        .map(|event| match event {
            SessionEvent::Noise(_) => "noise",
            SessionEvent::Malformed(_) => "malformed",
            other => panic!("{other:?}"),
        })
        .collect();
    let noise = kinds.iter().filter(|kind| **kind == "noise").count();
    let lines = session.stats().lines;
    assert_eq!((lines.noise as usize, lines.malformed as usize), (noise, kinds.len() - noise));
    // Two of the fourteen are blank, and whether a byte order mark invalidates a frame is
    // undefined.
    assert_eq!(kinds.len() + turn.lines.len() - 2, 12, "{events:?} {turn:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lone_surrogate_and_deep_nesting_are_delivered_verbatim() {
    let surrogate =
        r#"{"type":"assistant","message":{"content":[{"type":"text","text":"\ud83d"}]}}"#;
    let deep = format!(r#"{{"type":"user","message":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let bytes = format!("{surrogate}\n{deep}\n{RESULT}\n");
    let (turn, events, _) = play(answering(bytes)).await;
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(turn.lines, [surrogate, &deep, RESULT]);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_byte_inside_a_message_affects_only_itself() {
    let mut bytes =
        br#"{"type":"assistant","message":{"content":[{"type":"text","text":"a"#.to_vec();
    bytes.push(0xff);
    bytes.extend_from_slice(format!("b\"}}]}}}}\n{RESULT}\n").as_bytes());
    let (turn, events, _) = play(answering(bytes)).await;
    assert_eq!(turn.text(), "end");
    assert_eq!(
        turn.lines.len() + events.len(),
        2,
        "delivered or reported, not lost: {turn:?} {events:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn carriage_returns_belong_to_the_line_end() {
    let (turn, events, _) = play(answering(format!("{}\r\n{RESULT}\r\n", assistant("hi")))).await;
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(turn.lines, [assistant("hi").to_string(), RESULT.into()]);
}

#[tokio::test(start_paused = true)]
async fn an_over_long_line_is_an_event_and_the_next_line_a_message() {
    let long = format!(r#"{{"type":"assistant","filler":"{}"}}"#, "x".repeat(1024 * 1024));
    let (turn, events, session) =
        play(answering(format!("{}\n{long}\n{RESULT}\n", assistant("before")))).await;
    assert_eq!(turn.kinds(), ["assistant", "result"]);
    let [SessionEvent::Malformed(malformed)] = &events[..] else { panic!("{events:?}") };
    assert!(malformed.is_oversize());
    assert_eq!(malformed.content_len(), long.len() as u64);
    assert_eq!(session.stats().lines.malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn the_default_line_limit_is_64_mib() {
    let most = 64 * 1024 * 1024;
    let frame = |len: usize| {
        let shell = r#"{"type":"assistant","filler":""}"#.len();
        format!("{{\"type\":\"assistant\",\"filler\":\"{}\"}}\n", "x".repeat(len - shell))
    };
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        for len in [most, most + 1] {
            cli.write_bytes(frame(len).as_bytes()).await;
        }
        cli.write(result(&uuid, "end")).await;
        cli.serve().await
    })
    .capacity(1024 * 1024);
    let session = Session::builder().transport(transport).start().unwrap();
    let mut events = session.events();
    let mut turn = session.query("go");
    assert_eq!(turn.next().await.unwrap().unwrap().frame().bytes().len(), most);
    assert_eq!(read(turn).await.text(), "end");
    let events = drain(&mut events);
    let [SessionEvent::Malformed(malformed)] = &events[..] else {
        panic!("{} events", events.len())
    };
    assert_eq!((malformed.is_oversize(), malformed.content_len()), (true, most as u64 + 1));
    assert_eq!(read(session.query("next")).await.text(), "next");
    ended_well(&session).await;
}

/// A short session: every message, byte by byte.
fn short_session() -> String {
    let text = "ü → 😀\\n";
    format!(
        "{}\r\n[log] {text}\n\n{}\n{RESULT}\n",
        json!({"type": "system", "subtype": "init"}),
        assistant(text)
    )
}

#[tokio::test(start_paused = true)]
async fn a_session_split_at_every_byte_is_the_same_session() {
    let bytes = short_session().into_bytes();
    let (whole, ..) = play(answering(bytes.clone())).await;
    assert_eq!(whole.kinds(), ["system", "assistant", "result"]);
    for at in 1..bytes.len() {
        let bytes = bytes.clone();
        let transport = cli(move |_, mut cli| {
            let bytes = bytes.clone();
            async move {
                cli.handshake().await;
                cli.prompt().await;
                cli.write_bytes(&bytes[..at]).await;
                crate::support::read::quiet().await;
                cli.write_bytes(&bytes[at..]).await;
                cli.drain().await;
                Exit::from_code(0)
            }
        });
        let (turn, events, _) = play(transport).await;
        assert_eq!(turn.lines, whole.lines, "split at {at}");
        assert_eq!(events.len(), 1, "split at {at}: {events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_through_a_pipe_of_one_byte_is_the_same_session() {
    let (whole, ..) = play(answering(short_session())).await;
    let (turn, events, _) = play(answering(short_session()).capacity(1)).await;
    assert_eq!(turn.lines, whole.lines);
    assert_eq!(events.len(), 1, "{events:?}");
}
