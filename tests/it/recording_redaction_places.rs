//! Secrets are searched for in every part of a recording.

use crate::support::recorded::{lines, recorded};
use claude_wire::recording::{Recording, Redaction, lint, scrub};

#[test]
fn json_and_flags_in_the_header_are_redacted() {
    let mut recording = recorded(&["hunter-2-hunter on stderr"]);
    let argv = [
        "--api-key",
        "hunter-2-hunter",
        r#"--mcp-config={"A_TOKEN":"x"}"#,
        r#"{"headers":{"Authorization":"x"}}"#,
        "--verbose",
    ];
    recording.header.argv = Some(argv.map(str::to_owned).to_vec());
    recording.header.env = [("MY_SECRET".to_owned(), "zyxwvut9".to_owned())].into();
    recording.header.vars = [("cwd", "/home/ann/src"), ("cwd_slug", "-home-ann-src")]
        .map(|(name, path)| (name.to_owned(), path.to_owned()))
        .into();
    assert_eq!(lint(&recording).last().unwrap().place, "byte 0");
    assert!(lint(&recording).iter().any(|finding| finding.place == "vars.cwd_slug"));
    scrub(&mut recording, &[]);
    assert_eq!(
        recording.header.argv.as_ref().unwrap(),
        &[
            "--api-key",
            "<secret:1>",
            r#"--mcp-config={"A_TOKEN":"<secret:2>"}"#,
            r#"{"headers":{"Authorization":"<secret:2>"}}"#,
            "--verbose"
        ]
    );
    assert_eq!(recording.header.env["MY_SECRET"], "<secret:3>");
    assert_eq!(
        (recording.header.vars["cwd"].as_str(), recording.header.vars["cwd_slug"].as_str()),
        ("/home/<user:1>/src", "-home-<user:1>-src")
    );
    assert_eq!(lines(&recording), ["<secret:1> on stderr"]);
}

#[test]
fn unknown_events_are_redacted_too() {
    let file = "{\"claude-wire\":\"recording\",\"version\":1,\"by\":{\"mail\":\"ann@x.io\",\"password\":\"x\"}}\n{\"us\":0,\"later\":{\"to\":\"bob@x.io\"}}\n";
    let mut recording = Recording::from_bytes(file.as_bytes()).unwrap();
    let found: Vec<_> =
        lint(&recording).iter().map(|finding| (finding.line, finding.kind)).collect();
    assert_eq!(found, [(1, "email"), (1, "secret"), (2, "email")]);
    scrub(&mut recording, &[]);
    let text = String::from_utf8(recording.to_bytes()).unwrap();
    assert!(
        text.contains(r#""by":{"mail":"user1@redacted.invalid","password":"<secret:1>"}"#)
            && text.contains(r#""later":{"to":"user2@redacted.invalid"}"#),
        "{text}"
    );
    assert_eq!(lint(&recording), []);
}

#[test]
fn unknown_keys_of_known_events_are_redacted_too() {
    let file = "{\"claude-wire\":\"recording\",\"version\":1}\n\
        {\"us\":0,\"out\":{\"type\":\"x\"},\"by\":{\"mail\":\"ann@x.io\"},\"n\":1.0}\n\
        {\"us\":1,\"out\":\"to bob@x.io\",\"as\":\"text\",\"password\":\"p1\"}\n\
        {\"us\":2,\"exit\":{\"code\":0},\"host\":\"sk-ant-a1\"}\n";
    let mut recording = Recording::from_bytes(file.as_bytes()).unwrap();
    let found: Vec<_> = lint(&recording)
        .iter()
        .map(|finding| format!("{} {} {}", finding.line, finding.kind, finding.place))
        .collect();
    assert_eq!(found, ["2 email by.mail", "3 email byte 3", "3 secret password", "4 key host"]);
    assert_eq!(scrub(&mut recording, &[]).values().sum::<u64>(), 4);
    let text = String::from_utf8(recording.to_bytes()).unwrap();
    let events: Vec<&str> = text.lines().skip(1).take(3).collect();
    assert_eq!(
        events,
        [
            r#"{"us":0,"out":{"type":"x"},"by":{"mail":"user1@redacted.invalid"},"n":1.0}"#,
            r#"{"us":1,"out":"to user2@redacted.invalid","as":"text","password":"<secret:1>"}"#,
            r#"{"us":2,"exit":{"code":0},"host":"sk-ant-REDACTED1"}"#,
        ]
    );
    assert_eq!(lint(&recording), []);
}

#[test]
fn fault_texts_are_redacted_too() {
    let file = "{\"claude-wire\":\"recording\",\"version\":1}\n\
        {\"us\":0,\"fault\":{\"name\":\"odd\",\"seed\":7,\"sent\":\"to ann@x.io\",\"header\":{\"authorization\":\"hush\"}}}\n\
        {\"us\":0,\"out\":{\"to\":\"ann@x.io\"}}\n";
    let mut recording = Recording::from_bytes(file.as_bytes()).unwrap();
    let found: Vec<_> = lint(&recording)
        .iter()
        .map(|finding| format!("{} {} {}", finding.line, finding.kind, finding.place))
        .collect();
    assert_eq!(found, ["2 email sent", "2 secret header.authorization", "3 email to"]);
    scrub(&mut recording, &[]);
    let text = String::from_utf8(recording.to_bytes()).unwrap();
    let fault = r#"{"us":0,"fault":{"name":"odd","seed":7,"sent":"to user1@redacted.invalid","header":{"authorization":"<secret:1>"}}}"#;
    assert_eq!(text.lines().nth(1), Some(fault));
    assert!(text.contains(r#""out":{"to":"user1@redacted.invalid"}"#), "{text}");
    assert_eq!(lint(&recording), []);
}

#[test]
fn high_entropy_words_are_reported_and_kept() {
    let word = "q7Rt2XvB9kLm4ZpW8sYd3NcH";
    let file = format!(
        "{{\"claude-wire\":\"recording\",\"version\":1,\"argv\":[\"--x={word}\"],\"by\":{{\"n\":\"{word}\"}}}}\n\
         {{\"us\":0,\"out\":{{\"a\":[\"ann@x.io {word} bob@x.io\"],\"api_key\":\"{word}1\"}},\"note\":\"{word}\"}}\n\
         {{\"us\":0,\"err\":\"said {word}\"}}\n"
    );
    let mut recording = Recording::from_bytes(file.as_bytes()).unwrap();
    let found: Vec<_> = lint(&recording).iter().map(ToString::to_string).collect();
    let random = "q7R*** (24 bytes)";
    assert_eq!(
        found,
        [
            format!("line 1: random in argv[0]: {random}"),
            format!("line 1: random in by.n: {random}"),
            "line 2: email in a[0]: *** (8 bytes)".to_owned(),
            format!("line 2: random in a[0]: {random}"),
            "line 2: email in a[0]: *** (8 bytes)".to_owned(),
            "line 2: secret in api_key: q7R*** (25 bytes)".to_owned(),
            format!("line 2: random in note: {random}"),
            format!("line 3: random in byte 5: {random}"),
        ]
    );
    assert_eq!(scrub(&mut recording, &[]).values().sum::<u64>(), 3);
    assert_eq!(lint(&recording).len(), 5);
    Redaction::new().secret(word).scrub(&mut recording);
    assert_eq!(lint(&recording), []);
}
