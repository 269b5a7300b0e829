//! Files that a launch leaves are kept with its recording, and a replay puts them back.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::Replay;
use claude_wire::recorder::{Mode, Recorded, Recorder};
use claude_wire::recording::{Recording, kept_files};
use claude_wire::transport::{Connection, Exit, Launch, Memory, Transport};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::replay_support::user;

fn call(id: &str, name: &str, input: serde_json::Value) -> String {
    let block = json!({"type": "tool_use", "id": id, "name": name, "input": input});
    json!({"type": "assistant", "message": {"content": [block]}}).to_string()
}

fn done(id: &str) -> String {
    let block = json!({"type": "tool_result", "tool_use_id": id, "content": "ok"});
    json!({"type": "user", "message": {"role": "user", "content": [block]}}).to_string()
}

const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false}"#;

/// A CLI that leaves these files when its input has ended, and writes these lines.
fn cli(files: &[(&str, &[u8])], lines: &[String]) -> impl Transport + use<> {
    let files: Vec<_> =
        files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    let lines = lines.to_vec();
    Memory::new(move |launch: Launch, mut peer| {
        let (files, lines) = (files.clone(), lines.clone());
        async move {
            let mut prompt = String::new();
            peer.stdin.read_to_string(&mut prompt).await.unwrap();
            let cwd = launch.cwd.unwrap();
            for (name, bytes) in files {
                let path = cwd.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            for line in lines {
                peer.stdout.write_all(format!("{line}\n").as_bytes()).await.unwrap();
            }
            Exit::from_code(0)
        }
    })
}

fn launch_in(cwd: &Path) -> Launch {
    Launch { cwd: Some(cwd.to_owned()), ..Launch::default() }
}

/// A launch to its end: what the program sees in the working directory at each line of stdout, and
/// stderr with the exit.
async fn run(cli: &dyn Transport, cwd: &Path) -> (Vec<Vec<String>>, String, Exit) {
    ask(cli, cwd, "Go").await
}

/// The same with this prompt.
async fn ask(cli: &dyn Transport, cwd: &Path, prompt: &str) -> (Vec<Vec<String>>, String, Exit) {
    let connection = cli.open(launch_in(cwd)).await.unwrap();
    let Connection { mut stdin, stdout, mut stderr, mut control } = connection;
    stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await.unwrap();
    drop(stdin);
    let (mut stdout, mut seen, mut line) = (BufReader::new(stdout), Vec::new(), String::new());
    while stdout.read_line(&mut line).await.unwrap() > 0 {
        seen.push(listing(cwd));
        line.clear();
    }
    let mut err = String::new();
    stderr.read_to_string(&mut err).await.unwrap();
    (seen, err, std::future::poll_fn(|cx| control.poll_wait(cx)).await.unwrap())
}

/// The files below a folder.
fn listing(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        match entry.is_dir() {
            true => found.extend(listing(&entry).iter().map(|below| format!("{name}/{below}"))),
            false => found.push(name),
        }
    }
    found.sort();
    found
}

struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let setup = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["recordings", "there", "here"] {
            fs::create_dir(setup.path(name)).unwrap();
        }
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Records a launch in the folder `there`. Returns what was not kept.
    async fn record(&self, cli: impl Transport, patterns: &[&str]) -> Vec<String> {
        let path = self.path("recordings/001.jsonl");
        let recorder =
            Recorder::new(cli, path).overwrite(true).keep_files(patterns.iter().copied());
        run(&recorder, &self.path("there")).await;
        recorder.flush().await.unwrap();
        recorder.not_kept()
    }

    fn kept(&self) -> Vec<String> {
        let folder = self.path("recordings/files/001");
        if folder.exists() { listing(&folder) } else { Vec::new() }
    }

    fn replay(&self) -> Replay {
        Replay::open(self.path("recordings")).unwrap().unverified()
    }
}

