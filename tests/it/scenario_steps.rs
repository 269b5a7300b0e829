//! What a scenario says next to the model: raw lines, stderr, exits, crashes, matchers, and replies
//! that depend on a decision.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::user;
use claude_wire::player::{ModelReply, PromptMatch, Scenario, reply};
use claude_wire::transport::{Exit, Launch, Transport};
use claude_wire::{Decision, Session, recording};
use regex::Regex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const STREAM: [&str; 5] =
    ["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"];

struct Ran {
    /// The lines of stdout: their type, or the line itself if it has none.
    kinds: Vec<String>,
    out: String,
    err: String,
    exit: Exit,
}

/// Launches the CLI of a scenario for these prompts.
async fn run(scenario: &Scenario, args: &[&str], prompts: &[&str]) -> Ran {
    let args = args.iter().map(Into::into).collect();
    let mut cli = scenario.open(Launch { args, ..Launch::default() }).await.unwrap();
    for prompt in prompts {
        // A CLI that has ended does not read.
        let _ = cli.stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await;
    }
    drop(cli.stdin);
    let (mut out, mut err) = (String::new(), String::new());
    cli.stdout.read_to_string(&mut out).await.unwrap();
    cli.stderr.read_to_string(&mut err).await.unwrap();
    let kind = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(line) if line["type"].is_string() => line["type"].as_str().unwrap().to_owned(),
        _ => line.to_owned(),
    };
    let kinds = out.lines().map(kind).collect();
    Ran { kinds, out, err, exit: cli.control.wait().await.unwrap() }
}

/// The scenario, and the same from its file.
fn both(scenario: Scenario) -> [Scenario; 2] {
    [Scenario::parse(&scenario.to_json()).unwrap(), scenario]
}

