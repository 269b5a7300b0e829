//! `claude-wire import` and `claude-wire seal`: making recordings, and writing their footers.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{TOOL, corpus, text};
use claude_wire::recording::{EventKind, Integrity, RecordedExit, Recording};
use tempfile::TempDir;

const CAPTURE: &str = concat!(
    r#"{"t":0.001,"dir":"in","line":"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"/srv/me/x/a.txt sk-ant-api03-0123456789abcdefghij\"}}"}"#,
    "\n",
    r#"{"t":0.002,"dir":"out","line":"{\"type\":\"result\",\"cwd\":\"/srv/me/x\"}","noeol":true}"#,
    "\n",
    r#"{"t":0.003,"dir":"in","line":null,"ev":"eof"}"#,
    "\n",
    r#"{"t":0.004,"dir":"exit","line":{"code":0,"signal":null}}"#,
    "\n"
);

struct Setup {
    _folder: TempDir,
    capture: PathBuf,
    output: PathBuf,
}

fn setup(capture: &str) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let (path, output) = (folder.path().join("raw.jsonl"), folder.path().join("x.jsonl"));
    fs::write(&path, capture).unwrap();
    Setup { _folder: folder, capture: path, output }
}

fn import(setup: &Setup, args: &[&str]) -> Output {
    Command::new(TOOL)
        .arg("import")
        .arg(&setup.capture)
        .arg("-o")
        .arg(&setup.output)
        .args(args)
        .output()
        .unwrap()
}

fn seal(files: &[&Path]) -> Output {
    Command::new(TOOL).arg("seal").args(files).output().unwrap()
}

