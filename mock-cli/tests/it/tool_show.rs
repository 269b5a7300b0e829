//! `claude-wire show`: the transcript of a recording.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use claude_wire::recording::{Event, EventKind, Header, Payload, RecordedExit, Recording, Stream};
use serde_json::{Value, json};

use crate::support::{TOOL, corpus, folder, text};

fn tool(args: &[&str]) -> Command {
    let mut command = Command::new(TOOL);
    command.args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn show(args: &[&str], path: &Path) -> Output {
    tool(&["show"]).args(args).arg(path).output().unwrap()
}

/// One event of each kind: `>` is the program, `<` the CLI, `!` its stderr.
pub(crate) fn recording(lines: &[&str]) -> Recording {
    let mut header = Header::new();
    header.cli = Some("2.1.332".to_owned());
    header.argv = Some(vec!["--print".to_owned()]);
    let mut recording = Recording::new(header);
    for line in lines {
        let (from, line) = line.split_at(1);
        let line = Payload::from(line);
        let kind = match from {
            ">" => EventKind::In(line),
            "<" => EventKind::Out(line),
            _ => EventKind::Err(line),
        };
        recording.events.push(Event::new(2_000, kind));
    }
    recording.events.push(Event::new(1_000_000, EventKind::Eof(Stream::In)));
    recording.events.push(Event::new(7, EventKind::Exit(RecordedExit::code(0))));
    recording
}

const CONVERSATION: [&str; 15] = [
    r#">{"type":"control_request","request_id":"r1","request":{"subtype":"initialize","hooks":null}}"#,
    r#"<{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"models":[]}}}"#,
    r#">{"type":"user","uuid":"u1","message":{"role":"user","content":"Look\naround"}}"#,
    r#"<{"type":"system","subtype":"init","model":"opus","tools":["Bash","Task"],"session_id":"s1"}"#,
    r#"<{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"I "}}}"#,
    r#"<{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"look"}}}"#,
    r#"<{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}]}}"#,
    r#"<{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"},"tool_use_id":"t1"}}"#,
    r#">{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"behavior":"deny","message":"not here"}}}"#,
    r#"<{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"not here","is_error":true}]}}"#,
    r#"!a warning"#,
    r#"<{"type":"assistant","parent_tool_use_id":"t9","message":{"content":[{"type":"text","text":"from below"}]}}"#,
    r#"<no JSON"#,
    r#"<{"type":"assistant","message":{"content":[{"type":"text","text":"Nothing."}]}}"#,
    r#"<{"type":"result","subtype":"success","num_turns":2,"duration_ms":40,"total_cost_usd":0.5,"usage":{"input_tokens":10,"output_tokens":3}}"#,
];

#[test]
fn a_transcript_pairs_what_belongs_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    recording(&CONVERSATION).save(&path).unwrap();
    let output = show(&[], &path);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = text(&output.stdout);
    let wanted = "\
CLI 2.1.332
arguments: --print
17 events, 1 turn, 1 tool call, 1.03 s, $0.5000
-- turn 1
     0.002 > initialize  {}
     0.004 < answer to initialize (2.0 ms)  {\"models\":[]}
     0.006 > prompt  Look
              around
     0.008 < system/init  opus, 2 tools
     0.010 < streams (2.0 ms)  2 events
     0.014 < calls a tool  Bash {\"command\":\"ls\"}
     0.016 < can_use_tool  Bash {\"command\":\"ls\"}
     0.018 > answer to can_use_tool (2.0 ms)  deny {\"message\":\"not here\"}
     0.020 < tool failed (6.0 ms)  not here
     0.022 ! stderr  a warning
     0.024 < [sub-agent 1] says  from below
     0.026 < not a message  no JSON
     0.028 < says  Nothing.
     0.030 < result success (24 ms)  2 rounds, 40 ms, 10 tokens in, 3 out, $0.5000
     1.030 - end of input
     1.030 - exit  exit code 0
";
    let wanted: Vec<_> = wanted.lines().collect();
    assert_eq!(shown.lines().collect::<Vec<_>>(), wanted);
}

/// Where text was asked for and nothing is a message, text is what the CLI prints.
#[test]
fn text_of_a_launch_without_messages_is_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let shown = |argv: &[&str], lines: &[&str]| {
        let mut recording = recording(lines);
        recording.header.argv = Some(argv.iter().map(|arg| (*arg).to_owned()).collect());
        recording.save(&path).unwrap();
        let shown = text(&show(&["--no-times"], &path).stdout);
        shown.lines().skip(2).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let lines = [">Hello", "<Good morning!", "<null"];
    let expected = ["> writes  Hello", "< prints  Good morning!", "< prints  null"];
    for argv in [
        &["-p", "Hi"][..],
        &["-p", "--output-format", "text"],
        &["-p", "--output-format=text"],
        &["-p", "--output-format=json", "--output-format=text"],
        &["-p", "--", "--output-format=json"],
    ] {
        assert_eq!(shown(argv, &lines)[1..4], expected, "{argv:?}");
    }
    let other = "< not a message  Good morning!";
    for argv in [
        &["-p", "--output-format", "stream-json", "--verbose"][..],
        &["-p", "--output-format=text", "--output-format=json"],
    ] {
        assert_eq!(shown(argv, &lines)[2], other, "{argv:?}");
    }
    let message = r#"<{"type":"system","subtype":"init"}"#;
    assert_eq!(shown(&["-p"], &[lines[0], lines[1], message])[2], other);
}

/// No event is left out, and each names the line that it answers.
#[test]
fn json_has_an_object_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let recording = recording(&CONVERSATION);
    recording.save(&path).unwrap();
    let output = show(&["--json"], &path);
    let rows: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<_> = rows.iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, (2..=18).collect::<Vec<_>>());
    let answers = |line: usize| rows[line - 2]["answers"].clone();
    assert_eq!([answers(3), answers(10), answers(11), answers(16)], [2, 9, 8, 4].map(Value::from));
    assert_eq!(rows[2]["answered_by"], 16);
    assert_eq!(rows[0]["us"], 2_000);
    let classes: Vec<_> = rows.iter().map(|row| row["class"].as_str().unwrap()).collect();
    assert_eq!(classes[2..8], ["prompt", "status", "delta", "delta", "tool_call", "request"]);
}

#[test]
fn colours_are_for_terminals() {
    let path = corpus("permission-allow.jsonl");
    let run = |vars: &[(&str, &str)]| {
        let output = tool(&["show"]).arg(&path).envs(vars.iter().copied()).output().unwrap().stdout;
        text(&output).contains('\u{1b}')
    };
    assert!(!run(&[]), "stdout is a pipe");
    assert!(run(&[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[("NO_COLOR", "1")]));
}

/// A recording cannot give orders to a terminal, whichever text they are in.
#[test]
fn control_characters_are_escaped() {
    let order = "\u{1b}]0;owned\u{7}\r\u{9b}2J\u{202e}";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let json = |value: Value| value.to_string();
    let lines = [
        format!("<{}", json(json!({"type": order, "subtype": order}))),
        format!(">{}", json(json!({"type": "user", "message": {"content": order}}))),
        format!(
            "<{}",
            json(json!({"type": "assistant", "message": {"content": [
            {"type": "text", "text": order},
            {"type": "tool_use", "id": "t", "name": order, "input": {order: order}}]}}))
        ),
        format!(
            "<{}",
            json(
                json!({"type": "assistant", "parent_tool_use_id": "t", "message": {"content": [{"type": "thinking", "thinking": order}]}})
            )
        ),
        format!(
            "<{}",
            json(
                json!({"type": "system", "subtype": "init", "model": order, "permissionMode": order, "mcp_servers": [{"name": order}]})
            )
        ),
        format!(
            "<{}",
            json(
                json!({"type": "control_request", "request_id": order, "request": {"subtype": order, "x": order}})
            )
        ),
        format!(
            "<{}",
            json(
                json!({"type": "result", "subtype": order, "errors": [order], "structured_output": order})
            )
        ),
        format!("!{order}"),
        format!("<{order}"),
    ];
    let mut recording = recording(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    recording.header.cli = Some(order.to_owned());
    recording.header.recorder = Some(order.to_owned());
    recording.header.argv = Some(vec![order.to_owned()]);
    recording.header.env.insert("NAME".to_owned(), order.to_owned());
    recording.events.push(Event::new(0, EventKind::Mark(order.to_owned())));
    recording.events.push(Event::new(0, EventKind::Signal(order.to_owned())));
    recording.save(&path).unwrap();
    for args in [&[][..], &["--all"], &["--no-times"]] {
        let shown = text(&show(args, &path).stdout);
        let hidden = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        let bad: Vec<_> = shown.lines().filter(|line| line.contains(hidden)).collect();
        assert!(bad.is_empty(), "{args:?}: {bad:?}");
        assert!(shown.matches("owned").count() >= 15, "{args:?}: {shown}");
    }
}

#[test]
fn long_values_are_cut_unless_all_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let long = "word ".repeat(100);
    let line =
        |content: Value| format!("<{}", json!({"type": "user", "message": {"content": content}}));
    let result =
        line(json!([{"type": "tool_result", "tool_use_id": "t", "content": format!("{long}end")}]));
    let said = format!(
        "<{}",
        json!({"type": "assistant", "message": {"content": [{"type": "text", "text": format!("{long}END")}]}})
    );
    recording(&[&result, &said]).save(&path).unwrap();
    let short = text(&show(&[], &path).stdout);
    assert!(short.contains("more characters)") && !short.contains("word end"), "{short}");
    assert!(short.contains("word END"), "prose is shown in full: {short}");
    let all = text(&show(&["--all"], &path).stdout);
    assert!(all.contains("word end") && !all.contains("more characters"), "{all}");
}

#[test]
fn folders_are_shown_in_order_and_what_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    recording(&CONVERSATION).save(folder.path().join("2.jsonl")).unwrap();
    fs::write(folder.path().join("3.jsonl"), "no recording\n").unwrap();
    recording(&CONVERSATION[..3]).save(folder.path().join("10.jsonl")).unwrap();
    let output = show(&[], folder.path());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let shown = text(&output.stdout);
    let heads: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    assert_eq!(heads.len(), 2, "{shown}");
    assert!(heads[0].ends_with("2.jsonl") && heads[1].ends_with("10.jsonl"), "{heads:?}");
    assert!(text(&output.stderr).contains("3.jsonl"), "{output:?}");
}

/// Each recording of the corpus has a transcript with all its events.
#[test]
fn every_recording_has_a_transcript() {
    let output = show(&["--json"], &folder());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let rows = text(&output.stdout).lines().count();
    let files = claude_wire::recording::recordings_in(folder()).unwrap();
    let events: usize = files.iter().map(|file| Recording::open(file).unwrap().events.len()).sum();
    assert_eq!(rows, events);
    // A line that is not understood would be shown as unreadable.
    let odd = text(&output.stdout)
        .lines()
        .filter(|line| line.contains("\"class\":\"unreadable\""))
        .filter(|line| line.contains("\"text\":\"{"))
        .count();
    assert_eq!(odd, 0);
}

/// `git diff` of a recording that was made again shows what a person changed, not times and ids.
#[test]
fn git_diff_shows_what_changed_in_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder.path()).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    let path = folder.path().join("a.jsonl");
    git(&["init", "--quiet"]);
    fs::write(folder.path().join(".gitattributes"), "*.jsonl diff=claude-wire\n").unwrap();
    git(&["config", "diff.claude-wire.textconv", &format!("\"{TOOL}\" show --textconv")]);
    recording(&CONVERSATION).save(&path).unwrap();
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "recorded"]);

    let again =
        CONVERSATION.map(|line| line.replace("\"u1\"", "\"u2\"").replace("\"s1\"", "\"s2\""));
    let again = again
        .map(|line| line.replace("0.5", "0.7").replace("\"duration_ms\":40", "\"duration_ms\":41"));
    let mut same: Recording = recording(&again.each_ref().map(String::as_str));
    same.events.iter_mut().for_each(|event| event.us += 13);
    same.save(&path).unwrap();
    assert_eq!(git(&["diff"]), "", "only times, ids and costs differ");

    let other = again.map(|line| line.replace("Nothing.", "Something."));
    recording(&other.each_ref().map(String::as_str)).save(&path).unwrap();
    let diff = git(&["diff"]);
    let changed: Vec<_> = diff
        .lines()
        .filter(|line| {
            line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
        })
        .collect();
    assert_eq!(changed, ["-< says  Nothing.", "+< says  Something."], "{diff}");

    // A file with this name that is not a recording is compared as it is.
    let plain = folder.path().join("b.jsonl");
    for content in ["{\"rows\":1}\n", "\u{1b}[31mred\n", ""] {
        fs::write(&plain, content).unwrap();
        git(&["add", "b.jsonl"]);
        git(&["commit", "--quiet", "-m", "other", "--allow-empty"]);
        fs::write(&plain, "{\"rows\":2}\n").unwrap();
        let diff = git(&["diff", "b.jsonl"]);
        assert!(diff.contains("+{\"rows\":2}"), "{diff}");
        assert!(diff.contains(&format!("-{}", content.trim_end())), "{diff}");
    }
    let output = tool(&["show", "--textconv"]).args([&path, &plain]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = text(&output.stdout);
    assert!(shown.contains("Something.") && shown.ends_with("{\"rows\":2}\n"), "{shown}");
}
