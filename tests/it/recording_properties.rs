//! For any bytes: a recording returns what it was given, and garbage is an error, never a panic.

use claude_wire::recording::{
    Eol, Event, EventKind, Header, Payload, Recording, Root, lint, scrub,
};
use proptest::prelude::*;

/// Bytes, text, and valid or almost valid JSON.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let fragments = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\\",
        "\\u",
        "\\ud800",
        "1",
        "-0.0",
        "1e400",
        " ",
        "\t",
        "\r",
        "\n",
        "\u{feff}",
        "null",
        "é",
        "\u{2028}",
        "\u{1}",
        "\"us\":1",
        "\"out\":",
        "{\"a\":1,\"a\":2}",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        any::<String>().prop_map(String::into_bytes),
        prop::collection::vec(fragments, 0..12).prop_map(|parts| parts.concat().into_bytes()),
        any::<String>()
            .prop_map(|text| serde_json::json!({ "text": text }).to_string().into_bytes()),
    ]
}

fn any_kind() -> impl Strategy<Value = EventKind> {
    let eol = prop::sample::select(vec![Eol::Lf, Eol::CrLf, Eol::None]);
    (any_line(), eol, 0..4).prop_map(|(line, eol, kind)| {
        let payload = Payload::line(line.clone()).with_eol(eol);
        match kind {
            0 => EventKind::In(payload),
            1 => EventKind::Out(payload),
            2 => EventKind::Err(payload),
            _ => EventKind::Mark(String::from_utf8_lossy(&line).into_owned()),
        }
    })
}

/// Roots, their slugs, variables, and text between them.
const PARTS: &[&str] = &[
    "/a",
    "/a/b",
    "-a-b",
    "/",
    "-",
    "b",
    ".",
    "$",
    "{",
    "}",
    "${cwd}",
    "${home}",
    "${dollar}",
    "cwd",
    "cwd_slug",
    "dollar",
    "\n",
    "\\",
    "\"",
];

const SECRETS: &[&str] = &[
    "",
    "sk-ant-x",
    " ann@x.io",
    "Bearer 0123456789abcdef",
    "<email:1>",
    "<key:99999999999999999999>",
    "......",
    " A_TOKEN=x1",
    " password: 'x\\\"y z'",
    "?code=abcdef&x=",
    "x://a:b@c",
    "/home/ann.",
    r"C:\\Users\\ann",
    " 10.0.0.1",
    "//a.internal",
    "-----BEGIN PRIVATE KEY-----",
    r#""authorization":"sk-ant-x sk-ant-x1","type":"thinking","signature":"x""#,
];

proptest! {
    #[test]
    fn events_survive_the_file(events in prop::collection::vec((any::<u64>(), any_kind()), 0..6)) {
        let mut recording = Recording::new(Header::new());
        recording.events = events.into_iter().map(|(us, kind)| Event::new(us, kind)).collect();
        let file = recording.to_bytes();
        let again = Recording::from_bytes(&file).unwrap();
        prop_assert_eq!(&again.events, &recording.events);
        prop_assert_eq!(again.to_bytes(), file);
    }

    #[test]
    fn the_wire_survives_the_split(wire in any_line()) {
        prop_assert_eq!(Payload::from_wire(wire.clone()).wire().to_vec(), wire);
    }

    #[test]
    fn garbage_never_panics(file in any_line(), header in any::<bool>()) {
        let mut bytes = if header { b"{\"claude-wire\":\"recording\",\"version\":1}\n".to_vec() } else { Vec::new() };
        bytes.extend_from_slice(&file);
        if let Ok(recording) = Recording::from_bytes(&bytes) {
            let sealed = recording.to_bytes();
            prop_assert_eq!(Recording::from_bytes(&sealed).unwrap().events, recording.events);
        }
    }

    #[test]
    fn values_hidden_by_roots_are_restored(parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..12), quoted in any::<bool>()) {
        let text = parts.concat();
        let line = if quoted { serde_json::to_string(&text).unwrap() } else { text };
        let mut recording = Recording::new(Header::new());
        recording.events.push(Event::new(0, EventKind::Out(line.as_str().into())));
        scrub(&mut recording, &[Root::cwd("/a/b"), Root::home("/a")]);
        let stored = Recording::from_bytes(&recording.to_bytes()).unwrap();
        let live = [("cwd", "/a/b"), ("home", "/a")].map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        let expanded = stored.expand(&live).unwrap();
        prop_assert_eq!(expanded.events[0].payload().unwrap().bytes(), line.as_bytes());
    }

    #[test]
    fn scrubbing_ends_and_breaks_no_json(line in any_line(), secret in prop::sample::select(SECRETS.to_vec()), quoted in any::<bool>()) {
        let mut text = String::from_utf8_lossy(&line).into_owned() + secret;
        if quoted {
            text = serde_json::json!({ "type": "control_response", "description": text }).to_string();
        }
        let payload = Payload::line(text);
        let was_json = payload.json().is_some();
        let mut recording = Recording::new(Header::new());
        recording.events.push(Event::new(0, EventKind::Out(payload)));
        scrub(&mut recording, &[]);
        prop_assert_eq!(lint(&recording), []);
        prop_assert!(!was_json || recording.events[0].payload().unwrap().json().is_some());
        prop_assert!(scrub(&mut recording, &[]).is_empty());
    }
}

/// What looks like the beginning of `\u0040` does not hide the first letters of a secret.
#[test]
fn a_backslash_before_a_u_is_not_an_escape_without_digits() {
    for before in [r"\u{ ", r"\u", r"\u ", r"\u12 ", r"\\u{ ", r"\u{}. ", r"\n\u{ "] {
        let line = format!(r#"{{"type":"x","text":"{before} ann@x.io"}}"#);
        let mut recording = Recording::new(Header::new());
        recording.events.push(Event::new(0, EventKind::Out(Payload::line(line.clone()))));
        scrub(&mut recording, &[]);
        let scrubbed = recording.events[0].payload().unwrap().bytes().to_vec();
        let expected = line.replace("ann@x.io", "user1@redacted.invalid");
        assert_eq!(String::from_utf8(scrubbed).unwrap(), expected);
    }
}

/// A placeholder may be longer than the secret, also where an escape precedes it.
#[test]
fn a_description_is_not_longer_once_its_secrets_are_replaced() {
    for secret in ["sk-ant-x", "a@b.co", "ghp_0123456789abcdef", "10.0.0.1"] {
        for before in ["\n", "\u{1}", "\"", "\\", "\u{7f}", "é", " "] {
            for length in 0..80 {
                let text = format!("{}{before}{secret}", "a ".repeat(length));
                let line = serde_json::json!({ "type": "control_response", "description": text });
                let mut recording = Recording::new(Header::new());
                recording
                    .events
                    .push(Event::new(0, EventKind::Out(Payload::line(line.to_string()))));
                scrub(&mut recording, &[]);
                let again = scrub(&mut recording, &[]);
                assert!(again.is_empty(), "{line}: {again:?}");
            }
        }
    }
}
