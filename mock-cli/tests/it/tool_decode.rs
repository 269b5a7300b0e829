//! `claude-wire decode`: one object for each line.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::support::{TOOL, crossed, from_the_cli, read_lines, rest, run, spawn, text};

fn decode(args: &[&str], input: &[u8]) -> (Vec<String>, Option<i32>) {
    let output = run(Command::new(TOOL).arg("decode").args(args), input);
    assert_eq!(text(&output.stderr), "");
    (text(&output.stdout).lines().map(str::to_owned).collect(), output.status.code())
}

#[test]
fn says_what_each_line_is() {
    let input = b"{\"type\":\"keep_alive\"}\r\n\nlog text\n{\"type\":\"system\",\"subtype\":\"init\",\"tools\":7}\n{\"type\":\n{\"no\":1}\n{\"type\":\"us";
    let (lines, code) = decode(&[], input);
    let init = lines.iter().find(|line| line.contains("\"system\"")).unwrap();
    let init: serde_json::Value = serde_json::from_str(init).unwrap();
    assert!(init["defects"].as_array().unwrap().contains(&"tools".into()), "{init}");
    assert_eq!(
        (&init["outcome"], &init["offset"], &init["length"]),
        (&"message".into(), &33.into(), &44.into())
    );
    let others: Vec<_> =
        lines.iter().filter(|line| !line.contains("\"system\"")).map(String::as_str).collect();
    assert_eq!(
        others,
        [
            r#"{"outcome":"control","kind":"keep_alive","offset":0,"length":21}"#,
            r#"{"outcome":"noise","offset":23,"length":0}"#,
            r#"{"outcome":"noise","offset":24,"length":8}"#,
            r#"{"outcome":"malformed","reason":"json","detail":"line of 8 bytes at byte 78 of the stream: not JSON, it ends inside a value","offset":78,"length":8}"#,
            r#"{"outcome":"malformed","reason":"no_type","detail":"line of 8 bytes at byte 87 of the stream: no usable `type`, which must be a string that is not empty","offset":87,"length":8}"#,
            r#"{"outcome":"truncated_tail","offset":96,"length":11}"#,
        ]
    );
    assert_eq!(code, Some(1), "broken lines are findings");
}

