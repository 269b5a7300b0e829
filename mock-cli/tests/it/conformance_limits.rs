//! `claude-wire conformance`: every wait for a host ends, and what a host is started with.
#![cfg(unix)]

use std::fs;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::conformance::{GOOD, kit, results};
use crate::support::text;

/// Each process has a pipe open, whose end shows that all of them are gone.
#[test]
fn a_host_that_hangs_is_ended_with_its_grandchildren() {
    for host in [
        "sh -c 'sleep 300 & wait' & wait",
        "sh -c 'trap \"\" TERM HUP INT; sleep 300; sleep 300' & (sleep 300 & sleep 300) & wait",
    ] {
        let host = format!("exec 3>\"$(dirname \"$0\")/pipe\"; {host}");
        let kit = kit(&host).timeout(1.0).only(&["exit_cases/clean_success"]);
        let pipe = kit.folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (send, ended) = mpsc::channel();
        thread::spawn(move || send.send(fs::read(pipe)));
        let (code, outcomes) = kit.outcomes();
        assert_eq!(results(&outcomes), [("exit_cases/clean_success", "failed")], "{host}");
        assert_eq!(code, Some(1), "{host}");
        let ended = ended.recv_timeout(Duration::from_secs(20));
        assert!(matches!(ended, Ok(Ok(_))), "{host}: some process lives: {ended:?}");
    }
}

/// A case with a prompt that is longer than a pipe.
fn long_case() -> String {
    let frame = json!({"type": "user", "message": {"role": "user", "content": "hi"}, "parent_tool_use_id": null});
    let ask = json!({"prompt": "x".repeat(300_000)});
    json!({"host_frame_cases": [{"name": "long", "ask": ask, "expect_frames": [frame]}]})
        .to_string()
}

#[test]
fn a_host_that_does_not_read_its_line_is_ended_in_time() {
    for host in
        ["exec sleep 300", "exec <&-; exec sleep 300", "head -c 10 >/dev/null; exec sleep 300"]
    {
        let kit = kit(host).timeout(0.5).cases(&long_case()).only(&["host_frame_cases/long"]);
        let (code, outcomes) = kit.outcomes();
        assert_eq!(results(&outcomes), [("host_frame_cases/long", "failed")], "{host}");
        let why = outcomes[0]["why"][0].as_str().unwrap();
        assert!(why.starts_with("the host was not done after 0.5 s"), "{host}: {why}");
        assert_eq!(code, Some(1), "{host}");
    }
}

#[test]
fn a_host_may_write_much_before_it_reads() {
    let line = format!(r#"{{"callback":"{}"}}"#, "x".repeat(1_000));
    let host = format!("n=0; while [ $n -lt 300 ]; do echo '{line}'; n=$((n + 1)); done\n{GOOD}");
    let (code, outcomes) =
        kit(&host).cases(&long_case()).only(&["host_frame_cases/long"]).outcomes();
    assert_eq!(results(&outcomes), [("host_frame_cases/long", "passed")], "{outcomes:?}");
    assert_eq!(code, Some(0));
}

/// There is always one more line.
#[test]
fn a_host_that_writes_for_ever_is_ended_in_time() {
    for host in
        [r#"exec yes '{"callback":"hook"}'"#, r#"read -r ask; yes '{"end":{}}' & yes '' & wait"#]
    {
        let kit = kit(host).timeout(0.5).only(&["exit_cases/clean_success"]);
        let (code, outcomes) = kit.outcomes();
        assert_eq!(results(&outcomes), [("exit_cases/clean_success", "failed")], "{host}");
        assert_eq!(code, Some(1), "{host}");
    }
}

#[test]
fn a_time_limit_is_some_time_and_at_most_a_day() {
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY, 86_401.0, 1e19, f64::MAX] {
        let output = kit(GOOD).timeout(seconds).only(&["exit_cases/clean_success"]).run();
        let errors = text(&output.stderr);
        assert!(errors.contains("over 0, and at most 86400"), "{seconds}: {errors}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{seconds}");
    }
}

/// They are for other programs, and would change what an SDK does.
#[test]
fn a_host_has_none_of_the_callers_variables() {
    let host = "env | grep ^CLAUDE_WIRE_ | cut -d= -f1 >&2; echo $OTHER >&2; exit 3";
    let kit = kit(host).only(&["exit_cases/clean_success"]).args(&["--json"]);
    let mut command = kit.command();
    for name in ["CLAUDE_WIRE_MODEL", "CLAUDE_WIRE_PAUSE", "CLAUDE_WIRE_REPLAY", "OTHER"] {
        command.env(name, "other");
    }
    let printed = text(&command.output().unwrap().stdout);
    assert!(printed.contains("stderr ends: CLAUDE_WIRE_CONFORMANCE other)"), "{printed}");
}
