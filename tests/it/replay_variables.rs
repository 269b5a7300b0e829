//! The folders of a recording are replaced by those of the launch.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;

use claude_wire::player::Replay;
use claude_wire::recording::Recording;
use claude_wire::transport::{Connection, Environment, Launch, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const FOLDERS: &str = r#"{"claude-wire":"recording","version":1,"vars":{"cwd":"/home/user/project","cwd_slug":"-home-user-project","home":"/home/user"}}
{"us":0,"in":{"type":"user","message":{"role":"user","content":"Look at ${cwd}/a.txt"}}}
{"us":1,"out":{"type":"result","cwd":"${cwd}","transcript":"${home}/.claude/${cwd_slug}"}}
{"us":1,"eof":"in"}
{"us":1,"exit":{"code":0}}
"#;

fn replay() -> Replay {
    Replay::new(Recording::from_bytes(FOLDERS.as_bytes()).unwrap()).allow_truncated()
}

/// The answer to the prompt in this folder.
async fn run(replay: &Replay, launch: Launch, cwd: &str) -> String {
    let Connection { mut stdin, mut stdout, mut control, .. } = replay.open(launch).await.unwrap();
    let prompt =
        format!(r#"{{"type":"user","message":{{"role":"user","content":"Look at {cwd}/a.txt"}}}}"#);
    stdin.write_all(format!("{prompt}\n").as_bytes()).await.unwrap();
    drop(stdin);
    let mut out = String::new();
    stdout.read_to_string(&mut out).await.unwrap();
    control.wait().await.unwrap();
    out.trim_end().to_owned()
}

fn launch(cwd: &str, env: Environment) -> Launch {
    Launch { cwd: Some(cwd.into()), env, ..Launch::default() }
}

fn said(cwd: &str, home: &str, slug: &str) -> String {
    format!(r#"{{"type":"result","cwd":"{cwd}","transcript":"{home}/.claude/{slug}"}}"#)
}

#[tokio::test(start_paused = true)]
async fn the_launch_sets_the_folders() {
    let replay = replay();
    let launch = launch("/no/such/folder", Environment::new().set("HOME", "/no/such/home"));
    assert_eq!(
        run(&replay, launch, "/no/such/folder").await,
        said("/no/such/folder", "/no/such/home", "-no-such-folder")
    );
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn each_launch_has_its_own_folders() {
    let replay = replay();
    for cwd in ["/one", "/two", "/one"] {
        let launch = launch(cwd, Environment::new().set("HOME", "/h"));
        assert_eq!(run(&replay, launch, cwd).await, said(cwd, "/h", &cwd.replace('/', "-")));
    }
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn the_folders_of_this_process_are_the_default() {
    let here = std::env::current_dir().unwrap();
    let here = here.to_str().unwrap();
    let out = run(&replay(), Launch::default(), here).await;
    assert!(out.contains(&format!(r#""cwd":"{here}""#)), "{out}");
    let home = std::env::var("HOME")
        .ok()
        .filter(|home| !home.is_empty())
        .unwrap_or_else(|| "/home/user".into());
    assert!(out.contains(&format!(r#""transcript":"{home}/.claude/"#)), "{out}");
}

#[tokio::test(start_paused = true)]
async fn the_header_provides_the_other_variables() {
    let launch = launch("/work", Environment::new().remove("HOME"));
    assert_eq!(run(&replay(), launch, "/work").await, said("/work", "/home/user", "-work"));
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn folders_have_their_canonical_names() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let real: &Path = &real;
    let real = real.to_str().unwrap();
    let launch = launch(link.to_str().unwrap(), Environment::new());
    let out = run(&replay(), launch, real).await;
    assert!(out.contains(&format!(r#""cwd":"{real}""#)), "{out}");
}

#[tokio::test(start_paused = true)]
async fn a_different_folder_in_a_prompt_is_a_difference() {
    let replay = replay();
    run(&replay, launch("/one", Environment::new()), "/two").await;
    let report = replay.report().to_string();
    assert!(
        report.contains("Look at /two/a.txt") && report.contains("Look at /one/a.txt"),
        "{report}"
    );
}