#[test]
fn shows_the_lines_as_json_or_base64() {
    let (lines, code) =
        decode(&["--raw"], b"{\"type\": \"keep_alive\", \"n\":1.0}\nlog\n[1]\n\xff\n");
    let raw: Vec<_> = lines.iter().map(|line| &line[line.find("\"raw\"").unwrap()..]).collect();
    assert_eq!(
        raw,
        [
            r#""raw":{"type": "keep_alive", "n":1.0}}"#,
            r#""raw":"bG9n","as":"base64"}"#,
            r#""raw":[1]}"#,
            r#""raw":"/w==","as":"base64"}"#
        ]
    );
    assert_eq!(code, Some(0), "log text is not a finding");
    for line in lines {
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
}

/// A message and the result of a turn, as the CLI writes them.
const MESSAGES: [&str; 2] = [
    r#"{"type":"assistant","message":{"model":"m","content":[{"type":"text","text":"[{\"type\":\"user\"}]"}]}}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"session_id":"s"}"#,
];

#[test]
fn messages_between_terminal_sequences_are_decoded_and_the_raw_line_is_kept() {
    for (before, behind) in [
        ("\x1b]0;a title\x07\x1b]0;another\x07", ""),
        ("\x1b[?2004h", "\x1b[?2004l"),
        ("\x1e", "\r"),
        ("", "\x1b]0;a title\x1b\\"),
        ("\x1bP1$r0m\x1b\\\x1b_app\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\", "\x1b[0m\x1b[K"),
    ] {
        let input: Vec<String> =
            MESSAGES.iter().map(|message| format!("{before}{message}{behind}\n")).collect();
        let (lines, code) = decode(&["--raw"], input.concat().as_bytes());
        assert_eq!((lines.len(), code), (2, Some(0)), "{lines:?}");
        for (line, wire) in lines.iter().zip(&input) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["outcome"], &line["defects"]), (&"message".into(), &[(); 0].into()));
            let raw = BASE64.decode(line["raw"].as_str().unwrap()).unwrap();
            assert_eq!(raw, wire.trim_end_matches('\n').trim_end_matches('\r').as_bytes());
        }
    }
}

#[test]
fn noise_that_contains_messages_is_reported() {
    let array = format!("[{}]", MESSAGES.join(","));
    let [assistant, result] = MESSAGES;
    let cut = &array[..array.len() - 20];
    for (input, outcomes) in [
        (format!("{array}\n"), vec![("noise", "json_array")]),
        (
            format!("a banner\n \x1b[0m[ {assistant} , {result} ]"),
            vec![("noise", ""), ("noise", "json_array")],
        ),
        (cut.to_owned(), vec![("noise", "json_array")]),
        (format!("[{}", &assistant[..25]), vec![("noise", "json_array")]),
        (format!("workspace: demo | {result}\n"), vec![("noise", "behind_text")]),
        (format!("{{braces}} {{\"a\":1}} {result}\x1b[0m\n"), vec![("malformed", "json")]),
        (format!("${{braces}} {{\"a\":1}} {result}\x1b[0m\n"), vec![("noise", "behind_text")]),
    ] {
        let (lines, code) = decode(&[], input.as_bytes());
        let seen: Vec<serde_json::Value> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let seen: Vec<(&str, &str)> = seen
            .iter()
            .map(|line| (line["outcome"].as_str().unwrap(), line["reason"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(seen, outcomes, "{input}");
        assert_eq!(code, Some(1), "messages are lost: {input}");
        if outcomes.last().is_some_and(|(_, reason)| *reason == "json_array") {
            assert!(lines.last().unwrap().contains("--output-format stream-json"), "{lines:?}");
        }
    }
}

#[test]
fn noise_without_messages_stays_noise() {
    for input in [
        "[1,2]",
        "[{\"a\":1}]",
        "[{\"type\":5}]",
        "[debug] {\"level\":\"info\"}",
        "[{\"type\":\"text\",\"text\":\"a\"}]",
        "log {\"type\":\"a_type_of_a_log\"}",
        "log {\"type\":\"result\"} and more",
        "\"{\\\"type\\\":\\\"result\\\"}\"",
    ] {
        let (lines, code) = decode(&[], format!("{input}\n").as_bytes());
        assert!(lines[0].starts_with(r#"{"outcome":"noise","offset":0"#), "{}", lines[0]);
        assert_eq!(code, Some(0), "{input}");
    }
}

#[test]
fn a_line_over_the_limit_is_reported_and_the_next_one_is_read() {
    let (lines, code) = decode(
        &["--raw", "--max-line", "30"],
        b"{\"type\":\"assistant\",\"message\":{}}\n{\"type\":\"keep_alive\"}\n",
    );
    assert!(
        lines[0].contains(r#""outcome":"malformed""#) && lines[0].contains(r#""length":33"#),
        "{}",
        lines[0]
    );
    assert!(lines[0].contains(r#""reason":"oversize""#), "{}", lines[0]);
    assert!(!lines[0].contains("raw"), "its bytes are gone");
    assert!(
        lines[1].contains(r#""outcome":"control""#) && lines[1].contains(r#""offset":34"#),
        "{}",
        lines[1]
    );
    assert_eq!((lines.len(), code), (2, Some(1)));
}

#[test]
fn every_line_of_a_recording_decodes_without_a_defect() {
    let recording =
        claude_wire::recording::Recording::open(crate::support::corpus("partial-messages.jsonl"))
            .unwrap();
    let (lines, code) = decode(&[], &crossed(&recording, from_the_cli));
    assert_eq!(
        lines.len(),
        recording.events.iter().filter(|event| from_the_cli(&event.kind)).count()
    );
    assert_eq!(code, Some(0));
    for line in lines {
        assert!(
            line.contains("\"outcome\":\"control\"") || line.contains("\"defects\":[]"),
            "{line}"
        );
    }
}

#[test]
fn reads_a_file_and_says_when_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.log");
    std::fs::write(&path, "{\"type\":\"keep_alive\"}\n").unwrap();
    let output = Command::new(TOOL).arg("decode").arg(&path).output().unwrap();
    assert!(text(&output.stdout).contains("keep_alive"));
    let output = Command::new(TOOL).args(["decode", "/no/such/file"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("/no/such/file: No such file"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn shows_a_line_as_soon_as_it_arrives() {
    let mut child = spawn(Command::new(TOOL).arg("decode"));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all(b"{\"type\":\"keep_alive\"}\n{\"type\"").unwrap();
    assert!(read_lines(&mut stdout, 1).contains("keep_alive"));
    drop(stdin);
    assert!(rest(&mut stdout).contains("truncated_tail"));
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn keeps_only_the_current_line() {
    let mut child = spawn(Command::new(TOOL).args(["decode", "--max-line", "1000"]));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..128 {
        stdin.write_all(&chunk).unwrap();
    }
    stdin.write_all(b"\n").unwrap();
    assert!(read_lines(&mut stdout, 1).contains("\"length\":134217728"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse::<u64>()
        .unwrap();
    assert!(peak < 32 * 1024, "128 MiB went through, and {peak} kB were kept");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_reader_that_closes_early_is_not_an_error() {
    let mut child = spawn(Command::new(TOOL).arg("decode"));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all(b"{\"type\":\"keep_alive\"}\n").unwrap();
    read_lines(&mut stdout, 1);
    drop(stdout);
    // It notices at its next write.
    let _ = stdin.write_all(b"{\"type\":\"keep_alive\"}\n");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
