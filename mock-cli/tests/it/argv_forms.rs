//! The command lines with which published programs call the CLI: each is recorded and replayed, and
//! a change in one place is refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use self::table::{FORMS, Form, HI, Input, OTHER};
use crate::support::{mock, read_lines, run, spawn, text};
use claude_wire::recording::Recording;

#[cfg(feature = "lab")]
mod real;
mod table;

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

fn arguments(form: &str) -> Vec<String> {
    let plain = |word: &str| match word {
        "_" => String::new(),
        word => word.replace('%', " ").replace('|', "\n"),
    };
    form.split(' ').filter(|word| !word.is_empty()).map(plain).collect()
}

fn bytes(input: Input, change: impl Fn(&str) -> String) -> Vec<u8> {
    match input {
        Input::Stream(prompt) => {
            let prompt = change(prompt);
            let initialize =
                r#"{"type":"control_request","request_id":"i","request":{"subtype":"initialize"}}"#;
            let user =
                serde_json::json!({"type": "user", "message": {"role": "user", "content": prompt}});
            format!("{initialize}\n{user}\n").into_bytes()
        }
        Input::Text(prompt) => change(prompt).into_bytes(),
        Input::Nothing => Vec::new(),
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
        let reads = matches!(input, Input::Text(_));
        let recorded = run(&mut setup.recording(&args, &path, reads), &same);
        assert_eq!(recorded.status.code(), Some(0), "{form}: {recorded:?}");
        assert!(text(&recorded.stdout).contains("Done."), "{form}: {recorded:?}");
        let argv = Recording::open(&path).unwrap().header.argv.unwrap();
        assert_eq!(argv, args, "{form}");

        let replay = |args: &[String], input: &[u8]| run(&mut setup.replaying(args, &path), input);
        assert_eq!(wrong(&(form, *input, changes), &recorded, replay), [""; 0]);
    }
    assert!(FORMS.len() >= 45, "{}", FORMS.len());
}

/// A replay gives what was recorded, also to the same launch in other words, and refuses another one.
/// Returns what is wrong.
fn wrong(
    (form, input, changes): &Form,
    recorded: &Output,
    replay: impl Fn(&[String], &[u8]) -> Output,
) -> Vec<String> {
    let (args, same) = (arguments(form), bytes(*input, str::to_owned));
    let seen = |output: &Output| (output.status.code(), text(&output.stdout), text(&output.stderr));
    let replayed = replay(&args, &same);
    let mut wrong = Vec::new();
    if seen(&replayed) != seen(recorded) {
        wrong.push(format!(
            "{form}: {:?}, and in the replay {:?}",
            seen(recorded),
            seen(&replayed)
        ));
    }
    assert!(changes.iter().any(|(.., code)| *code == OTHER), "{form} has no change");
    for (from, to, code) in *changes {
        let changed = arguments(&form.replacen(from, to, 1));
        let other = bytes(*input, |prompt| match from.is_empty() {
            true => prompt.to_owned(),
            false => prompt.replace(from, to),
        });
        assert!(changed != args || other != same, "{form}: {from:?} is not in it");
        let replayed = replay(&changed, &other);
        let (exit, out, err) = seen(&replayed);
        let is_right = match *code {
            OTHER => {
                let says_where = err.contains("expected") || err.contains("argument");
                exit == Some(OTHER) && says_where && !out.contains("\"Done.\"")
            }
            _ => exit == recorded.status.code(),
        };
        if !is_right {
            wrong.push(format!("{form}: {from:?} to {to:?}: {exit:?} {out} {err}"));
        }
    }
    wrong
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
