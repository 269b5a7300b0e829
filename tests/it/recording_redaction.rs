//! What counts as a secret, what replaces it, and what is kept because a program may decide based
//! on it.

use crate::support::recorded::{delta, lines, pieces, recorded, redacted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claude_wire::recording::{Event, EventKind, Finding, Redaction, Root, lint, scrub};

#[test]
fn secrets_are_found_by_name_whatever_they_look_like() {
    for (line, expected) in [
        (
            r#"{"client_secret":"a","Set-Cookie":["b c","d"],"password":"","token":"a1B2c3D4e5F6g7H8"}"#,
            r#"{"client_secret":"<secret:1>","Set-Cookie":["<secret:2>","<secret:3>"],"password":"","token":"<secret:4>"}"#,
        ),
        (
            r#"{"env":{"GITHUB_TOKEN":"a b","PATH":"/bin"}}"#,
            r#"{"env":{"GITHUB_TOKEN":"<secret:1>","PATH":"/bin"}}"#,
        ),
        (
            r#"{"type":"control_response","account":{"email":"a@b.cd","organization":"Ann's","accountUuid":"x-1"}}"#,
            r#"{"type":"control_response","account":{"email":"user1@redacted.invalid","organization":"<organization:1>","accountUuid":"<account:1>"}}"#,
        ),
        (
            r#"{"type":"system","subtype":"init","user_id":"u-1","org_id":"o-1"}"#,
            r#"{"type":"system","subtype":"init","user_id":"<account:1>","org_id":"<organization:1>"}"#,
        ),
        (
            r#"{"rows":[{"label":"Version","value":"2.1"},{"label":"Organization","value":"Ann's"}]}"#,
            r#"{"rows":[{"label":"Version","value":"2.1"},{"label":"Organization","value":"<organization:1>"}]}"#,
        ),
        (
            r#"{"t":"export A_SECRET=hush; B=loud"}"#,
            r#"{"t":"export A_SECRET=<secret:1>; B=loud"}"#,
        ),
        (
            r#"{"t":"cli --password=abc12345 --token 'pass phrase'"}"#,
            r#"{"t":"cli --password=<secret:1> --token 'pass phrase'"}"#,
        ),
        (
            r#"{"t":"{\"api_key\": \"a b c d\", \"n\": 1}"}"#,
            r#"{"t":"{\"api_key\": \"<secret:1>\", \"n\": 1}"}"#,
        ),
        (
            r#"{"t":"https://x.y/cb?code=abcdef&state=ghijkl&page=12345678"}"#,
            r#"{"t":"https://x.y/cb?code=<secret:1>&state=<secret:2>&page=12345678"}"#,
        ),
        (
            "{\"t\":\"postgres://me:p@ss.ab@db.x.io/y\"}",
            "{\"t\":\"postgres://me:<secret:1>@db.x.io/y\"}",
        ),
    ] {
        assert_eq!(redacted(line), expected);
    }
}

#[test]
fn arguments_of_a_tool_are_kept_for_its_handler() {
    let arguments = r#"{"user_id":"u_42","account_id":"a_7","org_id":"o_1","organization":"Ann's","token":"page-2"}"#;
    for line in [
        format!(
            r#"{{"type":"assistant","message":{{"content":[{{"type":"tool_use","input":{arguments}}}]}}}}"#
        ),
        format!(
            r#"{{"type":"control_request","request":{{"message":{{"method":"tools/call","params":{{"arguments":{arguments}}}}}}}}}"#
        ),
    ] {
        assert_eq!(redacted(&line), line);
    }
    let mut recording = recorded(&[&delta(None, "input_json_delta", "partial_json", arguments)]);
    let updated = format!(
        r#"{{"type":"control_response","response":{{"response":{{"updatedInput":{arguments}}}}}}}"#
    );
    recording.events.push(Event::new(0, EventKind::In(updated.as_str().into())));
    assert_eq!((lint(&recording), scrub(&mut recording, &[]).len()), (vec![], 0));
    assert_eq!(lines(&recording)[1], updated);
}

#[test]
fn the_account_in_the_clis_own_files_is_found_in_any_text() {
    let file = r#"{"oauthAccount": {"accountUuid": "0a1b-2c", "organizationUuid":"3d", "organizationName":"Ann and Sons Ltd", "emailAddress":"ann@x.io"}}"#;
    let clean = r#"{"oauthAccount": {"accountUuid": "<account:1>", "organizationUuid":"<organization:1>", "organizationName":"<organization:2>", "emailAddress":"user1@redacted.invalid"}}"#;
    let in_json = |text: &str| serde_json::json!({"type": "user", "content": text}).to_string();
    let in_pieces = |text: &str| {
        text.split_inclusive('A')
            .map(|piece| delta(None, "input_json_delta", "partial_json", piece))
            .collect::<Vec<_>>()
    };
    assert_eq!(redacted(file), clean);
    assert_eq!(redacted(&format!("stderr says {file}")), format!("stderr says {clean}"));
    assert_eq!(redacted(&in_json(file)), in_json(clean));
    assert_eq!(redacted(&in_json(&in_json(file))), in_json(&in_json(clean)));
    let lines_sent = in_pieces(file);
    let mut recording = recorded(&lines_sent.iter().map(String::as_str).collect::<Vec<_>>());
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
fn secrets_are_found_by_shape_whatever_their_name() {
    let jwt = format!("eyJ{0}.eyJ{0}.{0}", "a1B2c3D4e5F6g7H8");
    for (line, expected) in [
        (format!(r#"{{"t":"AKIA{0} ghp_{0}{0} sk-proj-{0}{0}"}}"#, "ABCDEFGHIJ012345"), r#"{"t":"AKIAREDACTED1xxxxxxx ghp_REDACTED2xxxxxxxxxxxxxxxxxxxxxxx sk-proj-REDACTED3xxxxxxxxxxxxxxxxxxxxxxx"}"#),
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
            r#"{"t":"ssh host1.redacted.invalid, http://host2.redacted.invalid:80/x, 127.0.0.1 110.1.2.3 10.1.2.3.4 v10.1.2.3"}"#,
        ),
        (
            r#"{"t":"Anns-Mac.local http://wiki.corp/x this.local settings.local.json a-b.internal.rs"}"#.into(),
            r#"{"t":"host1.redacted.invalid http://host2.redacted.invalid/x this.local settings.local.json a-b.internal.rs"}"#,
        ),
    ] {
        assert_eq!(redacted(&line), expected);
    }
}

#[test]
fn keys_of_known_services_are_found_by_prefix() {
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
        assert_eq!(
            redacted(&format!(r#"{{"t":"use {begin}{random}."}}"#)),
            format!(
                r#"{{"t":"use {:x<len$}."}}"#,
                format!("{begin}REDACTED1"),
                len = begin.len() + 40
            ),
            "{begin}"
        );
        let inside = format!(r#"{{"t":"a{begin}{random}"}}"#);
        assert_eq!(redacted(&inside), inside, "{begin}");
    }
    assert_eq!(
        redacted(&format!("SG.{}.{random}", &random[..22])),
        format!("SG.REDACTED1{}", "x".repeat(54))
    );
    assert_eq!(redacted(&format!("x;AccountKey={random}/+==;y")), "x;AccountKey=<key:1>;y");
    for line in [
        "task-ant-hill sk-anthem",
        "the sk-learn-and-other-packages-with-very-long-names-2",
        "pypi-mirror SG.1 hvs.x ya29.",
        "risk-ant-x",
    ] {
        assert_eq!(redacted(line), line);
    }
}

#[test]
fn redaction_stays_within_a_string_and_covers_keys() {
    assert_eq!(
        redacted(
            r#"{"a":"x -----BEGIN PRIVATE KEY-----\nabc","b":"ann@x.io","/home/ann/x":{"bob@x.io":1}}"#
        ),
        r#"{"a":"x <secret:1>","b":"user1@redacted.invalid","/home/<user:1>/x":{"user2@redacted.invalid":1}}"#
    );
}

#[test]
fn only_signatures_of_the_model_are_redacted() {
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
        (
            r#"{"block":{"type":"thinking","signature":""}}"#,
            r#"{"block":{"type":"thinking","signature":""}}"#,
        ),
    ] {
        assert_eq!(redacted(line), expected);
    }
}

#[test]
fn programs_and_prose_about_secrets_are_kept() {
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
    let mut recording = recorded(&[
        r#"{"type":"control_request","request":{"input":{"command":"mail ann@x.io bob@x.io"}}}"#,
    ]);
    recording.events.push(Event::new(
        0,
        EventKind::In(r#"{"updatedInput":{"command":"mail bob@x.io"}}"#.into()),
    ));
    recording.events.push(Event::new(0, EventKind::Err("sent to ann@x.io".into())));
    scrub(&mut recording, &[]);
    assert_eq!(
        lines(&recording),
        [
            r#"{"type":"control_request","request":{"input":{"command":"mail user1@redacted.invalid user2@redacted.invalid"}}}"#,
            r#"{"updatedInput":{"command":"mail user2@redacted.invalid"}}"#,
            "sent to user1@redacted.invalid",
        ]
    );
}

#[test]
fn a_known_secret_is_found_everywhere_and_in_every_form() {
    let basic = STANDARD.encode("me:s3cret/of mine");
    let text = format!(r#"{{"t":"before: s3cret/of mine, s3cret%2Fof%20mine, {basic}"}}"#);
    let mut recording = recorded(&[
        text.as_str(),
        r#"{"type":"auth_status","password":"s3cret/of mine","organization":"Ann and Sons"}"#,
        "Ann and Sons, not Ann and Sonset",
    ]);
    scrub(&mut recording, &[]);
    let [before, named, after] = lines(&recording).try_into().unwrap();
    // Two bits of the last character belong to the secret, and four to neither.
    assert_eq!(
        before,
        format!(r#"{{"t":"before: <secret:1>, <secret:1>, {}<secret:1>U="}}"#, &basic[..4])
    );
    assert_eq!(
        named,
        r#"{"type":"auth_status","password":"<secret:1>","organization":"<organization:1>"}"#
    );
    assert_eq!(after, "<organization:1>, not Ann and Sonset");
}

#[test]
fn known_secrets_need_at_least_eight_characters() {
    let mut recording =
        recorded(&["abcdefg8 abcdef7", r#"{"password":"abcdefg8","secret":"abcdef7"}"#]);
    scrub(&mut recording, &[]);
    assert_eq!(
        lines(&recording),
        ["<secret:1> abcdef7", r#"{"password":"<secret:1>","secret":"<secret:2>"}"#]
    );
}

#[test]
fn overlapping_secrets_are_both_removed_completely() {
    assert_eq!(
        redacted("sk-ant-a sk-ant-a1 A_KEY=ann@x.io"),
        "sk-ant-REDACTED1 sk-ant-REDACTED2 A_KEY=<secret:1>"
    );
}

#[test]
fn a_redaction_uses_the_secrets_of_the_caller() {
    let mut recording = recorded(&[r#"{"t":"kolibri77 on workbench in /srv/x/y: a2xpYnJpNzc"}"#]);
    let redaction = Redaction::new()
        .secret("kolibri77")
        .host("workbench")
        .root(Root::cwd("/srv/x"))
        .secret("short");
    assert_eq!(redaction.lint(&recording).len(), 2);
    let counts = redaction.scrub(&mut recording);
    assert_eq!(
        lines(&recording),
        [r#"{"t":"<secret:1> on host1.redacted.invalid in ${cwd}/y: a2xpYnJpNzc"}"#]
    );
    assert_eq!((counts["path"], counts["host"], counts["secret"]), (1, 1, 1));
    assert_eq!(recording.header.redactions, Some(3));
    assert!(!format!("{redaction:?}").contains("kolibri"));
}

#[test]
fn lint_reports_every_kind_that_it_lists() {
    let recording = recorded(&[
        r#"{"type":"control_response","description":"What a thing is good for, told at considerable length."}"#,
        r#"{"type":"control_response","x":{"type":"thinking","signature":"x","organization":"x","accountId":"x","password":"x"}}"#,
        "sk-ant-x, Bearer 0123456789abcdef, ann@x.io, /home/ann, 10.0.0.1, q7Rt2XvB9kLm4ZpW8sYd3NcH",
    ]);
    let found: Vec<&str> = lint(&recording).iter().map(|Finding { kind, .. }| *kind).collect();
    for kind in Finding::kinds() {
        assert!(found.contains(kind), "{kind}: {found:?}");
    }
}
