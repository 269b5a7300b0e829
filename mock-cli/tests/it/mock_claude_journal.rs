//! `CLAUDE_WIRE_JOURNAL`: what the stand-in saw, for a test in any language.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::Command;

use crate::support::{STREAMS, corpus, crossed, mock, run, spawn, text, to_the_cli, version_line};
use claude_wire::CLI_VERSION;
use claude_wire::recording::Recording;
use serde_json::{Value, json};

fn journal(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn journaling(path: &Path, args: &[&str], recording: &str) -> Command {
    let mut command = mock(args);
    command.env("CLAUDE_WIRE_JOURNAL", path).env("CLAUDE_WIRE_REPLAY", corpus(recording));
    command
}

/// The members of a journal entry apart from the process and the time.
fn what(entry: &Value) -> Vec<&str> {
    entry
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|key| !matches!(*key, "pid" | "us" | "as" | "eol"))
        .collect()
}

#[test]
fn a_run_from_its_start_to_its_exit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let mut command = journaling(&path, &STREAMS, "one-shot.jsonl");
    command.args(["--cwd", "/x", "--future-flag"]).env("CLAUDE_WIRE_LENIENT", "1");
    command
        .env("CLAUDE_CODE_ENTRYPOINT", "sdk-py")
        .env("ANTHROPIC_API_KEY", "canary")
        .env("UNRELATED", "canary");
    let output = run(&mut command, &crossed(&recording, to_the_cli));
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let entries = journal(&path);
    let start = &entries[0]["start"];
    assert_eq!(start["argv"].as_array().unwrap().len(), STREAMS.len() + 3);
    assert_eq!(start["unknown_flags"], json!(["--cwd", "--future-flag"]));
    assert_eq!(start["cwd"], std::env::current_dir().unwrap().to_str().unwrap());
    assert_eq!(
        (&start["cli"], &start["plays"]),
        (&json!(CLI_VERSION), &json!(corpus("one-shot.jsonl")))
    );
    assert_eq!(start["env"]["CLAUDE_CODE_ENTRYPOINT"], "sdk-py");
    assert_eq!(start["env"]["ANTHROPIC_API_KEY"], "<set>");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("canary"));

    assert!(entries.iter().all(|entry| entry["pid"] == entries[0]["pid"] && entry["us"].is_u64()));
    let (ins, outs): (Vec<_>, Vec<_>) = (find(&entries, "in"), find(&entries, "out"));
    let written = crossed(&recording, to_the_cli);
    let written: Vec<Value> =
        text(&written).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ins, written.iter().collect::<Vec<_>>());
    let came: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outs, came.iter().collect::<Vec<_>>());
    let end = &entries[entries.len() - 2..];
    assert_eq!(end[0]["report"]["divergences"], json!([]));
    assert_eq!(end[0]["report"]["left"], json!([]));
    assert_eq!((what(&end[1]), &end[1]["exit"]), (vec!["exit"], &json!({"code": 0})));
    assert!(entries.iter().any(|entry| entry["eof"] == "in"));
}

fn find<'a>(entries: &'a [Value], key: &str) -> Vec<&'a Value> {
    entries.iter().filter_map(|entry| entry.get(key)).collect()
}

#[test]
fn a_divergence_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let output =
        run(&mut journaling(&path, &STREAMS, "one-shot.jsonl"), b"not json\n\xff\n{\"type\":");
    assert_eq!(output.status.code(), Some(70));
    let entries = journal(&path);
    assert_eq!(entries[1]["in"], "not json");
    assert_eq!(entries[1]["as"], "text");
    let report = &find(&entries, "report")[0];
    let divergence = report["divergences"][0].as_str().unwrap();
    assert!(
        divergence.contains("the recording does not have") && divergence.contains("not json"),
        "{divergence}"
    );
    assert!(!report["left"].as_array().unwrap().is_empty());
    let complaints: Vec<&str> =
        find(&entries, "err").iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(complaints.join("\n") + "\n", text(&output.stderr));
    assert_eq!(entries.last().unwrap()["exit"], json!({"code": 70}));
}

#[test]
fn bytes_that_are_not_text_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    run(&mut journaling(&path, &STREAMS, "one-shot.jsonl"), b"\xff\xfe\r\n");
    let entries = journal(&path);
    assert_eq!(
        (&entries[1]["in"], &entries[1]["as"], &entries[1]["eol"]),
        (&json!("//4="), &json!("base64"), &json!("\r\n"))
    );
}

