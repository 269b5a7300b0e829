//! What scrubbing removes from a recording, and what it keeps.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use claude_wire::recording::{Event, EventKind, Header, Payload, Recording, lint, scrub};

fn recorded(kinds: Vec<EventKind>) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events = kinds.into_iter().map(|kind| Event::new(0, kind)).collect();
    recording
}

/// Scrubs one line from the CLI and checks the general rules.
fn scrubbed(line: &str) -> (String, BTreeMap<&'static str, u64>) {
    let mut recording = recorded(vec![EventKind::Out(line.into())]);
    let findings = lint(&recording);
    let counts = scrub(&mut recording, &[]);
    assert_eq!(
        findings.len() as u64,
        counts.values().sum::<u64>(),
        "lint and scrub differ on {line}"
    );
    assert_eq!(recording.header.redactions, Some(counts.values().sum()));
    assert_eq!(lint(&recording), [], "{line}");
    let payload = recording.events[0].payload().unwrap().clone();
    assert_eq!(
        payload.json().is_some(),
        Payload::from(line).json().is_some(),
        "scrubbing broke {line}: {payload:?}"
    );

    let once = recording.to_bytes();
    assert!(scrub(&mut recording, &[]).is_empty());
    assert_eq!(recording.to_bytes(), once, "a second scrub changed {line}");
    (String::from_utf8(payload.bytes().to_vec()).unwrap(), counts)
}

#[test]
fn each_rule_leaves_a_typed_numbered_placeholder() {
    for (line, expected) in [
        (
            r#"{"a":"key sk-ant-api03-AbC_1-2, sk-ant-x."}"#,
            r#"{"a":"key sk-ant-api03-REDACTED1, sk-ant-REDACTED2."}"#,
        ),
        (
            r#"{"h":"Authorization: Bearer abc.DEF-123_456/789+=="}"#,
            r#"{"h":"Authorization: Bearer <token:1>"}"#,
        ),
        (
            r#"{"a":"ann.b+c@mail.example.org, bob@x.io.","b":"ann.b+c@mail.example.org"}"#,
            r#"{"a":"user1@redacted.invalid, user2@redacted.invalid.","b":"user1@redacted.invalid"}"#,
        ),
        (
            r#"{"accessToken":"xyz","PASSWORD":"","x-api-key":"<secret:1>"}"#,
            r#"{"accessToken":"<secret:2>","PASSWORD":"","x-api-key":"<secret:1>"}"#,
        ),
        ("not json: bob@x.io", "not json: user1@redacted.invalid"),
    ] {
        assert_eq!(scrubbed(line).0, expected);
    }
}

