//! What the report of a replay says: words that differ, what is left, what a request asks, and
//! which difference caused a miss.

use crate::launch_support::{conversation, conversed, launched, played};
use crate::replay_support::{Host, user};
use claude_wire::Replay;
use claude_wire::player::RunFolder;
use serde_json::json;

const STREAMS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

const INIT: &str =
    r#"{"type":"control_request","request_id":"r0","request":{"subtype":"initialize"}}"#;

fn prompts(texts: &[&str]) -> String {
    let events = texts.iter().map(|text| {
        format!(
            "{{\"us\":1,\"in\":{}}}\n{{\"us\":1,\"out\":{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}}}}\n",
            user(text)
        )
    });
    events.collect::<String>() + r#"{"us":1,"eof":"in"}"#
}

async fn miss(recorded: &str, lines: &[String]) -> String {
    let mut host = Host::of(recorded);
    for line in lines {
        host.write(line).await;
    }
    host.eof();
    host.end().await.divergence()
}

#[tokio::test(start_paused = true)]
async fn a_long_prompt_differs_by_word_with_its_place() {
    let text = format!("{}Answer in French.\n{}", "Be brief. ".repeat(60), "Be kind. ".repeat(60));
    for (word, other, place) in [
        ("French", "German", "Be brief. Answer in [-French.-]{+German.+} Be kind."),
        ("in French", "French", "Answer [-in -]French. Be kind."),
        ("Answer", "Always answer", "Be brief. [-Answer-]{+Always answer+} in French."),
    ] {
        let report = miss(&prompts(&[&text]), &[user(&text.replacen(word, other, 1))]).await;
        let line = report.lines().find(|line| line.contains("differs at")).unwrap();
        assert!(
            line.starts_with("  differs at prompt.message.content[0].text, character "),
            "{line}"
        );
        assert!(line.contains(place) && line.contains(": …"), "{line}");
        assert!(line.chars().count() < 250, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_counted_and_its_prompts_are_named() {
    let texts: Vec<_> = (0..12).map(|index| format!("prompt {index}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let report = miss(&prompts(&texts), &[user("prompt 0"), user("something else")]).await;
    assert!(report.contains("\n  left: 11 prompts, 11 lines of the CLI\n"), "{report}");
    assert!(report.contains("\n  left: prompt \"prompt 1\" (event 3)\n"), "{report}");
    assert!(report.contains("\n  left: ... and 3 more\n"), "{report}");
    assert!(report.contains(" divergences=1 left=22 "), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_named_by_what_it_asks() {
    for (request, name) in [
        (r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#, "can_use_tool Bash"),
        (
            r#"{"subtype":"hook_callback","callback_id":"h","input":{"hook_event_name":"Stop"}}"#,
            "hook Stop",
        ),
        (
            r#"{"subtype":"mcp_message","server_name":"calc","message":{"method":"tools/call","params":{"name":"add"}}}"#,
            "mcp_message calc tools/call add",
        ),
    ] {
        let recorded = format!(
            r#"
            {{"us":0,"in":{prompt}}}
            {{"us":1,"out":{{"type":"control_request","request_id":"0a1b2c3d","request":{request}}}}}
            {{"us":1,"in":{{"type":"control_response","response":{{"subtype":"success","request_id":"0a1b2c3d","response":{{"a":1}}}}}}}}
            {{"us":1,"eof":"in"}}"#,
            prompt = user("Hi")
        );
        let missing = miss(&recorded, &[user("Hi")]).await;
        assert!(missing.contains(&format!("expected: answer to {name} (event 3)")), "{missing}");
        let mut host = Host::of(&recorded);
        host.write(user("Hi")).await;
        host.line().await;
        host.write(r#"{"type":"control_response","response":{"subtype":"error","request_id":"0a1b2c3d","error":"no"}}"#).await;
        let other = host.end().await.divergence();
        assert!(other.contains(&format!("arrived: answer to {name}: ")), "{other}");
        assert!(!other.contains("expected: answer to the CLI's request"), "{other}");
        let early = miss(&recorded, &[]).await;
        assert!(early.contains("left: 1 prompt, 1 answer, 1 line of the CLI"), "{early}");
    }
}

/// `(what the host wrote, the hint)`.
#[tokio::test(start_paused = true)]
async fn the_hint_names_the_difference_that_caused_the_miss() {
    let with_request = |subtype: &str| {
        format!(
            "{{\"us\":0,\"in\":{}}}\n{}",
            INIT.replace("initialize", subtype),
            prompts(&["Hi", "And again"])
        )
    };
    let model = INIT.replace("initialize", "set_model");
    for (recorded, wrote, hint) in [
        (with_request("initialize"), vec![user("Hi")], "without `initialize`"),
        (with_request("set_model"), vec![user("Hi")], "sent `set_model` before this prompt"),
        (with_request("initialize"), vec![], "if yours gives its prompt as an argument"),
        (prompts(&["Hi"]), vec![], "if yours gives its prompt as an argument"),
        (
            with_request("set_model"),
            vec![model.clone(), user("And again")],
            "this is the prompt of event 4: your program left out",
        ),
        (prompts(&["Hi"]), vec![user("Ho")], "make your program write what was recorded"),
        (prompts(&["Hi", "Ho"]), vec![user("Hi")], "make your program do the rest"),
        (prompts(&["Hi"]), vec![user("Hi"), user("Hi")], "stop your program earlier"),
    ] {
        let report = miss(&recorded, &wrote).await;
        let line = report.lines().find(|line| line.starts_with("  hint: "));
        assert!(line.is_some_and(|line| line.contains(hint)), "{hint}: {report}");
    }
}

/// As an SDK declares it: the launch is compared before the prompt is.
#[tokio::test(start_paused = true)]
async fn the_hint_of_a_launch_names_the_difference_that_caused_the_miss() {
    let argument = |prompt: &'static str| [&STREAMS[..], &["--", prompt]].concat();
    let never_sent = "without `initialize`";
    let as_argument = "your program gives its prompt as an argument";
    let not_as_argument = "the recorded program gave its prompt as an argument";
    let declared = [
        json!({"hooks": null}),
        json!({"systemPrompt": "You are X", "hooks": {"Stop": [{"hookCallbackIds": ["h"]}]}}),
        json!({"agents": {"a": {"description": "d", "prompt": "p"}}}),
    ];
    for fields in declared {
        let sdk = conversed(&STREAMS, Some(fields.clone()));
        let by_argument = launched(
            &argument("Hi"),
            r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
            {"us":1,"exit":{"code":0}}"#,
        );
        let sends = conversation(Some(fields.clone()));
        for (recorded, args, wrote, hint) in [
            (&sdk, STREAMS.to_vec(), conversation(None), never_sent),
            (&sdk, argument("Hi"), vec![], as_argument),
            (&sdk, argument("Hi"), sends.clone(), as_argument),
            (&sdk, [&STREAMS[..], &["--model", "m", "one"]].concat(), vec![], as_argument),
            (&by_argument, STREAMS.to_vec(), sends, not_as_argument),
            (&by_argument, STREAMS.to_vec(), conversation(None), not_as_argument),
            (&by_argument, argument("Ho"), vec![], "launch the CLI as it was recorded"),
        ] {
            // Alone, and as one of several.
            let folder = tempfile::tempdir().unwrap();
            for name in ["1.jsonl", "2.jsonl"] {
                recorded.save(folder.path().join(name)).unwrap();
            }
            let path = folder.path();
            for replay in [Replay::new(recorded.clone()), Replay::open(path).unwrap()] {
                let seen = played(&replay.unverified(), &args, &wrote).await;
                assert_eq!(seen.code, Some(70), "{hint}: {}", seen.report);
                let line = seen.report.lines().find(|line| line.starts_with("  hint: "));
                assert!(line.is_some_and(|line| line.contains(hint)), "{hint}: {}", seen.report);
            }
        }
    }
    // What an `initialize` that came declares is the difference itself.
    let recorded = conversed(&STREAMS, Some(json!({"systemPrompt": "You are X"})));
    let other = conversation(Some(json!({"systemPrompt": "You are Y"})));
    let seen = played(&Replay::new(recorded).unverified(), &STREAMS, &other).await;
    assert!(seen.report.contains("hint: launch the CLI as it was recorded"), "{}", seen.report);
}

#[test]
fn a_relative_path_that_does_not_exist_names_the_folder() {
    let folder = std::env::current_dir().unwrap().display().to_string();
    let place = format!("it was looked for in {folder}");
    let recording = claude_wire::Replay::open("no/such.jsonl").unwrap_err().to_string();
    assert!(recording.starts_with("no/such.jsonl: ") && recording.ends_with(&place), "{recording}");
    let recordings = claude_wire::Replay::open("no/such").unwrap_err().to_string();
    assert!(recordings.contains(&place), "{recordings}");
    let scenario = claude_wire::Scenario::load("no/such.json").unwrap_err().to_string();
    assert!(scenario.contains(&place), "{scenario}");
    let absolute = format!("{folder}/no/such.jsonl");
    let absolute = claude_wire::Replay::open(absolute).unwrap_err().to_string();
    assert!(!absolute.contains("looked for"), "{absolute}");
}

/// A program that lists past sessions does not find them after a replay.
#[tokio::test(start_paused = true)]
async fn transcripts_that_are_not_brought_back_are_named() {
    const RECORDED: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const LIVE: &str = "bbbbbbbb-0000-4000-8000-000000000002";
    let recorded = |argv: &[&str], init: bool| {
        let init = if init {
            json!({"us": 1, "out": {"type": "system", "subtype": "init", "session_id": RECORDED}})
                .to_string()
        } else {
            String::new()
        };
        launched(
            argv,
            &format!(
                r#"{{"us":1,"in":{}}}
                {init}
                {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false}}}}
                {{"us":1,"eof":"in"}}
                {{"us":1,"exit":{{"code":0}}}}"#,
                user("Hi")
            ),
        )
    };
    let with = |more: &[&'static str]| [&STREAMS[..], more].concat();
    let forgets = "--no-session-persistence";
    for (argv, args, init, prompt, names) in [
        (with(&[]), with(&[]), true, "Hi", Some(RECORDED)),
        (with(&["--session-id", RECORDED]), with(&["--session-id", LIVE]), true, "Hi", Some(LIVE)),
        (with(&[forgets]), with(&[forgets]), true, "Hi", None),
        (with(&[]), with(&[]), false, "Hi", None),
        // Nothing was played.
        (with(&[]), with(&[]), true, "Ho", None),
    ] {
        let replay = Replay::new(recorded(&argv, init)).unverified();
        let seen = played(&replay, &args, &[user(prompt)]).await;
        assert_eq!(seen.code, Some(if prompt == "Hi" { 0 } else { 70 }), "{}", seen.report);
        let report = replay.report();
        let named = report.transcripts_not_brought_back();
        assert_eq!(named, names.as_slice(), "{argv:?}: {report}");
        let text = report.to_string();
        let line = "replay: transcripts of sessions are not brought back: ";
        let shown = text.lines().find_map(|shown| shown.strip_prefix(line));
        assert_eq!(shown, names, "{text}");
    }
    // Of several launches, each once and in one line.
    let run = tempfile::tempdir().unwrap();
    let run = RunFolder::open(run.path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["1.jsonl", "2.jsonl"] {
        recorded(&with(&[]), true).save(folder.path().join(name)).unwrap();
    }
    let replay = Replay::open(folder.path()).unwrap().in_run(run.clone()).unwrap().unverified();
    played(&replay, &with(&["--session-id", LIVE]), &[user("Hi")]).await;
    played(&replay, &with(&[]), &[user("Hi")]).await;
    for report in [replay.report(), run.report().unwrap()] {
        let named = report.transcripts_not_brought_back();
        assert!(named.contains(&LIVE.to_owned()) && named.len() <= 2, "{report}");
        assert_eq!(report.to_string().matches("transcripts of sessions").count(), 1, "{report}");
    }
}
