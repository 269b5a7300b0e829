//! What is taken for a secret, what takes its place, and what stays as it was because somebody may decide on it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claude_wire::recording::{Event, EventKind, Finding, Header, Recording, Redaction, Root, lint, scrub};

fn recorded(lines: &[&str]) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events = lines.iter().map(|line| Event::new(0, EventKind::Out((*line).into()))).collect();
    recording
}

fn lines(recording: &Recording) -> Vec<String> {
    let lines = recording.events.iter().filter_map(|event| event.payload());
    lines.map(|line| String::from_utf8(line.bytes().to_vec()).unwrap()).collect()
}

fn redacted(line: &str) -> String {
    let mut recording = recorded(&[line]);
    scrub(&mut recording, &[]);
    assert_eq!(lint(&recording), [], "{line}");
    lines(&recording).remove(0)
}

#[test]
fn names_tell_of_secrets_whatever_they_look_like() {
    for (line, expected) in [
        (
            r#"{"client_secret":"a","Set-Cookie":["b c","d"],"password":"","token":"a1B2c3D4e5F6g7H8"}"#,
            r#"{"client_secret":"<secret:1>","Set-Cookie":["<secret:2>","<secret:3>"],"password":"","token":"<secret:4>"}"#,
        ),
        (r#"{"env":{"GITHUB_TOKEN":"a b","PATH":"/bin"}}"#, r#"{"env":{"GITHUB_TOKEN":"<secret:1>","PATH":"/bin"}}"#),
        (
            r#"{"type":"control_response","account":{"email":"a@b.cd","organization":"Ann's","accountUuid":"x-1"}}"#,
            r#"{"type":"control_response","account":{"email":"<email:1>","organization":"<organization:1>","accountUuid":"<account:1>"}}"#,
        ),
        (
            r#"{"type":"system","subtype":"init","user_id":"u-1","org_id":"o-1"}"#,
            r#"{"type":"system","subtype":"init","user_id":"<account:1>","org_id":"<organization:1>"}"#,
        ),
        (
            r#"{"rows":[{"label":"Version","value":"2.1"},{"label":"Organization","value":"Ann's"}]}"#,
            r#"{"rows":[{"label":"Version","value":"2.1"},{"label":"Organization","value":"<organization:1>"}]}"#,
        ),
        (r#"{"t":"export A_SECRET=hush; B=loud"}"#, r#"{"t":"export A_SECRET=<secret:1>; B=loud"}"#),
        (r#"{"t":"cli --password=abc12345 --token 'pass phrase'"}"#, r#"{"t":"cli --password=<secret:1> --token 'pass phrase'"}"#),
        (r#"{"t":"{\"api_key\": \"a b c d\", \"n\": 1}"}"#, r#"{"t":"{\"api_key\": \"<secret:1>\", \"n\": 1}"}"#),
        (
            r#"{"t":"https://x.y/cb?code=abcdef&state=ghijkl&page=12345678"}"#,
            r#"{"t":"https://x.y/cb?code=<secret:1>&state=<secret:2>&page=12345678"}"#,
        ),
        ("{\"t\":\"postgres://me:p@ss.ab@db.x.io/y\"}", "{\"t\":\"postgres://me:<secret:1>@db.x.io/y\"}"),
    ] {
        assert_eq!(redacted(line), expected);
    }
}

#[test]
fn arguments_of_a_tool_stay_what_its_handler_decides_on() {
    let arguments = r#"{"user_id":"u_42","account_id":"a_7","org_id":"o_1","organization":"Ann's","token":"page-2"}"#;
    for line in [
        format!(r#"{{"type":"assistant","message":{{"content":[{{"type":"tool_use","input":{arguments}}}]}}}}"#),
        format!(r#"{{"type":"control_request","request":{{"message":{{"method":"tools/call","params":{{"arguments":{arguments}}}}}}}}}"#),
    ] {
        assert_eq!(redacted(&line), line);
    }
    let mut recording = recorded(&[&delta(None, "input_json_delta", "partial_json", arguments)]);
    let updated = format!(r#"{{"type":"control_response","response":{{"response":{{"updatedInput":{arguments}}}}}}}"#);
    recording.events.push(Event::new(0, EventKind::In(updated.as_str().into())));
    assert_eq!((lint(&recording), scrub(&mut recording, &[]).len()), (vec![], 0));
    assert_eq!(lines(&recording)[1], updated);
}

#[test]
fn the_account_in_the_clis_own_files_is_found_in_any_text() {
    let file = r#"{"oauthAccount": {"accountUuid": "0a1b-2c", "organizationUuid":"3d", "organizationName":"Ann and Sons Ltd", "emailAddress":"ann@x.io"}}"#;
    let clean = r#"{"oauthAccount": {"accountUuid": "<account:1>", "organizationUuid":"<organization:1>", "organizationName":"<organization:2>", "emailAddress":"<email:1>"}}"#;
    let in_json = |text: &str| serde_json::json!({"type": "user", "content": text}).to_string();
    let in_pieces =
        |text: &str| text.split_inclusive('A').map(|piece| delta(None, "input_json_delta", "partial_json", piece)).collect::<Vec<_>>();
    assert_eq!(redacted(file), clean);
    assert_eq!(redacted(&format!("stderr says {file}")), format!("stderr says {clean}"));
    assert_eq!(redacted(&in_json(file)), in_json(clean));
    assert_eq!(redacted(&in_json(&in_json(file))), in_json(&in_json(clean)));
    let told = in_pieces(file);
    let mut recording = recorded(&told.iter().map(String::as_str).collect::<Vec<_>>());
    scrub(&mut recording, &[]);
    assert_eq!(pieces(&recording, "partial_json").concat(), clean);
    for line in [
        r#"{"t":"the accountUuid: \"x\" and \"accountUuid\" in \"accountUuid\":null, \"organizationName\":\"\""}"#,
        r#"{"accountUuid":null}"#,
    ] {
        assert_eq!(redacted(line), line);
    }
}

#[test]
fn shapes_tell_of_secrets_whatever_their_name() {
    let jwt = format!("eyJ{0}.eyJ{0}.{0}", "a1B2c3D4e5F6g7H8");
    for (line, expected) in [
        (format!(r#"{{"t":"AKIA{0} ghp_{0}{0} sk-proj-{0}{0}"}}"#, "ABCDEFGHIJ012345"), r#"{"t":"<key:1> <key:2> <key:3>"}"#),
        (format!(r#"{{"t":"({jwt})"}}"#), r#"{"t":"(<token:1>)"}"#),
        (r#"{"t":"Authorization: Basic dXNlcjpwYXNz"}"#.into(), r#"{"t":"Authorization: Basic <token:1>"}"#),
        (r#"{"t":"a\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nb"}"#.into(), r#"{"t":"a\n<secret:1>\nb"}"#),
        (
            r#"{"t":"/home/ann/x /Users/ann /home/user/x /Users/Shared","s":"/p/-home-ann-src"}"#.into(),
            r#"{"t":"/home/<user:1>/x /Users/<user:1> /home/user/x /Users/Shared","s":"/p/-home-<user:1>-src"}"#,
        ),
        (r#"{"t":"C:\\Users\\ann\\x"}"#.into(), r#"{"t":"C:\\Users\\<user:1>\\x"}"#),
        (
            r#"{"t":"ssh 10.1.2.3, http://192.168.0.1:80/x, 127.0.0.1 110.1.2.3 10.1.2.3.4 v10.1.2.3"}"#.into(),
            r#"{"t":"ssh <host:1>, http://<host:2>:80/x, 127.0.0.1 110.1.2.3 10.1.2.3.4 v10.1.2.3"}"#,
        ),
        (
            r#"{"t":"Anns-Mac.local http://wiki.corp/x this.local settings.local.json a-b.internal.rs"}"#.into(),
            r#"{"t":"<host:1> http://<host:2>/x this.local settings.local.json a-b.internal.rs"}"#,
        ),
    ] {
        assert_eq!(redacted(&line), expected);
    }
}

#[test]
fn keys_of_well_known_services_are_known_by_their_beginning() {
    let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0";
    for begin in [
        "sk-",
        "sk-or-v1-",
        "gsk_",
        "xai-",
        "sk_test_",
        "sk_live_",
        "whsec_",
        "ya29.",
        "GOCSPX-",
        "hvs.",
        "pypi-",
        "dop_v1_",
        "shpat_",
        "ghp_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "npm_",
        "hf_",
        "sk-ant-",
    ] {
        assert_eq!(redacted(&format!(r#"{{"t":"use {begin}{random}."}}"#)), r#"{"t":"use <key:1>."}"#, "{begin}");
        let inside = format!(r#"{{"t":"a{begin}{random}"}}"#);
        assert_eq!(redacted(&inside), inside, "{begin}");
    }
    assert_eq!(redacted(&format!("SG.{}.{random}", &random[..22])), "<key:1>");
    assert_eq!(redacted(&format!("x;AccountKey={random}/+==;y")), "x;AccountKey=<key:1>;y");
    for line in
        ["task-ant-hill sk-anthem", "the sk-learn-and-other-packages-with-very-long-names-2", "pypi-mirror SG.1 hvs.x ya29.", "risk-ant-x"]
    {
        assert_eq!(redacted(line), line);
    }
}

#[test]
fn a_private_key_in_several_lines_is_found_on_either_stream() {
    let told = ["see: -----BEGIN EC PRIVATE KEY-----", "MHcCAQEE", "", "-----END EC PRIVATE KEY----- done", "MHcCAQEE"];
    let mut recording = recorded(&told);
    // Between the lines of one stream may stand those of the other, and messages.
    for (at, line) in told.into_iter().enumerate() {
        recording.events.insert(2 * at, Event::new(0, EventKind::Err(line.into())));
    }
    recording.events.insert(4, Event::new(0, EventKind::Out(r#"{"type":"x"}"#.into())));
    scrub(&mut recording, &[]);
    let clean = ["see: <secret:1>", "<secret:2>", "", "<secret:3> done", "MHcCAQEE"];
    let of = |is: fn(&EventKind) -> bool| {
        let lines = recording.events.iter().filter(|event| is(&event.kind)).filter_map(|event| event.payload());
        lines.map(|line| String::from_utf8(line.bytes().to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of(|kind| matches!(kind, EventKind::Err(_))), clean);
    let (before, after) = clean.split_at(2);
    assert_eq!(of(|kind| matches!(kind, EventKind::Out(_))), [before, &[r#"{"type":"x"}"#], after].concat());
    assert_eq!(lint(&recording), []);
}

#[test]
fn what_this_build_does_not_know_is_looked_at_too() {
    let file = "{\"claude-wire\":\"recording\",\"version\":1,\"by\":{\"mail\":\"ann@x.io\",\"password\":\"x\"}}\n{\"us\":0,\"later\":{\"to\":\"bob@x.io\"}}\n";
    let mut recording = Recording::from_bytes(file.as_bytes()).unwrap();
    let found: Vec<_> = lint(&recording).iter().map(|finding| (finding.line, finding.kind)).collect();
    assert_eq!(found, [(1, "email"), (1, "secret"), (2, "email")]);
    scrub(&mut recording, &[]);
    let text = String::from_utf8(recording.to_bytes()).unwrap();
    assert!(
        text.contains(r#""by":{"mail":"<email:1>","password":"<secret:1>"}"#) && text.contains(r#""later":{"to":"<email:2>"}"#),
        "{text}"
    );
    assert_eq!(lint(&recording), []);
}

#[test]
fn nothing_goes_beyond_its_string_and_keys_are_looked_at_too() {
    assert_eq!(
        redacted(r#"{"a":"x -----BEGIN PRIVATE KEY-----\nabc","b":"ann@x.io","/home/ann/x":{"bob@x.io":1}}"#),
        r#"{"a":"x <secret:1>","b":"<email:1>","/home/<user:1>/x":{"<email:2>":1}}"#
    );
}

#[test]
fn signatures_go_and_other_signatures_stay() {
    for (line, expected) in [
        (
            r#"{"content":[{"type":"thinking","thinking":"Hm.","signature":"EqQB"}]}"#,
            r#"{"content":[{"type":"thinking","thinking":"Hm.","signature":"<signature:1>"}]}"#,
        ),
        (
            r#"{"delta":{"type":"signature_delta","signature":"EqQB"}}"#,
            r#"{"delta":{"type":"signature_delta","signature":"<signature:1>"}}"#,
        ),
        (
            r#"{"content":[{"type":"redacted_thinking","data":"EmwK"}]}"#,
            r#"{"content":[{"type":"redacted_thinking","data":"<signature:1>"}]}"#,
        ),
        (
            r#"{"type":"tool_use","input":{"signature":"fn main()","data":"x"}}"#,
            r#"{"type":"tool_use","input":{"signature":"fn main()","data":"x"}}"#,
        ),
        (r#"{"block":{"type":"thinking","signature":""}}"#, r#"{"block":{"type":"thinking","signature":""}}"#),
    ] {
        assert_eq!(redacted(line), expected);
    }
}

#[test]
fn programs_and_prose_about_secrets_stay() {
    for line in [
        r#"{"t":"let token = parse_token(input); password: required; max_tokens=4096; token: String"}"#,
        r#"{"t":"api_key=os.environ; --token $TOKEN; password=<password>; KEY_FILE=/etc/key; A_KEY=/etc/key"}"#,
        r#"{"t":"git@github.com:a/b.git noreply@anthropic.com claude@2.1.329"}"#,
        r#"{"tokenSource":"none","apiKeySource":"ANTHROPIC_API_KEY","session_id":"0a1b-2c","uuid":"x","pid":7}"#,
    ] {
        assert_eq!(redacted(line), line);
    }
}

#[test]
fn equal_stays_equal_in_every_line_and_direction() {
    let mut recording = recorded(&[r#"{"type":"control_request","request":{"input":{"command":"mail ann@x.io bob@x.io"}}}"#]);
    recording.events.push(Event::new(0, EventKind::In(r#"{"updatedInput":{"command":"mail bob@x.io"}}"#.into())));
    recording.events.push(Event::new(0, EventKind::Err("sent to ann@x.io".into())));
    scrub(&mut recording, &[]);
    assert_eq!(
        lines(&recording),
        [
            r#"{"type":"control_request","request":{"input":{"command":"mail <email:1> <email:2>"}}}"#,
            r#"{"updatedInput":{"command":"mail <email:2>"}}"#,
            "sent to <email:1>",
        ]
    );
}

#[test]
fn what_was_told_once_is_found_everywhere_and_in_every_form() {
    let basic = STANDARD.encode("me:s3cret/of mine");
    let text = format!(r#"{{"t":"before: s3cret/of mine, s3cret%2Fof%20mine, {basic}"}}"#);
    let mut recording = recorded(&[
        text.as_str(),
        r#"{"type":"auth_status","password":"s3cret/of mine","organization":"Ann and Sons"}"#,
        "Ann and Sons, not Ann and Sonset",
    ]);
    scrub(&mut recording, &[]);
    let [before, named, after] = lines(&recording).try_into().unwrap();
    // Of the last character two bits are the secret's, and four are nobody's.
    assert_eq!(before, format!(r#"{{"t":"before: <secret:1>, <secret:1>, {}<secret:1>U="}}"#, &basic[..4]));
    assert_eq!(named, r#"{"type":"auth_status","password":"<secret:1>","organization":"<organization:1>"}"#);
    assert_eq!(after, "<organization:1>, not Ann and Sonset");
}

#[test]
fn a_secret_of_eight_characters_is_looked_for_and_a_shorter_one_not() {
    let mut recording = recorded(&["abcdefg8 abcdef7", r#"{"password":"abcdefg8","secret":"abcdef7"}"#]);
    scrub(&mut recording, &[]);
    assert_eq!(lines(&recording), ["<secret:1> abcdef7", r#"{"password":"<secret:1>","secret":"<secret:2>"}"#]);
}

#[test]
fn two_that_overlap_leave_nothing_of_either() {
    assert_eq!(redacted("sk-ant-a sk-ant-a1 A_KEY=ann@x.io"), "<key:1> <key:2> A_KEY=<secret:1>");
}

#[test]
fn the_header_is_looked_at_as_the_json_and_the_flags_that_it_holds() {
    let mut recording = recorded(&["hunter-2-hunter told on stderr"]);
    let argv = ["--api-key", "hunter-2-hunter", r#"--mcp-config={"A_TOKEN":"x"}"#, r#"{"headers":{"Authorization":"x"}}"#, "--verbose"];
    recording.header.argv = Some(argv.map(str::to_owned).to_vec());
    recording.header.env = [("MY_SECRET".to_owned(), "zyxwvut9".to_owned())].into();
    recording.header.vars =
        [("cwd", "/home/ann/src"), ("cwd_slug", "-home-ann-src")].map(|(name, path)| (name.to_owned(), path.to_owned())).into();
    assert_eq!(lint(&recording).last().unwrap().place, "byte 0");
    assert!(lint(&recording).iter().any(|finding| finding.place == "vars.cwd_slug"));
    scrub(&mut recording, &[]);
    assert_eq!(
        recording.header.argv.as_ref().unwrap(),
        &["--api-key", "<secret:1>", r#"--mcp-config={"A_TOKEN":"x"}"#, r#"{"headers":{"Authorization":"<secret:2>"}}"#, "--verbose"]
    );
    assert_eq!(recording.header.env["MY_SECRET"], "<secret:3>");
    assert_eq!(
        (recording.header.vars["cwd"].as_str(), recording.header.vars["cwd_slug"].as_str()),
        ("/home/<user:1>/src", "-home-<user:1>-src")
    );
    assert_eq!(lines(&recording), ["<secret:1> told on stderr"]);
}

#[test]
fn a_redaction_knows_what_the_caller_knows() {
    let mut recording = recorded(&[r#"{"t":"kolibri77 on workbench in /srv/x/y: a2xpYnJpNzc"}"#]);
    let redaction = Redaction::new().secret("kolibri77").host("workbench").root(Root::cwd("/srv/x")).secret("short");
    assert_eq!(redaction.lint(&recording).len(), 2);
    let counts = redaction.scrub(&mut recording);
    assert_eq!(lines(&recording), [r#"{"t":"<secret:1> on <host:1> in ${cwd}/y: a2xpYnJpNzc"}"#]);
    assert_eq!((counts["path"], counts["host"], counts["secret"]), (1, 1, 1));
    assert_eq!(recording.header.redactions, Some(3));
    assert!(!format!("{redaction:?}").contains("kolibri"));
}

#[test]
fn lint_tells_every_kind_it_says_it_knows() {
    let recording = recorded(&[
        r#"{"type":"control_response","description":"What a thing is good for, told at considerable length."}"#,
        r#"{"type":"control_response","x":{"type":"thinking","signature":"x","organization":"x","accountId":"x","password":"x"}}"#,
        "sk-ant-x, Bearer 0123456789abcdef, ann@x.io, /home/ann, 10.0.0.1",
    ]);
    let found: Vec<&str> = lint(&recording).iter().map(|Finding { kind, .. }| *kind).collect();
    for kind in Finding::kinds() {
        assert!(found.contains(kind), "{kind}: {found:?}");
    }
}

/// A partial message with one piece of a text.
fn delta(thread: Option<&str>, kind: &str, key: &str, piece: &str) -> String {
    let delta = serde_json::json!({"type": kind, key: piece});
    let event = serde_json::json!({"type": "content_block_delta", "index": 0, "delta": delta});
    serde_json::json!({"type": "stream_event", "event": event, "parent_tool_use_id": thread}).to_string()
}

fn pieces(recording: &Recording, key: &str) -> Vec<String> {
    let piece = |line: String| {
        let line: serde_json::Value = serde_json::from_str(&line).ok()?;
        Some(line["event"]["delta"][key].as_str()?.to_owned())
    };
    lines(recording).into_iter().filter_map(piece).collect()
}

#[test]
fn a_secret_in_several_pieces_is_one() {
    let said = ["Ask ", "ann", ".smith", "@mail", ".org, the", " key is s", "k-ant", "-api03", "-a1 and", " that is ", "all"];
    let mut stream: Vec<String> = said.iter().map(|piece| delta(None, "text_delta", "text", piece)).collect();
    stream.push(r#"{"type":"stream_event","event":{"type":"content_block_stop","index":0},"parent_tool_use_id":null}"#.to_owned());
    stream.push(serde_json::json!({"type": "assistant", "text": said.concat()}).to_string());
    let mut recording = recorded(&stream.iter().map(String::as_str).collect::<Vec<_>>());
    let found = lint(&recording);
    assert_eq!(
        found.iter().map(|finding| (finding.line, finding.kind)).collect::<Vec<_>>(),
        [(3, "email"), (7, "key"), (14, "email"), (14, "key")]
    );
    assert_eq!((found[0].place.as_str(), found[0].excerpt.as_str()), ("event.delta.text", "ann*** (18 bytes)"));
    let counts = scrub(&mut recording, &[]);
    assert_eq!((counts["email"], counts["key"]), (2, 2));
    assert_eq!(pieces(&recording, "text"), ["Ask ", "<email:1>", "", "", ", the", " key is <key:1>", "", "", " and", " that is ", "all"]);
    assert_eq!(lines(&recording).last().unwrap(), r#"{"type":"assistant","text":"Ask <email:1>, the key is <key:1> and that is all"}"#);
    assert_eq!(lint(&recording), []);
    assert!(scrub(&mut recording, &[]).is_empty());
}

#[test]
fn the_threads_and_kinds_of_pieces_are_kept_apart_and_order_is_kept() {
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
    assert_eq!(pieces(&recording, "text"), ["<email:1>", ""]);
    assert_eq!(lines(&recording)[2], r#"{"type":"system","subtype":"status","text":"x <email:2>"}"#);
}

proptest::proptest! {
    #[test]
    fn the_pieces_together_say_what_the_whole_says(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "a", "ann@x.io", "sk-ant-a1", "Bearer", "0123456789abcdef", "A_KEY=b", "\u{1f600}", "\n", "\"", "/home/ann", "10.0.0.1", "x://a:b@c", "password = abc12345", "\"token\":", "\"a b c d e\"",
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
        let mut recording = recorded(&stream.iter().map(String::as_str).collect::<Vec<_>>());
        scrub(&mut recording, &[]);
        proptest::prop_assert_eq!(recording.events.len(), stream.len());
        let told: serde_json::Value = serde_json::from_str(lines(&recording).last().unwrap()).unwrap();
        proptest::prop_assert_eq!(pieces(&recording, "text").concat(), told["text"].as_str().unwrap());
        proptest::prop_assert_eq!(lint(&recording), []);
    }
}