#[test]
fn launches_without_a_conversation_are_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    run(&mut journaling(&path, &["--version"], "one-shot.jsonl"), b"");
    run(&mut journaling(&path, &["--no-such-flag"], "one-shot.jsonl"), b"");
    run(&mut journaling(&path, &STREAMS, "missing.jsonl"), b"");
    let entries = journal(&path);
    let kinds: Vec<_> = entries.iter().map(|entry| what(entry)[0]).collect();
    assert_eq!(kinds, ["start", "out", "exit", "start", "err", "exit", "start", "err", "exit"]);
    assert_eq!(
        (&entries[1]["out"], &entries[2]["exit"]["code"]),
        (&json!(version_line().trim_end()), &json!(0))
    );
    assert_eq!(
        (&entries[4]["err"], &entries[5]["exit"]["code"]),
        (&json!("error: unknown option '--no-such-flag'"), &json!(1))
    );
    assert!(entries[7]["err"].as_str().unwrap().contains("missing.jsonl"));
    assert_eq!(
        (&entries[6]["start"]["plays"], &entries[8]["exit"]["code"]),
        (&Value::Null, &json!(78))
    );
}

#[test]
fn prompt_among_the_arguments_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (args, prompt) in [
        ("-p Hello", json!("Hello")),
        ("Hello --model opus -p", json!("Hello")),
        ("--model opus -p", Value::Null),
        ("-p --allowed-tools Bash -- Hello", json!("Hello")),
        ("mcp list", Value::Null),
    ] {
        let args = words(args);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        run(&mut journaling(&path, &args, "one-shot.jsonl"), b"");
        let entries = journal(&path);
        let start = find(&entries, "start").pop().unwrap();
        assert_eq!((&start["prompt"], &start["argv"]), (&prompt, &json!(args)));
    }
}

#[test]
fn many_processes_write_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let recording = Recording::open(corpus("large-read.jsonl")).unwrap();
    let input = crossed(&recording, to_the_cli);
    let runs: Vec<_> = (0..8)
        .map(|_| {
            let (path, input) = (path.clone(), input.clone());
            std::thread::spawn(move || {
                run(&mut journaling(&path, &STREAMS, "large-read.jsonl"), &input)
            })
        })
        .collect();
    let outputs: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
    let entries = journal(&path);
    let pids: std::collections::BTreeSet<u64> =
        entries.iter().map(|entry| entry["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), outputs.len());
    for pid in pids {
        let of_one: Vec<Value> =
            entries.iter().filter(|entry| entry["pid"] == pid).cloned().collect();
        assert_eq!(
            (what(&of_one[0]), what(&of_one[of_one.len() - 1])),
            (vec!["start"], vec!["exit"])
        );
        assert_eq!(find(&of_one, "out").len(), text(&outputs[0].stdout).lines().count());
    }
}

#[cfg(unix)]
#[test]
fn a_signal_is_in_it() {
    use std::io::Write as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let recording = Recording::open(corpus("three-turns.jsonl")).unwrap();
    let input = crossed(&recording, to_the_cli);
    let mut child = spawn(&mut journaling(&path, &STREAMS, "three-turns.jsonl"));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all(input.split_inclusive(|byte| *byte == b'\n').next().unwrap()).unwrap();
    crate::support::read_lines(&mut stdout, 1);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let entries = journal(&path);
    assert_eq!(find(&entries, "signal"), [&json!("SIGTERM")]);
    assert_eq!(entries.last().unwrap()["exit"], json!({"code": 143}));
}

#[test]
fn a_journal_that_cannot_be_written_is_an_error_before_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("journal.jsonl");
    let output = run(&mut journaling(&path, &STREAMS, "one-shot.jsonl"), b"");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0));
    assert!(
        text(&output.stderr).contains("CLAUDE_WIRE_JOURNAL: ")
            && text(&output.stderr).contains("journal.jsonl: No such file"),
        "{output:?}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it_and_a_link_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    // The loosest mask that a shell may have.
    let run_with = |path: &Path| {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 0 && exec \"$0\" --version", crate::support::MOCK]);
        command.env("CLAUDE_WIRE_JOURNAL", path).env_remove("CLAUDE_WIRE_RECORD_TO");
        command.env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl")).output().unwrap()
    };
    assert_eq!(run_with(&path).status.code(), Some(0));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    // One that a test has made for others stays theirs.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let before = journal(&path).len();
    assert_eq!(run_with(&path).status.code(), Some(0));
    assert_eq!((mode(&path), journal(&path).len()), (0o644, 2 * before));

    let precious = folder.path().join("precious");
    std::fs::write(&precious, "as it was").unwrap();
    for target in [precious.as_path(), &folder.path().join("nothing")] {
        let link = folder.path().join("link.jsonl");
        symlink(target, &link).unwrap();
        let output = run_with(&link);
        let why = text(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{why}");
        let expected = format!("CLAUDE_WIRE_JOURNAL: {}: a symbolic link", link.display());
        assert!(why.contains(&expected) && why.contains("name the file itself"), "{why}");
        std::fs::remove_file(&link).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "as it was");
    assert!(!folder.path().join("nothing").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_to_a_pipe_is_followed() {
    // It is a link to one of /proc's.
    let output =
        run(&mut journaling(Path::new("/dev/stderr"), &["--version"], "one-shot.jsonl"), b"");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("\"start\":{"), "{output:?}");
}