#[tokio::test(start_paused = true)]
async fn raw_lines_come_in_their_place_in_every_format() {
    let steps = || {
        reply()
            .raw("before")
            .text("Looking.")
            .raw(r#"{"type":"notice","n":1}"#)
            .tool_use("Read", json!({"file_path": "a"}))
            .raw("while it runs")
            .tool_result("a")
            .raw("after")
            .text("Done.")
            .raw("last")
    };
    for scenario in both(Scenario::new().on_any_prompt(steps())) {
        let ran = run(&scenario, &STREAM, &["?"]).await;
        let expected = [
            "system",
            "before",
            "assistant",
            "notice",
            "assistant",
            "while it runs",
            "user",
            "after",
            "assistant",
            "last",
            "result",
        ];
        assert_eq!(ran.kinds, expected, "{}", ran.out);
        scenario.assert_finished();
    }
    let scenario = Scenario::new().on_any_prompt(steps());
    let ran = run(&scenario, &["-p", "?"], &[]).await;
    assert_eq!(
        ran.out,
        "before\n{\"type\":\"notice\",\"n\":1}\nwhile it runs\nafter\nlast\nDone.\n"
    );
}

#[tokio::test(start_paused = true)]
async fn reply_without_the_model_has_a_result() {
    let scenario =
        Scenario::new().on_any_prompt(reply().raw("only this").delay(Duration::from_secs(2)));
    let before = tokio::time::Instant::now();
    let ran = run(&scenario, &STREAM, &["?"]).await;
    assert_eq!(ran.kinds, ["system", "only this", "result"]);
    assert_eq!((before.elapsed().as_secs(), ran.exit), (2, Exit::from_code(0)));
}

#[tokio::test(start_paused = true)]
async fn the_cli_exits_and_crashes_where_it_is_said() {
    let tool = || reply().tool_use("Read", json!({"file_path": "a"}));
    for (steps, kinds, exit) in [
        (reply().stderr("no").exit(3), &["system"][..], Exit::from_code(3)),
        (reply().text("Half").stderr("no").exit(0), &["system", "assistant"], Exit::from_code(0)),
        (
            tool().stderr("no").crash("SIGSEGV"),
            &["system", "assistant"],
            Exit { code: None, signal: Some(11) },
        ),
        (
            reply().stderr("no").crash("SIGKILL").text("never"),
            &["system"],
            Exit { code: None, signal: Some(9) },
        ),
    ] {
        for scenario in both(Scenario::new().on_any_prompt(steps.clone()).on_prompt("next", "Yes."))
        {
            let ran = run(&scenario, &STREAM, &["?"]).await;
            assert_eq!(
                (ran.kinds.as_slice(), ran.err.as_str(), ran.exit),
                (
                    &kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>()[..],
                    "no\n",
                    exit
                )
            );
            // The next launch goes on with the next turn.
            let ran = run(&scenario, &STREAM, &["next"]).await;
            assert_eq!(ran.exit, Exit::from_code(0), "{}", ran.err);
            scenario.assert_finished();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_reports_a_crash_and_goes_on() {
    let scenario = Scenario::new()
        .on_prompt("one", reply().text("Half").stderr("panic: out of memory").crash("SIGABRT"))
        .on_prompt("two", "Yes.");
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    let error = session.query("one").text().await.unwrap_err();
    assert_eq!(error.exit().and_then(|exit| exit.signal), Some(6), "{error}");
    assert!(error.stderr_tail().contains("out of memory"), "{error}");
    assert_eq!(session.query("two").text().await.unwrap(), "Yes.");
    session.stop().await.unwrap();
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn launches_start_and_end_as_they_are_scripted() {
    let scenario = Scenario::new()
        .on_start(reply().raw("banner").stderr("warning").crash("SIGABRT"))
        .next_launch()
        .on_start(reply().delay(Duration::from_secs(5)).raw("slow"))
        .on_prompt("?", "Yes.")
        .on_end(reply().stderr("not saved").exit(4));
    for scenario in both(scenario) {
        let ran = run(&scenario, &STREAM, &["?"]).await;
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("banner\n", "warning\n"));
        assert_eq!(ran.exit, Exit { code: None, signal: Some(6) });
        let before = tokio::time::Instant::now();
        let ran = run(&scenario, &STREAM, &["?"]).await;
        assert_eq!(before.elapsed().as_secs(), 5);
        assert_eq!(ran.kinds, ["slow", "system", "assistant", "result"]);
        assert_eq!((ran.err.as_str(), ran.exit), ("not saved\n", Exit::from_code(4)));
        scenario.assert_finished();
    }
    // Without turns for launches it happens in each.
    let scenario = Scenario::new().on_start(reply().raw("banner")).on_any_prompt("Yes.").times(2);
    for _ in 0..2 {
        assert_eq!(run(&scenario, &STREAM, &["?"]).await.kinds[0], "banner");
    }
    // What the model says belongs to a turn.
    let scenario = Scenario::new().on_start(reply().text("Hi")).on_any_prompt("Yes.");
    run(&scenario, &STREAM, &["?"]).await;
    assert_eq!(scenario.report().not_simulated(), ["a step of the model at the start of a launch"]);
}

#[tokio::test(start_paused = true)]
async fn prompts_are_matched_by_text_part_expression_and_function() {
    let scenario = || {
        Scenario::new()
            .on_prompt("exactly this", "text")
            .when(PromptMatch::Contains("part".into()), "contains")
            .when(PromptMatch::Regex(Regex::new(r"^\d+ \+ \d+\?$").unwrap()), "regex")
            .any_order()
    };
    let asked = [("1 + 22?", "regex"), ("a part of it", "contains"), ("exactly this", "text")];
    for scenario in both(scenario()) {
        for (prompt, answer) in asked {
            assert_eq!(run(&scenario, &["-p", prompt], &[]).await.out, format!("{answer}\n"));
        }
        scenario.assert_finished();
    }
    let scenario = scenario()
        .when(PromptMatch::When(std::sync::Arc::new(|prompt: &str| prompt.len() > 20)), "function")
        .on_any_prompt("any");
    for (prompt, answer) in [("something that is long enough", "function"), ("short", "any")] {
        assert_eq!(run(&scenario, &["-p", prompt], &[]).await.out, format!("{answer}\n"));
    }
    let other = run(&scenario.clone().unverified(), &["-p", "1 + x?"], &[]).await;
    assert!(
        other.err.contains(r"prompt like /^\d+ \+ \d+\?$/") || other.err.contains("exactly this"),
        "{}",
        other.err
    );
    drop(scenario.unverified());
}

/// The reply to a permission question, in each of its outcomes.
fn removes() -> ModelReply {
    reply()
        .ask_permission("Bash", json!({"command": "rm -r build"}))
        .tool_result("removed")
        .if_allowed(
            reply()
                .tool_use("Read", json!({"file_path": "build"}))
                .tool_error("gone")
                .text("It is gone."),
        )
        .if_denied("Then I leave it.")
}

#[tokio::test(start_paused = true)]
async fn a_reply_depends_on_the_decision_of_the_host() {
    for (allows, says, tools) in [(true, "It is gone.", 2), (false, "Then I leave it.", 1)] {
        for scenario in both(Scenario::new().on_any_prompt(removes())) {
            let session = Session::builder()
                .transport(scenario.clone())
                .on_permission(move |_| async move {
                    if allows { Decision::allow() } else { Decision::deny("no") }
                })
                .start()
                .unwrap();
            let summary = session.query("clean").collect_summary().await.unwrap();
            assert_eq!(summary.texts.last().map(String::as_str), Some(says));
            assert_eq!(summary.tool_calls.len(), tools);
            session.stop().await.unwrap();
            scenario.assert_finished();
        }
    }
    // Without a host that answers: by the mode.
    for (mode, says) in [("bypassPermissions", "It is gone.\n"), ("dontAsk", "Then I leave it.\n")]
    {
        let scenario = Scenario::new().on_any_prompt(removes());
        let ran = run(&scenario, &["-p", "clean", "--permission-mode", mode], &[]).await;
        assert_eq!(ran.out, says, "{mode}");
    }
}

#[test]
fn what_a_file_cannot_mean_is_refused_with_its_place() {
    for (file, says) in [
        (
            json!({"turns": [{"reply": [{"text": "a"}, {"if_denied": []}]}]}),
            "turn 1, step 2: expected a tool use before it",
        ),
        (
            json!({"turns": [{"reply": [{"crash": "SIGNOPE"}]}]}),
            "expected a signal such as SIGKILL",
        ),
        (
            json!({"turns": [{"reply": [{"exit": 256}]}]}),
            "turn 1, step 1: `exit`: expected a code from 0 to 255, got 256",
        ),
        (
            json!({"turns": [{"prompt_regex": "(", "reply": []}]}),
            "turn 1: `prompt_regex`: regex parse error",
        ),
        (
            json!({"turns": [{"prompt": "a", "prompt_regex": "b", "reply": []}]}),
            "turn 1: expected one of `prompt`, `prompt_contains` and `prompt_regex`",
        ),
        (json!({"turns": [], "start": [{"text": "a"}]}), "start, step 1: expected `raw`"),
        (
            json!({"launches": [[], {"end": ["hang", {"tool_result": "a"}]}]}),
            "launch 2, end, step 2: expected `raw`",
        ),
        (json!({"launches": [[]], "start": ["hang"]}), "expected `start` and `end` in the launch"),
        (json!({"launches": [1]}), "expected a list of turns, or an object with `turns`"),
        (json!({"turns": [{"reply": 1}]}), "expected a list of steps, or a text"),
        (
            json!({"turns": [{"reply": [{"run_tool": {"name": "a", "input": {}}}, {"if_allowed": [{"if_denied": []}]}]}]}),
            "turn 1, step 2: step 1: expected a tool use",
        ),
    ] {
        let mut file = file;
        file["claude-wire"] = "scenario".into();
        file["version"] = 2.into();
        let error = Scenario::parse(&file.to_string()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_text_is_a_reply() {
    let file = json!({"claude-wire": "scenario", "version": 2, "turns": [{"prompt": "Hello", "reply": "Hi!"}]});
    let events = |scenario: &Scenario| -> Vec<recording::EventKind> {
        scenario.to_recording([""; 0]).events.into_iter().map(|event| event.kind).collect()
    };
    let built = Scenario::new().on_prompt("Hello", "Hi!");
    assert_eq!(events(&Scenario::parse(&file.to_string()).unwrap()), events(&built));
    assert_eq!(events(&built), events(&Scenario::new().on_prompt("Hello", reply().text("Hi!"))));
    // A rehearsal sends a prompt that an expression accepts, and has what is written to stderr.
    let scenario = Scenario::new().when(
        PromptMatch::Regex(Regex::new("^a+$").unwrap()),
        reply().stderr("why").crash("SIGKILL"),
    );
    let kinds = events(&scenario);
    assert!(kinds.iter().any(|kind| matches!(kind, recording::EventKind::Err(_))), "{kinds:?}");
    let exit = recording::EventKind::Exit(recording::RecordedExit::signal("SIGKILL"));
    assert_eq!(kinds.last(), Some(&exit));
}
