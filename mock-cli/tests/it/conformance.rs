//! `claude-wire conformance`: what it says of good hosts and of bad ones.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TOOL, text};

/// A host without an SDK: one prompt, and the types of the messages.
pub(crate) const GOOD: &str = r#"
read -r ask
claude=$(printf '%s\n' "$ask" | sed 's/.*"claude":"\([^"]*\)".*/\1/')
{
  echo '{"type":"control_request","request_id":"1","request":{"subtype":"initialize","hooks":null}}'
  echo '{"type":"user","message":{"role":"user","content":"hi"},"parent_tool_use_id":null}'
} | "$claude" --output-format stream-json --verbose --input-format stream-json | while read -r line; do
  case $line in
  *'"text":"after the case"'*) echo '{"message":{"type":"assistant","content":[{"type":"text","text":"after the case"}]}}' ;;
  *'"result":"after the case"'*) echo '{"message":{"type":"result","result":"after the case"}}' ;;
  *'"type":"assistant"'*) echo '{"message":{"type":"assistant","content":[{"type":"text","text":"hi"}]}}' ;;
  *'"type":"result"'*) echo '{"message":{"type":"result","subtype":"success"}}' ;;
  esac
done
echo '{"done":true}'
"#;

/// Cases that it passes.
const PASSES: [&str; 5] = [
    "argv_cases/defaults",
    "initialize_cases/defaults",
    "host_frame_cases/query_string",
    "parser_cases/assistant_text_minimal",
    "exit_cases/clean_success",
];

pub(crate) struct Kit {
    pub(crate) folder: TempDir,
    args: Vec<String>,
}

/// The kit with a host that is a shell script.
pub(crate) fn kit(host: &str) -> Kit {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.sh");
    fs::write(&path, host).unwrap();
    let args = ["--command", &format!("exec sh '{}'", path.display()), "--timeout=20"];
    Kit { args: args.map(str::to_owned).to_vec(), folder }
}

impl Kit {
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    fn host(mut self, command: &str) -> Self {
        self.args[1] = command.to_owned();
        self
    }

    pub(crate) fn timeout(mut self, seconds: f64) -> Self {
        self.args[2] = format!("--timeout={seconds}");
        self
    }

    pub(crate) fn only(self, cases: &[&str]) -> Self {
        cases.iter().fold(self, |kit, case| kit.args(&["--filter", case]))
    }

    /// With this list of expected failures.
    fn expect(self, list: &Value) -> Self {
        let path = self.file("expect.json", &list.to_string());
        self.args(&["--expect", path.to_str().unwrap()])
    }

    /// With these cases in a folder.
    pub(crate) fn cases(self, text: &str) -> Self {
        let path = self.file("cases/more.json", text);
        self.args(&["--cases", path.parent().unwrap().to_str().unwrap()])
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(TOOL);
        command.arg("conformance").args(&self.args).env_remove("CLAUDE_WIRE_CONFORMANCE");
        command
    }

    pub(crate) fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    /// The exit code, and the outcomes.
    pub(crate) fn outcomes(self) -> (Option<i32>, Vec<Value>) {
        let output = self.args(&["--json"]).run();
        let (printed, errors) = (text(&output.stdout), text(&output.stderr));
        let outcomes = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(output.status.code() != Some(2), "{printed}{errors}");
        (output.status.code(), outcomes)
    }
}

pub(crate) fn results(outcomes: &[Value]) -> Vec<(&str, &str)> {
    let pairs = outcomes.iter().map(|outcome| (&outcome["case"], &outcome["result"]));
    pairs.map(|(case, result)| (case.as_str().unwrap(), result.as_str().unwrap())).collect()
}

#[test]
fn a_good_host_passes() {
    let (code, outcomes) = kit(GOOD).only(&PASSES).outcomes();
    let expected: Vec<_> = PASSES.iter().map(|case| (*case, "passed")).collect();
    let mut found = results(&outcomes);
    found.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(found, sorted, "{outcomes:?}");
    assert_eq!(code, Some(0));
}

