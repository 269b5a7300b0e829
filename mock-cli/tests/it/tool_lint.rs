//! `claude-wire lint` and `claude-wire scrub`: what is found, what is redacted, what is left alone.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{TOOL, corpus, text};
use claude_wire::recording::{Event, EventKind, Header, Integrity, Recording};
use tempfile::TempDir;

fn dirty(folder: &TempDir, name: &str) -> PathBuf {
    let mut recording = Recording::new(Header::new());
    let line = r#"{"type":"assistant","message":{"content":[{"text":"I wrote to ann.smith@mail.org from /srv/me/x, the word is kolibri77"}]}}"#;
    recording.events.push(Event::new(0, EventKind::Out(line.into())));
    recording.header.argv = Some(vec!["--token=a1b2c3d4".to_owned()]);
    let path = folder.path().join(name);
    recording.save(&path).unwrap();
    path
}

fn tool(command: &str, args: &[&str], files: &[&Path]) -> Output {
    Command::new(TOOL)
        .arg(command)
        .args(args)
        .args(files)
        .env("A_PHRASE", "kolibri77")
        .output()
        .unwrap()
}

#[test]
fn lint_names_the_place_and_never_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = dirty(&folder, "dirty.jsonl");
    let output = tool("lint", &["--secret-env", "A_PHRASE"], &[&path]);
    assert_eq!(output.status.code(), Some(1));
    let findings = text(&output.stdout).replace(folder.path().to_str().unwrap(), "");
    assert_eq!(
        findings,
        "/dirty.jsonl:1: secret in argv[0]: *** (8 bytes)\n\
         /dirty.jsonl:2: email in message.content[0].text: ann*** (18 bytes)\n\
         /dirty.jsonl:2: secret in message.content[0].text: *** (9 bytes)\n"
    );
    let stderr = text(&output.stderr);
    let (warning, count) = stderr.split_once('\n').unwrap();
    assert!(warning.contains("folders of the host are still in it: /srv/me;"), "{warning}");
    assert_eq!(count, "claude-wire: 3 found in 1 recordings\n");
}

#[test]
fn lint_flags_high_entropy_words_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let mut recording = Recording::new(Header::new());
    recording.events.push(Event::new(0, EventKind::Err("use q7Rt2XvB9kLm4ZpW8sYd3NcH".into())));
    recording.save(&path).unwrap();
    let output = tool("lint", &[], &[&path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).ends_with(":2: random in byte 4: q7R*** (24 bytes)\n"),
        "{output:?}"
    );
    assert!(tool("lint", &["--no-random"], &[&path]).status.success());
    assert!(text(&tool("scrub", &["--in-place"], &[&path]).stdout).ends_with("nothing to do\n"));
}

#[test]
fn lint_distinguishes_clean_from_not_examined() {
    let folder = tempfile::tempdir().unwrap();
    let output = tool("lint", &[], &[&corpus("one-shot.jsonl"), &corpus("hooks.jsonl")]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""), "{output:?}");
    let missing = folder.path().join("missing.jsonl");
    let output = tool("lint", &[], &[&missing, &dirty(&folder, "dirty.jsonl")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("missing.jsonl"), "{output:?}");
    assert!(
        text(&output.stdout).contains("dirty.jsonl:2: email"),
        "the others are looked at: {output:?}"
    );
    let output = tool("lint", &["--secret-env", "NO_SUCH_VARIABLE"], &[&corpus("one-shot.jsonl")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("NO_SUCH_VARIABLE"), "{output:?}");
}

#[test]
fn a_partial_last_line_is_not_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.jsonl");
    fs::write(
        &path,
        "{\"claude-wire\":\"recording\",\"version\":1}\n{\"us\":0,\"out\":\"the key is sk-ant-a1",
    )
    .unwrap();
    let output = tool("lint", &[], &[&path]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("cut.jsonl: it ends in half a line"), "{output:?}");
    assert!(tool("scrub", &["--in-place"], &[&path]).status.success());
    assert!(
        tool("lint", &[], &[&path]).status.success()
            && !text(&fs::read(&path).unwrap()).contains("sk-ant")
    );
}

#[test]
fn scrub_redacts_what_lint_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clean) = (dirty(&folder, "dirty.jsonl"), folder.path().join("clean.jsonl"));
    let before = fs::read(&path).unwrap();
    let to = clean.to_str().unwrap();
    let output =
        tool("scrub", &["-o", to, "--secret-env", "A_PHRASE", "--cwd", "/srv/me"], &[&path]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output.stdout).ends_with("clean.jsonl: 1 events, 1 email, 1 path, 2 secret\n"),
        "{output:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    let recording = Recording::open(&clean).unwrap();
    assert_eq!((recording.integrity(), recording.header.redactions), (&Integrity::Sealed, Some(4)));
    let line = text(recording.events[0].payload().unwrap().bytes());
    assert!(
        line.contains("I wrote to user1@redacted.invalid from ${cwd}/x, the word is <secret:2>"),
        "{line}"
    );
    assert!(tool("lint", &["--secret-env", "A_PHRASE"], &[&clean]).status.success());

    let sealed = fs::read(&clean).unwrap();
    let output = tool("scrub", &["--in-place"], &[&clean]);
    assert!(text(&output.stdout).ends_with("nothing to do\n"), "{output:?}");
    assert_eq!(fs::read(&clean).unwrap(), sealed);
}

