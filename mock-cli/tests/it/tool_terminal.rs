//! `claude-wire` on a terminal: colours and progress, which no pipe gets.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

use crate::support::{TOOL, corpus, text};

/// What is a terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Terminal {
    Both,
    Stdout,
    Stderr,
    Neither,
}

/// What came on the terminal, and on the pipes of what is not one.
#[derive(Debug)]
struct Came {
    terminal: String,
    stdout: String,
    stderr: String,
}

/// A terminal, and both of its ends.
fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let mut options = OpenOptions::new();
    // It is not the terminal of this process.
    options.read(true).write(true).custom_flags(OFlags::NOCTTY.bits() as i32);
    let theirs = options.open(OsStr::from_bytes(name.as_bytes())).unwrap();
    (ours.into(), theirs)
}

/// All that is written to a terminal until no one has its other end.
fn read(mut ours: File) -> String {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    // Its end is an error on Linux, and nothing elsewhere.
    while let Ok(1..) = ours.read(&mut some).inspect(|read| all.extend(&some[..*read])) {}
    text(&all)
}

fn on(terminal_is: Terminal, args: &[&str], vars: &[(&str, &str)]) -> Came {
    let (ours, theirs) = terminal();
    let mut command = Command::new(TOOL);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").envs(vars.iter().copied());
    if matches!(terminal_is, Terminal::Both | Terminal::Stdout) {
        command.stdout(theirs.try_clone().unwrap());
    }
    if matches!(terminal_is, Terminal::Both | Terminal::Stderr) {
        command.stderr(theirs.try_clone().unwrap());
    }
    drop(theirs);
    let child = command.spawn().unwrap();
    // The command has the other end of the terminal, too.
    drop(command);
    let reader = thread::spawn(move || read(ours));
    let output = child.wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {output:?}");
    let terminal = reader.join().unwrap();
    Came { terminal, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Four recordings, so that there is a bar, and four others.
fn folders() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (place, from) in [("before", "one-shot.jsonl"), ("after", "three-turns.jsonl")] {
        fs::create_dir(folder.path().join(place)).unwrap();
        for number in 1..=4 {
            let target = folder.path().join(place).join(format!("{number}.jsonl"));
            fs::copy(corpus(from), target).unwrap();
        }
    }
    folder
}

/// The start of bold or coloured text.
fn has_colour(text: &str) -> bool {
    ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[3"].iter().any(|order| text.contains(order))
}

/// The bar with its numbers.
fn has_progress(text: &str) -> bool {
    text.contains("/4 ") && text.contains(['\u{2588}', '\u{2591}'])
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn colours_are_where_stdout_is_a_terminal() {
    let folder = folders();
    let [before, after] = ["before", "after"].map(|name| folder.path().join(name));
    let one = before.join("1.jsonl");
    for args in [
        vec!["show", path(&one)],
        vec!["show", path(&before)],
        vec!["stats", path(&before)],
        vec!["diff", path(&before), path(&after)],
        vec!["replay", "--pause", "0", path(&one)],
    ] {
        for (terminal, vars, colours) in [
            (Terminal::Both, &[][..], true),
            (Terminal::Stdout, &[], true),
            (Terminal::Both, &[("NO_COLOR", "1")], false),
            (Terminal::Both, &[("TERM", "dumb")], false),
        ] {
            let came = on(terminal, &args, vars);
            assert_eq!(has_colour(&came.terminal), colours, "{args:?} {vars:?}: {came:?}");
            assert_eq!(came.stdout, "", "{args:?}");
        }
        for terminal in [Terminal::Stderr, Terminal::Neither] {
            let came = on(terminal, &args, &[]);
            assert!(!came.stdout.is_empty(), "{args:?}");
            assert!(!came.stdout.contains('\u{1b}'), "{args:?} {terminal:?}: {came:?}");
        }
    }
}

#[test]
fn progress_is_where_stderr_is_a_terminal() {
    let folder = folders();
    let [before, after] = ["before", "after"].map(|name| folder.path().join(name));
    let page = folder.path().join("page.html");
    for args in [
        vec!["stats", path(&before)],
        vec!["diff", path(&before), path(&after)],
        vec!["verify", path(&before)],
        vec!["lint", path(&before)],
        vec!["scrub", "--in-place", path(&before)],
        vec!["show", "--force", "--html", path(&page), path(&before)],
    ] {
        for terminal in [Terminal::Both, Terminal::Stderr] {
            let came = on(terminal, &args, &[]);
            assert!(has_progress(&came.terminal), "{args:?} {terminal:?}: {came:?}");
        }
        for terminal in [Terminal::Stdout, Terminal::Neither] {
            let came = on(terminal, &args, &[]);
            let all = format!("{}{}{}", came.terminal, came.stdout, came.stderr);
            assert!(!has_progress(&all), "{args:?} {terminal:?}: {came:?}");
            assert!(!came.stderr.contains('\u{1b}'), "{args:?} {terminal:?}: {came:?}");
        }
        let came = on(Terminal::Both, &[&args[..], &["--quiet"]].concat(), &[]);
        assert_eq!(came.terminal, "", "{args:?} --quiet");
    }
    // What is soon done needs no bar.
    let came = on(Terminal::Both, &["verify", path(&before.join("1.jsonl"))], &[]);
    assert!(came.terminal.starts_with("ok ") && !came.terminal.contains('\u{2588}'), "{came:?}");
}