/// What the host says, how the kit calls it, and the whole run.
#[test]
fn a_host_that_breaks_the_protocol_fails_the_case_and_the_report_says_what_came() {
    let start = r#"claude=$(printf '%s\n' "$ask" | sed 's/.*"claude":"\([^"]*\)".*/\1/'); "$claude" --verbose </dev/null >/dev/null"#;
    let unsupported = format!("read -r ask; {start}; echo '{{\"unsupported\":\"no\"}}'");
    for (host, why) in [
        (
            "read -r ask; echo oops >&2; exit 3",
            "the host ended before it was done (exit status: 3; stderr ends: oops)",
        ),
        ("exit 0", "the host ended before it was done (exit status: 0; nothing on stderr)"),
        (
            "kill -9 $$",
            "the host ended before it was done (signal: 9 (SIGKILL); nothing on stderr)",
        ),
        ("read -r ask; echo 'Starting up'", "the host wrote a line that is not JSON: Starting up"),
        (
            "read -r ask; echo '[1]'",
            "the host wrote a line that is not an object with one key: [1]",
        ),
        (r#"echo '{"done":true,"x":1}'"#, r#"not an object with one key: {"done":true,"x":1}"#),
        (
            r#"echo '{"finished":true}'"#,
            r#"the host wrote a line that the protocol does not have: {"finished":true}"#,
        ),
        (
            r#"echo '{"message":{"kind":"x"}}'"#,
            "the host wrote a line that the protocol does not have",
        ),
        (r#"echo '{"unsupported":""}'"#, "the host wrote a line that the protocol does not have"),
        (r#"echo '{"done":true}'"#, "the host neither started its `claude` nor reported an error"),
        (
            r#"echo '{"error":{"kind":"other","text":"x"}}'; echo '{"unsupported":"no"}'"#,
            "the host wrote that a case is unsupported after it had begun",
        ),
        (
            &unsupported,
            "the host said that the case is unsupported after it had started its `claude`: no",
        ),
    ] {
        let (code, outcomes) = kit(host).only(&["exit_cases/clean_success"]).outcomes();
        assert_eq!(results(&outcomes), [("exit_cases/clean_success", "failed")], "{host}");
        let found = outcomes[0]["why"][0].as_str().unwrap();
        assert!(found.contains(why), "{host}: {found}");
        assert_eq!(code, Some(1), "{host}");
    }
}

/// Its child has its stdout, and would keep it open.
#[test]
fn a_host_that_hangs_is_ended_with_its_children() {
    let host = "read -r ask; echo waiting >&2; sleep 300 & wait";
    let (code, outcomes) = kit(host).timeout(0.5).only(&["exit_cases/clean_success"]).outcomes();
    assert_eq!(results(&outcomes), [("exit_cases/clean_success", "failed")]);
    let why = outcomes[0]["why"][0].as_str().unwrap();
    assert!(why.starts_with("the host was not done after 0.5 s (it was still running"), "{why}");
    assert!(why.ends_with("stderr ends: waiting)"), "{why}");
    assert_eq!(code, Some(1));
}

/// Half of a surrogate pair, as some languages escape it.
#[test]
fn what_no_text_has_is_read_all_the_same() {
    let host = GOOD.replace("echo '", r"printf '%s\n' '");
    let prompt = host.replace(r#""content":"hi""#, r#""content":"hi\udc00""#);
    assert_ne!(prompt, host);
    let frame = json!({"type": "user", "message": {"role": "user", "content": "hi\u{fffd}"}, "parent_tool_use_id": null});
    let case = json!({"host_frame_cases": [{"name": "half", "ask": {}, "expect_frames": [frame]}]});
    let (code, outcomes) = kit(&prompt).cases(&case.to_string()).only(&["cases/half"]).outcomes();
    assert_eq!(results(&outcomes), [("host_frame_cases/half", "passed")], "{outcomes:?}");
    assert_eq!(code, Some(0));

    let message = host.replace(r#""text":"hi"}"#, r#""text":"hi\ud83d"}"#);
    assert_ne!(message, host);
    let (_, outcomes) = kit(&message).only(&["parser_cases/assistant_text_minimal"]).outcomes();
    let why = outcomes[0]["why"][0].as_str().unwrap();
    assert!(why.contains("expected \"hi\", found \"hi\u{fffd}\""), "{why}");
}

/// Nothing was refused where no error was reported.
#[test]
fn a_host_without_a_handshake_refuses_no_option() {
    let start = r#"read -r ask; claude=$(printf '%s\n' "$ask" | sed 's/.*"claude":"\([^"]*\)".*/\1/'); "$claude" --verbose </dev/null >/dev/null"#;
    let error = r#"echo '{"error":{"kind":"refused","text":"no"}}'"#;
    for case in ["hooks_on_failure_unsupported", "hooks_on_failure_not_applied"] {
        let case = format!("initialize_cases/{case}");
        for (says, result) in [("", "failed"), (error, "passed")] {
            let host = format!("{start}\n{says}\necho '{{\"done\":true}}'");
            let (_, outcomes) = kit(&host).only(&[&case]).outcomes();
            assert_eq!(results(&outcomes), [(case.as_str(), result)], "{outcomes:?}");
        }
    }
}

/// The host's `claude` has a stderr that no process reads any more.
#[test]
fn a_closed_stderr_does_not_end_the_stand_in() {
    let open = r#"pipe=$(dirname "$0")/pipe; [ -p "$pipe" ] || mkfifo "$pipe"; exec 4<>"$pipe" 5>"$pipe" 4<&-"#;
    let host = GOOD.replace("--input-format stream-json |", "--input-format stream-json 2>&5 |");
    assert_ne!(host, GOOD);
    let case = "exit_cases/no_result_exit_1_with_stderr";
    let (_, outcomes) = kit(&format!("{open}\n{host}")).only(&[case]).outcomes();
    assert_eq!(outcomes[0]["found"]["terminal"], "nothing", "{outcomes:?}");
}

#[test]
fn a_case_that_differs_fails_with_both_values() {
    let host = GOOD.replace("--verbose", "--quiet").replace(r#""text":"hi"}]"#, r#""text":"ho"}]"#);
    let (code, outcomes) = kit(&host).only(&PASSES).outcomes();
    let why = |case: &str| {
        let outcome = outcomes.iter().find(|outcome| outcome["case"] == case).unwrap();
        outcome["why"].to_string()
    };
    assert!(why("argv_cases/defaults").contains("--quiet"), "{outcomes:?}");
    let text = why("parser_cases/assistant_text_minimal");
    assert!(text.contains(r#"/content/0/text: expected \"hi\", found \"ho\""#), "{text}");
    assert_eq!(why("exit_cases/clean_success"), "[]");
    assert_eq!(code, Some(1));
}

/// A session that a line ends loses what follows.
#[test]
fn a_session_that_does_not_go_on_fails() {
    let line = GOOD.lines().find(|line| line.contains(r#""text":"after the case""#)).unwrap();
    let host = GOOD.replace(line, r#"*'"text":"after the case"'*) ;;"#);
    let (code, outcomes) = kit(&host).only(&["parser_cases/line_log_text"]).outcomes();
    let why = "the messages after it were not delivered: without an error";
    assert_eq!(outcomes[0]["why"], json!([why]));
    assert_eq!(results(&outcomes), [("parser_cases/line_log_text", "failed")]);
    assert_eq!(code, Some(1));
}

#[test]
fn expected_failures_do_not_count_and_must_fail_as_they_are_listed() {
    let unsupported = r#"echo '{"unsupported":"no hooks"}'"#;
    let run = |host: &str, case: &str, entry: Value| {
        let (section, name) = case.split_once('/').unwrap();
        let (code, outcomes) = kit(host)
            .only(&[case])
            .expect(&json!({"about": "x", section: {name: entry}}))
            .outcomes();
        (code, outcomes[0]["result"].as_str().unwrap().to_owned())
    };
    let (ended, hook) = ("exit_cases/nothing_at_all_exit_0", "callback_cases/hook_none");
    let found = json!({"messages": [], "terminal": "nothing"});
    let with = |mut found: Value, why: &str| {
        found["why"] = why.into();
        found
    };
    for (host, case, entry, code, result) in [
        // It says nothing of an end without a result.
        (GOOD, ended, json!({"why": "silent"}), 0, "expected"),
        (GOOD, ended, with(found, "silent"), 0, "expected"),
        (GOOD, ended, json!({"why": "silent", "terminal": "process_error"}), 1, "failed"),
        (GOOD, ended, json!({"why": "silent", "not_run": true}), 1, "failed"),
        (GOOD, "exit_cases/clean_success", json!({"why": "x"}), 1, "unexpected-pass"),
        (
            GOOD,
            "exit_cases/clean_success",
            json!({"why": "x", "not_run": true}),
            1,
            "unexpected-pass",
        ),
        (unsupported, hook, json!({"why": "no hooks", "not_run": true}), 0, "expected"),
        (unsupported, hook, json!({"why": "no hooks"}), 1, "unsupported"),
    ] {
        assert_eq!(
            run(host, case, entry.clone()),
            (Some(code), result.to_owned()),
            "{case}: {entry}"
        );
    }
    let (code, outcomes) = kit(unsupported).only(&[hook]).outcomes();
    assert_eq!((code, results(&outcomes)), (Some(1), vec![(hook, "unsupported")]));
}

#[test]
fn cases_of_a_folder_are_played_as_well() {
    let more = json!({
        "about": "more",
        "parser_cases": [
            {"name": "two_blocks", "level": "must", "expect": {"outcome": "message", "kind": "assistant", "checks": {"/content": {"$len": 1}}},
                "line": r#"{"type":"assistant","message":{"content":[{"type":"text","text":"x"}]}}"#},
            {"name": "either_way", "level": "may", "line": "{}", "expect": {"outcome": "message", "kind": "user"}},
        ],
        "host_frame_cases": [
            {"name": "another_prompt", "ask": {"prompt": "hi"}, "expect_frames": [
                {"type": "user", "message": {"role": "user", "content": "hi"}, "parent_tool_use_id": null}]},
        ],
    });
    let (code, outcomes) = kit(GOOD)
        .cases(&more.to_string())
        .only(&["two_blocks", "either_way", "another_prompt"])
        .outcomes();
    assert_eq!(
        results(&outcomes),
        [
            ("parser_cases/two_blocks", "passed"),
            ("parser_cases/either_way", "failed"),
            ("host_frame_cases/another_prompt", "passed"),
        ]
    );
    assert!(outcomes[0]["file"].as_str().unwrap().ends_with("more.json"));
    // A case of the level `may` does not fail the run.
    assert_eq!(code, Some(0));
}

/// Nothing of it is the host's fault, and no case is reported as failed.
#[test]
fn a_failure_of_the_kit_has_another_exit_code() {
    let missing = ["--stand-in", "/nowhere/claude"];
    let other = ["--stand-in", "/bin/sh"];
    let list = |entry: Value| kit(GOOD).expect(&entry);
    for (kit, why) in [
        (kit(GOOD).args(&missing), "/nowhere/claude: No such file"),
        (kit(GOOD).args(&other), "it is not one: --version ended with"),
        (kit(GOOD).args(&["--filter", "no_such_case"]), "no case has no_such_case in its name"),
        (kit(GOOD).cases("{"), "more.json: EOF while parsing"),
        (kit(GOOD).cases("{}"), "more.json: no cases in it"),
        (kit(GOOD).cases(r#"{"parse_cases": []}"#), "parse_cases: expected lists named argv_cases, "),
        (kit(GOOD).cases(r#"{"parser_cases": [{"name": "x"}]}"#), "parser_cases/x: no `line`"),
        (kit(GOOD).cases(r#"{"argv_cases": [{"name": "x", "options": {}}]}"#), "argv_cases/x: no expect_argv_after_program or expect_error"),
        (
            kit(GOOD).cases(r#"{"callback_cases": [{"name": "x", "incoming": [], "host": "sings", "expect_replies": []}]}"#),
            "callback_cases/x: `host`: \"sings\" is unknown; say it in `ask`",
        ),
        (
            kit(GOOD).cases(r#"{"host_frame_cases": [{"name": "x", "call": "sing", "expect_frames": []}]}"#),
            "host_frame_cases/x: `call`: \"sing\" is unknown; say it in `ask`",
        ),
        (
            kit(GOOD).cases(r#"{"argv_cases": [{"name": "defaults", "options": {}, "expect_error": "x"}]}"#),
            "argv_cases/defaults: another case has this name",
        ),
        (
            kit(GOOD).cases(r#"{"framing_cases": [{"name": "x", "chunks": [{"repeat": ["", "ab", 1000000000000000000, ""]}], "expect": []}]}"#),
            "framing_cases/x: `repeat`: more than 268435456 bytes",
        ),
        (kit(GOOD).args(&["--cases", "/nowhere"]), "--cases /nowhere: No such file"),
        (list(json!([])), "expect.json: expected an object"),
        (list(json!({"argv_cases": {"x": {"why": "x"}}})), "argv_cases/x: no case has this name"),
        (list(json!({"argv_cases": {"defaults": {"why": " "}}})), "argv_cases/defaults: no `why`, the reason"),
        (
            kit(GOOD).only(&["exit_cases/clean_success"]).host("/nowhere/host"),
            "--command /nowhere/host",
        ),
    ] {
        let output = kit.run();
        let errors = text(&output.stderr);
        assert!(errors.contains(why), "{why}: {errors}{}", text(&output.stdout));
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{errors}");
    }
}

#[test]
fn the_table_counts_and_names_what_does_not_pass() {
    let cases = ["exit_cases/clean_success", "exit_cases/nothing_at_all_exit_0"];
    let output = kit(GOOD).only(&cases).run();
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let first = printed.lines().next().unwrap();
    assert!(
        first.starts_with("failed") && first.ends_with("exit_cases/nothing_at_all_exit_0  should"),
        "{printed}"
    );
    assert!(
        printed.contains("terminal: expected \"ended_without_result\", found \"nothing\""),
        "{printed}"
    );
    let row = printed.lines().last().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(row, ["all", "2", "1", "1", "0", "0", "0", "0"]);
    assert!(!printed.contains("clean_success"), "{printed}");
    let quiet = kit(GOOD).only(&cases).args(&["--quiet"]).run();
    assert_eq!((quiet.status.code(), quiet.stdout.len()), (Some(1), 0));
}
