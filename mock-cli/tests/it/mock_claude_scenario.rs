//! `mock-claude` plays a scenario from a file: a stand-in for a session that was never recorded,
//! for an SDK in any language.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::Output;

use crate::support::{STREAMS, mock, run, text};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, reply};
use serde_json::Value;

const PROMPT: &[u8] =
    b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hello\"}}\n";

fn scenario(folder: &Path, scenario: &Scenario) -> std::path::PathBuf {
    let path = folder.join("scenario.json");
    std::fs::write(&path, scenario.to_json()).unwrap();
    path
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn it_answers_as_scripted_with_the_flags_of_its_launch() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), &Scenario::new().on_prompt("Hello", reply().text("Hi!")));
    let mut command = mock(&STREAMS);
    command
        .args(["--model", "sonnet", "--include-partial-messages"])
        .env("CLAUDE_WIRE_SCENARIO", &path)
        .current_dir(folder.path());
    let output = run(&mut command, PROMPT);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let lines = lines(&output);
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    assert_eq!(init["model"], "claude-sonnet-5-5");
    assert_eq!(init["cwd"], folder.path().canonicalize().unwrap().to_str().unwrap());
    assert!(lines.iter().any(|line| line["type"] == "stream_event"));
    let result = lines.iter().find(|line| line["type"] == "result").unwrap();
    assert_eq!(result["result"], "Hi!");
}

/// As the CLI takes a launch without a terminal: what is not lines of JSON is text.
#[test]
fn without_an_input_format_it_reads_text() {
    let folder = tempfile::tempdir().unwrap();
    let hello = Scenario::new().on_prompt("Hello", reply().text("Hi!")).unverified();
    let path = scenario(folder.path(), &hello);
    let nothing = "Error: Input must be provided either through stdin or as a prompt argument when using --print\n";
    for args in [&[][..], &["--model", "sonnet"], &["--verbose"]] {
        let launch = |input: &[u8]| {
            let output = run(mock(args).env("CLAUDE_WIRE_SCENARIO", &path), input);
            (text(&output.stdout), text(&output.stderr), output.status.code())
        };
        let said = |out: &str, err: &str, code| (out.to_owned(), err.to_owned(), Some(code));
        assert_eq!(launch(b""), said("", nothing, 1), "{args:?}");
        assert_eq!(launch(b"Hello\n"), said("Hi!\n", "", 0), "{args:?}");
    }
    // Without any argument it also takes lines.
    let output = run(mock(&[]).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
    assert_eq!(lines(&output).last().unwrap()["result"], "Hi!");
    // A source of settings that the CLI does not know.
    let mut command = mock(&STREAMS);
    command.args(["--setting-sources", "bogus"]).env("CLAUDE_WIRE_SCENARIO", &path);
    let output = run(&mut command, PROMPT);
    assert!(text(&output.stderr).starts_with("Error processing --setting-sources: "), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

/// Whether they share a run and begin at once, are not kept, or share nothing.
#[test]
fn each_launch_has_a_session_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let any = Scenario::new().on_any_prompt(reply().text("Hi!")).always().unverified();
    let path = scenario(folder.path(), &any);
    for (run, args) in [
        (true, &[][..]),
        (true, &["--no-session-persistence"]),
        (false, &[]),
        (false, &["--no-session-persistence"]),
    ] {
        let run_folder = tempfile::tempdir().unwrap();
        let launches: Vec<_> = (0..8)
            .map(|_| {
                let mut command = mock(&STREAMS);
                command.args(args).env("CLAUDE_WIRE_SCENARIO", &path);
                if run {
                    command.env("CLAUDE_WIRE_RUN", run_folder.path());
                }
                std::thread::spawn(move || crate::support::run(&mut command, PROMPT))
            })
            .collect();
        let session = |output: &Output| {
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            lines(output).last().unwrap()["session_id"].as_str().unwrap().to_owned()
        };
        let ids: std::collections::BTreeSet<_> =
            launches.into_iter().map(|launch| session(&launch.join().unwrap())).collect();
        assert_eq!(ids.len(), 8, "{run} {args:?}: {ids:?}");
    }
}

/// The race of the end of input with the line that ends the CLI has one outcome.
#[test]
fn a_broken_line_ends_it_with_exit_code_1_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let hello = Scenario::new().on_prompt("Hello", reply().text("Hi!")).unverified();
    let path = scenario(folder.path(), &hello);
    let starts =
        r#"{"type":"control_request","request_id":"i","request":{"subtype":"initialize"}}"#;
    for number in 0..20 {
        let prompt = if number % 2 == 0 { "" } else { std::str::from_utf8(PROMPT).unwrap() };
        let input = format!("{starts}\n{prompt}not json\n");
        let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), input.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{number}: {output:?}");
        assert!(lines(&output).iter().all(|line| line["type"] != "result"), "{output:?}");
    }
}

