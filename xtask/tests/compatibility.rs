//! `cargo xtask compatibility`: which clients it runs, with what, and what it counts as refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

fn compatibility(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("compatibility").args(args);
    command
}

/// The code, and what was printed.
fn ended(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// It would run nothing, and find all well.
#[test]
fn a_client_that_is_named_and_cannot_run_is_an_error() {
    for (args, why) in [
        (&["--check", "python"][..], "client python cannot run without --sdks FOLDER"),
        (&["--check", "shell", "typescript"], "client typescript cannot run without --sdks FOLDER"),
        (&["acp"], "client acp cannot run without --sdks FOLDER"),
        (&["--check", "--sdks", ".", "codes"], "client codes cannot run without --peers"),
        (&["wrapper", "python"], "client wrapper cannot run without --peers"),
        (&["--check", "pyton"], "no client is named \"pyton\""),
    ] {
        let (code, printed, errors) = ended(&compatibility(args).output().unwrap());
        assert!(errors.contains(why), "{args:?}: {errors}");
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{args:?}");
    }
}

/// A stand-in in a folder: a script, with `REAL` for the path of the real one.
fn stand_in(folder: &Path, script: &str) -> String {
    // A build of the workspace puts all programs into one folder.
    let real = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("mock-claude");
    assert!(real.exists(), "cargo build --package claude-wire-cli");
    let path = folder.join("stand-in");
    fs::write(&path, format!("#!/bin/sh\n{}", script.replace("REAL", real.to_str().unwrap())))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The prompt of the changed program is `Take 1 from 2`: a stand-in that hides it, or ends first.
#[test]
fn only_a_refusal_of_the_change_itself_counts() {
    let other_launch = "case ${2-} in 'Take 1 from 2') shift 2; set -- -p 'Add 1 and 2' \"$@\" --model claude-opus-4-1 ;; esac; exec REAL \"$@\"";
    let crash = "case ${2-} in 'Take 1 from 2') echo crash >&2; exit 3 ;; esac; exec REAL \"$@\"";
    let no_launch = "[ -z \"${FIRST_PROMPT-}\" ] || exit 3; exec REAL \"$@\"";
    for (script, code, recorded, scenario) in [
        ("exec REAL \"$@\"", 0, "refused: ", "refused: "),
        (other_launch, 1, "refused elsewhere: ", "accepted"),
        (crash, 1, "refused elsewhere: not done: ", "refused elsewhere: "),
        (no_launch, 1, "refused elsewhere: it did not", "refused elsewhere: it did not"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let stand_in = stand_in(folder.path(), script);
        let args = ["--check", "--mock-claude", &stand_in, "shell"];
        let (found, printed, errors) = ended(&compatibility(&args).output().unwrap());
        let rows: Vec<Vec<_>> = printed.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 2, "{script}: {printed}{errors}");
        for (row, changed) in rows.iter().zip([recorded, scenario]) {
            assert_eq!((row[0], row[2]), ("shell", "yes"), "{script}: {printed}{errors}");
            assert!(row[3].starts_with(changed), "{script}: {changed}: {printed}");
        }
        let problems = ["not refused for its change: shell", "false green: shell"];
        let has = problems.map(|problem| errors.contains(problem));
        let expected = [recorded, scenario];
        assert_eq!(has[0], expected.iter().any(|it| it.contains("elsewhere")), "{errors}");
        assert_eq!(has[1], expected.contains(&"accepted"), "{errors}");
        assert_eq!(found, Some(code), "{script}: {errors}");
    }
}

/// They would change what is played, and what it is compared with.
#[test]
fn programs_have_none_of_the_callers_variables() {
    let folder = tempfile::tempdir().unwrap();
    let stand_in = stand_in(folder.path(), "env | grep ^CLAUDE_WIRE_ >&2; exit 9");
    let mut command = compatibility(&["--check", "--mock-claude", &stand_in, "shell"]);
    for name in ["CLAUDE_WIRE_LENIENT", "CLAUDE_WIRE_PAUSE", "CLAUDE_WIRE_FAULT"] {
        command.env(name, "1");
    }
    let (code, _, errors) = ended(&command.output().unwrap());
    assert!(errors.contains("it did not launch the stand-in"), "{errors}");
    let words = errors.split_whitespace().filter_map(|word| word.split_once('='));
    let mut names: Vec<_> = words.map(|(name, _)| name).collect();
    names.retain(|name| name.starts_with("CLAUDE_WIRE_") && !name.ends_with("REPLAY"));
    names.retain(|name| !name.ends_with("SCENARIO"));
    names.sort_unstable();
    let own = ["CLAUDE_WIRE_IDLE_TIMEOUT", "CLAUDE_WIRE_JOURNAL", "CLAUDE_WIRE_RUN"];
    assert_eq!((code, names.as_slice()), (Some(2), &own[..]), "{errors}");
}
