//! A message is found between sequences that other programs write to a terminal, and its line is
//! kept unchanged.

use crate::support::cli::{FakeCli, assistant, cli, init, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::player::Replay;
use claude_wire::recorder::Recorder;
use claude_wire::session::SessionEvent;
use claude_wire::transport::{Exit, Memory};
use claude_wire::wire::{Line, Outcome, classify};
use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A CLI in a shell that writes around each of its lines.
fn wrapped(before: &str, behind: &str) -> Memory {
    let around = [before.to_owned(), behind.to_owned()];
    cli(move |_, mut cli| {
        let around = around.clone();
        async move {
            async fn say(cli: &mut FakeCli, [before, behind]: &[String; 2], line: Value) {
                cli.write_bytes(format!("{before}{line}{behind}\n").as_bytes()).await;
            }
            let initialize = cli.request("initialize").await;
            say(&mut cli, &around, success(&initialize, json!({"commands": []}))).await;
            while let Some(line) = cli.read().await {
                let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
                for line in [init(&uuid), assistant("hi"), result(&uuid, "hi")] {
                    say(&mut cli, &around, line).await;
                }
            }
            Exit::from_code(0)
        }
    })
}

/// What wrappers were observed to write, and variations of it.
const AROUND: [(&str, &str); 7] = [
    ("\x1b]0;host: ready\x07\x1b]0;project: ready\x07", ""),
    ("\x1b]0;host: {\"type\":\"x\"}\x1b\\", "\x1b]0;\x1b\\"),
    ("\x1b[?2004h", "\x1b[?2004l"),
    ("\x1b[?2004l\r\x1b[?25h", "\x1b[0m\r"),
    ("\x1e", ""),
    ("\u{feff}\x1bktitle\x1b\\", "\x1b[K"),
    ("\x1bPtmux;\x1b\x1b]0;t\x07\x1b\\\x1b_Ga=d\x1b\\", "\x07"),
];

#[tokio::test(start_paused = true)]
async fn a_session_works_through_a_shell_that_writes_sequences_around_each_line() {
    for (before, behind) in AROUND {
        let session = Session::builder().transport(wrapped(before, behind)).start().unwrap();
        let mut events = session.events();
        let turn = read(session.query("go")).await;
        assert_eq!((turn.text().as_str(), turn.lines.len()), ("hi", 3), "{before:?}");
        assert_eq!(read(session.query("again")).await.text(), "hi", "{before:?}");
        ended_well(&session).await;
        let lost = std::iter::from_fn(|| events.next().now_or_never().flatten());
        let lost: Vec<_> = lost
            .filter(|event| matches!(event, SessionEvent::Noise(_) | SessionEvent::Malformed(_)))
            .collect();
        assert!(lost.is_empty(), "{before:?}: {lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_with_sequences_replays_for_another_host() {
    for (before, behind) in AROUND {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapped.jsonl");
        let recorder = Recorder::new(wrapped(before, behind), &path);
        let session = Session::builder().transport(recorder.clone()).start().unwrap();
        assert_eq!(session.query("go").text().await.unwrap(), "hi");
        session.stop().await.unwrap();
        recorder.flush().await.unwrap();

        // This host has other ids.
        let replay = Replay::open(&path).unwrap();
        let session = Session::builder().transport(replay.clone()).start().unwrap();
        let turn = read(session.query("go")).await;
        assert_eq!(turn.text(), "hi", "{before:?}");
        let raw = turn.values();
        assert!(raw.iter().all(|line| line.is_object()), "{before:?}: {raw:?}");
        session.stop().await.unwrap();
        replay.assert_finished();
    }
}

/// A sequence as defined by the standards.
fn sequence() -> impl Strategy<Value = String> {
    let text = || "[ -~é日]{0,8}";
    prop_oneof![
        "\x1b\\[[0-?]{0,4}[ -/]{0,2}[@-~]",
        text().prop_map(|text| format!("\x1b]{text}\x07")),
        text().prop_map(|text| format!("\x1b]{text}\x1b\\")),
        text().prop_map(|text| format!("\u{9d}{text}\u{9c}")),
        ("[PX^_k]", text()).prop_map(|(kind, text)| format!("\x1b{kind}{text}\x1b\\")),
        "\x1b[ -/]{1,2}[0-~]",
        // Neither an introducer nor the title of `screen`.
        "\x1b[0-9:-@A-OQ-WYZa-jl-z|}~]",
        "\u{9b}[0-?]{0,3}[@-~]",
        "[\x00-\x06\x08-\x0c\x0e-\x17\x19\x1c-\x20\x7f]",
        Just("\x07".to_owned()),
        Just("\r".to_owned()),
    ]
}

fn sequences() -> impl Strategy<Value = String> {
    proptest::collection::vec(sequence(), 0..6).prop_map(|all| all.concat())
}

fn object() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("assistant"),
        Just("result"),
        Just("control_response"),
        Just("keep_alive"),
        Just("a_future_type"),
    ];
    (kind, "[ -~é\x1b]{0,12}", any::<bool>()).prop_map(|(kind, text, spaced)| {
        let object = json!({"type": kind, "text": text, "n": [1, {"a": null}]}).to_string();
        if spaced { object.replacen("{\"", "{ \"", 1) } else { object }
    })
}

proptest! {
    #[test]
    fn a_frame_between_sequences_equals_the_bare_frame(before in sequences(), object in object(), behind in sequences()) {
        // The codec removes a carriage return before the line feed.
        let line = format!("{before}{object}{behind}");
        let frame = match classify(Line::new(line.clone())) {
            Outcome::Message(frame) | Outcome::Control(frame) => frame,
            other => return Err(TestCaseError::fail(format!("{}: {line:?}", other.name()))),
        };
        prop_assert_eq!(&frame.bytes()[..], object.as_bytes());
        prop_assert_eq!(&frame.raw_line()[..], line.as_bytes());
        let alone = claude_wire::wire::Frame::parse(object.clone()).unwrap();
        prop_assert_eq!(frame.kind_name(), alone.kind_name());
        prop_assert_eq!(frame.field("text"), alone.field("text"));
    }

    /// Part of a sequence before an object never hides it, and text after an object does not change
    /// it.
    #[test]
    fn partial_sequences_never_hide_an_object(before in sequences(), cut in any::<prop::sample::Index>(), object in object(), behind in "[ -~\x1b\x07]{0,6}") {
        let ends: Vec<usize> = before.char_indices().map(|(at, _)| at).chain([before.len()]).collect();
        let before = &before[..*cut.get(&ends)];
        let line = format!("{before}{object}{behind}");
        match classify(Line::new(line.clone())) {
            Outcome::Message(frame) | Outcome::Control(frame) => prop_assert_eq!(&frame.bytes()[..], object.as_bytes()),
            Outcome::Malformed(_) | Outcome::Noise(_) => {}
            Outcome::TruncatedTail(_) => return Err(TestCaseError::fail(format!("{line:?}"))),
        }
    }
}