#[test]
fn escapes_are_not_torn() {
    for (line, expected) in [
        (r#"{"a":"to:\nbob@x.io"}"#, r#"{"a":"to:\nuser1@redacted.invalid"}"#),
        (r#"{"a":"\u00e9bob@x.io\\"}"#, r#"{"a":"\u00e9user1@redacted.invalid\\"}"#),
        (r#"{"a":"{\"b\":\"\\nbob@x.io\"}"}"#, r#"{"a":"{\"b\":\"\\nuser1@redacted.invalid\"}"}"#),
    ] {
        assert_eq!(scrubbed(line).0, expected);
    }
}

#[test]
fn ordinary_text_is_unchanged() {
    for line in [
        r#"{"type":"user","apiKeySource":"ANTHROPIC_API_KEY","pid":4711,"pkg":"@anthropic-ai/claude-code@2.1.329"}"#,
        r#"{"a":"a bearer of bad news, me@home, @x.io, x@, sk-anthem, ....... and so on"}"#,
        r#"{"type":"assistant","input":{"description":"Long as it is, this was said by the model and echoed by the host"}}"#,
        r#"{"type":"control_response","response":{"name":"deep-research","description":"Short and telling"}}"#,
    ] {
        assert_eq!(scrubbed(line), (line.to_owned(), BTreeMap::new()));
    }
}

#[test]
fn long_texts_of_the_clis_replies_are_numbered() {
    let long = "Describes at great length what this command is good for.";
    let line = format!(
        r#"{{"type":"control_response","response":{{"commands":[{{"name":"a","description":"{long}"}},{{"description":"....."}},{{"description":"{long}","name":"{long}"}}]}}}}"#
    );
    let expected = format!(
        r#"{{"type":"control_response","response":{{"commands":[{{"name":"a","description":"<text:1>"}},{{"description":"<text:2>"}},{{"description":"<text:1>","name":"{long}"}}]}}}}"#
    );
    assert_eq!(scrubbed(&line), (expected, BTreeMap::from([("text", 3)])));

    // Text from the host is kept.
    let mut recording = recorded(vec![EventKind::In(line.as_str().into())]);
    assert!(scrub(&mut recording, &[]).is_empty());
}

#[test]
fn the_clis_notes_to_the_model_are_replaced() {
    for note in [
        "Async agent launched successfully. (And so on, at length.)",
        "This session is being continued from a previous conversation that ran out of context. (And so on.)",
        "Your response above was stopped by a safety classifier. (And so on.)",
    ] {
        let line = format!(r#"{{"type":"user","content":[{{"text":"{note}"}}]}}"#);
        assert_eq!(
            scrubbed(&line).0,
            r#"{"type":"user","content":[{"text":"<text:1>"}]}"#,
            "{note}"
        );
    }
}

#[test]
fn text_that_the_cli_adds_to_tool_output_is_replaced() {
    for (line, expected) in [
        (
            r#"{"content":"boom\n\nThis tool's input schema was not in your prompt when you called it, ann@x.io.","b":"c"}"#,
            r#"{"content":"boom\n\n<text:1>","b":"c"}"#,
        ),
        (
            r#"{"content":"The user doesn't want to proceed with this tool use. Correction to the text above: this call was stopped in mid-run."}"#,
            r#"{"content":"The user doesn't want to proceed with this tool use. <text:1>"}"#,
        ),
        (
            r#"{"result":"API Error: it was flagged. This sometimes happens with safe, normal conversations. And so on."}"#,
            r#"{"result":"API Error: it was flagged. <text:1>"}"#,
        ),
        (
            r#"{"content":"It runs, with ID: b1. You will be notified when it completes. To check interim output, use Read."}"#,
            r#"{"content":"It runs, with ID: b1. <text:1>"}"#,
        ),
    ] {
        assert_eq!(scrubbed(line).0, expected);
    }
}

/// What the CLI tells the model is removed, and the conversation is kept, however long it is.
#[test]
fn the_clis_texts_in_a_mirrored_transcript_are_replaced() {
    let long = "Use this tool with care. ".repeat(10);
    let entries = [
        r#"{"type":"attachment","attachment":{"type":"prompt_snapshot","systemPrompt":["LONG"],"tools":[{"name":"Bash","description":"LONG","schema":{"properties":{"command":{"description":"LONG","type":"string"}}}}]}}"#,
        r#"{"type":"attachment","attachment":{"type":"skill_listing","content":"LONG"}}"#,
        r#"{"type":"attachment","attachment":{"type":"agent_listing_delta","addedLines":["short","LONG"]}}"#,
    ];
    for entry in entries {
        let line = |entry: &str| {
            format!(r#"{{"type":"transcript_mirror","filePath":"/x","entries":[{entry}]}}"#)
        };
        let (clean, counts) = scrubbed(&line(&entry.replace("LONG", &long)));
        assert_eq!(clean, line(&entry.replace("LONG", "<text:1>")));
        assert_eq!(counts["text"], entry.matches("LONG").count() as u64, "{entry}");
        let elsewhere = entry.replace("LONG", &long);
        assert_eq!(scrubbed(&elsewhere).0, elsewhere, "in another line it is not text of the CLI");
    }
    for entry in [
        r#"{"type":"user","message":{"role":"user","content":"LONG"}}"#,
        r#"{"type":"assistant","message":{"content":[{"type":"text","text":"LONG"},{"type":"tool_use","name":"Bash","input":{"command":"LONG","description":"Look for the place where it is said"}}]}}"#,
        r#"{"type":"last-prompt","lastPrompt":"LONG"}"#,
        // The uuid of a prompt, to which other entries refer.
        r#"{"type":"user","uuid":"0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f","turnAttributionKey":"0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"},{"parentUuid":"0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"}"#,
    ] {
        let line =
            format!(r#"{{"type":"transcript_mirror","entries":[{entry}]}}"#).replace("LONG", &long);
        assert_eq!(scrubbed(&line).0, line);
    }
}

#[test]
fn a_short_text_does_not_grow_long_by_being_scrubbed() {
    let line = |letters: usize| {
        format!(r#"{{"type":"control_response","description":"{} a@b.cc"}}"#, "x".repeat(letters))
    };
    // 40 bytes count as short; with the placeholder they would be 43, which the second scrub would
    // count as long.
    assert_eq!(scrubbed(&line(33)).1, BTreeMap::from([("email", 1)]));
    assert_eq!(scrubbed(&line(34)).1, BTreeMap::from([("text", 1)]));
}

#[test]
fn markup_is_not_a_placeholder() {
    let line = r#"{"password":"<b>xyz</b>","type":"control_response","description":"<a>long long long long long long long long</a>"}"#;
    assert_eq!(
        scrubbed(line).0,
        r#"{"password":"<secret:1>","type":"control_response","description":"<text:1>"}"#
    );
}

#[test]
fn a_later_scrub_continues_the_numbering() {
    let mut recording = recorded(vec![EventKind::In("<email:7> ann@x.io".into())]);
    recording.header.redactions = Some(5);
    scrub(&mut recording, &[]);
    assert_eq!(
        &recording.events[0].payload().unwrap().bytes()[..],
        b"<email:7> user8@redacted.invalid"
    );
    assert_eq!(recording.header.redactions, Some(6));
}

#[test]
fn header_stderr_and_marks_are_scrubbed_too() {
    let mut recording = recorded(vec![
        EventKind::Err("sk-ant-1".into()),
        EventKind::Mark("ask ann@x.io".to_owned()),
    ]);
    recording.header.argv = Some(vec!["--key=sk-ant-1".to_owned()]);
    recording.header.env = BTreeMap::from([
        ("ANTHROPIC_API_KEY".to_owned(), "anything".to_owned()),
        ("CLAUDE_CODE_ENTRYPOINT".to_owned(), "sdk-rs".to_owned()),
    ]);
    scrub(&mut recording, &[]);
    assert_eq!(recording.header.argv.as_ref().unwrap()[0], "--key=sk-ant-REDACTED1");
    assert_eq!(recording.header.env["ANTHROPIC_API_KEY"], "<secret:1>");
    assert_eq!(recording.header.env["CLAUDE_CODE_ENTRYPOINT"], "sdk-rs");
    assert_eq!(recording.events[0].kind, EventKind::Err("sk-ant-REDACTED1".into()));
    assert_eq!(recording.events[1].kind, EventKind::Mark("ask user1@redacted.invalid".to_owned()));
    assert_eq!(lint(&recording), []);
}

#[test]
fn lint_reports_line_kind_place_and_a_masked_excerpt() {
    let mut recording = recorded(vec![
        EventKind::Out(r#"{"a":"/home/user/x"}"#.into()),
        EventKind::Out(r#"{"a":["x",{"cwd":"/Users/ann/x"}],"b":"to ann.smith@x.io"}"#.into()),
        EventKind::Err("no such user: bob@x.io".into()),
        EventKind::Err("\"bob@x.io\"".into()),
    ]);
    recording.header.argv =
        Some(vec!["-p".to_owned(), "--api-key".to_owned(), "abcdefghijkl".to_owned()]);
    let found: Vec<String> = lint(&recording).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "line 1: secret in argv[2]: abc*** (12 bytes)",
            "line 3: user in a[1].cwd: *** (3 bytes)",
            "line 3: email in b: ann*** (14 bytes)",
            "line 4: email in byte 14: *** (8 bytes)",
            "line 5: email in byte 1: *** (8 bytes)",
        ]
    );
    scrub(&mut recording, &[]);
    assert_eq!(lint(&recording), []);
}
