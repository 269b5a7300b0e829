//! The maximum length of a line of a recording, and of its expanded variables: rejected before it
//! uses memory.

use std::collections::BTreeMap;
use std::path::Path;

use claude_wire::player::Replay;
use claude_wire::recording::{
    Error, Event, EventKind, Header, ImportOptions, MAX_RECORDED_LINE, Payload, Recording, Writer,
    import, read_lines,
};
use claude_wire::wire::DEFAULT_MAX_LINE;
use claude_wire::{Session, transport::Launch, transport::Transport};
use proptest::prelude::*;

const HEADER: &str = r#"{"claude-wire":"recording","version":1}"#;

/// A line of this length, made long by a middle part.
fn line(before: &str, after: &str, length: usize) -> String {
    format!("{before}{}{after}", "x".repeat(length - before.len() - after.len()))
}

fn mark(length: usize) -> String {
    line(r#"{"us":0,"mark":""#, r#""}"#, length)
}

fn names_the_line(error: &Error, number: usize) {
    assert!(error.is_too_long() && error.line() == Some(number), "{error}");
    assert!(error.to_string().contains(&MAX_RECORDED_LINE.to_string()), "{error}");
    assert!(error.to_string().contains("record again"), "{error}");
}

#[test]
fn a_line_over_the_limit_is_rejected_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    let header =
        line(r#"{"claude-wire":"recording","version":1,"cli":""#, r#""}"#, MAX_RECORDED_LINE + 1);
    let long = mark(MAX_RECORDED_LINE + 1);
    for (lines, number) in [
        (vec![header.as_str(), r#"{"us":0,"mark":"a"}"#, ""], 1),
        (vec![HEADER, &long, r#"{"us":0,"mark":"a"}"#, ""], 2),
        // The line that the recorder was writing when it was killed.
        (vec![HEADER, r#"{"us":0,"mark":"a"}"#, &long[..MAX_RECORDED_LINE + 1]], 3),
    ] {
        let text = lines.join("\n");
        names_the_line(&Recording::from_bytes(text.as_bytes()).unwrap_err(), number);
        std::fs::write(&path, text).unwrap();
        for error in
            [Recording::open(&path).unwrap_err(), Replay::open(&path).map(drop).unwrap_err()]
        {
            names_the_line(&error, number);
            assert!(
                error.to_string().starts_with(&format!("{}:{number}: ", path.display())),
                "{error}"
            );
        }
    }
}

#[test]
fn the_longest_line_is_read_and_written() {
    let text = format!("{HEADER}\n{}\n", mark(MAX_RECORDED_LINE));
    let recording = Recording::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(recording.events.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("longest.jsonl");
    recording.save(&path).unwrap();
    assert!(read_lines(&path).unwrap().starts_with(text.as_bytes()));
}

#[test]
fn lines_that_no_reader_accepts_are_not_written() {
    let long = line("\"", "\"", MAX_RECORDED_LINE);
    let event = Event::new(0, EventKind::Out(Payload::line(long)));
    let mut recording = Recording::new(Header::new());
    recording.events = vec![Event::new(0, EventKind::Mark("a".into())), event.clone()];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    std::fs::write(&path, "unchanged").unwrap();
    names_the_line(&recording.save(&path).unwrap_err(), 3);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "unchanged");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

    let mut written = Vec::new();
    let mut writer = Writer::new(&mut written, &Header::new()).unwrap();
    writer.event(&recording.events[0]).unwrap();
    names_the_line(&writer.event(&event).unwrap_err(), 3);
    assert!(writer.event(&recording.events[0]).is_err() && writer.finish().is_err());
    let read = Recording::from_bytes(&written).unwrap();
    assert!(!read.is_replayable() && read.events.len() == 1, "{:?}", read.integrity());
}

#[test]
fn a_row_of_a_capture_has_the_same_limit() {
    let row = r#"{"t":0,"dir":"err","line":"a"}"#;
    let long = line(r#"{"t":0,"dir":"err","line":""#, r#""}"#, MAX_RECORDED_LINE + 1);
    let capture = format!("{row}\n{long}\n{row}\n");
    names_the_line(&import(capture.as_bytes(), &ImportOptions::default()).unwrap_err(), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.jsonl");
    std::fs::write(&path, &capture).unwrap();
    names_the_line(&read_lines(&path).unwrap_err(), 2);
    std::fs::write(&path, row).unwrap();
    assert_eq!(read_lines(&path).unwrap(), row);
    assert!(read_lines(Path::new("/nowhere/x")).unwrap_err().is_io());
}

/// A megabyte as the value of a variable.
fn vars() -> BTreeMap<String, String> {
    [("cwd", "/w"), ("big", &"x".repeat(1 << 20))]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A recording with these events, in which `${big}` is that megabyte.
fn recorded(events: Vec<EventKind>) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.header.vars = vars();
    recording.events = events.into_iter().map(|kind| Event::new(0, kind)).collect();
    // As read from a file.
    Recording::from_bytes(&recording.to_bytes()).unwrap()
}

#[test]
fn values_that_make_a_line_too_long_are_refused() {
    let many = "${big}".repeat(65);
    for (kind, line) in [
        (EventKind::Out(format!(r#"{{"a":"{many}"}}"#).as_str().into()), 3),
        (EventKind::In(many.as_str().into()), 3),
        (EventKind::Err(many.as_str().into()), 3),
        (EventKind::Mark(many.clone()), 3),
        (EventKind::Fault(serde_json::json!({"name": many})), 3),
    ] {
        let recording = recorded(vec![EventKind::Mark("${cwd}".into()), kind]);
        let error = recording.expand(&BTreeMap::new()).unwrap_err();
        assert!(error.is_too_long() && error.line() == Some(line), "{error}");
        assert!(error.to_string().contains(&DEFAULT_MAX_LINE.to_string()), "{error}");
        assert!(error.to_string().contains("`vars`"), "{error}");
        // The value given by the host counts.
        let short = [("big".to_owned(), "x".to_owned())].into();
        assert_eq!(recording.expand(&short).unwrap().events.len(), 2);
    }
    let mut header = recorded(vec![]);
    header.header.argv = Some(vec!["--a".into(), many]);
    assert_eq!(header.expand(&BTreeMap::new()).unwrap_err().line(), Some(1));
}

#[test]
fn values_that_add_too_much_to_a_recording_are_refused() {
    // No single line is too long.
    let recording = recorded(vec![EventKind::Err("${big}".into()); 65]);
    let error = recording.expand(&BTreeMap::new()).unwrap_err();
    assert!(error.is_too_long() && error.line() == Some(66), "{error}");
    assert!(error.to_string().contains(&DEFAULT_MAX_LINE.to_string()), "{error}");
    let within = recorded(vec![EventKind::Err("${big}".into()); 63]);
    assert_eq!(within.expand(&BTreeMap::new()).unwrap().events.len(), 63);
}

#[test]
fn unknown_keys_and_events_also_count() {
    let header = |more: &str| {
        format!(
            r#"{{"claude-wire":"recording","version":1,"vars":{{"b":"{}"}}{more}}}"#,
            "x".repeat(1 << 20)
        )
    };
    let many = "${b}".repeat(65);
    for (text, line) in [
        (header(&format!(r#","later":"{many}""#)), 1),
        (format!("{}\n{{\"us\":0,\"mark\":\"a\",\"later\":\"{many}\"}}", header("")), 2),
        (format!("{}\n{{\"us\":0,\"gossip\":\"{many}\"}}", header("")), 2),
    ] {
        let recording = Recording::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(recording.expand(&BTreeMap::new()).unwrap_err().line(), Some(line));
    }
}

#[test]
fn many_variables_cost_no_more_than_few() {
    let mut recording =
        recorded(vec![EventKind::Err("${${${ $$ ${v17}".repeat(40_000).as_str().into())]);
    recording.header.vars =
        (0..100_000).map(|number| (format!("v{number}"), format!("/{number}"))).collect();
    let expanded = recording.expand(&BTreeMap::new()).unwrap();
    assert_eq!(
        expanded.events[0].payload().unwrap().bytes(),
        &"${${${ $$ /17".repeat(40_000).into_bytes()
    );
}

#[tokio::test(start_paused = true)]
async fn an_impossible_replay_is_an_error_and_does_not_hang() {
    let replay = Replay::new(recorded(vec![EventKind::Err("${big}".into()); 65]));
    let error = replay.clone().open(Launch::default()).await.map(drop).unwrap_err();
    assert!(
        error.to_string().contains("line 66") && error.to_string().contains("`vars`"),
        "{error}"
    );
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    let error = session.query("Hi").text().await.unwrap_err();
    assert!(error.is_start() && error.to_string().contains("`vars`"), "{error}");
    let report = replay.report();
    assert!(!report.is_clean() && report.to_string().contains("line 66"), "{report}");
}

/// Names and values that contain variables, or parts of variables.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("${a}"),
        Just("${b}"),
        Just("${ab}"),
        Just("${dollar}"),
        Just("${none}"),
        Just("{a}"),
        Just("$"),
        Just("{"),
        Just("}"),
        Just("${"),
        Just("\\"),
        Just("\""),
        Just("é"),
        Just("x"),
    ]
    .prop_map(str::to_owned)
}

fn pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

/// The documented behaviour, implemented as simply as possible.
fn put_in(text: &str, vars: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    'text: while !rest.is_empty() {
        for (name, value) in vars {
            if let Some(after) = rest.strip_prefix(&format!("${{{name}}}")) {
                out.push_str(value);
                rest = after;
                continue 'text;
            }
        }
        let first = rest.chars().next().unwrap();
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    out
}

proptest! {
    /// Values are substituted once, however they are nested, in every kind of text.
    #[test]
    fn nested_variables_are_substituted_once(text in pieces(), a in pieces(), b in pieces(), ab in pieces()) {
        let vars: BTreeMap<String, String> =
            [("a", a), ("b", b), ("ab", ab), ("dollar", "$".into())].map(|(name, value)| (name.to_owned(), value)).into();
        let mut recording = Recording::new(Header::new());
        recording.header.vars = vars.clone();
        recording.header.argv = Some(vec![text.clone()]);
        let json = serde_json::json!({"text": text}).to_string();
        recording.events = vec![
            Event::new(0, EventKind::Err(Payload::line(format!("> {text}")))),
            Event::new(0, EventKind::Out(json.as_str().into())),
            Event::new(0, EventKind::Mark(text.clone())),
        ];
        let expanded = recording.expand(&BTreeMap::new()).unwrap();
        let expected = put_in(&text, &vars);
        prop_assert_eq!(&expanded.header.argv.unwrap()[0], &expected);
        let stderr = format!("> {expected}");
        prop_assert_eq!(expanded.events[0].payload().unwrap().bytes(), stderr.as_bytes());
        let read: serde_json::Value = serde_json::from_slice(expanded.events[1].payload().unwrap().bytes()).unwrap();
        prop_assert_eq!(read["text"].as_str().unwrap(), &expected);
        prop_assert_eq!(&expanded.events[2].kind, &EventKind::Mark(expected));
    }
}