#[tokio::test]
async fn kept_files_are_put_back() {
    let setup = Setup::new();
    let there = setup.path("there");
    let lines = [
        call("t0", "Read", json!({"file_path": there.join("a.txt")})),
        done("t0"),
        call("t1", "Write", json!({"file_path": there.join("a.txt"), "content": "x"})),
        done("t1"),
        call("t2", "Bash", json!({"command": "sort a.txt > out/b.txt; cp a.txt ba.txt"})),
        done("t2"),
        call("t3", "mcp__x__save", json!({"to": {"paths": ["c.txt"]}})),
        done("t3"),
        RESULT.to_owned(),
        r#"{"type":"system","subtype":"late"}"#.to_owned(),
    ];
    let files: [(&str, &[u8]); 5] =
        [("a.txt", b"x"), ("out/b.txt", b"y"), ("ba.txt", b"x"), ("c.txt", b"z"), ("d.txt", b"w")];
    let kept = setup.record(cli(&files, &lines), &["*.txt", "out/*"]).await;
    assert_eq!(kept, [""; 0]);
    let replay = setup.replay();
    let (seen, err, exit) = run(&replay, &setup.path("here")).await;
    assert_eq!((err.as_str(), exit), ("", Exit::from_code(0)));
    assert_eq!(seen.len(), lines.len());
    assert_eq!(seen[9], ["a.txt", "ba.txt", "c.txt", "d.txt", "out/b.txt"]);
    for (name, bytes) in files {
        assert_eq!(fs::read(setup.path("here").join(name)).unwrap(), bytes, "{name}");
    }
    let report = replay.report();
    assert!(report.is_clean() && report.files_not_brought_back().is_empty(), "{report}");
    assert_eq!(setup.kept().len(), 5, "a replay only reads the recordings");
}

#[tokio::test]
async fn a_file_that_is_not_kept_is_still_named_as_not_brought_back() {
    let setup = Setup::new();
    let write = |id, name| call(id, "Write", json!({"file_path": name, "content": "x"}));
    let lines = [write("1", "a.txt"), done("1"), write("2", "b.txt"), done("2"), RESULT.to_owned()];
    setup.record(cli(&[("a.txt", b"x"), ("b.txt", b"x")], &lines), &["a.txt"]).await;
    let replay = setup.replay();
    run(&replay, &setup.path("here")).await;
    assert_eq!(replay.report().files_not_brought_back(), ["b.txt"]);
    assert_eq!(listing(&setup.path("here")), ["a.txt"]);
}

#[tokio::test]
async fn without_a_result_line_files_are_there_when_the_cli_has_exited() {
    let setup = Setup::new();
    setup.record(cli(&[("a.txt", b"x")], &["Done.".to_owned()]), &["a.txt"]).await;
    let (seen, ..) = run(&setup.replay(), &setup.path("here")).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(listing(&setup.path("here")), ["a.txt"]);
}

