//! The command lines with which published programs call the CLI: each is recorded and replayed, and
//! a change in one place is refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{mock, read_lines, run, spawn, text};
use claude_wire::recording::Recording;

/// A CLI that answers lines of stream-json, or text after it has read all of it, or at once.
const CLI: &str = r#"#!/bin/sh
case " $* " in
*"--input-format stream-json"*|*"--input-format=stream-json"*)
  while read -r line; do
    case $line in
    *'"initialize"'*) echo '{"type":"control_response","response":{"subtype":"success","request_id":"i","response":{}}}' ;;
    *'"user"'*)
      echo '{"type":"system","subtype":"init","session_id":"s"}'
      echo '{"type":"result","subtype":"success","is_error":false,"result":"Done."}' ;;
    esac
  done ;;
*)
  [ -z "$TEST_READS" ] || cat >/dev/null
  echo "Done." ;;
esac
"#;

/// What a program gives the CLI next to its arguments.
#[derive(Clone, Copy)]
enum Input {
    /// An `initialize` and a prompt, as lines.
    Stream(&'static str),
    /// A prompt as text.
    Text(&'static str),
    /// Nothing, and the end at once.
    Nothing,
}
use Input::{Nothing, Stream, Text};

/// Exits of a replay: as recorded, or refused.
const SAME: i32 = 0;
const OTHER: i32 = 70;

/// The arguments, one after the other, with a blank between them; the input; and replacements, of a
/// text in the arguments or in the input, with the exit of the replay. An empty text is the start of
/// the arguments. `_` is an empty argument, `%` a blank and `|` a line break within one.
type Form = (&'static str, Input, &'static [(&'static str, &'static str, i32)]);

const HI: Input = Stream("Hello");

/// For launches that only differ in what is not compared.
const MODEL: (&str, &str, i32) = ("", "--model other ", OTHER);

const FORMS: &[Form] = &[
    // Lines in both directions.
    (
        "--output-format stream-json --verbose --input-format stream-json",
        HI,
        &[MODEL, ("Hello", "Bye", OTHER)],
    ),
    (
        "--print --output-format stream-json --verbose --input-format stream-json",
        HI,
        &[MODEL, ("--print ", "", SAME)],
    ),
    (
        "--input-format=stream-json --output-format=stream-json --verbose",
        HI,
        &[MODEL, ("Hello", "Hello!", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --permission-prompt-tool stdio",
        HI,
        &[("stdio", "mcp__a__b", OTHER), ("--permission-prompt-tool stdio", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --system-prompt _",
        HI,
        &[("--system-prompt _", "", OTHER), ("_", "x", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --tools _",
        HI,
        &[("--tools _", "--tools Read", OTHER), ("--tools _", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources=",
        HI,
        &[
            ("--setting-sources=", "--setting-sources=user", OTHER),
            ("--setting-sources=", "--setting-sources _", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources=user,project",
        HI,
        &[
            ("user,project", "user", OTHER),
            ("=user,project", " user,project", SAME),
            ("user,project", "project,user", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources user,project,local",
        HI,
        &[(",local", "", OTHER), ("--setting-sources user,project,local", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allowedTools Read,Bash(git:*)",
        HI,
        &[
            ("--allowedTools", "--allowed-tools", SAME),
            ("git", "hg", OTHER),
            ("Read,Bash(git:*)", "Bash(git:*) Read", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allowed-tools Read --disallowedTools Write",
        HI,
        &[
            ("Write", "Edit", OTHER),
            ("--disallowedTools", "--disallowed-tools", SAME),
            ("Read", "Grep", OTHER),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --mcp-config {"mcpServers":{"a":{"type":"sdk","name":"a"}}}"#,
        HI,
        &[
            (r#"{"a":{"#, r#"{"b":{"#, OTHER),
            (r#":{"type""#, r#":{%"type""#, SAME),
            ("--mcp-config", "--strict-mcp-config --mcp-config", OTHER),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --json-schema {"type":"object","required":["a"]}"#,
        HI,
        &[
            ("object", "array", OTHER),
            (
                r#"{"type":"object","required":["a"]}"#,
                r#"{"required":["a"],%"type":"object"}"#,
                SAME,
            ),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --settings {"model":"a"}"#,
        HI,
        &[(r#""a"}"#, r#""b"}"#, OTHER), (r#"--settings {"model":"a"}"#, "", OTHER)],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --agents {"r":{"description":"d","prompt":"p"}}"#,
        HI,
        &[(r#""p"}"#, r#""q"}"#, OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --append-system-prompt Be%kind.|Always.",
        HI,
        &[("Always", "Never", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --include-partial-messages --replay-user-messages --include-hook-events",
        HI,
        &[("--include-partial-messages", "", SAME), ("--replay-user-messages", "", SAME), MODEL],
    ),
    (
        "--session-id 11111111-2222-4333-8444-555555555555 --output-format stream-json --verbose --input-format stream-json",
        HI,
        &[("11111111", "99999999", SAME), ("Hello", "Bye", OTHER), MODEL],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --resume 11111111-2222-4333-8444-555555555555",
        HI,
        &[
            ("11111111", "99999999", OTHER),
            ("--resume", "-r", SAME),
            ("--resume ", "--fork-session --resume ", OTHER),
            ("--resume 11111111-2222-4333-8444-555555555555", "", OTHER),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --continue",
        HI,
        &[("--continue", "-c", SAME), ("--continue", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --model opus --fallback-model sonnet --effort high",
        HI,
        &[
            ("opus", "haiku", OTHER),
            ("sonnet", "haiku", OTHER),
            ("high", "low", OTHER),
            ("--model opus --fallback-model sonnet", "--fallback-model=sonnet --model=opus", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --add-dir /srv/a /srv/b --max-turns 3 --max-budget-usd 0.5",
        HI,
        &[
            ("/srv/b", "/srv/c", OTHER),
            ("3", "4", OTHER),
            ("0.5", "0.50", SAME),
            ("0.5", "0.6", OTHER),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --permission-mode acceptEdits --debug-to-stderr",
        HI,
        &[("acceptEdits", "plan", OTHER), ("--debug-to-stderr", "", SAME)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allow-dangerously-skip-permissions --permission-mode bypassPermissions",
        HI,
        &[("--allow-dangerously-skip-permissions ", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --plugin-dir /srv/p --betas one,two --no-session-persistence",
        HI,
        &[
            ("/srv/p", "/srv/q", OTHER),
            ("one,two", "one", OTHER),
            ("--no-session-persistence", "", OTHER),
        ],
    ),
    // A prompt among the arguments.
    (
        "-p Hello --output-format stream-json --verbose",
        Nothing,
        &[("Hello", "Bye", OTHER), ("-p", "--print", SAME), MODEL],
    ),
    (
        "-p Hello --output-format stream-json --verbose --include-partial-messages",
        Nothing,
        &[("Hello", "Bye", OTHER), (" --include-partial-messages", "", SAME)],
    ),
    (
        "-p Hello --output-format json",
        Nothing,
        &[("Hello", "Hallo", OTHER), ("json", "text", OTHER)],
    ),
    (
        "-p Hello --output-format text",
        Nothing,
        &[("Hello", "hello", OTHER), ("text", "json", OTHER)],
    ),
    (
        "--print Hello",
        Nothing,
        &[("Hello", "Hello%there", OTHER), ("Hello", "-- Hello", SAME), MODEL],
    ),
    ("-p One|%%two|%%%%three", Nothing, &[("two", "2", OTHER), ("%%%%three", "three", OTHER)]),
    (
        "--dangerously-skip-permissions --verbose --output-format stream-json -p Hello",
        Nothing,
        &[("--dangerously-skip-permissions ", "", OTHER), ("Hello", "Bye", OTHER)],
    ),
    (
        "--print --output-format stream-json --verbose --include-partial-messages --model opus --no-session-persistence Hello",
        Nothing,
        &[
            ("opus", "haiku", OTHER),
            (" --no-session-persistence", "", OTHER),
            ("Hello", "Bye", OTHER),
        ],
    ),
    (
        "--print --model opus --permission-mode plan --max-turns 1 --no-session-persistence -- Hello",
        Nothing,
        &[
            ("Hello", "Bye", OTHER),
            ("plan", "default", OTHER),
            ("1", "2", OTHER),
            ("-- Hello", "Hello", SAME),
        ],
    ),
    (
        "--print --output-format json --model opus --permission-mode plan --max-turns 1 --no-session-persistence -- --flag-like%prompt",
        Nothing,
        &[("flag-like", "another", OTHER)],
    ),
    (
        "-p --output-format stream-json --verbose --replay-user-messages _",
        Nothing,
        &[("_", "Hello", OTHER)],
    ),
    (
        "-p Hello --allowedTools Read Grep",
        Nothing,
        &[("Grep", "Glob", OTHER), ("Read Grep", "Read,Grep", SAME)],
    ),
    (
        "-p Hello --resume 11111111-2222-4333-8444-555555555555 --output-format json",
        Nothing,
        &[("11111111", "99999999", OTHER)],
    ),
    (
        "-p Hello -c --output-format json",
        Nothing,
        &[(" -c", "", OTHER), ("-c", "--continue", SAME)],
    ),
    // A prompt as text on stdin.
    ("-p", Text("Hello"), &[("Hello", "Bye", OTHER), MODEL]),
    (
        "--print --output-format json",
        Text("One\ntwo\n\nthree"),
        &[("two", "2", OTHER), ("\n\n", "\n", OTHER)],
    ),
    (
        "--print --output-format json --permission-mode bypassPermissions --dangerously-skip-permissions",
        Text("Many\nlines\n"),
        &[("Many", "Few", OTHER), (" --dangerously-skip-permissions", "", OTHER)],
    ),
    (
        "-p --system-prompt Be%brief. --output-format text",
        Text("Hello"),
        &[("brief", "long", OTHER), ("Hello", "Hello!", OTHER)],
    ),
    // Subcommands.
    (
        "auth status --json",
        Nothing,
        &[(" --json", "", OTHER), ("auth status --json", "auth logout", OTHER)],
    ),
    ("doctor", Nothing, &[("doctor", "update", OTHER)]),
    ("mcp list", Nothing, &[("list", "get a", OTHER), ("mcp", "plugin", OTHER)]),
    (
        "mcp add --scope user tools npx -- -y tool",
        Nothing,
        &[("user", "project", OTHER), ("-y tool", "-y other", OTHER), ("--scope", "-s", SAME)],
    ),
    ("mcp get tools", Nothing, &[("tools", "other", OTHER)]),
    (
        "mcp remove --scope user tools",
        Nothing,
        &[
            ("user", "local", OTHER),
            ("tools", "other", OTHER),
            ("remove --scope user", "get", OTHER),
        ],
    ),
    ("plugin list", Nothing, &[("plugin list", "plugin marketplace list", OTHER)]),
];

fn arguments(form: &str) -> Vec<String> {
    let plain = |word: &str| match word {
        "_" => String::new(),
        word => word.replace('%', " ").replace('|', "\n"),
    };
    form.split(' ').filter(|word| !word.is_empty()).map(plain).collect()
}

fn bytes(input: Input, change: impl Fn(&str) -> String) -> Vec<u8> {
    match input {
        Stream(prompt) => {
            let prompt = change(prompt);
            let initialize =
                r#"{"type":"control_request","request_id":"i","request":{"subtype":"initialize"}}"#;
            let user =
                serde_json::json!({"type": "user", "message": {"role": "user", "content": prompt}});
            format!("{initialize}\n{user}\n").into_bytes()
        }
        Text(prompt) => change(prompt).into_bytes(),
        Nothing => Vec::new(),
    }
}

struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let setup = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(setup.path("claude"), CLI).unwrap();
        fs::set_permissions(setup.path("claude"), fs::Permissions::from_mode(0o755)).unwrap();
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recording(&self, args: &[String], to: &Path, reads: bool) -> Command {
        let mut command = mock(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.env("CLAUDE_WIRE_RECORD_TO", to);
        command.env("CLAUDE_WIRE_REAL_CLI", self.path("claude"));
        command.env("TEST_READS", if reads { "1" } else { "" });
        command
    }

    fn replaying(&self, args: &[String], recording: &Path) -> Command {
        let mut command = mock(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.env("CLAUDE_WIRE_REPLAY", recording);
        command
    }
}

#[test]
fn each_form_is_recorded_and_replayed_and_one_change_is_refused() {
    let setup = Setup::new();
    for (number, (form, input, changes)) in FORMS.iter().enumerate() {
        let path = setup.path(&format!("{number}.jsonl"));
        let args = arguments(form);
        let same = bytes(*input, str::to_owned);
        let reads = matches!(input, Text(_));
        let recorded = run(&mut setup.recording(&args, &path, reads), &same);
        assert_eq!(recorded.status.code(), Some(0), "{form}: {recorded:?}");
        assert!(text(&recorded.stdout).contains("Done."), "{form}: {recorded:?}");
        let argv = Recording::open(&path).unwrap().header.argv.unwrap();
        assert_eq!(argv, args, "{form}");

        let replay = |args: &[String], input: &[u8]| -> Output {
            run(&mut setup.replaying(args, &path), input)
        };
        let replayed = replay(&args, &same);
        let seen = (replayed.status.code(), text(&replayed.stderr));
        assert_eq!(seen, (Some(0), String::new()), "{form}");
        assert_eq!(text(&replayed.stdout), text(&recorded.stdout), "{form}");

        assert!(changes.iter().any(|(.., code)| *code == OTHER), "{form} has no change");
        for (from, to, code) in *changes {
            let changed = arguments(&form.replacen(from, to, 1));
            let other = bytes(*input, |prompt| match from.is_empty() {
                true => prompt.to_owned(),
                false => prompt.replace(from, to),
            });
            assert!(changed != args || other != same, "{form}: {from:?} is not in it");
            let replayed = replay(&changed, &other);
            let says = format!("{form}: {from:?} to {to:?}: {}", text(&replayed.stderr));
            assert_eq!(replayed.status.code(), Some(*code), "{says}");
            if *code == OTHER {
                assert!(says.contains("expected") || says.contains("argument"), "{says}");
                assert!(!text(&replayed.stdout).contains("\"Done.\""), "{says}");
            }
        }
    }
    assert!(FORMS.len() >= 45, "{}", FORMS.len());
}

/// A program that leaves stdin open and never writes to it.
#[test]
fn a_prompt_among_the_arguments_needs_no_input() {
    let setup = Setup::new();
    let path = setup.path("x.jsonl");
    let args = arguments("-p Hello --output-format text");
    for mut command in [setup.recording(&args, &path, false), setup.replaying(&args, &path)] {
        let mut child = spawn(&mut command);
        let stdin = child.stdin.take();
        let status = child.wait().unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!((status.code(), text(&output.stdout)), (Some(0), "Done.\n".to_owned()));
    }
}

/// Some programs end the CLI by SIGTERM, others by closing its input.
#[test]
fn a_signal_at_the_end_is_replayed() {
    use rustix::process::{Pid, Signal, kill_process};
    let setup = Setup::new();
    let path = setup.path("x.jsonl");
    let args = arguments(FORMS[0].0);
    let input = bytes(HI, str::to_owned);
    for mut command in [setup.recording(&args, &path, false), setup.replaying(&args, &path)] {
        let mut child = spawn(&mut command);
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, &input).unwrap();
        let said = read_lines(child.stdout.as_mut().unwrap(), 3);
        assert!(said.ends_with("\"Done.\"}\n"), "{said}");
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{output:?}");
        drop(stdin);
    }
}

/// What SDKs ask before they start the CLI: it is not recorded, and a replay answers by itself.
#[test]
fn the_version_is_answered_without_a_recording() {
    let setup = Setup::new();
    let path = setup.path("x.jsonl");
    let args = arguments("-p Hello");
    run(&mut setup.recording(&args, &path, false), b"");
    for question in ["--version", "-v"] {
        let output = run(&mut setup.replaying(&arguments(question), &path), b"");
        assert!(text(&output.stdout).ends_with(" (Claude Code)\n"), "{output:?}");
        let output = run(&mut setup.recording(&arguments(question), &path, false), b"");
        assert!(output.status.success(), "{output:?}");
    }
}

/// A blank line within a text is part of the prompt; those at its end are not.
#[test]
fn blank_lines_within_a_text_count() {
    let setup = Setup::new();
    let path = setup.path("x.jsonl");
    let args = arguments("-p");
    run(&mut setup.recording(&args, &path, true), b"One\n\ntwo\n");
    fs::create_dir(setup.path("folder")).unwrap();
    fs::copy(&path, setup.path("folder/001.jsonl")).unwrap();
    for recording in [path, setup.path("folder")] {
        for (input, code) in [
            ("One\n\ntwo", 0),
            ("One\n\ntwo\n\n\n", 0),
            ("One\n \ntwo\n", 0),
            ("One\ntwo\n", 70),
            ("One\n\n\ntwo\n", 70),
            ("\nOne\n\ntwo\n", 70),
        ] {
            let output = run(&mut setup.replaying(&args, &recording), input.as_bytes());
            assert_eq!(output.status.code(), Some(code), "{input:?}: {output:?}");
        }
    }
}
