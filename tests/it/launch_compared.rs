//! The launch of a replay is compared with the recorded one: by meaning, whatever its spelling.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::player::{CommandLine, FlagTable};
use claude_wire::recording::Recording;
use claude_wire::transport::Launch;
use claude_wire::{Options, Replay};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::launch_support::{conversation, conversed, launched, launched_by, played, played_as};

const STREAMS: [&str; 5] =
    ["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"];

fn with<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&STREAMS[..], args].concat()
}

/// What differs for a host that launches and declares this.
async fn differs(recording: Recording, argv: &[&str], initialize: Option<Value>) -> Vec<String> {
    let replay = Replay::new(recording).unverified();
    let played = played(&replay, argv, &conversation(initialize)).await;
    let differs: Vec<_> = played.differs().into_iter().map(str::to_owned).collect();
    let refused = played.code == Some(70);
    assert_eq!(refused, !differs.is_empty(), "{}", played.report);
    if refused {
        assert!(played.report.contains("the launch differs from the recorded one"));
        assert!(played.report.contains("CLAUDE_WIRE_IGNORE"), "it says what to do");
        assert!(!played.out.contains("result"), "no answer: {}", played.out);
    } else {
        replay.assert_finished();
    }
    differs
}

/// Flags of both hosts.
async fn flags(recorded: &[&str], live: &[&str]) -> Vec<String> {
    differs(conversed(&with(recorded), None), &with(live), None).await
}