#[test]
fn it_is_as_strict_as_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), &Scenario::new().on_prompt("Goodbye", reply().text("Bye.")));
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
    assert_eq!(output.status.code(), Some(70));
    let report = text(&output.stderr);
    assert!(
        report.contains("Goodbye") && report.contains("Hello") && report.contains("scenario.json"),
        "{report}"
    );
    // And it does not wait for ever.
    let mut child = crate::support::spawn(
        mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path).env("CLAUDE_WIRE_IDLE_TIMEOUT", "0.1"),
    );
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(70));
    assert!(text(&output.stderr).contains("expected: prompt \"Goodbye\""), "{output:?}");
}

#[test]
fn an_error_of_the_api_ends_it_with_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(
        folder.path(),
        &Scenario::new().on_prompt("Hello", reply().error(529, "Overloaded")),
    );
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        lines(&output).iter().find(|line| line["type"] == "result").unwrap()["api_error_status"],
        529
    );
}

/// A program that reads the help reads the flags of the CLI.
#[test]
fn help_is_that_of_the_cli_where_a_variable_says_what_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), &Scenario::new());
    let recording = crate::support::corpus("one-shot.jsonl");
    for (variable, path) in [("CLAUDE_WIRE_SCENARIO", &path), ("CLAUDE_WIRE_REPLAY", &recording)] {
        for (args, usage) in [
            (&["--help"][..], "Usage: claude [options] [command] [prompt]\n"),
            (
                &["mcp", "add", "-h"],
                "Usage: claude mcp add [options] <name> <commandOrUrl> [args...]\n",
            ),
        ] {
            let output = run(mock(args).env(variable, path), b"");
            let help = text(&output.stdout);
            assert!(help.starts_with(usage) && help.contains("\nOptions:\n"), "{variable}: {help}");
            assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
        }
    }
    let own = text(&run(&mut mock(&["--help"]), b"").stdout);
    assert!(own.starts_with("mock-claude: a stand-in"), "{own}");
}

#[test]
fn subcommands_print_what_the_cli_or_the_scenario_says() {
    let folder = tempfile::tempdir().unwrap();
    let turns = Scenario::new().on_command("mcp get a", "a: found\n").unwrap();
    let path = scenario(folder.path(), &turns);
    let journal = folder.path().join("journal.jsonl");
    for (args, out, code) in [
        (&["mcp", "get", "a"][..], "a: found\n", 0),
        (&["mcp", "list"], "No MCP servers configured. Use `claude mcp add` to add a server.\n", 0),
        (&["mcp", "add", "b", "c"], "claude-wire: replay of", 70),
    ] {
        let mut command = mock(args);
        command.env("CLAUDE_WIRE_SCENARIO", &path).env("CLAUDE_WIRE_JOURNAL", &journal);
        let output = run(&mut command, b"");
        assert!(text(&output.stdout).starts_with(out), "{args:?}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
    }
    let journal = std::fs::read_to_string(journal).unwrap();
    assert!(journal.contains("command mcp add"), "{journal}");
}

#[cfg(unix)]
#[test]
fn a_crash_ends_the_process_by_its_signal() {
    use std::os::unix::process::ExitStatusExt as _;

    let folder = tempfile::tempdir().unwrap();
    for (signal, number) in [("SIGSEGV", 11), ("SIGABRT", 6), ("SIGKILL", 9), ("SIGILL", 4)] {
        let turns = Scenario::new().on_prompt("Hello", reply().stderr("last words").crash(signal));
        let path = scenario(folder.path(), &turns);
        let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
        assert_eq!(output.status.signal(), Some(number), "{signal}: {output:?}");
        assert_eq!(text(&output.stderr), "last words\n");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no core file");
}

#[test]
fn an_invalid_scenario_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    std::fs::write(
        &path,
        "{\"claude-wire\":\"scenario\",\"version\":1,\n\"turns\":[{\"promt\":\"Hi\"}]}",
    )
    .unwrap();
    for (path, says) in [
        (path, "mock-claude: CLAUDE_WIRE_SCENARIO: scenario: "),
        (folder.path().join("missing.json"), "missing.json: No such file"),
    ] {
        let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), b"");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says), "{stderr}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0));
    }
    let output =
        run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", folder.path().join("broken.json")), b"");
    assert!(
        text(&output.stderr)
            .contains("broken.json: unknown field `promt`, expected one of `prompt`, `prompt_contains`, `prompt_regex`, `times`, `reply` at line 2"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_session_converses_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let turns =
        Scenario::new().on_prompt("Hello", reply().text("Hi!")).on_any_prompt(reply().text("Bye."));
    let path = scenario(folder.path(), &turns);
    let session = Session::builder()
        .cli_path(mock_claude().unwrap())
        .env("CLAUDE_WIRE_SCENARIO", path.to_str().unwrap())
        .start()
        .unwrap();
    for (prompt, answer) in [("Hello", "Hi!"), ("And now?", "Bye.")] {
        assert_eq!(session.query(prompt).text().await.unwrap(), answer);
    }
    assert!(session.stop().await.unwrap().unwrap().success());
}
