//! The recording format, version 1: what is read, what is written, and what is rejected.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use claude_wire::recording::{
    Eol, Error, Event, EventKind, Header, Integrity, Payload, RecordedExit, Recording, Stream,
};
use serde_json::json;

const HEADER: &str = r#"{"claude-wire":"recording","version":1}"#;

/// Every kind of line of the format.
const EVERY_KIND: &str = r#"{"claude-wire":"recording","version":1,"cli":"2.1.329","recorder":"claude-wire 0.1.0","recorded_at":"2026-11-21T00:00:00Z","argv":["--verbose"],"env":{"CLAUDE_CODE_ENTRYPOINT":"sdk-rs"},"vars":{"cwd":"/home/user/project"},"redactions":3}
{"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
{"us":305120,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
{"us":12,"out":"not json","as":"text"}
{"us":3,"out":"/v8=","as":"base64","eol":""}
{"us":40,"err":"a line of stderr"}
{"us":9,"mark":"second prompt"}
{"us":9,"fault":{"name":"oversize_line","seed":7}}
{"us":100,"eof":"in"}
{"us":5,"signal":"SIGTERM"}
{"us":31000,"exit":{"code":0}}
"#;

fn read(text: &str) -> Recording {
    Recording::from_bytes(text.as_bytes()).unwrap()
}

fn refused(lines: &str) -> Error {
    Recording::from_bytes(lines.as_bytes()).expect_err(lines)
}

fn refused_event(line: &str) -> Error {
    let error = refused(&format!("{HEADER}\n{line}\n"));
    assert_eq!(error.line(), Some(2), "{error}");
    assert!(error.is_format(), "{error}");
    error
}

fn written(recording: &Recording) -> String {
    String::from_utf8(recording.to_bytes()).unwrap()
}

/// The line written for an event.
fn line_of(kind: EventKind) -> String {
    let mut recording = Recording::new(Header::new());
    recording.events.push(Event::new(7, kind));
    written(&recording).lines().nth(1).unwrap().to_owned()
}

#[test]
fn the_example_in_the_docs_is_a_recording() {
    let page = include_str!("../../docs/recording-format.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let recording = read(example);
    assert_eq!(recording.integrity(), &Integrity::Sealed);
    assert_eq!(recording.events, read(EVERY_KIND).events);
}

#[test]
fn every_kind_of_line_is_read() {
    let recording = read(EVERY_KIND);
    let header = &recording.header;
    assert_eq!(header.cli.as_deref(), Some("2.1.329"));
    assert_eq!(header.recorder.as_deref(), Some("claude-wire 0.1.0"));
    assert_eq!(header.recorded_at.as_deref(), Some("2026-11-21T00:00:00Z"));
    assert_eq!(header.argv, Some(vec!["--verbose".to_owned()]));
    assert_eq!(header.env["CLAUDE_CODE_ENTRYPOINT"], "sdk-rs");
    assert_eq!(header.vars["cwd"], "/home/user/project");
    assert_eq!(header.redactions, Some(3));

    let expected = [
        (0, EventKind::In(r#"{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#.into())),
        (305_120, EventKind::Out(r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}"#.into())),
        (12, EventKind::Out("not json".into())),
        (3, EventKind::Out(Payload::line(&b"\xfe\xff"[..]).with_eol(Eol::None))),
        (40, EventKind::Err("a line of stderr".into())),
        (9, EventKind::Mark("second prompt".to_owned())),
        (9, EventKind::Fault(json!({"name":"oversize_line","seed":7}))),
        (100, EventKind::Eof(Stream::In)),
        (5, EventKind::Signal("SIGTERM".to_owned())),
        (31_000, EventKind::Exit(RecordedExit::code(0))),
    ];
    assert_eq!(recording.events, expected.map(|(us, kind)| Event::new(us, kind)));
}

#[test]
fn new_events_are_written_as_the_format_shows_them() {
    let read = read(EVERY_KIND);
    let mut fresh = Recording::new(Header::new());
    fresh.header.cli = read.header.cli.clone();
    fresh.header.recorder = read.header.recorder.clone();
    fresh.header.recorded_at = read.header.recorded_at.clone();
    fresh.header.argv = read.header.argv.clone();
    fresh.header.env = read.header.env.clone();
    fresh.header.vars = read.header.vars.clone();
    fresh.header.redactions = read.header.redactions;
    fresh.events =
        read.events.iter().map(|event| Event::new(event.us, event.kind.clone())).collect();

    let text = written(&fresh);
    let footer = text.strip_prefix(EVERY_KIND).expect(&text);
    assert!(footer.starts_with(r#"{"end":{"events":10,"sha256":""#), "{footer}");
    assert!(footer.ends_with("\"}}\n"), "{footer}");
}

#[test]
fn the_digest_is_over_all_bytes_before_the_footer() {
    // printf '{"claude-wire":"recording","version":1}\n' | sha256sum
    assert_eq!(
        written(&Recording::new(Header::new())),
        format!(
            "{HEADER}\n{{\"end\":{{\"events\":0,\"sha256\":\"34aec3f0e3b37625c17b10999cec76ea16a94a3f1f9eb6e66148e7e0b7add9ab\"}}}}\n"
        )
    );
}

#[test]
fn the_encoding_of_a_line_depends_on_its_bytes() {
    let out = |bytes: &[u8]| line_of(EventKind::Out(Payload::line(bytes.to_vec())));
    assert_eq!(
        out(br#"{"b":1.0, "a":"\ud800","a":1e400}"#),
        r#"{"us":7,"out":{"b":1.0, "a":"\ud800","a":1e400}}"#
    );
    assert_eq!(out(br#""quoted""#), r#"{"us":7,"out":"quoted"}"#);
    assert_eq!(out(b"null"), r#"{"us":7,"out":null}"#);
    assert_eq!(out(b"plain"), r#"{"us":7,"out":"plain","as":"text"}"#);
    assert_eq!(out(b""), r#"{"us":7,"out":"","as":"text"}"#);
    assert_eq!(out(b"{\"a\":1} "), r#"{"us":7,"out":"{\"a\":1} ","as":"text"}"#);
    assert_eq!(out("\u{feff}{}".as_bytes()), "{\"us\":7,\"out\":\"\u{feff}{}\",\"as\":\"text\"}");
    assert_eq!(out(b"\x1b[1mred"), r#"{"us":7,"out":"\u001b[1mred","as":"text"}"#);
    // A raw control byte makes it invalid JSON, and escaping it would make it look valid.
    assert_eq!(out(b"{\"a\":\"\x01\"}"), r#"{"us":7,"out":"eyJhIjoiASJ9","as":"base64"}"#);
    assert_eq!(out(b"{\"a\":\"\xff\"}"), r#"{"us":7,"out":"eyJhIjoi/yJ9","as":"base64"}"#);

    let err = |text: &str| line_of(EventKind::Err(text.into()));
    assert_eq!(err("oops"), r#"{"us":7,"err":"oops"}"#);
    assert_eq!(err(r#""oops""#), r#"{"us":7,"err":"\"oops\""}"#);
    assert_eq!(err(r#"{"level":"warn"}"#), r#"{"us":7,"err":{"level":"warn"}}"#);
}

#[test]
fn the_ending_of_a_line_is_kept() {
    let line = |wire: &'static str| line_of(EventKind::In(Payload::from_wire(wire)));
    assert_eq!(line("{}\n"), r#"{"us":7,"in":{}}"#);
    assert_eq!(line("{}\r\n"), r#"{"us":7,"in":{},"eol":"\r\n"}"#);
    assert_eq!(line("{}"), r#"{"us":7,"in":{},"eol":""}"#);
    assert_eq!(&Payload::from_wire("{}\r\n").wire()[..], b"{}\r\n");
    assert_eq!(
        read(&format!("{HEADER}\n{{\"us\":1,\"in\":{{}},\"eol\":\"\\r\\n\"}}\n")).events[0]
            .payload()
            .unwrap()
            .eol(),
        Eol::CrLf
    );
}

#[test]
fn deep_nesting_is_read() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let mut recording = Recording::new(Header::new());
    recording.events.push(Event::new(0, EventKind::Out(Payload::line(deep.clone()))));
    let again = Recording::from_bytes(&recording.to_bytes()).unwrap();
    assert_eq!(again.events[0].payload().unwrap().bytes(), deep.as_bytes());
    assert!(again.events[0].payload().unwrap().json().is_some());
}

#[test]
fn unchanged_lines_are_written_byte_for_byte() {
    let spelled = concat!(
        "{\"later\": [1.0], \"version\":1 ,\"claude-wire\":\"recording\",\"argv\":[\"\\u002d-verbose\"]}\r\n",
        " {\"why\":{\"x\":1,\"x\":2},\"us\": 5, \"out\" : {\"a\" : 1.50} , \"z\":null}\n",
        "{\"us\":6,\"as\":\"text\",\"out\":\"caf\\u00e9\"}\n",
        "{\"us\":7,\"gossip\":{\"n\":1e999}}\n",
        "{\"us\":8,\"exit\":{\"code\":1,\"core\":true}}\n",
    );
    let sealed = written(&read(spelled));
    assert!(sealed.starts_with(spelled), "{sealed}");

    let respelled_footer = sealed.replace("{\"end\":{", "{ \"end\": {\"clean\":true,");
    let again = read(&respelled_footer);
    assert_eq!(again.integrity(), &Integrity::Sealed);
    assert_eq!(written(&again), respelled_footer);
    let cut = respelled_footer.trim_end();
    assert_eq!(written(&read(cut)), cut);
}

#[test]
fn unknown_keys_are_kept_when_other_keys_change() {
    let mut recording = read(
        "{\"claude-wire\":\"recording\",\"version\":1,\"first\":1,\"cli\":\"1.0\",\"last\":{\"a\":1.0}}\n\
         {\"us\":5,\"why\":\"x\",\"out\":{},\"eol\":\"\"}\n\
         {\"us\":6,\"gossip\":{\"n\":1.0}}\n",
    );
    recording.header.cli = None;
    recording.header.redactions = Some(2);
    recording.events[0].us = 50;
    *recording.events[0].payload_mut().unwrap() = "[]".into();
    recording.events[1].us = 60;
    let text = written(&recording);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..3],
        [
            r#"{"claude-wire":"recording","version":1,"first":1,"redactions":2,"last":{"a":1.0}}"#,
            r#"{"us":50,"out":[],"why":"x"}"#,
            r#"{"us":60,"gossip":{"n":1.0}}"#,
        ]
    );
    let EventKind::Unknown(event) = &recording.events[1].kind else { panic!("{recording:?}") };
    assert_eq!(event.json(), r#"{"us":6,"gossip":{"n":1.0}}"#);
}

#[test]
fn an_invalid_event_is_rejected_with_its_line() {
    for (line, why) in [
        ("", "EOF"),
        ("nonsense", "expected"),
        ("[1]", "one JSON object"),
        (r#"{"us":1,"us":2,"mark":"x"}"#, "\"us\" appears twice"),
        (r#"{"us":1,"out":{},"out":{}}"#, "\"out\" appears twice"),
        (r#"{"mark":"x"}"#, "needs \"us\""),
        (r#"{"us":-1,"mark":"x"}"#, "\"us\" must be a whole number"),
        (r#"{"us":1.5,"mark":"x"}"#, "\"us\" must be a whole number"),
        (r#"{"us":1,"mark":"x","out":{}}"#, "both \"mark\" and \"out\""),
        (r#"{"us":1,"mark":1}"#, "\"mark\" must be a string"),
        (r#"{"us":1,"eof":"sideways"}"#, "\"eof\" must be \"in\", \"out\" or \"err\""),
        (r#"{"us":1,"exit":0}"#, "\"exit\" must be {\"code\":0}"),
        (r#"{"us":1,"out":"x","as":"gzip"}"#, "\"as\" must be \"text\" or \"base64\""),
        (r#"{"us":1,"out":{},"as":"text"}"#, "\"out\" must be a string"),
        (r#"{"us":1,"out":"\ud800","as":"text"}"#, "use \"as\":\"base64\""),
        (r#"{"us":1,"out":"%%","as":"base64"}"#, "\"out\" must be base64"),
        (r#"{"us":1,"out":{},"eol":"\r"}"#, "\"eol\" must be"),
    ] {
        // A line follows, so that this one does not count as cut short.
        let error = refused_event(&format!("{line}\n{{\"us\":1,\"mark\":\"end\"}}"));
        assert!(error.to_string().contains(why), "{line}: {error}");
    }
}

#[test]
fn an_invalid_header_is_rejected_on_line_1() {
    for (header, why) in [
        ("", "the file is empty"),
        ("hello", "line 1 of a recording is its header"),
        (r#"{"us":1,"out":{}}"#, "not a claude-wire recording"),
        (r#"{"claude-wire":"scenario","version":1}"#, "not a claude-wire recording"),
        (r#"{"claude-wire":"recording"}"#, "needs \"version\""),
        (r#"{"claude-wire":"recording","version":"1"}"#, "needs \"version\""),
        (r#"{"claude-wire":"recording","version":1,"version":1}"#, "\"version\" appears twice"),
        (
            r#"{"claude-wire":"recording","version":1,"argv":"--verbose"}"#,
            "\"argv\" must be a list of strings",
        ),
        (
            r#"{"claude-wire":"recording","version":1,"env":{"A":"1","A":"2"}}"#,
            "\"A\" appears twice",
        ),
        (
            r#"{"claude-wire":"recording","version":1,"vars":{"cwd":1}}"#,
            "\"vars\" must be an object of strings",
        ),
    ] {
        let error = refused(header);
        assert_eq!(error.line(), Some(1), "{error}");
        assert!(error.to_string().contains(why), "{header}: {error}");
    }
}

#[test]
fn a_newer_version_is_rejected_by_number() {
    let error = refused(
        "{\"claude-wire\":\"recording\",\"version\":2,\"argv\":\"whatever that means then\"}\n",
    );
    assert!(error.is_version());
    assert!(error.to_string().contains("version 2 is newer than 1"), "{error}");
}