/// The secret of a recording has the same placeholder in its kept files, and folders are those of
/// the live launch.
#[tokio::test]
async fn kept_files_are_redacted_with_their_recording() {
    let setup = Setup::new();
    let key = ["sk", "ant", "api03", "a1B2c3D4e5F6g7H8i9J0"].join("-");
    let there = setup.path("there").display().to_string();
    let text = format!(
        "key={key}\r\nmail=ann.smith@mail.org in {there}/x\n{{\"at\":\"{there}\"}}\nliteral ${{cwd}}"
    );
    let lines = [format!("The key is {key}."), RESULT.to_owned()];
    let files: [(&str, &[u8]); 2] = [("a.txt", text.as_bytes()), ("b.bin", b"\xff\x00${cwd}")];
    setup.record(cli(&files, &lines), &["a.txt", "b.bin"]).await;
    let kept = fs::read_to_string(setup.path("recordings/files/001/a.txt")).unwrap();
    assert!(!kept.contains(&key) && !kept.contains("smith") && !kept.contains(&there), "{kept}");
    assert!(kept.contains("in ${cwd}/x\n{\"at\":\"${cwd}\"}\nliteral ${dollar}{cwd}"), "{kept}");
    let recording = Recording::open(setup.path("recordings/001.jsonl")).unwrap();
    let placeholder = kept.split_once("key=").unwrap().1.split_once('\r').unwrap().0.to_owned();
    let said = recording.events.iter().filter_map(|event| event.payload());
    let said: Vec<_> =
        said.map(|line| String::from_utf8_lossy(line.bytes()).into_owned()).collect();
    assert!(said.iter().any(|line| line.contains(&placeholder)), "{placeholder}: {said:?}");

    run(&setup.replay(), &setup.path("here")).await;
    let here = setup.path("here").display().to_string();
    let put_back = fs::read_to_string(setup.path("here/a.txt")).unwrap();
    assert!(
        put_back.ends_with(&format!("in {here}/x\n{{\"at\":\"{here}\"}}\nliteral ${{cwd}}")),
        "{put_back}"
    );
    assert_eq!(fs::read(setup.path("here/b.bin")).unwrap(), b"\xff\x00${cwd}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_may_not_be_kept_is_reported() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let setup = Setup::new();
    let there = setup.path("there");
    fs::create_dir(setup.path("outside")).unwrap();
    fs::write(setup.path("outside/secret"), "s").unwrap();
    symlink(setup.path("outside/secret"), there.join("link")).unwrap();
    symlink(setup.path("outside"), there.join("far")).unwrap();
    fs::create_dir(there.join("folder")).unwrap();
    fs::write(there.join(".hidden"), "h").unwrap();
    fs::write(there.join("tool.sh"), "#!/bin/sh").unwrap();
    fs::set_permissions(there.join("tool.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let large = vec![b'x'; 1024 * 1024 + 1];
    let files: [(&str, &[u8]); 2] = [("large", &large), ("fine", &large[1..])];
    let patterns =
        ["link", "far/secret", "folder", "large", "fine", "none*", "tool.sh", "h*", "**/*"];
    let mut refused = setup.record(cli(&files, &[RESULT.to_owned()]), &patterns).await;
    refused.sort();
    let says = |name: &str, why: &str| {
        let found = refused.iter().find(|line| line.contains(name));
        assert!(found.is_some_and(|line| line.contains(why)), "{name}: {refused:?}");
    };
    says("/link", "it is a link");
    says("/far/secret", "below one");
    says("/folder", "it is a folder; name its files");
    says("/large", "it has 1048577 bytes, and the limit is 1048576");
    says("none*", "no file matches");
    says("\"h*\"", "no file matches");
    assert_eq!(refused.len(), 6, "{refused:?}");
    assert_eq!(setup.kept(), ["fine", "tool.sh"]);
    run(&setup.replay(), &setup.path("here")).await;
    let mode = fs::metadata(setup.path("here/tool.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[tokio::test]
async fn the_files_of_a_launch_have_a_limit_together() {
    let setup = Setup::new();
    let large = vec![b'x'; 1024 * 1024];
    let names: Vec<_> = (0..17).map(|number| format!("{number:02}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &large[..])).collect();
    let refused = setup.record(cli(&files, &[RESULT.to_owned()]), &["*"]).await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0].contains("/16 is not kept: with it the files have more than"),
        "{refused:?}"
    );
    assert_eq!(setup.kept().len(), 16);
}

#[tokio::test]
async fn only_patterns_below_the_working_directory_are_accepted() {
    let setup = Setup::new();
    for pattern in ["", "../x", "a/../../x", "/etc/passwd", ".", "./a", "a[", "a***"] {
        let recorder = Recorder::new(cli(&[], &[]), setup.path("recordings/x.jsonl"));
        let recorder = recorder.keep_files(["fine", pattern]);
        let error = recorder.open(launch_in(&setup.path("there"))).await.map(drop).unwrap_err();
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(why.contains(&format!("{pattern:?} is not a pattern of files to keep")), "{why}");
        assert!(!setup.path("recordings/x.jsonl").exists());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_put_back_is_left_and_harms_nothing() {
    use std::os::unix::fs::symlink;
    let setup = Setup::new();
    let files: [(&str, &[u8]); 4] = [("a", b"new"), ("b/c", b"new"), ("d", b"new"), ("e", b"new")];
    setup.record(cli(&files, &[RESULT.to_owned()]), &["**/*"]).await;
    assert_eq!(setup.kept(), ["a", "b/c", "d", "e"]);
    let here = setup.path("here");
    fs::create_dir(setup.path("outside")).unwrap();
    fs::write(setup.path("outside/a"), "old").unwrap();
    symlink(setup.path("outside/a"), here.join("a")).unwrap();
    symlink(setup.path("outside"), here.join("b")).unwrap();
    fs::create_dir(here.join("d")).unwrap();
    fs::write(here.join("e"), "old").unwrap();
    // A link among the kept files leads nowhere.
    symlink("/etc/hostname", setup.path("recordings/files/001/f")).unwrap();
    let replay = setup.replay();
    let (_, err, exit) = run(&replay, &here).await;
    assert_eq!(exit, Exit::from_code(0), "the program did nothing wrong: {err}");
    let report = replay.report();
    assert_eq!(report.left().len(), 3, "{report}");
    for (name, why) in [("a", "it is a link"), ("b/c", "it is a link"), ("d", "a folder")] {
        let says = format!("the kept file {name} is not put back: ");
        for text in [err.as_str(), &report.to_string()] {
            let line = text.lines().find(|line| line.contains(&says));
            assert!(line.is_some_and(|line| line.contains(why)), "{name}: {text}");
        }
    }
    assert_eq!(fs::read_to_string(setup.path("outside/a")).unwrap(), "old");
    assert!(!setup.path("outside/c").exists() && !here.join("f").exists());
    assert_eq!(fs::read_to_string(here.join("e")).unwrap(), "new");
}

/// A build server refuses to record, unless it is allowed: there this test is run by itself, with
/// the permission.
fn recorded_elsewhere(test: &str) -> bool {
    if !Mode::is_refused_where(|name| std::env::var_os(name)) {
        return false;
    }
    let allowed = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("CLAUDE_WIRE_RECORD_IN_CI", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&allowed.stdout);
    assert!(allowed.status.success() && said.contains("1 passed"), "{said}");
    true
}

#[tokio::test]
async fn a_test_that_records_again_replaces_the_files() {
    if recorded_elsewhere("kept_files::a_test_that_records_again_replaces_the_files") {
        return;
    }
    for name in ["recordings", "one.jsonl"] {
        let setup = Setup::new();
        let record = async |files: &[(&str, &[u8])]| {
            let cli = cli(files, &[RESULT.to_owned()]);
            let change = |recorder: Recorder| recorder.keep_files(["*.txt"]);
            let cli = Recorded::open_with(setup.path(name), cli, Mode::Rewrite, change).unwrap();
            fs::remove_dir_all(setup.path("there")).unwrap();
            fs::create_dir(setup.path("there")).unwrap();
            run(&cli, &setup.path("there")).await;
            cli
        };
        record(&[("a.txt", b"1"), ("b.txt", b"1")]).await.finish().await.unwrap();
        let recording = match name {
            "recordings" => setup.path("recordings/001.jsonl"),
            _ => setup.path(name),
        };
        let kept = || -> Vec<String> {
            let files = kept_files(&recording).unwrap();
            files
                .iter()
                .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(kept(), ["a.txt", "b.txt"], "{name}");
        drop(record(&[("c.txt", b"2")]).await);
        assert_eq!(kept(), ["a.txt", "b.txt"], "that test has not passed");
        record(&[("c.txt", b"3")]).await.finish().await.unwrap();
        assert_eq!(kept(), ["c.txt"], "{name}");
        run(&Replay::open(setup.path(name)).unwrap(), &setup.path("here")).await;
        assert_eq!(listing(&setup.path("here")), ["c.txt"]);
        let left: Vec<_> = listing(setup.folder.path());
        assert!(!left.iter().any(|path| path.contains("partial")), "{left:?}");
    }
}

/// A recording that is played as one file has what is next to it, as one that is opened has.
#[tokio::test]
async fn a_recorded_file_is_played_with_its_rules_its_name_and_its_kept_files() {
    if recorded_elsewhere(
        "kept_files::a_recorded_file_is_played_with_its_rules_its_name_and_its_kept_files",
    ) {
        return;
    }
    let setup = Setup::new();
    let record = |lines: &[String]| cli(&[("a.txt", b"made")], lines);
    for (path, count) in [("x.jsonl", 1), ("y.jsonl", 2)] {
        let change = |recorder: Recorder| recorder.keep_files(["*.txt"]);
        let made = record(&[RESULT.to_owned()]);
        let made = Recorded::open_with(setup.path(path), made, Mode::Rewrite, change).unwrap();
        for _ in 0..count {
            run(&made, &setup.path("there")).await;
        }
        made.finish().await.unwrap();
    }
    for (path, count) in [("x.jsonl", 1), ("y.jsonl", 2)] {
        let rules = setup.path(&path.replace(".jsonl", ".rules.json"));
        for (rules_text, asked, differs) in [
            (None, "Go", false),
            (None, "Hello", true),
            (Some(r#"{"ignore":["prompt[0]"]}"#), "Hello", false),
        ] {
            match rules_text {
                Some(text) => fs::write(&rules, text).unwrap(),
                None => drop(fs::remove_file(&rules)),
            }
            let played = Recorded::open(setup.path(path), record(&[]), Mode::None).unwrap();
            for _ in 0..count {
                fs::remove_dir_all(setup.path("here")).unwrap();
                fs::create_dir(setup.path("here")).unwrap();
                ask(&played, &setup.path("here"), asked).await;
                let back = listing(&setup.path("here"));
                assert_eq!(back.is_empty(), differs, "{path} {asked}: {back:?}");
            }
            let finished = played.finish().await.map_err(|error| error.to_string());
            assert_eq!(finished.is_err(), differs, "{path} {asked}: {finished:?}");
            if let Err(report) = finished {
                assert!(report.contains(&format!("replay of {}", setup.path(path).display())));
            }
        }
        fs::write(&rules, "{").unwrap();
        let broken = Recorded::open(setup.path(path), record(&[]), Mode::None).unwrap();
        let launch = Launch { cwd: Some(setup.path("here")), ..Launch::default() };
        let error = broken.open(launch).await.unwrap_err();
        let error = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.contains(".rules.json"), "{error}");
    }
}
