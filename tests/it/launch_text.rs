//! Text on stdin is a prompt, also where a line of it is JSON.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};
use claude_wire::transport::Launch;

use crate::launch_support::{Played, played_as};

const TEXT: &[&str] = &["-p"];
const LINES: &[&str] =
    &["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];

/// A launch that was asked this on stdin, and answered.
fn recorded(argv: &[&str], lines: &[&str], answer: &str) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.header.cli = Some("2.1.332".to_owned());
    recording.header.argv = Some(argv.iter().map(|arg| (*arg).to_owned()).collect());
    let asked = lines.iter().map(|line| EventKind::In((*line).into()));
    let end = [
        EventKind::Eof(Stream::In),
        EventKind::Out(answer.into()),
        EventKind::Exit(RecordedExit { code: Some(0), ..RecordedExit::default() }),
    ];
    recording.events = asked.chain(end).map(|kind| Event::new(1, kind)).collect();
    recording
}

async fn asks(replay: &Replay, argv: &[&str], lines: &[&str]) -> Played {
    let args = argv.iter().map(Into::into).collect();
    let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
    played_as(replay, Launch { args, ..Launch::default() }, &lines).await
}

/// Lines that are something else for a CLI that reads the protocol.
const JSON: [&[&str]; 12] = [
    &[r#"{"uuid":"a","q":1}"#],
    &[r#"{"uuid":"b","q":1}"#],
    &[r#"{"q":1}"#],
    &[r#"{"q": 1}"#],
    &[r#"{"q":1}"#, r#"{"type":"keep_alive"}"#],
    &[r#"{"type":"keep_alive"}"#, r#"{"q":1}"#],
    &[r#"{"type":"user","uuid":"a","message":{"role":"user","content":"Hi"}}"#],
    &[r#"{"type":"user","uuid":"b","message":{"role":"user","content":"Hi"}}"#],
    &[r#"{"type":"control_request","request_id":"1","request":{"subtype":"get_usage"}}"#],
    &[r#"{"type":"control_request","request_id":"2","request":{"subtype":"get_usage"}}"#],
    &[r#"{"type":"control_response","response":{"request_id":"1","subtype":"success"}}"#],
    &["[1]", "null"],
];

#[tokio::test(start_paused = true)]
async fn a_line_of_json_in_a_text_is_compared_as_text() {
    for recorded_lines in JSON {
        for lines in JSON {
            let replay = Replay::new(recorded(TEXT, recorded_lines, "answer")).unverified();
            let played = asks(&replay, TEXT, lines).await;
            let same = recorded_lines == lines;
            let case = format!("{recorded_lines:?} {lines:?}: {}", played.report);
            assert_eq!(played.code, Some(if same { 0 } else { 70 }), "{case}");
            assert_eq!(played.out.contains("answer"), same, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_is_the_recording_with_its_text_also_where_that_is_json() {
    let folder = tempfile::tempdir().unwrap();
    for (number, lines) in JSON.iter().enumerate() {
        let recording = recorded(TEXT, lines, &format!("answer {number}"));
        recording.save(folder.path().join(format!("{number}.jsonl"))).unwrap();
    }
    let replay = Replay::open(folder.path()).unwrap();
    for (number, lines) in JSON.iter().enumerate().rev() {
        let played = asks(&replay, TEXT, lines).await;
        assert_eq!(played.out.trim_end(), format!("answer {number}"), "{}", played.report);
    }
    let unknown = asks(&replay, TEXT, &[r#"{"uuid":"c","q":1}"#]).await;
    assert_eq!(unknown.code, Some(70));
    assert!(unknown.report.contains("no recording is left for"), "{}", unknown.report);
    replay.report();
}

/// What a host writes is what its own arguments say.
#[tokio::test(start_paused = true)]
async fn a_text_is_not_a_line_of_the_protocol() {
    let line = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#;
    for (recorded_as, written_as) in [(TEXT, LINES), (LINES, TEXT)] {
        let replay = Replay::new(recorded(recorded_as, &[line], "answer"));
        let replay = replay.ignore(["--output-format"]).unverified();
        let played = asks(&replay, written_as, &[line]).await;
        assert_eq!(played.code, Some(70), "{}", played.report);
        assert!(!played.out.contains("answer"), "{}", played.out);
    }
    for both in [TEXT, LINES] {
        let replay = Replay::new(recorded(both, &[line], "answer"));
        let played = asks(&replay, both, &[line]).await;
        assert_eq!(played.code, Some(0), "{}", played.report);
        replay.assert_finished();
    }
}