#[test]
fn patterns_of_the_caller_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let mut recording = Recording::new(Header::new());
    let line = r#"{"type":"user","text":"ticket ACME-1234, pin 4711, badge B-99"}"#;
    recording.events.push(Event::new(0, EventKind::Out(line.into())));
    recording.save(&path).unwrap();
    let file = folder.path().join("patterns");
    fs::write(&file, "# what only we know\n\n  pin (\\d+)\nB-\\d+\n").unwrap();
    let args = ["--pattern", r"ACME-\d{4}", "--patterns", file.to_str().unwrap()];

    assert_eq!(tool("lint", &[], &[&path]).status.code(), Some(0));
    let output = tool("lint", &args, &[&path]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).matches("secret in text").count(), 3, "{output:?}");
    assert!(tool("scrub", &[&args[..], &["--in-place"]].concat(), &[&path]).status.success());
    let recording = Recording::open(&path).unwrap();
    let line = text(recording.events[0].payload().unwrap().bytes());
    assert!(line.contains("ticket <secret:1>, pin <secret:2>, badge <secret:3>"), "{line}");
    assert!(tool("lint", &args, &[&path]).status.success());

    for (bad, says) in [("(", "unclosed group"), ("x*", "matches the empty text")] {
        let output = tool("lint", &["--pattern", bad], &[&path]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(says), "{output:?}");
        fs::write(&file, format!("ok\n{bad}\n")).unwrap();
        let output = tool("scrub", &["--in-place", "--patterns", file.to_str().unwrap()], &[&path]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains("line 2") && text(&output.stderr).contains(says),
            "{output:?}"
        );
    }
    let output = tool("lint", &["--patterns", "no-such-file"], &[&path]);
    assert!(
        output.status.code() == Some(2) && text(&output.stderr).contains("no-such-file"),
        "{output:?}"
    );
}

#[test]
fn lint_flags_hexadecimal_digits_after_a_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    for prefix in ["acme_", "acme_live_", "ak-", "xk"] {
        let mut recording = Recording::new(Header::new());
        recording
            .events
            .push(Event::new(0, EventKind::Err(format!("use {prefix}{hex}").as_str().into())));
        recording.save(&path).unwrap();
        let output = tool("lint", &[], &[&path]);
        assert!(text(&output.stdout).contains(":2: random in byte 4: "), "{prefix}: {output:?}");
    }
}

#[test]
fn a_recording_that_was_cut_off_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = dirty(&folder, "cut.jsonl");
    let whole = text(&fs::read(&path).unwrap());
    fs::write(&path, &whole[..whole.find("{\"end\"").unwrap()]).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let before = fs::metadata(&path).unwrap().permissions();
    let output = tool("scrub", &["--in-place"], &[&path]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions(), before);
    let recording = Recording::open(&path).unwrap();
    assert_eq!(
        (recording.integrity(), recording.events.len()),
        (&Integrity::Truncated { dropped: 0 }, 1)
    );
    assert!(!text(&fs::read(&path).unwrap()).contains("ann.smith"));
}

#[test]
fn scrub_overwrites_only_what_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (dirty(&folder, "one.jsonl"), dirty(&folder, "two.jsonl"));
    let before = fs::read(&two).unwrap();
    for (args, says) in [
        (vec![], "--in-place"),
        (vec!["-o", two.to_str().unwrap()], "--force"),
        (vec!["-o", "x", "--in-place"], "cannot be used with"),
    ] {
        let output = tool("scrub", &args, &[&one]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(says), "{output:?}");
    }
    let output = tool("scrub", &["-o", "x"], &[&one, &two]);
    assert!(
        output.status.code() == Some(2) && text(&output.stderr).contains("one recording"),
        "{output:?}"
    );
    assert_eq!(fs::read(&two).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_recording_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let target = dirty(&folder, "elsewhere/real.jsonl");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    let (near, far) = (folder.path().join("near.jsonl"), folder.path().join("far.jsonl"));
    symlink("elsewhere/real.jsonl", &near).unwrap();
    symlink(&near, &far).unwrap();
    let whole = fs::read(&target).unwrap();
    let cut = &whole[..whole.len() - 100];
    for (args, content) in [
        (["scrub", "--in-place"].as_slice(), &whole[..]),
        (&["scrub", "--in-place"], cut),
        (&["seal"], cut),
    ] {
        fs::write(&target, content).unwrap();
        let output = tool(args[0], &args[1..], &[&far]);
        assert!(output.status.success(), "{output:?}");
        for link in [&near, &far] {
            assert!(fs::symlink_metadata(link).unwrap().is_symlink(), "{args:?}");
        }
        assert_ne!(fs::read(&target).unwrap(), content, "{args:?}");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        let left = fs::read_dir(folder.path().join("elsewhere")).unwrap().count();
        assert_eq!(left, 1, "no temporary file is left");
    }
    // A link that leads nowhere is an error, and not replaced by a file.
    let broken = folder.path().join("broken.jsonl");
    symlink("nowhere.jsonl", &broken).unwrap();
    let output = tool("scrub", &["--force", "-o", broken.to_str().unwrap()], &[&target]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("broken.jsonl: No such file"), "{output:?}");
    assert!(fs::symlink_metadata(&broken).unwrap().is_symlink());
}

