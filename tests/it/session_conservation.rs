//! No line is lost: each is delivered, reported as an event, or counted. Those of a turn are
//! delivered in the order in which they were written.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use crate::support::cli::{FakeCli, aborted, cli, init, result, success};
use crate::support::read::quiet;
use claude_wire::Session;
use claude_wire::session::SessionEvent;
use claude_wire::transport::{Exit, Memory};
use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::json;

/// A line of the CLI, and its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Message,
    /// In the shape that most lines have.
    Delta,
    Padded(usize),
    Mirror,
    KeepAlive,
    Noise,
    Malformed,
    Oversize,
    Stray,
    Blank,
    Yield,
}

impl Line {
    fn text(self, n: usize) -> String {
        match self {
            Self::Message => json!({"type": "assistant", "n": n}).to_string(),
            Self::Delta => format!(r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"Hel"}}}},"session_id":"s","parent_tool_use_id":null,"uuid":"u","n":{n}}}"#),
            Self::Padded(len) => json!({"type": "user", "n": n, "pad": "x".repeat(len)}).to_string(),
            Self::Mirror => json!({"type": "transcript_mirror", "n": n}).to_string(),
            Self::KeepAlive => json!({"type": "keep_alive"}).to_string(),
            Self::Noise => format!("[log] {n}"),
            Self::Malformed => "{\"type\":".into(),
            Self::Oversize => json!({"type": "user", "pad": "x".repeat(1100)}).to_string(),
            Self::Stray => json!({"type": "control_response", "response": {"subtype": "success", "request_id": "x"}}).to_string(),
            Self::Blank | Self::Yield => String::new(),
        }
    }
}

fn line() -> impl Strategy<Value = Line> {
    use Line::{
        Blank, Delta, KeepAlive, Malformed, Message, Mirror, Noise, Oversize, Padded, Stray, Yield,
    };
    prop_oneof![
        4 => Just(Message),
        8 => Just(Delta),
        3 => (0..900_usize).prop_map(Padded),
        1 => prop_oneof![Just(Mirror), Just(KeepAlive), Just(Noise), Just(Malformed), Just(Oversize), Just(Stray), Just(Blank)],
        2 => Just(Yield),
    ]
}

/// The lines of one turn.
#[derive(Clone, Debug)]
struct Script {
    /// Within the turn.
    lines: Vec<Line>,
    /// After its result.
    tail: Vec<Line>,
    /// How many messages the reader takes before it drops the turn; `None` to read to the end.
    take: Option<usize>,
}

fn script() -> impl Strategy<Value = Script> {
    let lines = || proptest::collection::vec(line(), 0..40);
    (lines(), lines(), proptest::option::weighted(0.4, 1..20_usize))
        .prop_map(|(lines, tail, take)| Script { lines, tail, take })
}

/// Plays the scripts; an interrupted turn is aborted after all its lines.
fn play(scripts: Vec<Script>, capacity: usize) -> Memory {
    cli(move |_, mut cli| {
        let scripts = scripts.clone();
        async move {
            cli.handshake().await;
            let mut queue = scripts.into_iter();
            while let Some(line) = cli.read().await {
                if line["type"] == "control_request" {
                    cli.write(success(&line, json!({}))).await;
                    continue;
                }
                let Script { lines, tail, take } = queue.next().unwrap();
                let uuid = line["uuid"].as_str().unwrap_or_default();
                cli.write(init(uuid)).await;
                say(&mut cli, lines).await;
                cli.write(if take.is_some() { aborted(uuid) } else { result(uuid, "done") }).await;
                say(&mut cli, tail).await;
            }
            Exit::from_code(0)
        }
    })
    .capacity(capacity)
}

async fn say(cli: &mut FakeCli, lines: Vec<Line>) {
    for (n, line) in lines.into_iter().enumerate() {
        if line == Line::Yield {
            quiet().await;
        } else {
            cli.write(line.text(n)).await;
        }
    }
}

fn count(scripts: &[Script], which: impl Fn(Line) -> bool) -> u64 {
    scripts
        .iter()
        .flat_map(|script| script.lines.iter().chain(&script.tail))
        .filter(|line| which(**line))
        .count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_is_delivered_an_event_or_counted(
        scripts in proptest::collection::vec(script(), 1..6),
        capacity in prop_oneof![3..64_usize, Just(64 * 1024)],
        limit in prop_oneof![Just(1_usize), Just(1000), Just(1024 * 1024)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let session =
                Session::builder().max_line(1024).buffer_limit(limit).transport(play(scripts.clone(), capacity)).start().unwrap();
            let mut events = session.events();
            let mut delivered = 0;
            for script in &scripts {
                let mut turn = session.query("go");
                let mut last = None;
                while let Some(message) = turn.next().await {
                    let message = message.unwrap();
                    if let Some(n) = message.frame().field("n") {
                        let n = n.to_string().parse::<usize>().ok();
                        assert!(n > last, "{n:?} comes after {last:?}");
                        last = n;
                    }
                    delivered += 1;
                    if script.take == Some(delivered) {
                        break;
                    }
                }
            }
            // All other handles are gone; the end of input comes after the last tail.
            assert!(session.stop().await.unwrap().unwrap().success());
            let (mut messages, mut frames, mut noise, mut malformed, mut stray) = (0, 0, 0, 0, 0);
            while let Some(event) = events.next().now_or_never().flatten() {
                match event {
                    SessionEvent::Message(_) => messages += 1,
                    SessionEvent::Control(_) => frames += 1,
                    SessionEvent::Noise(_) => noise += 1,
                    SessionEvent::Malformed(_) => malformed += 1,
                    SessionEvent::StrayReply(_) => stray += 1,
                    SessionEvent::Connected(_) | SessionEvent::Disconnected(_) | SessionEvent::SessionId(_) => {}
                    event => panic!("{event:?}"),
                }
            }
            let stats = session.stats();
            // Plus the `init` and the result of each turn.
            let sent = count(&scripts, |line| matches!(line, Line::Message | Line::Delta | Line::Padded(_))) + 2 * scripts.len() as u64;
            assert_eq!(sent, delivered as u64 + messages + stats.lines.drained + stats.unread_messages, "{stats:?}");
            assert_eq!(count(&scripts, |line| line == Line::Mirror), frames);
            assert_eq!(count(&scripts, |line| line == Line::Noise), noise);
            assert_eq!(count(&scripts, |line| matches!(line, Line::Malformed | Line::Oversize)), malformed);
            assert_eq!(count(&scripts, |line| line == Line::Stray), stray);
            assert_eq!((stats.lines.noise, stats.lines.malformed, stats.lines.stray_replies), (noise, malformed, stray));
            assert_eq!(stats.lines.keep_alives, count(&scripts, |line| line == Line::KeepAlive));
        });
    }
}