#[test]
fn makes_a_sealed_and_scrubbed_recording() {
    let setup = setup(CAPTURE);
    let args = [
        "--cli",
        "2.1.329",
        "--cwd",
        "/srv/me/x",
        "--arg=--print",
        "--arg",
        "--verbose",
        "--env",
        "A=b=c",
        "--recorded-at",
        "2026-11-21T00:00:00Z",
    ];
    let output = import(&setup, &args);
    assert!(output.status.success(), "{output:?}");
    let recording = Recording::open(&setup.output).unwrap();
    assert_eq!(recording.integrity(), &Integrity::Sealed);
    assert_eq!(recording.events.len(), 4);
    assert_eq!(recording.events.last().unwrap().kind, EventKind::Exit(RecordedExit::code(0)));
    let header = &recording.header;
    assert_eq!(header.cli.as_deref(), Some("2.1.329"));
    assert_eq!(header.argv.as_deref(), Some(&["--print".to_owned(), "--verbose".to_owned()][..]));
    assert_eq!(header.env["A"], "b=c");
    assert_eq!(header.recorded_at.as_deref(), Some("2026-11-21T00:00:00Z"));
    assert_eq!(header.redactions, Some(3));
    let bytes = text(&fs::read(&setup.output).unwrap());
    assert!(
        bytes.contains("${cwd}/a.txt sk-ant-api03-REDACTED1xxxxxxxxxxx")
            && !bytes.contains("/srv/")
            && !bytes.contains("0123456789abcdefghij"),
        "{bytes}"
    );
    assert!(bytes.contains(r#""eol":"""#), "a line without an end stays without one: {bytes}");
    assert!(text(&output.stderr).contains("4 events, 3 redactions"), "{output:?}");
}

#[test]
fn accepts_roots_and_a_list_of_arguments_and_keeps_secrets_on_request() {
    let setup = setup(CAPTURE);
    let output = import(
        &setup,
        &["--no-scrub", "--root", "here=/srv/me/x:/tmp/x", "--argv", r#"["-p","a b"]"#],
    );
    assert!(output.status.success(), "{output:?}");
    let recording = Recording::open(&setup.output).unwrap();
    assert_eq!(recording.header.vars["here"], "/tmp/x");
    assert_eq!(recording.header.argv.unwrap(), ["-p", "a b"]);
    assert!(text(&fs::read(&setup.output).unwrap()).contains("${here}/a.txt sk-ant-api03"));
}

#[test]
fn secrets_named_by_the_caller_are_redacted() {
    let setup =
        setup(&CAPTURE.replace("sk-ant-api03-0123456789abcdefghij", "kolibri77 on workbench"));
    let mut tool = Command::new(TOOL);
    tool.arg("import").arg(&setup.capture).arg("-o").arg(&setup.output).args([
        "--secret-env",
        "A_PHRASE",
        "--host",
        "workbench",
    ]);
    assert!(tool.env("A_PHRASE", "kolibri77").status().unwrap().success());
    let recording = Recording::open(&setup.output).unwrap();
    let prompt = text(recording.events[0].payload().unwrap().bytes());
    assert!(prompt.contains("a.txt <secret:1> on host1.redacted.invalid"), "{prompt}");
    let output = import(&setup, &["--no-scrub", "--host", "workbench"]);
    assert!(
        output.status.code() == Some(2) && text(&output.stderr).contains("cannot be used with"),
        "{output:?}"
    );
}

#[test]
fn folders_named_in_the_capture_become_variables_and_others_are_warned_of() {
    let rows = [
        r#"{"type":"system","subtype":"init","cwd":"/srv/me/work","memory_paths":{"auto":"/srv/me/home/.claude/projects/-srv-me-work/memory/"}}"#,
        r#"{"type":"result","result":"/srv/me/work/a.txt /srv/me/home/.profile -srv-me-work"}"#,
    ];
    let capture = |rows: &[&str]| {
        rows.iter()
            .map(|row| format!("{}\n", serde_json::json!({"t": 0, "dir": "out", "line": row})))
            .collect()
    };
    let plain: String = capture(&rows);
    let setup_plain = setup(&plain);
    let output = import(&setup_plain, &[]);
    assert!(output.status.success() && !text(&output.stderr).contains("warning"), "{output:?}");
    let bytes = text(&fs::read(&setup_plain.output).unwrap());
    assert!(!bytes.contains("srv"), "{bytes}");
    assert!(
        bytes.contains("${config}/projects/${cwd_slug}/memory/")
            && bytes.contains("${cwd}/a.txt ${home}/.profile ${cwd_slug}"),
        "{bytes}"
    );

    let overridden = setup(&plain);
    assert!(import(&overridden, &["--cwd", "/elsewhere/x"]).status.success());
    assert!(
        text(&fs::read(&overridden.output).unwrap()).contains("/srv/me/work/a.txt"),
        "--cwd says otherwise"
    );

    let other: String = capture(&[rows[0], r#"{"type":"result","result":"/srv/other/a.txt"}"#]);
    let other = setup(&other);
    let output = import(&other, &[]);
    assert!(
        output.status.success() && text(&output.stderr).contains("still in it: /srv/other;"),
        "{output:?}"
    );
}

#[test]
fn never_overwrites_a_recording_unless_forced() {
    let setup = setup(CAPTURE);
    fs::write(&setup.output, "precious").unwrap();
    let output = import(&setup, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--force"), "{output:?}");
    assert_eq!(fs::read_to_string(&setup.output).unwrap(), "precious");
    assert!(import(&setup, &["--force"]).status.success());
    Recording::open(&setup.output).unwrap();
}

#[test]
fn says_which_row_of_a_capture_is_wrong() {
    let setup = setup(&CAPTURE.replace("\"dir\":\"exit\"", "\"dir\":\"up\""));
    let output = import(&setup, &[]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("raw.jsonl: line 4: not a row of a capture") && stderr.contains("up"),
        "{stderr}"
    );
    assert!(!setup.output.exists());
}

#[test]
fn wrong_arguments_have_their_own_exit_code() {
    let setup = setup(CAPTURE);
    for args in [
        &["--argv", "no list"][..],
        &["--env", "A"],
        &["--root", "a=b"],
        &["--argv", "[]", "--arg", "x"],
        &["--no-such-option"],
    ] {
        assert_eq!(import(&setup, args).status.code(), Some(2), "{args:?}");
        assert!(!setup.output.exists());
    }
}

#[test]
fn seals_what_was_edited_or_cut_and_leaves_the_rest_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    let (edited, cut, whole, broken) =
        (path("edited.jsonl"), path("cut.jsonl"), path("whole.jsonl"), path("broken.jsonl"));
    let bytes = fs::read(corpus("one-shot.jsonl")).unwrap();
    fs::write(&whole, &bytes).unwrap();
    fs::write(&edited, text(&bytes).replace("2 + 2", "2 + 3")).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 200]).unwrap();
    fs::write(&broken, "no recording").unwrap();
    let output = seal(&[&broken, &edited, &cut, &whole]);
    let stdout = text(&output.stdout);
    for (name, what) in [
        ("edited.jsonl", "sealed, was edited"),
        ("cut.jsonl", "of a half line dropped"),
        ("whole.jsonl", "was sealed"),
    ] {
        assert!(
            stdout.lines().any(|line| line.contains(name) && line.contains(what)),
            "{name}: {stdout}"
        );
    }
    assert_eq!(output.status.code(), Some(2), "one could not be read, and the others were done");
    assert!(
        text(&output.stderr).contains("broken.jsonl:1: line 1 of a recording is its header"),
        "{output:?}"
    );
    assert_eq!(fs::read(&whole).unwrap(), bytes);
    for path in [&edited, &cut] {
        assert_eq!(Recording::open(path).unwrap().integrity(), &Integrity::Sealed);
    }
    assert!(text(&fs::read(&edited).unwrap()).contains("2 + 3"));
    assert!(seal(&[&edited, &cut, &whole]).status.success());
}