#[test]
fn lint_warns_of_folders_of_the_host_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    for (argv, line, folders) in [
        ("--add-dir=/srv/shared/lib", "nothing", "/srv/shared"),
        (
            "--verbose",
            r#"{"text":"see\n/opt/company/tool and /builds/team/x"}"#,
            "/builds/team, /opt/company",
        ),
        ("PATH=/usr/bin:/mnt/nas/bin", "at /private/secret/x", "/mnt/nas, /private/secret"),
    ] {
        let mut recording = Recording::new(Header::new());
        recording.header.argv = Some(vec![argv.to_owned()]);
        recording.events.push(Event::new(0, EventKind::Err(line.into())));
        recording.save(&path).unwrap();
        let output = tool("lint", &[], &[&path]);
        let why = text(&output.stderr);
        let warning = format!(
            "claude-wire: warning: {}: folders of the host are still in it: {folders}; `claude-wire scrub --root` makes",
            path.display()
        );
        assert!(why.starts_with(&warning), "{why}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "a warning only");
    }
    // The advice helps.
    let roots =
        ["--in-place", "--root", "nas=/mnt/nas:/nas", "--root", "other=/private/secret:/other"];
    assert!(tool("scrub", &roots, &[&path]).status.success());
    let output = tool("lint", &[], &[&path]);
    assert_eq!(text(&output.stderr), "claude-wire: 0 found in 1 recordings\n");
}

#[test]
fn a_folder_is_linted_recording_by_recording_and_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, argv: &[&str], reply: &str| {
        let mut recording = Recording::new(Header::new());
        recording.header.argv = Some(argv.iter().map(|arg| (*arg).to_owned()).collect());
        recording.events.push(Event::new(0, EventKind::Out(reply.into())));
        let prompt = format!(r#"{{"type":"user","message":{{"role":"user","content":"{name}"}}}}"#);
        recording.events.push(Event::new(0, EventKind::In(prompt.as_str().into())));
        recording.save(folder.path().join(name)).unwrap();
    };
    let lint = || {
        let output = tool("lint", &[], &[folder.path()]);
        (output.status.code(), text(&output.stderr), text(&output.stdout))
    };
    assert_eq!(lint().0, Some(2), "an empty folder");
    save("001.jsonl", &["--verbose"], r#"{"type":"system","subtype":"a"}"#);
    save("002.jsonl", &["--verbose"], r#"{"type":"system","subtype":"a"}"#);
    assert_eq!(lint().1, "claude-wire: 0 found in 2 recordings\n");
    save("003.jsonl", &["--verbose"], r#"{"type":"system","subtype":"b"}"#);
    let (code, warnings, _) = lint();
    assert_eq!(code, Some(0), "a warning only: {warnings}");
    let says = format!(
        "claude-wire: warning: {}: 001.jsonl and 003.jsonl may be the same launch",
        folder.path().display()
    );
    assert!(warnings.starts_with(&says), "{warnings}");
    assert!(warnings.ends_with("claude-wire: 0 found in 3 recordings\n"), "{warnings}");
    // Another command line is another launch.
    save("003.jsonl", &["--verbose", "--model", "m"], r#"{"type":"system","subtype":"b"}"#);
    assert_eq!(lint().1, "claude-wire: 0 found in 3 recordings\n");
    dirty(&folder, "004.jsonl");
    let (code, _, findings) = lint();
    assert!(code == Some(1) && findings.contains("004.jsonl:2: email"), "{findings}");
    fs::write(folder.path().join("rules.json"), r#"{"ignored":[]}"#).unwrap();
    let (code, why, _) = lint();
    assert!(code == Some(2) && why.contains("rules.json"), "{why}");
}
