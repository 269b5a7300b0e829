//! A session whose CLI is started by another program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use claude_wire::Session;
use claude_wire::history::project_key;
use claude_wire::store::{InMemorySessionStore, SessionKey, SessionStore as _};
use claude_wire::testing::mock_claude;
use claude_wire::transport::Launcher;
use claude_wire::wire::RawJson;

#[tokio::test]
async fn a_session_is_the_same_through_a_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("it's \"there\""));
    std::fs::create_dir(&there).unwrap();
    let scenario = folder.path().join("scenario.json");
    let turns = r#"[{"prompt": "Hello", "reply": [{"text": "Hi!"}]}]"#;
    let text = format!(r#"{{"claude-wire": "scenario", "version": 1, "turns": {turns}}}"#);
    std::fs::write(&scenario, text).unwrap();
    for through_shell in [false, true] {
        let launcher = match through_shell {
            false => Launcher::new("env"),
            // As sshd runs a command.
            true => Launcher::new("sh").args(["-c", r#"exec sh -c "$0""#]).through_shell(true),
        };
        let transport = launcher.cli(mock_claude().unwrap()).map_path(&here, &there);
        let session = Session::builder()
            .transport(transport)
            .cwd(&here)
            .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
            .start()
            .unwrap();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        let pid = session.pid().unwrap();
        let cwd = std::fs::read_link(format!("/proc/{pid}/cwd"));
        // Every shell has become the next program, so it is the CLI itself.
        if cfg!(target_os = "linux") {
            assert_eq!(cwd.unwrap(), there.canonicalize().unwrap());
        }
        assert!(session.stop().await.unwrap().unwrap().success());
    }
}

/// The folder here has another name where the CLI runs, which is not the name of a folder here.
#[tokio::test]
async fn a_conversation_of_a_store_is_resumed_where_folders_have_other_names() {
    const ID: &str = "6f1a3e52-0000-4000-8000-000000000001";
    let root = tempfile::tempdir().unwrap();
    let (here, there) = (root.path().join("here"), root.path().join("there"));
    for folder in [here.join("config"), here.join("work"), there.join("work")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(here.join("config/settings.json"), r#"{"a": 1}"#).unwrap();
    std::fs::write(here.join("config/CLAUDE.md"), "Be brief.").unwrap();
    let cli = root.path().join("cli");
    let text = format!(
        "#!/bin/sh\nprintf %s \"$CLAUDE_CONFIG_DIR\" > '{}'\n\
         export CLAUDE_CONFIG_DIR='{}'\"${{CLAUDE_CONFIG_DIR#/other/tmp}}\"\nexec '{}' \"$@\"\n",
        root.path().join("seen").display(),
        std::env::temp_dir().display(),
        mock_claude().unwrap().display(),
    );
    std::fs::write(&cli, text).unwrap();
    std::fs::set_permissions(&cli, std::fs::Permissions::from_mode(0o755)).unwrap();
    let scenario = root.path().join("scenario.json");
    let turns = r#"[{"prompt": "Hello", "reply": [{"text": "Hi!"}]}]"#;
    let text = format!(r#"{{"claude-wire": "scenario", "version": 1, "turns": {turns}}}"#);
    std::fs::write(&scenario, text).unwrap();
    let store = Arc::new(InMemorySessionStore::new());
    let project = project_key(there.join("work"));
    let entry =
        RawJson::parse(r#"{"type":"user","uuid":"u-1","message":{"content":"a"}}"#).unwrap();
    store.append(&SessionKey::new(&project, ID), &[entry]).await.unwrap();
    let launcher = Launcher::new("env")
        .cli(cli)
        .map_path(&here, &there)
        .map_path(std::env::temp_dir(), "/other/tmp")
        .shared_files(true);
    let session = Session::builder()
        .transport(launcher)
        .cwd(here.join("work"))
        .env("CLAUDE_CONFIG_DIR", there.join("config").to_str().unwrap())
        .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
        .session_store(store)
        .resume(ID)
        .exclusive(true)
        .start()
        .unwrap();
    assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
    let seen = std::fs::read_to_string(root.path().join("seen")).unwrap();
    let name = Path::new(&seen).strip_prefix("/other/tmp").unwrap();
    let config = std::env::temp_dir().join(name);
    assert!(config.join("projects").join(&project).join(format!("{ID}.jsonl")).is_file());
    assert!(config.join("settings.json").is_file(), "taken over from the folder here");
    assert_eq!(
        std::fs::read_link(config.join("CLAUDE.md")).unwrap(),
        there.join("config/CLAUDE.md")
    );
    let held = std::fs::read_dir(here.join("config/projects").join(&project)).unwrap();
    assert_eq!(held.count(), 1, "the lease is in the folder here");
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test]
async fn the_last_words_of_a_launcher_are_in_the_error() {
    let fails = r#"read first; echo "Timeout, server x not responding." >&2; exit 255"#;
    let session =
        Session::builder().transport(Launcher::new("sh").args(["-c", fails])).start().unwrap();
    let error = session.query("Hi").text().await.unwrap_err();
    assert!(error.is_process(), "{error:?}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(255));
    assert!(error.to_string().contains("not responding"), "{error}");
}
