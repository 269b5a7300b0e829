//! `CLAUDE_WIRE_FAULT`: a real process with a fault, at the level of its streams.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{STREAMS, mock, read_lines, replaying, rest, run, spawn, text};

const PROMPT: &str = "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n";

/// A scenario that answers any number of prompts, in its own folder.
fn scenario() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.json");
    let file = json!({
        "claude-wire": "scenario", "version": 2,
        "turns": [{"prompt": "Hi", "reply": "Hello é", "times": "any"}],
    });
    std::fs::write(&path, file.to_string()).unwrap();
    (folder, path)
}

/// The stand-in with this scenario and these faults.
fn faulty(scenario: &Path, faults: &str) -> Command {
    let mut command = mock(&STREAMS);
    // Two launches are compared byte by byte; without a run each has another session.
    command.args(["--session-id", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"]);
    command.env("CLAUDE_WIRE_SCENARIO", scenario).env("CLAUDE_WIRE_FAULT", faults);
    command
}

/// What it does with one prompt and the end of input.
fn played(faults: &str) -> Output {
    let (_folder, scenario) = scenario();
    run(&mut faulty(&scenario, faults), PROMPT.as_bytes())
}

/// The types of the lines.
fn kinds(stdout: &[u8]) -> Vec<String> {
    let lines = stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let json = serde_json::from_slice::<Value>(line).unwrap_or_default();
            json["type"].as_str().unwrap_or("text").to_owned()
        })
        .collect()
}

fn terminate(child: &Child) {
    kill_process(Pid::from_child(child), Signal::TERM).unwrap();
}

#[test]
fn the_process_ends_as_the_fault_says() {
    for (faults, code, signal, last) in [
        ("exit_before_init:code=9", Some(9), None, None),
        ("stderr_only:code=4", Some(4), None, None),
        ("exit_mid_turn:code=3", Some(3), None, Some("assistant")),
        ("exit_after_result:code=3", Some(3), None, Some("result")),
        ("signal_death", None, Some(9), Some("assistant")),
        ("signal_death:signal=SIGSEGV", None, Some(11), Some("assistant")),
        ("partial_line_then_eof:code=2", Some(2), None, Some("text")),
        ("no_final_newline", Some(0), None, Some("result")),
        ("limit_data:bytes=100", Some(1), None, Some("text")),
        ("missing_result", Some(0), None, Some("assistant")),
        ("reset", None, Some(9), Some("text")),
        ("reset:direction=in", None, Some(9), None),
    ] {
        let output = played(faults);
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(
            (output.status.code(), output.status.signal()),
            (code, signal),
            "{faults}: {shown}"
        );
        assert_eq!(kinds(&output.stdout).last().map(String::as_str), last, "{faults}: {shown}");
    }
    assert!(!played("no_final_newline").stdout.ends_with(b"\n"));
    assert_eq!(played("limit_data:bytes=100").stdout.len(), 100);
    assert_eq!(text(&played("stderr_only:text=no key").stderr).lines().next(), Some("no key"));
}

#[test]
fn the_bytes_are_as_the_fault_says() {
    let plain = played("no_init:rate=0").stdout;
    for same in
        ["slicer:bytes=3", "latency:ms=1", "split_multibyte", "bandwidth", "slow_close:ms=1"]
    {
        assert!(played(same).stdout == plain, "{same}");
    }
    let crlf = played("crlf").stdout;
    assert!(text(&crlf) == text(&plain).replace('\n', "\r\n"));
    assert!(played("bom").stdout.starts_with(b"\xef\xbb\xbf{"));
    assert!(std::str::from_utf8(&played("invalid_utf8").stdout).is_err());
    let noisy = kinds(&played("non_json_noise").stdout);
    assert_eq!(noisy.iter().filter(|kind| *kind == "text").count(), 1);
    let flooded = played("stderr_flood:bytes=200000");
    assert!(flooded.stderr.len() >= 200_000 && text(&flooded.stdout) == text(&plain));
    let burst = played("burst_before_read:bytes=300000").stdout;
    assert!(burst.len() == 300_000 + plain.len() && burst.ends_with(&plain));
}

/// Both pipes are full: the program that reads and writes at the same time gets through.
#[test]
fn a_burst_comes_before_anything_is_read() {
    let (_folder, scenario) = scenario();
    let mut child = spawn(&mut faulty(&scenario, "burst_before_read:bytes=1000000"));
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // More than a pipe takes, so that this returns only after the burst was read.
        let noise = "{\"type\":\"keep_alive\"}\n".repeat(20_000);
        stdin.write_all(noise.as_bytes()).unwrap();
        stdin.write_all(PROMPT.as_bytes()).unwrap();
    });
    let said = rest(child.stdout.as_mut().unwrap());
    writer.join().unwrap();
    assert!(said.len() > 1_000_000 && said.contains("Hello é"), "{} bytes", said.len());
    assert!(child.wait().unwrap().success());
}