#[tokio::test(start_paused = true)]
async fn the_same_flags_in_other_spellings_are_equal() {
    for (recorded, live) in [
        (&["--model", "opus"][..], &["--model=opus"][..]),
        (
            &["--allowedTools", "Read", "Bash(git log:*, x)"],
            &["--allowed-tools=Bash(git log:*, x),Read"],
        ),
        (&["--allowedTools", "Read", "--allowedTools", "Edit"], &["--allowed-tools", "Edit Read"]),
        (&["--setting-sources=a,b"], &["--setting-sources", "b,a"]),
        (&["--setting-sources="], &["--setting-sources", ""]),
        (&["--tools", ""], &["--tools="]),
        (&["--system-prompt", ""], &["--system-prompt="]),
        (&["--replay-user-messages"], &[]),
        (&["-r", "x"], &["--resume=x"]),
        (&["-rx"], &["--resume", "x"]),
        (&["-c"], &["--continue"]),
        (&["--max-turns", "3"], &["--max-turns=3.0"]),
        (&["--add-dir", "/a", "/b"], &["--add-dir=/b", "--add-dir=/a"]),
        (
            &["--json-schema", r#"{"type":"object","a":1}"#],
            &[r#"--json-schema={ "a": 1, "type": "object" }"#],
        ),
        (&["--model", "a", "--model", "b"], &["--model", "b"]),
        (&["--betas", "x,y"], &["--betas=y", "--betas=x"]),
        (&["--future-mode", "fast"], &["--future-mode=fast"]),
        (&["--future-mode", "fast", "--model=a"], &["--model", "a", "--future-mode", "fast"]),
    ] {
        assert_eq!(flags(recorded, live).await, [""; 0], "{recorded:?} {live:?}");
        assert_eq!(flags(live, recorded).await, [""; 0], "{live:?} {recorded:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_flag_is_refused_with_both_values() {
    for (recorded, live, difference) in [
        (
            &["--model", "opus"][..],
            &["--model", "sonnet"][..],
            r#"--model: expected "opus", actual "sonnet""#,
        ),
        (&["--model", "opus"], &[], r#"--model: expected "opus", actual nothing"#),
        (&[], &["--model", "opus"], r#"--model: expected nothing, actual "opus""#),
        (
            &["--allowedTools", "Read"],
            &["--allowed-tools", "Read,Edit"],
            r#"--allowed-tools: expected ["Read"], actual ["Read","Edit"]"#,
        ),
        (&["--tools", ""], &[], "--tools: expected [], actual nothing"),
        (
            &["--setting-sources="],
            &["--setting-sources=user"],
            r#"--setting-sources: expected [], actual ["user"]"#,
        ),
        (&["--max-turns", "3"], &["--max-turns", "4"], "--max-turns: expected 3, actual 4"),
        (
            &["--permission-mode", "plan"],
            &["--permission-mode", "acceptEdits"],
            r#"--permission-mode: expected "plan", actual "acceptEdits""#,
        ),
        (&["--resume=a"], &["--resume=b"], r#"--resume: expected "a", actual "b""#),
        (&["--resume=a"], &["--continue"], "--continue: expected nothing, actual true"),
        (
            &["--output-format", "stream-json"],
            &["--output-format", "json", "--input-format", "text"],
            r#"--output-format: expected "stream-json", actual "json --verbose""#,
        ),
        (
            &["--future-mode", "fast"],
            &["--future-mode", "slow"],
            r#"unknown flags: expected ["--future-mode=fast"], actual ["--future-mode=slow"]"#,
        ),
        (
            &["--future", "a", "--model", "m"],
            &["--future", "--model", "m"],
            r#"unknown flags: expected ["--future=a"], actual ["--future"]"#,
        ),
        (
            &["--one", "a", "--two", "b"],
            &["--one", "b", "--two", "a"],
            r#"unknown flags: expected ["--one=a","--two=b"], actual ["--one=b","--two=a"]"#,
        ),
        (&["--fork-session"], &[], "--fork-session: expected true, actual nothing"),
    ] {
        let found = flags(recorded, live).await;
        assert!(found.iter().any(|found| found == difference), "{recorded:?} {live:?}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_sdk_makes_and_how_output_is_written_is_not_compared() {
    let (one, other) =
        ("11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555");
    for (recorded, live) in [
        (&["--session-id", one][..], &["--session-id", other][..]),
        (&["--session-id", one], &[]),
        (&["--verbose"], &["--print", "--verbose"]),
        (&["--include-partial-messages"], &["--include-hook-events", "--debug"]),
        (&["--await-initialize"], &["--initialize-fields", "settings"]),
        (&["--debug-file", "/tmp/a"], &["--debug-to-stderr"]),
    ] {
        assert_eq!(flags(recorded, live).await, [""; 0], "{recorded:?} {live:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_does_not_say_how_it_was_launched_is_not_compared() {
    let mut recording = conversed(&[], None);
    recording.header.argv = None;
    let live = with(&["--model", "opus", "--system-prompt", "x"]);
    assert_eq!(differs(recording, &live, None).await, [""; 0]);
}

/// One value, whether it is a flag or a field of `initialize`, and whatever its form.
#[tokio::test(start_paused = true)]
async fn a_flag_and_a_field_of_initialize_are_one_value() {
    let agents = r#"{"a":{"description":"d","prompt":"p"}}"#;
    let schema = r#"{"type":"object"}"#;
    let servers = r#"{"mcpServers":{"calc":{"type":"sdk","name":"calc"}}}"#;
    for (args, fields) in [
        (&["--system-prompt", "You are a test."][..], json!({"systemPrompt": ["You are a test."]})),
        (&["--system-prompt", "You are a test."], json!({"systemPrompt": "You are a test."})),
        (&["--system-prompt", ""], json!({"systemPrompt": [""]})),
        (&["--append-system-prompt", "x"], json!({"appendSystemPrompt": "x"})),
        (&["--agents", agents], json!({"agents": {"a": {"prompt": "p", "description": "d"}}})),
        (&["--json-schema", schema], json!({"jsonSchema": {"type": "object"}})),
        (&["--mcp-config", servers], json!({"sdkMcpServers": ["calc"]})),
        (
            &["--mcp-config", servers],
            json!({"mcpServers": {"calc": {"type": "sdk", "name": "calc"}}}),
        ),
        (&["--settings", r#"{"a":1}"#], json!({"settings": {"a": 1}})),
        (&["--disallowedTools", "A", "B"], json!({"disallowedTools": ["B", "A"]})),
        (&["--plugin-dir", "/p"], json!({"plugins": [{"type": "local", "path": "/p"}]})),
        (&["--exclude-dynamic-system-prompt-sections"], json!({"excludeDynamicSections": true})),
        (&["--plan-mode-instructions", "x"], json!({"planModeInstructions": "x"})),
        (&[], json!({"agents": {}, "hooks": null, "systemPrompt": null, "sdkMcpServers": []})),
        (&[], json!({"excludeDynamicSections": false, "hooks": {"Stop": []}})),
    ] {
        let flags = || conversed(&with(args), Some(json!({})));
        let declared = || conversed(&with(&[]), Some(fields.clone()));
        let found = differs(flags(), &with(&[]), Some(fields.clone())).await;
        assert_eq!(found, [""; 0], "{args:?} {fields}");
        let found = differs(declared(), &with(args), Some(json!({}))).await;
        assert_eq!(found, [""; 0], "{fields} {args:?}");
        // Without `initialize` the first prompt settles it.
        let alone = || conversed(&with(args), None);
        assert_eq!(differs(alone(), &with(args), None).await, [""; 0], "{args:?}");
        if fields.as_object().unwrap().values().any(|field| *field == false || field.is_null()) {
            continue;
        }
        let found = differs(flags(), &with(&[]), Some(json!({}))).await;
        assert_eq!(found.len(), 1, "{args:?} is missing: {found:?}");
        let found = differs(alone(), &with(&[]), None).await;
        assert_eq!(found.len(), 1, "{args:?} is missing at the prompt: {found:?}");
        let found = differs(declared(), &with(&[]), Some(json!({}))).await;
        assert_eq!(found.len(), 1, "{fields} is missing: {found:?}");
        let found = differs(conversed(&with(&[]), Some(json!({}))), &with(&[]), Some(fields)).await;
        assert_eq!(found.len(), 1, "{args:?} is new: {found:?}");
    }
}

/// The servers of a file are those in it, if it can be read; else only a file is equal to it.
#[tokio::test(start_paused = true)]
async fn a_file_of_servers_is_compared_by_its_path_or_by_its_servers() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("x.json", r#"{"mcpServers":{"x":{"command":"a"}}}"#),
        ("other.json", r#"{"mcpServers":{"x":{"command":"b"}}}"#),
        ("xy.json", r#"{"mcpServers":{"y":{"command":"a"},"x":{"command":"a"}}}"#),
        ("empty.json", "{}"),
        ("none.json", r#"{"mcpServers":{}}"#),
        ("broken.json", "{"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    std::fs::create_dir(folder.path().join("folder.json")).unwrap();
    let (x, y) = (r#"{"mcpServers":{"x":{}}}"#, r#"{"mcpServers":{"y":{}}}"#);
    let declares = |names: &[&str]| Some(json!({"sdkMcpServers": names}));
    let file = |name: &'static str| (vec!["--mcp-config", name], None);
    for (one, other, equal) in [
        (file("./x.json"), file("./x.json"), true),
        (file("./x.json"), file("./other.json"), true),
        (file("./x.json"), file("x.json"), true),
        (file("./missing.json"), file("./missing.json"), true),
        (file("./x.json"), file("./xy.json"), false),
        (file("./x.json"), file("./missing.json"), false),
        (file("./missing.json"), file("./broken.json"), false),
        (file("./x.json"), (vec![], None), false),
        (file("./missing.json"), (vec![], None), false),
        (file("./empty.json"), (vec![], None), false),
        (file("./x.json"), (vec!["--mcp-config", x], None), true),
        (file("./x.json"), (vec!["--mcp-config", y], None), false),
        (file("./xy.json"), (vec!["--mcp-config", x, y], None), true),
        (file("./none.json"), (vec!["--mcp-config", x], None), false),
        (file("./broken.json"), (vec!["--mcp-config", x], None), false),
        (file("./folder.json"), (vec!["--mcp-config", x], None), false),
        (file("./x.json"), (vec![], declares(&["x"])), true),
        (file("./x.json"), (vec![], declares(&["y"])), false),
        (file("./missing.json"), (vec![], declares(&["x"])), false),
        ((vec!["--mcp-config", "./x.json", y], None), file("./xy.json"), true),
        ((vec!["--mcp-config", "./x.json", y], None), file("./x.json"), false),
    ] {
        for ((recorded, expected), (live, actual)) in [(&one, &other), (&other, &one)] {
            let replay = Replay::new(conversed(&with(recorded), expected.clone())).unverified();
            let args = with(live).into_iter().map(Into::into).collect();
            let cwd = Some(folder.path().to_owned());
            let launch = Launch { args, cwd, ..Launch::default() };
            // What is declared is known when `initialize` is there.
            let initialize = actual.clone().or(expected.is_some().then(|| json!({})));
            let played = played_as(&replay, launch, &conversation(initialize)).await;
            let differs = played.differs();
            let (case, report) = (format!("{recorded:?} {live:?}"), &played.report);
            if equal && expected.is_none() && actual.is_some() {
                // The recorded host sent no `initialize`, but that is all.
                assert!(!report.contains("--mcp-config"), "{case}: {report}");
                continue;
            }
            assert_eq!(played.code, Some(if equal { 0 } else { 70 }), "{case}: {report}");
            let found = differs.iter().any(|at| at.starts_with("--mcp-config: "));
            assert_eq!(found, !equal, "{case}: {report}");
        }
    }
}

/// Without `--output-format` the CLI writes text.
#[tokio::test(start_paused = true)]
async fn the_format_of_the_output_is_compared_with_and_without_its_flag() {
    const SAID: &str = r#"{"us":1,"out":"four","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    const TEXT: [&[&str]; 3] =
        [&["-p", "Q"], &["-p", "--output-format", "text", "Q"], &["--verbose", "-p", "Q"]];
    const JSON: [&[&str]; 2] =
        [&["-p", "Q", "--output-format", "json"], &["--output-format=json", "-p", "Q"]];
    const ALL: [&[&str]; 2] = [
        &["-p", "Q", "--output-format", "json", "--verbose"],
        &["--verbose", "--output-format=json", "-p", "Q"],
    ];
    const STREAM: [&[&str]; 1] = [&["-p", "Q", "--output-format", "stream-json", "--verbose"]];
    let forms: [&[&[&str]]; 4] = [&TEXT, &JSON, &ALL, &STREAM];
    for (recorded, one) in forms.iter().enumerate() {
        for (live, other) in forms.iter().enumerate() {
            for (one, other) in one.iter().flat_map(|one| other.iter().map(move |it| (one, it))) {
                let replay = Replay::new(launched(one, SAID)).unverified();
                let played = played(&replay, other, &[]).await;
                let (case, same) = (format!("{one:?} {other:?}"), recorded == live);
                assert_eq!(played.code, Some(if same { 0 } else { 70 }), "{case}");
                assert_eq!(played.out == "four\n", same, "{case}");
                if !same {
                    assert!(played.differs()[0].starts_with("--output-format: "), "{case}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_and_what_only_initialize_has_are_compared() {
    let hooks = |matcher: Value, count: usize| {
        let ids: Vec<_> = (0..count).map(|id| format!("h{id}")).collect();
        json!({"hooks": {"PreToolUse": [{"matcher": matcher, "hookCallbackIds": ids}]}})
    };
    let recorded = || conversed(&with(&[]), Some(hooks(json!("Bash"), 1)));
    let live = |fields| differs(recorded(), &STREAMS, Some(fields));
    assert_eq!(
        live(json!({"hooks": {"PreToolUse": [{"hookCallbackIds": ["other"], "matcher": "Bash"}]}}))
            .await,
        [""; 0]
    );
    for (fields, place) in [
        (hooks(json!("Read"), 1), "initialize /hooks.PreToolUse[0].matcher"),
        (hooks(json!("Bash"), 2), "initialize /hooks.PreToolUse[0].hookCallbackIds"),
        (json!({}), "initialize /hooks"),
    ] {
        let found = live(fields).await;
        assert!(found[0].starts_with(&format!("{place}: expected ")), "{found:?}");
    }
    for fields in
        [json!({"toolAliases": {"A": "B"}}), json!({"skills": ["s"]}), json!({"skills": []})]
    {
        let recorded = conversed(&with(&[]), Some(json!({})));
        assert_eq!(differs(recorded, &STREAMS, Some(fields)).await.len(), 1);
    }
}

/// The forms of published programs, each with a launch that was changed in one place.
#[tokio::test(start_paused = true)]
async fn prompts_and_subcommands_among_the_arguments_are_compared() {
    const SAID: &str = r#"{"us":1,"out":"four","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    for (recorded, equal, changed, place) in [
        (&["-p", "2 + 2?"][..], &["--print", "2 + 2?"][..], &["-p", "3 + 3?"][..], "prompt[0]"),
        (
            &["-p", "2 + 2?", "--output-format", "json"],
            &["--output-format=json", "-p", "2 + 2?"],
            &["-p", "--output-format", "json"],
            "prompt[0]",
        ),
        (
            &["--print", "--max-turns", "1", "--", "-x"],
            &["-p", "--max-turns=1", "--", "-x"],
            &["-p", "--max-turns=1", "--", "-y"],
            "prompt[0]",
        ),
        (
            &["-p", "hi", "--system-prompt", ""],
            &["-p", "hi", "--system-prompt="],
            &["-p", "hi"],
            "--system-prompt",
        ),
        (
            &["-p", "hi", "--agents", "{}"],
            &["-p", "hi"],
            &["-p", "hi", "--agents", r#"{"a":{}}"#],
            "--agents",
        ),
        (&["-p", "a\nb\n"], &["-p", "a\nb\n"], &["-p", "a\nb"], "prompt[0]"),
        (
            &["auth", "status", "--json"],
            &["auth", "status", "--json"],
            &["auth", "status", "--text"],
            "--json",
        ),
        (&["doctor"], &["doctor"], &["mcp", "list"], "subcommand"),
        (
            &["mcp", "add", "--scope", "user", "n", "cmd", "--", "-a"],
            &["mcp", "add", "-s", "user", "n", "cmd", "--", "-a"],
            &["mcp", "add", "--scope", "user", "n", "cmd", "--", "-b"],
            "subcommand",
        ),
        (
            &["mcp", "remove", "--scope", "user", "n"],
            &["mcp", "remove", "n", "-suser"],
            &["mcp", "remove", "--scope=local", "n"],
            "--scope",
        ),
        (
            &["mcp", "add", "--env", "A=1", "--env", "B=2", "--", "n", "cmd"],
            &["mcp", "add", "-e", "B=2", "A=1", "--", "n", "cmd"],
            &["mcp", "add", "--env", "A=9", "--env", "B=2", "--", "n", "cmd"],
            "--env",
        ),
        (
            &["mcp", "add", "n", "url", "-H", "a: 1", "b: 2"],
            &["mcp", "add", "n", "url", "--header=a: 1", "--header=b: 2"],
            &["mcp", "add", "n", "url", "-H", "b: 2"],
            "--header",
        ),
        (
            &["plugin", "eval", "t", "--allow-tools", "Read", "--allow-tools", "Edit"],
            &["plugins", "eval", "t", "--allow-tools", "Read", "Edit"],
            &["plugin", "eval", "t", "--allow-tools", "Bash", "--allow-tools", "Edit"],
            "--allow-tools",
        ),
        (
            &["plugin", "eval", "t", "-j", "2", "-j", "3"],
            &["plugin", "eval", "t", "-j", "3"],
            &["plugin", "eval", "t", "-j", "2"],
            "--concurrency",
        ),
        (&["mcp", "get", "n"], &["mcp", "get", "n"], &["mcp", "get", "m"], "subcommand"),
        (&["plugin", "list"], &["plugins", "list"], &["-p", "plugin list"], "subcommand"),
        (&["plugin", "list"], &["plugins", "list"], &["plugin", "list", "--json"], "--json"),
    ] {
        let replay = Replay::new(launched(recorded, SAID)).unverified();
        for argv in [recorded, equal] {
            let played = played(&replay, argv, &[]).await;
            assert_eq!(
                (played.code, played.out.as_str()),
                (Some(0), "four\n"),
                "{argv:?}: {}",
                played.report
            );
        }
        let refused = played(&replay, changed, &[]).await;
        assert_eq!((refused.code, refused.out.as_str()), (Some(70), ""), "{changed:?}");
        assert!(refused.differs()[0].starts_with(place), "{changed:?}: {}", refused.report);
    }
}

/// A wrong launch is refused before anything is written.
/// An SDK may pass an empty argument in the place of a prompt, and write its prompts to stdin.
#[tokio::test(start_paused = true)]
async fn an_empty_argument_is_not_a_prompt() {
    let hooks = |event: &str| Some(json!({"hooks": {event: [{"hookCallbackIds": ["h"]}]}}));
    for (recorded, live) in [
        (&[""][..], &[""][..]),
        (&[""], &[]),
        (&[], &[""]),
        (&["--verbose", ""], &["", "--verbose"]),
    ] {
        let recording = || conversed(&with(recorded), hooks("Stop"));
        assert_eq!(differs(recording(), &with(live), hooks("Stop")).await, [""; 0], "{live:?}");
        assert_eq!(differs(recording(), &with(live), hooks("PreToolUse")).await.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_is_refused_before_the_host_writes() {
    let replay = Replay::new(conversed(&with(&["--model", "opus"]), None)).unverified();
    let refused = played(&replay, &STREAMS, &[]).await;
    assert_eq!(refused.code, Some(70));
    let report = replay.report();
    assert!(report.divergences()[0].is_launch() && !report.divergences()[0].is_mismatch());
    assert!(!refused.report.contains("\n  left:"), "nothing was played: {}", refused.report);
}

#[tokio::test(start_paused = true)]
async fn text_on_stdin_settles_what_initialize_would() {
    let events = r#"{"us":1,"in":"What is 2 + 2?","as":"text"}
        {"us":1,"eof":"in"}
        {"us":1,"out":"four","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    let replay = Replay::new(launched(&["-p", "--system-prompt", "x"], events)).unverified();
    let text = ["What is 2 + 2?".to_owned()];
    let same = played(&replay, &["--print", "--system-prompt=x"], &text).await;
    assert_eq!((same.code, same.out.as_str()), (Some(0), "four\n"), "{}", same.report);
    let other = played(&replay, &["-p", "--system-prompt", "y"], &text).await;
    assert_eq!(other.differs(), [r#"--system-prompt: expected "x", actual "y""#]);
}

/// Folders of this machine differ from those of the recording, and temporary files from run to run.
#[tokio::test(start_paused = true)]
async fn paths_under_variables_are_compared_by_what_is_below() {
    let here = std::env::current_dir().unwrap();
    let here = here.to_str().unwrap();
    let recorded = json!({
        "cli": "2.1.332",
        "argv": ["-p", "hi", "--add-dir", "${cwd}/a", "--mcp-config", "${tmp}/mcp-1.json", "--settings", "/tmp/settings-1.json", "--plugin-dir", "${config}/p"],
        "vars": {"cwd": "/home/user/project", "tmp": "/tmp", "config": "/home/user/.claude"},
    });
    let replay = Replay::new(launched_by(recorded, r#"{"us":1,"exit":{"code":0}}"#)).unverified();
    let live = |dir: &str, plugin: &str| {
        let args = [
            "-p",
            "hi",
            "--add-dir",
            &format!("{here}/{dir}"),
            "--mcp-config",
            "/var/x/mcp-2.json",
        ];
        let rest = ["--settings", "/tmp/settings-2.json", "--plugin-dir", plugin];
        args.into_iter().chain(rest).map(str::to_owned).collect::<Vec<_>>()
    };
    let same = played(&replay, &live("a", "/elsewhere/p"), &[]).await;
    assert_eq!(same.code, Some(0), "{}", same.report);
    for (dir, plugin, place) in
        [("b", "/elsewhere/p", "--add-dir"), ("a", "/elsewhere/q", "--plugin-dir")]
    {
        let refused = played(&replay, &live(dir, plugin), &[]).await;
        assert!(refused.differs()[0].starts_with(place), "{}", refused.report);
    }
}

/// What surrounds a temporary file in an argument is compared.
#[tokio::test(start_paused = true)]
async fn words_around_a_temporary_file_are_compared() {
    let settings = |file: &str| {
        let command = format!("cat \"{file}\" && ls");
        let hook = json!({"type": "command", "command": command});
        json!({"hooks": {"Stop": [{"hooks": [hook]}]}}).to_string()
    };
    for (flag, recorded, same, other) in [
        ("--allowedTools", "Read(${tmp}/x),Bash", "Read(/tmp/y),Bash", "Read(/tmp/y),Edit"),
        ("--allowedTools", "Bash(cat ${tmp}/x:*)", "Bash(cat /tmp/y)", "Bash(ls /tmp/y)"),
        ("--settings", &settings("${tmp}/x"), &settings("/tmp/y"), "{}"),
        ("--append-system-prompt", "see (${tmp}/x) first", "see (/tmp/y) first", "see (/tmp/y)"),
        ("--append-system-prompt", r"${tmp}\a\b, c", "/tmp/y, c", "/tmp/y, d"),
    ] {
        let header = json!({
            "cli": "2.1.332",
            "argv": ["-p", "hi", flag, recorded],
            "vars": {"tmp": "/tmp"},
        });
        let events = r#"{"us":1,"exit":{"code":0}}"#;
        let replay = Replay::new(launched_by(header, events)).unverified();
        let played_same = played(&replay, &["-p", "hi", flag, same], &[]).await;
        assert_eq!(played_same.code, Some(0), "{recorded}: {}", played_same.report);
        let refused = played(&replay, &["-p", "hi", flag, other], &[]).await;
        assert_eq!(refused.code, Some(70), "{recorded} {other}");
    }
}

/// Every flag that an option writes is known, and every option with both places is one value.
#[test]
fn the_flags_and_fields_of_every_option_are_known() {
    let specs = FlagTable::of(None).lines().map(|line| line.split("  ").next().unwrap());
    let known: Vec<_> = specs.flat_map(|spec| spec.split([',', ' '])).collect();
    for flag in Options::table().iter().flat_map(|row| row.flags) {
        assert!(known.contains(flag), "{flag}");
    }
    let source = include_str!("../../src/player/launch/declared.rs");
    let announced = ["settings", "managedSettings", "mcpServers"];
    for row in Options::table().iter().filter(|row| !row.flags.is_empty()) {
        for field in row.initialize.iter().filter(|field| !announced.contains(field)) {
            assert!(source.contains(&format!("\"{field}\"")), "{}: {field}", row.name);
        }
    }
}

/// An argument with its value, as some SDK spells it.
fn spelt(name: &'static str, value: String, way: usize) -> Vec<String> {
    match way % 2 {
        0 => vec![name.to_owned(), value],
        _ => vec![format!("{name}={value}")],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Order and spelling do not matter, and every value does.
    #[test]
    fn any_spelling_of_the_same_launch_is_equal(
        values in proptest::collection::vec("[a-zA-Z0-9_:*()]{1,8}", 6),
        ways in proptest::collection::vec(0..4_usize, 6),
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        changed in 0..6_usize,
    ) {
        let names = [
            ["--model"; 2],
            ["--append-system-prompt"; 2],
            ["--allowedTools", "--allowed-tools"],
            ["--disallowed-tools", "--disallowedTools"],
            ["--fallback-model"; 2],
            ["--agent"; 2],
        ];
        let args = |values: &[String], order: &[usize], ways: &[usize]| -> Vec<String> {
            let flags = order.iter().flat_map(|at| {
                spelt(names[*at][ways[*at] / 2], values[*at].clone(), ways[*at])
            });
            STREAMS.iter().map(|arg| (*arg).to_owned()).chain(flags).collect()
        };
        let recorded = args(&values, &[0, 1, 2, 3, 4, 5], &[0; 6]);
        let recorded: Vec<_> = recorded.iter().map(String::as_str).collect();
        let mut other = values.clone();
        other[changed].push('x');
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            for (values, count) in [(&values, 0), (&other, 1)] {
                let live = args(values, &order, &ways);
                prop_assert!(CommandLine::read(&live, None, false).is_ok(), "{live:?}");
                let live: Vec<_> = live.iter().map(String::as_str).collect();
                let found = differs(conversed(&recorded, None), &live, None).await;
                prop_assert_eq!(found.len(), count, "{:?} {:?}: {:?}", recorded, live, found);
            }
            Ok(())
        })?;
    }
}
