//! `CLAUDE_WIRE_KEEP`: the stand-in keeps files of the launches that it records, and puts them back.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::{TOOL, mock, run, text};

struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    /// With a CLI that writes its prompt into a file.
    fn new() -> Self {
        let setup = Self { folder: tempfile::tempdir().unwrap() };
        let cli = setup.path("claude");
        fs::write(
            &cli,
            "#!/bin/sh\nread prompt\nmkdir -p out\necho \"$prompt\" >out/a.txt\necho Done.\n",
        )
        .unwrap();
        fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["there", "here"] {
            fs::create_dir(setup.path(name)).unwrap();
        }
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A launch in this folder.
    fn launch(&self, cwd: &str, prompt: &str, vars: &[(&str, &str)]) -> Output {
        let mut command = mock(&["-p"]);
        command.current_dir(self.path(cwd)).env_remove("CI");
        for (name, value) in vars {
            let value = value.replace("FOLDER", self.folder.path().to_str().unwrap());
            command.env(format!("CLAUDE_WIRE_{name}"), value);
        }
        run(&mut command, format!("{prompt}\n").as_bytes())
    }
}

const CLI: (&str, &str) = ("REAL_CLI", "FOLDER/claude");
const KEEP: (&str, &str) = ("KEEP", "out/*.txt, notes.md");

#[test]
fn files_of_each_launch_are_kept_and_put_back() {
    let setup = Setup::new();
    for prompt in ["one", "two"] {
        let vars = [("RECORD_TO", "FOLDER/recordings"), CLI, KEEP];
        let output = setup.launch("there", prompt, &vars);
        assert!(output.status.success(), "{output:?}");
        let says = text(&output.stderr);
        assert_eq!(says, "mock-claude: no file matches \"notes.md\"\n");
    }
    let kept = |name: &str| fs::read_to_string(setup.path("recordings/files").join(name));
    assert_eq!(kept("001/out/a.txt").unwrap(), "one\n");
    assert_eq!(kept("002/out/a.txt").unwrap(), "two\n");
    for prompt in ["two", "one"] {
        let output = setup.launch("here", prompt, &[("REPLAY", "FOLDER/recordings")]);
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("Done.\n", Some(0)));
        let file = fs::read_to_string(setup.path("here/out/a.txt")).unwrap();
        assert_eq!(file, format!("{prompt}\n"));
    }
    fs::remove_dir_all(setup.path("here/out")).unwrap();
    let output = setup.launch("here", "three", &[("REPLAY", "FOLDER/recordings")]);
    assert_eq!(output.status.code(), Some(70));
    assert!(!setup.path("here/out").exists(), "nothing comes from a recording that was not played");
}

#[test]
fn files_of_a_run_are_kept_when_the_test_has_passed() {
    let setup = Setup::new();
    let launch = |mode: &str, cwd: &str, run: &str, prompt: &str| {
        let run = format!("FOLDER/{run}");
        let replay = ("REPLAY", "FOLDER/recordings");
        setup.launch(cwd, prompt, &[replay, ("RECORD", mode), ("RUN", &run), CLI, KEEP])
    };
    let keep = |run: &str| {
        Command::new(TOOL).args(["report", "--keep"]).arg(setup.path(run)).output().unwrap()
    };
    launch("once", "there", "first", "one");
    launch("once", "there", "first", "two");
    assert!(!setup.path("recordings").exists());
    assert!(keep("first").status.success());
    assert!(setup.path("recordings/files/002/out/a.txt").exists());
    let output = launch("once", "here", "second", "one");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_to_string(setup.path("here/out/a.txt")).unwrap(), "one\n");
    launch("rewrite", "there", "third", "three");
    assert!(keep("third").status.success());
    let kept = fs::read_to_string(setup.path("recordings/files/001/out/a.txt")).unwrap();
    assert_eq!(kept, "three\n");
    assert!(!setup.path("recordings/files/002").exists(), "those of a recording that is gone");
}

#[test]
fn a_pattern_outside_the_working_directory_is_refused_before_the_cli_runs() {
    let setup = Setup::new();
    for pattern in ["../x", "/etc/passwd", "a/../b", "a["] {
        let vars = [("RECORD_TO", "FOLDER/recordings"), CLI, ("KEEP", pattern)];
        let output = setup.launch("there", "one", &vars);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        let why = text(&output.stderr);
        assert!(why.contains(&format!("{pattern:?} is not a pattern of files to keep")), "{why}");
        assert!(!setup.path("there/out").exists(), "{pattern}");
        assert!(!setup.path("recordings/001.jsonl").exists());
    }
}

#[test]
fn kept_files_are_linted() {
    let setup = Setup::new();
    let vars = [("RECORD_TO", "FOLDER/recordings"), CLI, KEEP, ("REDACT", "off")];
    setup.launch("there", "write to ann.smith@mail.org", &vars);
    let recordings = setup.path("recordings");
    let output = Command::new(TOOL).arg("lint").arg(&recordings).output().unwrap();
    let findings = text(&output.stdout);
    let says = format!("{}:1: email in byte ", recordings.join("files/001/out/a.txt").display());
    assert!(findings.contains(&says), "{findings}");
    assert_eq!(output.status.code(), Some(1));
}
