//! Rules: places that are not compared, and values that need not be equal.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::player::Rules;
use claude_wire::transport::{Launch, Transport};
use serde_json::{Value, json};

use crate::launch_support::{conversation, conversed, launched, played};

fn rules(json: &Value) -> Rules {
    Rules::parse(&json.to_string()).unwrap()
}

/// What differs at a flag, with a rule for it.
async fn flag(rule: Value, recorded: &str, live: &str) -> Vec<String> {
    let mut rule = rule;
    rule["at"] = "--name".into();
    let replay = Replay::new(conversed(&["-n", recorded], None)).unverified();
    let replay = replay.rules(rules(&json!({"match": [rule]})));
    let played = played(&replay, &["--name", live], &conversation(None)).await;
    played.differs().into_iter().map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn a_match_accepts_what_it_says_and_refuses_the_rest() {
    let uuid = "99999999-2222-4333-8444-555555555555";
    for (rule, fits, other, says) in [
        (json!({"any": true}), &["", "x"][..], &[][..], ""),
        (json!({"id": true}), &["x", uuid], &[], ""),
        (
            json!({"regex": "^run-[0-9]+$"}),
            &["run-7"],
            &["run-", "xrun-7"],
            r#"a text that matches "^run-[0-9]+$""#,
        ),
        (
            json!({"date": true}),
            &["2026-11-29", "2026-11-29T01:02:03.5Z", "2026-11-29 01:02+01:00"],
            &["2026-13-01", "today", "20261129"],
            "a date",
        ),
        (json!({"uuid": true}), &[uuid], &["x", "99999999222243338444555555555555"], "a uuid"),
        (
            json!({"path": true}),
            &["/a/b", "C:\\a", "\\\\host\\a"],
            &["a/b", "./a", ""],
            "an absolute path",
        ),
        (json!({"one_of": ["a", "b"]}), &["a", "b"], &["c"], r#"one of ["a","b"]"#),
    ] {
        for live in fits {
            assert_eq!(flag(rule.clone(), "recorded", live).await, [""; 0], "{rule} {live}");
        }
        for live in other {
            let found = flag(rule.clone(), "recorded", live).await;
            assert_eq!(
                found,
                [format!("--name: expected {says}, actual {}", json!(live))],
                "{rule}"
            );
        }
        assert_eq!(
            flag(rule, "recorded", "recorded").await,
            [""; 0],
            "what was recorded always fits"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn flags_are_ignored_under_each_of_their_names_and_as_fields() {
    for (ignored, recorded, live, fields) in [
        ("--model", &["--model", "a"][..], &["--model", "b"][..], json!({})),
        ("-n", &["--name", "a"], &[], json!({})),
        ("--allowedTools", &["--allowed-tools", "A"], &["--allowedTools", "B"], json!({})),
        ("--system-prompt", &["--system-prompt", "a"], &[], json!({"systemPrompt": ["b"]})),
        (
            "initialize /systemPrompt",
            &["--system-prompt", "a"],
            &[],
            json!({"systemPrompt": ["b"]}),
        ),
        ("initialize /hooks", &[], &[], json!({"hooks": {"Stop": [{"hookCallbackIds": ["x"]}]}})),
        ("--mcp-config", &[], &[], json!({"sdkMcpServers": ["calc"]})),
    ] {
        let replay = Replay::new(conversed(recorded, Some(json!({})))).unverified();
        let lines = conversation(Some(fields));
        assert_eq!(played(&replay, live, &lines).await.code, Some(70), "{ignored}");
        let ignoring = replay.ignore(["--effort", ignored]);
        let played = played(&ignoring, live, &lines).await;
        assert_eq!(played.code, Some(0), "{ignored}: {}", played.report);
    }
}

/// A recording that does not say how it was launched: only `initialize` is compared.
#[tokio::test(start_paused = true)]
async fn flags_are_ignored_in_initialize_where_the_launch_is_not_compared() {
    let agents = |prompt: &str| json!({"agents": {"a": {"description": "d", "prompt": prompt}}});
    for (rule, recorded, fits, other) in [
        (
            json!({"ignore": ["--system-prompt"]}),
            json!({"systemPrompt": "a"}),
            json!({"systemPrompt": ["b"]}),
            None,
        ),
        (json!({"ignore": ["--agents"]}), agents("a"), agents("b"), None),
        (
            json!({"ignore": ["--mcp-config"]}),
            json!({"sdkMcpServers": ["a"]}),
            json!({"sdkMcpServers": ["b"]}),
            None,
        ),
        (
            json!({"match": [{"at": "--append-system-prompt", "regex": "^run [0-9]+$"}]}),
            json!({"appendSystemPrompt": "run 1"}),
            json!({"appendSystemPrompt": "run 2"}),
            Some(json!({"appendSystemPrompt": "walk 2"})),
        ),
        (
            json!({"match": [{"at": "initialize /systemPrompt", "one_of": ["a", "b"]}]}),
            json!({"systemPrompt": ["a"]}),
            json!({"systemPrompt": ["b"]}),
            Some(json!({"systemPrompt": ["c"]})),
        ),
    ] {
        let mut recording = conversed(&[], Some(recorded));
        recording.header.argv = None;
        let replay = Replay::new(recording).unverified();
        let no_args: [&str; 0] = [];
        let lines = conversation(Some(fits));
        assert_eq!(played(&replay, &no_args, &lines).await.code, Some(70), "without {rule}");
        let ruled = replay.rules(rules(&rule));
        let fitting = played(&ruled, &no_args, &lines).await;
        assert_eq!(fitting.code, Some(0), "{rule}: {}", fitting.report);
        if let Some(other) = other {
            let refused = played(&ruled, &no_args, &conversation(Some(other))).await;
            assert_eq!(refused.code, Some(70), "{rule}: {}", refused.report);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn prompts_are_counted_from_the_first_of_the_launch() {
    let turn = |text: &str| {
        let prompt = json!({"type": "user", "message": {"role": "user", "content": text}});
        format!(
            "{{\"us\":1,\"in\":{prompt}}}\n{{\"us\":1,\"out\":{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}}}}\n"
        )
    };
    let events = turn("one") + &turn("two") + r#"{"us":1,"eof":"in"}"#;
    let replay = Replay::new(launched(&[], &events)).unverified();
    let say = |text: &str| {
        json!({"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": text}]}}).to_string()
    };
    let no_args: [&str; 0] = [];
    for (rule, first, second, code) in [
        (json!({"at": "prompt[1]", "any": true}), "one", "2", 0),
        (json!({"at": "prompt[0]", "any": true}), "one", "2", 70),
        (json!({"at": "prompt[0]", "regex": "^[0-9]$"}), "1", "two", 0),
        (json!({"at": "prompt[0]", "regex": "^[0-9]$"}), "x", "two", 70),
        (json!({"at": "prompt[2]", "any": true}), "1", "two", 70),
    ] {
        let replay = replay.clone().rules(rules(&json!({"match": [rule]})));
        let played = played(&replay, &no_args, &[say(first), say(second)]).await;
        assert_eq!(played.code, Some(code), "{rule}: {}", played.report);
    }
    // The one among the arguments is number 0.
    let replay =
        Replay::new(launched(&["-p", "one"], r#"{"us":1,"exit":{"code":0}}"#)).unverified();
    assert_eq!(
        played(&replay.clone().ignore(["prompt[0]"]), &["-p", "two"], &[]).await.code,
        Some(0)
    );
    assert_eq!(played(&replay.ignore(["prompt[1]"]), &["-p", "two"], &[]).await.code, Some(70));
    // And so is text on stdin, whatever its lines.
    let events = r#"{"us":1,"in":"one","as":"text"}
        {"us":1,"eof":"in"}
        {"us":1,"exit":{"code":0}}"#;
    let replay = Replay::new(launched(&["-p"], events)).ignore(["prompt[0]"]).unverified();
    let played = played(&replay, &["-p"], &["a".to_owned(), "b".to_owned()]).await;
    assert_eq!(played.code, Some(0), "{}", played.report);
}

#[tokio::test(start_paused = true)]
async fn fields_of_requests_and_answers_are_named_by_a_pointer() {
    let events = r#"{"us":1,"in":{"type":"control_request","request_id":"1","request":{"subtype":"set_model","model":"a"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"1"}}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"file_path":"/a"}}}}
        {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c","response":{"behavior":"allow","updatedInput":{"file_path":"/b"}}}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"eof":"in"}"#;
    let host = |model: &str, path: &str| {
        [
            json!({"type": "control_request", "request_id": "7", "request": {"subtype": "set_model", "model": model}}),
            json!({"type": "user", "message": {"role": "user", "content": "Hi"}}),
            json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c", "response": {"behavior": "allow", "updatedInput": {"file_path": path}}}}),
        ]
        .map(|line| line.to_string())
    };
    let no_args: [&str; 0] = [];
    let replay = Replay::new(launched(&[], events)).unverified();
    let rules = rules(&json!({"match": [
        {"at": "set_model /model", "one_of": ["a", "x"]},
        {"at": "can_use_tool /updatedInput/file_path", "path": true},
    ]}));
    let ruled = replay.clone().rules(rules);
    for (model, path, with_rules, without) in
        [("a", "/b", 0, 0), ("x", "/c", 0, 70), ("y", "/b", 70, 70), ("a", "c", 70, 70)]
    {
        let lines = host(model, path);
        assert_eq!(played(&ruled, &no_args, &lines).await.code, Some(with_rules), "{model} {path}");
        assert_eq!(played(&replay, &no_args, &lines).await.code, Some(without), "{model} {path}");
    }
}

#[test]
fn what_is_not_a_rule_is_refused_with_its_place() {
    for (json, says) in [
        (json!({"ignored": []}), "unknown field `ignored`"),
        (
            json!({"ignore": ["--modle"]}),
            r#"ignore[0]: "--modle" is not a flag of any known version of the CLI"#,
        ),
        (
            json!({"ignore": ["--model", "prompt[x]"]}),
            r#"ignore[1]: "prompt[x]" is not a place: expected a flag"#,
        ),
        (
            json!({"ignore": ["initialize /agents/reviewer/prompt"]}),
            "names a part of a field that is compared as a whole: write --agents",
        ),
        (
            json!({"match": [{"at": "initialize /hooks/Stop/0/matcher", "any": true}]}),
            "names a part of a field that is compared as a whole: write initialize /hooks",
        ),
        (json!({"ignore": ["prompt"]}), "is not a place"),
        (json!({"ignore": ["set_model"]}), "is not a place"),
        (json!({"ignore": ["set_model model"]}), "is not a place"),
        (
            json!({"match": [{"at": "--model"}]}),
            "match[0]: a match needs exactly one of any, id, regex, date, uuid, path, one_of; this one has none",
        ),
        (json!({"match": [{"at": "--model", "any": true, "id": true}]}), "this one has several"),
        (
            json!({"match": [{"at": "--model", "any": false}]}),
            "match[0]: any must be true, or absent",
        ),
        (json!({"match": [{"at": "--model", "regex": "("}]}), "match[0]: regex: "),
        (
            json!({"match": [{"at": "--model", "one_of": []}]}),
            "one_of must have at least one value",
        ),
        (json!({"match": [{"any": true}]}), "missing field `at`"),
        (json!({"match": [{"at": "--model", "any": true, "why": "x"}]}), "unknown field `why`"),
        (json!([]), "not a file of rules: "),
    ] {
        let why = Rules::parse(&json.to_string()).unwrap_err().to_string();
        assert!(why.contains(says), "{json}: {why}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_next_to_a_recording_and_the_one_in_a_folder_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let recording = conversed(&["--model", "a"], None);
    let file = folder.path().join("x.y.jsonl");
    recording.save(&file).unwrap();
    std::fs::create_dir(folder.path().join("all")).unwrap();
    recording.save(folder.path().join("all/001.jsonl")).unwrap();
    for (path, rules) in [(file, "x.y.rules.json"), (folder.path().join("all"), "all/rules.json")] {
        let rules = folder.path().join(rules);
        let run = async || {
            played(
                &Replay::open(&path).unwrap().unverified(),
                &["--model", "b"],
                &conversation(None),
            )
            .await
        };
        assert_eq!(run().await.code, Some(70), "no rules: {}", path.display());
        std::fs::write(&rules, r#"{"ignore":["--model"]}"#).unwrap();
        assert_eq!(run().await.code, Some(0), "{}: {}", path.display(), run().await.report);
        std::fs::write(&rules, r#"{"ignore":["--modle"]}"#).unwrap();
        let replay = Replay::open(&path).unwrap().unverified();
        let error = replay.open(Launch::default()).await.map(drop).unwrap_err();
        let error =
            std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
        assert!(error.contains("rules.json: ignore[0]: "), "{error}");
    }
}

/// A launch with text on stdin: a recording alone, and one of a folder.
#[tokio::test(start_paused = true)]
async fn a_match_is_about_all_of_the_text_on_stdin() {
    let uuid = "99999999-2222-4333-8444-555555555555";
    let events = r#"{"us":1,"in":"run-1","as":"text"}
        {"us":1,"in":"of today","as":"text"}
        {"us":1,"eof":"in"}
        {"us":1,"out":"Done.","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    let folder = tempfile::tempdir().unwrap();
    launched(&["-p"], events).save(folder.path().join("1.jsonl")).unwrap();
    for (rule, fits, others) in [
        (json!({"any": true}), &["x", "run-1\nof today", "a\n\nb\n{"][..], &[][..]),
        (
            json!({"regex": "^run-[0-9]+\nof \\w+$"}),
            &["run-7\nof tomorrow"],
            &["run-7", "run-x\nof"],
        ),
        (json!({"regex": "^run-[0-9]+$"}), &["run-7", "run-1\nof today"], &["run-7\nof"]),
        (json!({"date": true}), &["2026-11-29"], &["today"]),
        (json!({"uuid": true}), &[uuid], &["run-1", "run-1\nof tomorrow"]),
        (json!({"path": true}), &["/a/b"], &["a/b"]),
        (json!({"one_of": ["a", "b\nc"]}), &["a", "b\nc"], &["b", "c"]),
        (json!({"id": true}), &["x", "y\nz"], &[]),
    ] {
        let mut rule = rule;
        rule["at"] = "prompt[0]".into();
        let rules = rules(&json!({"match": [rule]}));
        let open = |from_folder: bool| {
            let replay = match from_folder {
                true => Replay::open(folder.path()).unwrap(),
                false => Replay::new(launched(&["-p"], events)),
            };
            replay.rules(rules.clone()).unverified()
        };
        for from_folder in [false, true] {
            let play = async |text: &str| {
                let lines: Vec<_> = text.lines().map(str::to_owned).collect();
                played(&open(from_folder), &["-p"], &lines).await
            };
            for text in others {
                let found = play(text).await;
                assert_eq!((found.code, found.out.as_str()), (Some(70), ""), "{rule} {text:?}");
                assert!(found.report.contains("prompt[0]: expected "), "{}", found.report);
            }
            for text in fits.iter().chain(&["run-1\nof today"]) {
                let found = play(text).await;
                assert_eq!(found.out, "Done.\n", "{rule} {text:?}: {}", found.report);
            }
        }
    }
    // Text that the recording has not.
    let replay = Replay::new(launched(
        &["-p", "x"],
        "{\"us\":1,\"eof\":\"in\"}\n{\"us\":1,\"exit\":{\"code\":0}}",
    ));
    let replay = replay.ignore(["prompt[1]"]).unverified();
    let extra = played(&replay, &["-p", "x"], &["more".to_owned()]).await;
    assert_eq!(extra.code, Some(70), "{}", extra.report);
}

/// The CLI reads all of its text before it answers, and so does a replay, whatever the rule.
#[tokio::test(start_paused = true)]
async fn text_under_a_rule_is_answered_at_its_end() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let events = r#"{"us":1,"in":"a","as":"text"}
        {"us":1,"in":"b","as":"text"}
        {"us":1,"eof":"in"}
        {"us":1,"out":"Done.","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    let replay = Replay::new(launched(&["-p"], events)).ignore(["prompt[0]"]);
    let launch = Launch { args: vec!["-p".into()], ..Launch::default() };
    let mut cli = replay.open(launch).await.unwrap();
    cli.stdin.write_all(b"one\n").await.unwrap();
    let wait = std::time::Duration::from_secs(1);
    let mut out = String::new();
    let early = tokio::time::timeout(wait, cli.stdout.read_to_string(&mut out)).await;
    assert!(early.is_err() && out.is_empty(), "{out}");
    drop(cli.stdin);
    cli.stdout.read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "Done.\n");
    replay.assert_finished();
}

/// The tools of a server, with these descriptions.
fn tools(described: &[(&str, &str)]) -> Value {
    let tool = |(name, text): &(&str, &str)| json!({"name": name, "description": text, "inputSchema": {"type": "object"}});
    described.iter().map(tool).collect()
}

/// A host with one in-process server, which shows its tools in a manifest, or when it is asked.
fn serving(tools: &Value, manifest: bool) -> Vec<String> {
    let mut request = json!({"subtype": "initialize", "sdkMcpServers": ["calc"]});
    if manifest {
        request["sdkMcpServerManifests"] =
            json!({"calc": {"initializeResult": {}, "toolsListResult": {"tools": tools}}});
    }
    let line = |line: Value| line.to_string();
    let initialize =
        line(json!({"type": "control_request", "request_id": "i", "request": request}));
    let answer = |id: u8, result: Value| {
        let id = format!("00000000-0000-4000-8000-{id:012}");
        let response = json!({"mcp_response": {"jsonrpc": "2.0", "id": 0, "result": result}});
        line(
            json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": response}}),
        )
    };
    let prompt = line(json!({"type": "user", "message": {"role": "user", "content": "Hi"}}));
    if manifest {
        return vec![initialize, prompt];
    }
    let shown = answer(3, json!({"tools": tools}));
    vec![initialize, answer(1, json!({})), answer(2, json!({})), shown, prompt]
}

/// The recording of such a host.
fn served(tools: &Value, manifest: bool) -> claude_wire::recording::Recording {
    let asked = |id: u8, message: Value| {
        let id = format!("00000000-0000-4000-8000-{id:012}");
        json!({"type": "control_request", "request_id": id, "request": {"subtype": "mcp_message", "server_name": "calc", "message": message}})
    };
    let ready =
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": "i"}});
    let result = json!({"type": "result", "subtype": "success", "is_error": false});
    let lines = serving(tools, manifest);
    let mut all = String::new();
    let mut parts: Vec<Vec<Value>> = vec![Vec::new(); lines.len()];
    if manifest {
        parts[0] = vec![ready];
    } else {
        parts[0] = vec![asked(1, json!({"method": "initialize", "id": 0}))];
        parts[1] = vec![
            ready,
            asked(2, json!({"method": "notifications/initialized"})),
            asked(3, json!({"method": "tools/list", "id": 1})),
        ];
    }
    parts.last_mut().unwrap().push(result);
    for (line, outs) in lines.iter().zip(parts) {
        all.push_str(&format!("{{\"us\":1,\"in\":{line}}}\n"));
        for out in outs {
            all.push_str(&format!("{{\"us\":1,\"out\":{out}}}\n"));
        }
    }
    all.push_str("{\"us\":1,\"eof\":\"in\"}\n{\"us\":1,\"exit\":{\"code\":0}}");
    launched(&[], &all)
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_a_tool_counts_wherever_its_host_shows_it() {
    let recorded = tools(&[("add", "Adds"), ("sub", "Subtracts")]);
    let live = tools(&[("add", "Adds"), ("sub", "Divides")]);
    let turned = tools(&[("sub", "Divides"), ("add", "Adds")]);
    let other = tools(&[("add", "Divides"), ("sub", "Subtracts")]);
    let renamed = tools(&[("add", "Adds"), ("div", "Subtracts")]);
    let listed = "mcp_message /result/tools/1/description";
    let declared = "initialize /sdkMcpServerManifests/calc/toolsListResult/tools/1/description";
    for (rule, shown, code) in [
        (json!({"at": listed, "any": true}), &live, 0),
        (json!({"at": listed, "any": true}), &turned, 0),
        (json!({"at": listed, "any": true}), &other, 70),
        (json!({"at": listed, "any": true}), &renamed, 70),
        (json!({"at": listed, "regex": "^Div"}), &live, 0),
        (json!({"at": listed, "regex": "^Mul"}), &live, 70),
        (json!({"at": listed, "one_of": ["Divides"]}), &live, 0),
        (json!({"at": declared, "any": true}), &live, 0),
        (json!({"at": declared, "any": true}), &other, 70),
        (json!({"at": declared, "regex": "^Mul"}), &live, 70),
        (json!({"at": "mcp_message /result/tools/1", "any": true}), &live, 0),
        (json!({"at": "mcp_message /result/tools", "any": true}), &renamed, 0),
        (json!({"at": "mcp_message /result/content", "any": true}), &live, 70),
    ] {
        let rules = rules(&json!({"match": [rule]}));
        for (was, is) in [(true, false), (true, true), (false, false), (false, true)] {
            let replay = Replay::new(served(&recorded, was)).unverified();
            let unchanged = played(&replay, &[""; 0], &serving(&recorded, is)).await;
            assert_eq!(unchanged.code, Some(0), "{was} {is}: {}", unchanged.report);
            let changed = played(&replay, &[""; 0], &serving(shown, is)).await;
            assert_eq!(changed.code, Some(70), "{was} {is}: without a rule");
            let found = played(&replay.rules(rules.clone()), &[""; 0], &serving(shown, is)).await;
            assert_eq!(found.code, Some(code), "{rule} {was} {is}: {}", found.report);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_a_rule_leaves_out_is_not_asked() {
    let tools = tools(&[("add", "Adds")]);
    let without = conversation(Some(json!({"sdkMcpServers": []})));
    let absent = conversation(Some(json!({})));
    let other = conversation(Some(json!({"sdkMcpServers": ["another"]})));
    let replay = Replay::new(served(&tools, true)).unverified();
    for live in [&without, &absent, &other] {
        let refused = played(&replay, &[""; 0], live).await;
        assert!(refused.differs()[0].starts_with("--mcp-config"), "{}", refused.report);
        let ruled = replay.clone().ignore(["--mcp-config"]);
        let found = played(&ruled, &[""; 0], live).await;
        assert_eq!(found.code, Some(0), "{live:?}: {}", found.report);
        assert!(!found.out.contains("mcp_message"), "{}", found.out);
    }
    // One that is declared as a flag is there, and asked.
    let flag = r#"{"mcpServers":{"calc":{"type":"sdk","name":"calc"}}}"#;
    let mut lines = serving(&tools, false);
    lines[0] = conversation(Some(json!({})))[0].replace("\"1\"", "\"i\"");
    let found = played(&replay, &["--mcp-config", flag], &lines).await;
    assert_eq!(found.code, Some(0), "{}", found.report);
    assert_eq!(found.out.matches("mcp_message").count(), 3, "{}", found.out);
}
