//! Secrets whose text is spread over several lines.

use crate::support::recorded::{delta, lines, pieces, recorded};
use claude_wire::recording::{Event, EventKind, Redaction, Root, lint, scrub};

#[test]
fn a_private_key_in_several_lines_is_found_on_either_stream() {
    let key_lines = [
        "see: -----BEGIN EC PRIVATE KEY-----",
        "MHcCAQEE",
        "",
        "-----END EC PRIVATE KEY----- done",
        "MHcCAQEE",
    ];
    let mut recording = recorded(&key_lines);
    // Lines of the other stream, and messages, may come between the lines of one stream.
    for (at, line) in key_lines.into_iter().enumerate() {
        recording.events.insert(2 * at, Event::new(0, EventKind::Err(line.into())));
    }
    recording.events.insert(4, Event::new(0, EventKind::Out(r#"{"type":"x"}"#.into())));
    scrub(&mut recording, &[]);
    let clean = ["see: <secret:1>", "<secret:2>", "", "<secret:3> done", "MHcCAQEE"];
    let of = |is: fn(&EventKind) -> bool| {
        let lines = recording
            .events
            .iter()
            .filter(|event| is(&event.kind))
            .filter_map(|event| event.payload());
        lines.map(|line| String::from_utf8(line.bytes().to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of(|kind| matches!(kind, EventKind::Err(_))), clean);
    let (before, after) = clean.split_at(2);
    assert_eq!(
        of(|kind| matches!(kind, EventKind::Out(_))),
        [before, &[r#"{"type":"x"}"#], after].concat()
    );
    assert_eq!(lint(&recording), []);
}

#[test]
fn a_secret_in_several_pieces_is_found() {
    let said = [
        "Ask ",
        "ann",
        ".smith",
        "@mail",
        ".org, the",
        " key is s",
        "k-ant",
        "-api03",
        "-a1 and",
        " that is ",
        "all",
    ];
    let mut stream: Vec<String> =
        said.iter().map(|piece| delta(None, "text_delta", "text", piece)).collect();
    stream.push(r#"{"type":"stream_event","event":{"type":"content_block_stop","index":0},"parent_tool_use_id":null}"#.to_owned());
    stream.push(serde_json::json!({"type": "assistant", "text": said.concat()}).to_string());
    let mut recording = recorded(&stream);
    let found = lint(&recording);
    assert_eq!(
        found.iter().map(|finding| (finding.line, finding.kind)).collect::<Vec<_>>(),
        [(3, "email"), (7, "key"), (14, "email"), (14, "key")]
    );
    assert_eq!(
        (found[0].place.as_str(), found[0].excerpt.as_str()),
        ("event.delta.text", "ann*** (18 bytes)")
    );
    let counts = scrub(&mut recording, &[]);
    assert_eq!((counts["email"], counts["key"]), (2, 2));
    assert_eq!(
        pieces(&recording, "text"),
        [
            "Ask ",
            "user1@redacted.invalid",
            "",
            "",
            ", the",
            " key is sk-ant-api03-REDACTED1",
            "",
            "",
            " and",
            " that is ",
            "all"
        ]
    );
    assert_eq!(
        lines(&recording).last().unwrap(),
        r#"{"type":"assistant","text":"Ask user1@redacted.invalid, the key is sk-ant-api03-REDACTED1 and that is all"}"#
    );
    assert_eq!(lint(&recording), []);
    assert!(scrub(&mut recording, &[]).is_empty());
}

#[test]
fn pieces_of_different_threads_and_kinds_are_separate_and_keep_their_order() {
    let lines_of = [
        delta(None, "input_json_delta", "partial_json", "{\"api_key\": \"my own"),
        delta(Some("toolu_1"), "text_delta", "text", "bob@"),
        r#"{"type":"system","subtype":"status","text":"x ann@x.io"}"#.to_owned(),
        delta(None, "input_json_delta", "partial_json", " phrase\"}"),
        delta(Some("toolu_1"), "text_delta", "text", "x.io"),
    ];
    let mut recording = recorded(&lines_of.iter().map(String::as_str).collect::<Vec<_>>());
    scrub(&mut recording, &[]);
    assert_eq!(pieces(&recording, "partial_json"), ["{\"api_key\": \"<secret:1>", "\"}"]);
    assert_eq!(pieces(&recording, "text"), ["user1@redacted.invalid", ""]);
    assert_eq!(
        lines(&recording)[2],
        r#"{"type":"system","subtype":"status","text":"x user2@redacted.invalid"}"#
    );
}

#[test]
fn a_folder_in_several_pieces_becomes_one_variable() {
    let roots = [Root::home("/srv/ann"), Root::cwd("/srv/ann/my own project")];
    for (texts, expected) in [
        (
            &["see /srv/", "ann/my", " own", " project/x.rs", " and on"][..],
            &["see ${cwd}", "", "", "/x.rs", " and on"][..],
        ),
        (
            &["see /srv/ann", "-too and ", "/srv", "/ann"],
            &["see /srv/ann", "-too and ", "${home}", ""],
        ),
        (
            &["/srv/ann/my own", " projects, ann", "@x.io"],
            &["${home}/my own", " projects, user1@redacted.invalid", ""],
        ),
        (
            &["a-srv-ann-my-own", "-project/memory ${c", "wd} ${cwd}"],
            &["a${cwd_slug}", "/memory ${dollar}{cwd}", " ${dollar}{cwd}"],
        ),
        (&["A_KEY=/srv/an", "n me@x", ".io"], &["A_KEY=${home}", " user1@redacted.invalid", ""]),
    ] {
        for (kind, key) in [("text_delta", "text"), ("input_json_delta", "partial_json")] {
            let mut stream: Vec<String> =
                texts.iter().map(|piece| delta(None, kind, key, piece)).collect();
            stream
                .push(serde_json::json!({"type": "assistant", "text": texts.concat()}).to_string());
            let mut recording = recorded(&stream);
            scrub(&mut recording, &roots);
            assert_eq!(pieces(&recording, key), expected);
            assert_eq!(
                lines(&recording).pop().unwrap(),
                serde_json::json!({"type": "assistant", "text": expected.concat()}).to_string()
            );
            let there = [("cwd", "/srv/ann/my own project"), ("home", "/srv/ann")]
                .map(|(name, path)| (name.into(), path.into()))
                .into();
            assert_eq!(
                pieces(&recording.expand(&there).unwrap(), key).concat(),
                texts
                    .concat()
                    .replace("ann@x.io", "user1@redacted.invalid")
                    .replace("me@x.io", "user1@redacted.invalid")
            );
            assert!(scrub(&mut recording, &roots).is_empty(), "a second run finds nothing");
        }
    }
}

#[test]
fn a_known_secret_of_many_words_is_found_across_pieces() {
    let words = ["it is correct", " horse", " battery", " staple", " and", " more,", " my friend"];
    let mut recording = recorded(&words.map(|piece| delta(None, "text_delta", "text", piece)));
    Redaction::new().secret("correct horse battery staple and more").scrub(&mut recording);
    assert_eq!(pieces(&recording, "text"), ["it is <secret:1>", "", "", "", "", ",", " my friend"]);
}

proptest::proptest! {
    #[test]
    fn the_pieces_together_equal_the_whole(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "a", "ann@x.io", "sk-ant-a1", "Bearer", "0123456789abcdef", "A_KEY=b", "\u{1f600}", "\n", "\"", "/home/ann", "10.0.0.1", "x://a:b@c", "password = abc12345", "/srv/ann and co/x", "/srv/ann", "-srv-ann", "${cwd}", "\"token\":", "\"a b c d e\"",
        ]), 0..8),
        cuts in proptest::collection::vec(0usize..60, 0..12),
    ) {
        let whole = words.join(" ");
        let mut ends: Vec<usize> = cuts.into_iter().filter(|cut| whole.is_char_boundary(*cut) && *cut <= whole.len()).collect();
        ends.push(whole.len());
        ends.sort_unstable();
        let mut start = 0;
        let mut stream = Vec::new();
        for end in ends {
            stream.push(delta(None, "text_delta", "text", &whole[start..end]));
            start = end;
        }
        stream.push(serde_json::json!({"type": "assistant", "text": whole}).to_string());
        let mut recording = recorded(&stream);
        scrub(&mut recording, &[]);
        proptest::prop_assert_eq!(recording.events.len(), stream.len());
        let whole: serde_json::Value = serde_json::from_str(lines(&recording).last().unwrap()).unwrap();
        proptest::prop_assert_eq!(pieces(&recording, "text").concat(), whole["text"].as_str().unwrap());
        proptest::prop_assert_eq!(lint(&recording), []);
    }
}
