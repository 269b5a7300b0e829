//! `claude-wire decode`: one object for each line.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write as _;
use std::process::Command;

use crate::support::{TOOL, crossed, from_the_cli, read_lines, rest, run, spawn, text};

fn decode(args: &[&str], input: &[u8]) -> (Vec<String>, Option<i32>) {
    let output = run(Command::new(TOOL).arg("decode").args(args), input);
    assert_eq!(text(&output.stderr), "");
    (text(&output.stdout).lines().map(str::to_owned).collect(), output.status.code())
}

#[test]
fn tells_what_each_line_is() {
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
            r#"{"outcome":"malformed","reason":"line of 8 bytes at byte 78 of the stream: not JSON, it ends inside a value","offset":78,"length":8}"#,
            r#"{"outcome":"malformed","reason":"line of 8 bytes at byte 87 of the stream: no usable `type`, which must be a string that is not empty","offset":87,"length":8}"#,
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
    assert_eq!(code, Some(0), "log text is no finding");
    for line in lines {
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
}

#[test]
fn a_line_over_the_limit_is_told_and_the_next_one_read() {
    let (lines, code) = decode(
        &["--raw", "--max-line", "30"],
        b"{\"type\":\"assistant\",\"message\":{}}\n{\"type\":\"keep_alive\"}\n",
    );
    assert!(
        lines[0].contains(r#""outcome":"malformed""#) && lines[0].contains(r#""length":33"#),
        "{}",
        lines[0]
    );
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
fn shows_a_line_as_soon_as_it_is_there() {
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
fn keeps_nothing_but_the_line_at_hand() {
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
fn a_reader_who_has_seen_enough_is_no_error() {
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
