//! A recording that would need too much memory is refused by everything that reads one, in little
//! memory.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{MOCK, STREAMS, TOOL, text};
use tempfile::TempDir;

const HEADER: &str = r#"{"claude-wire":"recording","version":1}"#;

/// Runs a program with this limit on its memory, in MiB.
fn within(mib: u64, program: &str, args: &[&str], replay: Option<&Path>) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v $0 && exec \"$@\"", &(mib * 1024).to_string(), program]);
    command.args(args).env_remove("CLAUDE_WIRE_JOURNAL");
    command.envs(replay.map(|path| ("CLAUDE_WIRE_REPLAY", path)));
    command.output().unwrap()
}

/// A file of 1 GiB, nearly all of which is one line.
fn long_line(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("long.jsonl");
    fs::write(&path, format!("{HEADER}\n{{\"us\":0,\"mark\":\"a\"}}\n{{\"us\":0,\"out\":\""))
        .unwrap();
    // A sparse file.
    File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    path
}

#[test]
fn a_line_of_1_gib_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = long_line(&folder);
    let (file, out) = (path.to_str().unwrap(), folder.path().join("out.jsonl"));
    let out = out.to_str().unwrap();
    for args in [
        vec!["verify", file],
        vec!["lint", file],
        vec!["seal", file],
        vec!["scrub", "--in-place", file],
        vec!["scrub", file, "-o", out],
        vec!["import", file, "-o", out],
    ] {
        let output = within(512, TOOL, &args, None);
        let why = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {why}");
        assert!(why.contains(&format!("{file}:3: longer than 67174400 bytes")), "{args:?}: {why}");
        assert!(why.contains("record again"), "{args:?}: {why}");
        assert!(!Path::new(out).exists(), "{args:?}");
    }
    let output = within(512, MOCK, &STREAMS, Some(&path));
    let why = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{why}");
    assert!(why.contains(&format!("CLAUDE_WIRE_REPLAY: {file}:3: longer than")), "{why}");
}

/// A file of little more than a megabyte that asks for gigabytes.
fn expanding(folder: &TempDir, lines: usize) -> PathBuf {
    let path = folder.path().join("expanding.jsonl");
    let value = "x".repeat(600 * 1024);
    let header = format!(r#"{{"claude-wire":"recording","version":1,"vars":{{"a":"{value}"}}}}"#);
    let tokens = "${a}".repeat(600 * 1024 / 4 / lines);
    let line =
        format!(r#"{{"us":0,"out":{{"type":"system","subtype":"status","text":"{tokens}"}}}}"#);
    fs::write(&path, format!("{header}\n{}", format!("{line}\n").repeat(lines))).unwrap();
    let sealed = Command::new(TOOL).arg("seal").arg(&path).status().unwrap();
    assert!(sealed.success() && fs::metadata(&path).unwrap().len() < 1_400_000);
    path
}

#[test]
fn variables_that_expand_to_gigabytes_are_refused() {
    // One line that would be too long, and many that would not.
    for lines in [1, 2000] {
        let folder = tempfile::tempdir().unwrap();
        let path = expanding(&folder, lines);
        let output = within(768, MOCK, &STREAMS, Some(&path));
        let why = text(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{why}");
        assert!(why.starts_with("mock-claude: CLAUDE_WIRE_REPLAY: "), "{why}");
        assert!(why.contains(path.to_str().unwrap()) && why.contains("67108864 bytes"), "{why}");
        assert!(why.contains("shorten the values of `vars` in the header"), "{why}");

        let output = within(768, TOOL, &["verify", path.to_str().unwrap()], None);
        let found = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{found}{}", text(&output.stderr));
        assert!(found.starts_with("FAIL  file  ") && found.contains("`vars`"), "{found}");
        for command in ["lint", "census"] {
            // These commands do not put values in.
            let output = within(768, TOOL, &[command, path.to_str().unwrap()], None);
            assert_ne!(output.status.code(), None, "{command}: {}", text(&output.stderr));
        }
    }
}

#[test]
fn a_host_that_never_ends_its_line_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.jsonl");
    fs::write(&path, format!("{HEADER}\n")).unwrap();
    assert!(Command::new(TOOL).arg("seal").arg(&path).status().unwrap().success());
    let command =
        format!("ulimit -v {} && head -c 1000000000 /dev/zero | {MOCK} \"$@\"", 512 * 1024);
    let output = Command::new("sh")
        .args(["-c", &command, "sh"])
        .args(STREAMS)
        .env("CLAUDE_WIRE_REPLAY", &path)
        .env_remove("CLAUDE_WIRE_JOURNAL")
        // The address space that glibc sets aside for each thread is not memory in use.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let why = text(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{why}");
    assert!(why.contains("replay of"), "{why}");
}