#[test]
fn closing_the_input_breaks_the_pipe_while_the_process_runs() {
    let (_folder, scenario) = scenario();
    let mut child = spawn(&mut faulty(&scenario, "closed_stdin"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(PROMPT.as_bytes()).unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // Once the result is there, the input is closed.
    while !read_lines(&mut stdout, 1).contains("\"type\":\"result\"") {}
    let error = stdin.write_all(PROMPT.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(child.try_wait().unwrap(), None, "it is gone");
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn closing_the_output_is_its_end_while_the_process_runs() {
    let (_folder, scenario) = scenario();
    let mut child = spawn(&mut faulty(&scenario, "closed_stdout_alive"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(PROMPT.as_bytes()).unwrap();
    let said = rest(child.stdout.as_mut().unwrap());
    assert_eq!(kinds(said.as_bytes()).last().map(String::as_str), Some("assistant"));
    assert_eq!(child.try_wait().unwrap(), None, "it is gone");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_orphan_keeps_stdout_open_after_the_exit() {
    let (_folder, scenario) = scenario();
    let mut child = spawn(&mut faulty(&scenario, "orphan_pipe:ms=1500"));
    child.stdin.take().unwrap().write_all(PROMPT.as_bytes()).unwrap();
    let start = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let exited = start.elapsed();
    let said = rest(child.stdout.as_mut().unwrap());
    assert_eq!(kinds(said.as_bytes()).last().map(String::as_str), Some("result"));
    let took = start.elapsed();
    assert!(took > exited && took >= Duration::from_millis(1400), "{exited:?} {took:?}");
}

#[test]
fn a_hung_process_ends_by_a_signal_and_a_deaf_one_by_a_kill() {
    let (_folder, scenario) = scenario();
    for (fault, deaf) in [
        ("hang_after_result", false),
        ("hang_after_result:deaf", true),
        ("hang_before_init", false),
    ] {
        let mut child = spawn(&mut faulty(&scenario, fault));
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdin.write_all(PROMPT.as_bytes()).unwrap();
        if fault == "hang_before_init" {
            // Its handlers are set when it writes to its journal; here it must only be alive.
            stdin.flush().unwrap();
        } else {
            while !read_lines(&mut stdout, 1).contains("\"type\":\"result\"") {}
            drop(stdin);
            terminate(&child);
            if deaf {
                // There is no event for what does not happen.
                std::thread::sleep(Duration::from_millis(300));
                assert_eq!(child.try_wait().unwrap(), None, "SIGTERM ended it");
                child.kill().unwrap();
                assert_eq!(child.wait().unwrap().signal(), Some(9));
            } else {
                assert_eq!(child.wait().unwrap().code(), Some(143));
            }
            continue;
        }
        drop(stdin);
        // There is no event for what does not happen.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(child.try_wait().unwrap(), None, "the end of input ended it");
        terminate(&child);
        assert_eq!(child.wait().unwrap().code(), Some(143));
        let mut said = String::new();
        stdout.read_to_string(&mut said).unwrap();
        assert_eq!(said, "");
    }
}

/// The journal and the report name the fault, why it happened there, and its seed.
#[test]
fn an_injection_is_in_the_journal_and_in_the_report() {
    let (folder, scenario) = scenario();
    let (journal, report) = (folder.path().join("journal"), folder.path().join("report"));
    let mut command = faulty(&scenario, "exit_mid_turn:code=3,nth=2");
    command.env("CLAUDE_WIRE_JOURNAL", &journal).env("CLAUDE_WIRE_REPORT", &report);
    command.env("CLAUDE_WIRE_SEED", "7");
    let output = run(&mut command, PROMPT.repeat(2).as_bytes());
    assert_eq!(output.status.code(), Some(3));
    let journal = std::fs::read_to_string(journal).unwrap();
    let entries: Vec<Value> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fault = entries.iter().position(|entry| entry.get("fault").is_some()).unwrap();
    let injected = &entries[fault]["fault"];
    assert_eq!(
        (&injected["name"], &injected["seed"], &injected["code"]),
        (&json!("exit_mid_turn"), &json!(7), &json!(3))
    );
    let why = injected["why"].as_str().unwrap();
    assert!(
        why.starts_with("stdout line ") && why.contains("(assistant): opportunity 2 "),
        "{why}"
    );
    assert_eq!(entries[fault + 1]["out"]["type"], "assistant", "{journal}");
    assert_eq!(entries.last().unwrap()["exit"], json!({"code": 3}));
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("fault: exit_mid_turn at stdout line "), "{report}");
    assert!(report.contains(" injected=1 "), "{report}");
}

#[test]
fn a_replay_gets_faults_too() {
    let mut command = replaying("one-shot.jsonl");
    command.env("CLAUDE_WIRE_FAULT", "exit_before_init:code=5");
    let output = run(&mut command, b"");
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    let mut command = replaying("one-shot.jsonl");
    command.env("CLAUDE_WIRE_FAULT", "api_529");
    let output = run(&mut command, b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("a recording asks no API"), "{}", text(&output.stderr));
}

/// The faults of the API are what the simulated CLI makes of them.
#[test]
fn a_scenario_has_the_faults_of_the_api() {
    let retried = played("api_529");
    let said = text(&retried.stdout);
    assert!(said.contains("\"api_retry\"") && said.contains("Hello é"), "{said}");
    let failed = text(&played("api_400").stdout);
    assert!(failed.contains("\"is_error\":true") && failed.contains("tool_use"), "{failed}");
}

/// The faults of a scenario's file, without a variable, and together with one.
#[test]
fn a_file_has_faults() {
    let (folder, path) = scenario();
    let mut file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    file["faults"] = json!([{"name": "exit_after_result", "code": 6}, "crlf"]);
    std::fs::write(&path, file.to_string()).unwrap();
    let mut command = mock(&STREAMS);
    command.env("CLAUDE_WIRE_SCENARIO", &path);
    let output = run(&mut command, PROMPT.as_bytes());
    assert_eq!(output.status.code(), Some(6));
    assert!(output.stdout.ends_with(b"\r\n"));
    let output = run(command.env("CLAUDE_WIRE_FAULT", "bom"), PROMPT.as_bytes());
    assert!(output.stdout.starts_with(b"\xef\xbb\xbf") && output.status.code() == Some(6));
    file["faults"] = json!([{"name": "exit_after_results"}]);
    std::fs::write(&path, file.to_string()).unwrap();
    let output = run(&mut command, PROMPT.as_bytes());
    assert_eq!(output.status.code(), Some(78));
    let why = text(&output.stderr);
    assert!(why.contains("did you mean") && why.contains("exit_after_result"), "{why}");
    drop(folder);
}

/// `claude -p` with text: the answer and the prompt among the arguments are opportunities, and the
/// journal has the fault.
#[test]
fn a_print_launch_has_faults() {
    let (folder, scenario) = scenario();
    let played = |args: &[&str], faults: &str| {
        let journal = folder.path().join("journal");
        let _ = std::fs::remove_file(&journal);
        let mut command = mock(args);
        command.env("CLAUDE_WIRE_SCENARIO", &scenario).env("CLAUDE_WIRE_FAULT", faults);
        let output = run(command.env("CLAUDE_WIRE_JOURNAL", &journal), b"");
        (output, std::fs::read_to_string(journal).unwrap())
    };
    for args in [&["-p", "Hi"][..], &["-p", "--output-format", "json", "Hi"]] {
        let (output, journal) = played(args, "exit_mid_turn:code=3");
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        assert!(journal.contains("\"fault\":{\"name\":\"exit_mid_turn\""), "{journal}");
        let (output, _) = played(args, "stderr_flood:bytes=70000");
        assert!(output.stderr.len() >= 70_000 && output.status.success(), "{args:?}");
        let (output, _) = played(args, "closed_stdin");
        assert!(text(&output.stdout).contains("Hello é"), "{output:?}");
        let (output, _) = played(args, "double_result");
        assert_eq!(text(&output.stdout).matches("Hello é").count(), 2, "{output:?}");
        let (output, _) = played(args, "stuck_tool");
        let why = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{why}");
        assert!(why.contains("the fault stuck_tool cannot happen in this launch"), "{why}");
    }
    // What only prints something has none.
    let (output, _) = played(&["--version"], "exit_before_init:code=9");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_number_that_is_too_large_is_refused() {
    for faults in [
        "oversize_line:bytes=18446744073709551615",
        "oversize_line:bytes=100000000000000",
        "stderr_flood:bytes=100000000000000",
        "latency:ms=18446744073709551615",
    ] {
        let output = played(faults);
        let why = text(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{faults}: {why}");
        assert!(why.contains("expected at most "), "{why}");
    }
}

/// The process does not stay until the pause of a fault is over.
#[test]
fn a_signal_ends_a_process_in_a_pause() {
    for fault in ["latency:ms=60000", "slow_close:ms=60000"] {
        let (_folder, scenario) = scenario();
        let mut child = spawn(&mut faulty(&scenario, fault));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(PROMPT.as_bytes()).unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if fault.starts_with("slow_close") {
            drop(stdin);
            while !read_lines(&mut stdout, 1).contains("\"type\":\"result\"") {}
        } else {
            // There is no event for a line that does not come.
            std::thread::sleep(Duration::from_millis(500));
        }
        let start = Instant::now();
        terminate(&child);
        let status = child.wait().unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "{fault}: {:?}", start.elapsed());
        assert!([Some(143), Some(0)].contains(&status.code()), "{fault}: {status:?}");
    }
}

#[test]
fn what_is_not_a_fault_is_refused_with_the_near_names() {
    let output = played("exit_midturn");
    assert_eq!(output.status.code(), Some(78));
    let why = text(&output.stderr);
    assert!(
        why.contains("CLAUDE_WIRE_FAULT: no fault \"exit_midturn\"; did you mean exit_mid_turn?"),
        "{why}"
    );
}
