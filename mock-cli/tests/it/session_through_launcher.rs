//! A session whose CLI is started by another program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use claude_wire::Session;
use claude_wire::faults::{FaultPlan, Faulty};
use claude_wire::history::project_key;
use claude_wire::recorder::Recorder;
use claude_wire::session::SessionEvent;
use claude_wire::store::{InMemorySessionStore, SessionKey, SessionStore as _};
use claude_wire::testing::mock_claude;
use claude_wire::transport::{Launcher, Transport};
use claude_wire::wire::RawJson;

const SCENARIO: &str = r#"{"claude-wire": "scenario", "version": 1, "turns": [
    {"prompt": "Hello", "reply": [{"text": "Hi!"}]}
]}"#;

#[tokio::test]
async fn a_session_is_the_same_through_a_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("it's \"there\""));
    std::fs::create_dir(&there).unwrap();
    let scenario = folder.path().join("scenario.json");
    std::fs::write(&scenario, SCENARIO).unwrap();
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

const ID: &str = "6f1a3e52-0000-4000-8000-000000000001";

/// Writes a program of `sh`.
fn script(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A store with a conversation of this directory.
async fn stored(directory: &Path) -> Arc<InMemorySessionStore> {
    let store = Arc::new(InMemorySessionStore::new());
    let entry =
        RawJson::parse(r#"{"type":"user","uuid":"u-1","message":{"content":"a"}}"#).unwrap();
    store.append(&SessionKey::new(project_key(directory), ID), &[entry]).await.unwrap();
    store
}

/// The folder here has another name where the CLI runs, which is not the name of a folder here; or
/// it has the same.
#[tokio::test]
async fn a_conversation_of_a_store_is_resumed_where_folders_have_other_names() {
    for (is_mapped, has_plugins) in [(true, true), (true, false), (false, true), (false, false)] {
        let root = tempfile::tempdir().unwrap();
        let here = root.path().join("here");
        let there = if is_mapped { root.path().join("there") } else { here.clone() };
        let here_tmp = std::env::temp_dir();
        let there_tmp = if is_mapped { "/other/tmp".into() } else { here_tmp.clone() };
        for folder in [here.join("config"), here.join("work"), there.join("work")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let settings = r#"{"a": 1, "enabledPlugins": {"x": true}}"#;
        std::fs::write(here.join("config/settings.json"), settings).unwrap();
        std::fs::write(here.join("config/CLAUDE.md"), "Be brief.").unwrap();
        if has_plugins {
            std::fs::create_dir(here.join("config/plugins")).unwrap();
        }
        let cli = root.path().join("cli");
        let text = format!(
            "printf %s \"$CLAUDE_CONFIG_DIR\" > '{}'\n\
             export CLAUDE_CONFIG_DIR='{}'\"${{CLAUDE_CONFIG_DIR#{}}}\"\nexec '{}' \"$@\"",
            root.path().join("seen").display(),
            here_tmp.display(),
            there_tmp.display(),
            mock_claude().unwrap().display(),
        );
        script(&cli, &text);
        let scenario = root.path().join("scenario.json");
        std::fs::write(&scenario, SCENARIO).unwrap();
        let project = project_key(there.join("work"));
        let launcher = Launcher::new("env")
            .cli(cli)
            .map_path(&here, &there)
            .map_path(&here_tmp, &there_tmp)
            .shared_files(true);
        let session = Session::builder()
            .transport(launcher)
            .cwd(here.join("work"))
            .env("CLAUDE_CONFIG_DIR", there.join("config").to_str().unwrap())
            .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
            .session_store(stored(&there.join("work")).await)
            .resume(ID)
            .exclusive(true)
            .start()
            .unwrap();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        let seen = std::fs::read_to_string(root.path().join("seen")).unwrap();
        let config = here_tmp.join(Path::new(&seen).strip_prefix(&there_tmp).unwrap());
        assert!(config.join("projects").join(&project).join(format!("{ID}.jsonl")).is_file());
        // Taken over from the folder here. Without installed plugins, the settings name none.
        let expected = if has_plugins { settings } else { r#"{"a":1}"# };
        assert_eq!(std::fs::read_to_string(config.join("settings.json")).unwrap(), expected);
        let links = [("CLAUDE.md", true), ("plugins", has_plugins)];
        for (name, exists) in links {
            let target = std::fs::read_link(config.join(name)).ok();
            assert_eq!(target, exists.then(|| there.join("config").join(name)));
        }
        let held = std::fs::read_dir(here.join("config/projects").join(&project)).unwrap();
        assert_eq!(held.count(), 1, "the lease is in the folder here");
        assert!(session.stop().await.unwrap().unwrap().success());
    }
}

/// Set in the process whose variables the CLI does not get: the folder of the test.
const HOST: &str = "CLAUDE_WIRE_TEST_HOST";

/// The configuration folder is that of the variables that the CLI gets. Where it gets none that are
/// known here, nothing is taken over or held, and warnings say so.
#[tokio::test]
async fn variables_that_the_cli_does_not_get_do_not_count() {
    if let Some(root) = std::env::var_os(HOST) {
        return of_variables(Path::new(&root)).await;
    }
    for has_config in [true, false] {
        let root = tempfile::tempdir().unwrap();
        for (folder, text) in [("host", "host"), ("home/.claude", "home"), ("there", "there")] {
            let folder = root.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("settings.json"), text).unwrap();
        }
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args([
            "--exact",
            "session_through_launcher::variables_that_the_cli_does_not_get_do_not_count",
        ]);
        again.env("HOME", root.path().join("home")).env(HOST, root.path());
        match has_config {
            true => again.env("CLAUDE_CONFIG_DIR", root.path().join("host")),
            false => again.env_remove("CLAUDE_CONFIG_DIR"),
        };
        let output = again.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{has_config}: {said}");
    }
}

/// Sessions whose launchers pass on the variables of this process, or not.
async fn of_variables(root: &Path) {
    let (container, plain, cli) = (root.join("container"), root.join("plain"), root.join("cli"));
    // A launcher: what follows its own arguments is the command.
    let skip = r#"while [ "$1" != sh ]; do shift; done"#;
    script(&container, &format!("{skip}\nexec env -i PATH=\"$PATH\" HOME=/nowhere \"$@\""));
    script(&plain, &format!("{skip}\nexec \"$@\""));
    let seen = root.join("seen");
    let text = format!(
        "cat \"$CLAUDE_CONFIG_DIR/settings.json\" > '{}' 2>/dev/null\nexec '{}' \"$@\"",
        seen.display(),
        mock_claude().unwrap().display()
    );
    script(&cli, &text);
    let (scenario, work) = (root.join("scenario.json"), root.join("work"));
    std::fs::write(&scenario, SCENARIO).unwrap();
    std::fs::create_dir(&work).unwrap();
    let host = if std::env::var_os("CLAUDE_CONFIG_DIR").is_some() { "host" } else { "home" };
    let folders = [("host", "host"), ("home", "home/.claude"), ("there", "there")];
    let config = |name| root.join(folders.iter().find(|(known, _)| *known == name).unwrap().1);
    let cases = [
        (Launcher::docker_exec("c").program(&container), false, None),
        (Launcher::docker_exec("c").program(&container), true, Some("there")),
        (Launcher::kubectl_exec("p").program(&container), false, None),
        (Launcher::new(&container), false, None),
        (Launcher::systemd_run().program(&plain), false, Some(host)),
        (Launcher::systemd_run().program(&plain), true, Some("there")),
        (Launcher::srun().program(&plain), false, Some(host)),
        (Launcher::new(&plain).passes_environment(true), false, Some(host)),
    ];
    for (at, (launcher, is_set, expected)) in cases.into_iter().enumerate() {
        let case = format!("{launcher:?} {is_set}");
        let launcher = launcher.cli(&cli).shared_files(true);
        let recording = tempfile::tempdir().unwrap();
        // Whatever is around it.
        let transport: Box<dyn Transport> = match at {
            2 => Box::new(Faulty::new(launcher, FaultPlan::new()).unwrap()),
            3 => Box::new(Recorder::new(launcher, recording.path().join("r.jsonl"))),
            _ => Box::new(launcher),
        };
        let mut builder = Session::builder()
            .transport(transport)
            .cwd(&work)
            .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
            .session_store(stored(&work).await)
            .resume(ID)
            .exclusive(true);
        if is_set {
            builder = builder.env("CLAUDE_CONFIG_DIR", root.join("there").to_str().unwrap());
        }
        let session = builder.start().unwrap();
        let mut events = session.events();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        let got = std::fs::read_to_string(&seen).unwrap();
        assert_eq!(got, expected.unwrap_or_default(), "{case}");
        for (name, _) in folders {
            let held = std::fs::read_dir(config(name).join("projects").join(project_key(&work)));
            let held = held.map_or(0, |files| files.count());
            assert_eq!(held, usize::from(expected == Some(name)), "{case}: held in {name}");
        }
        session.stop().await.unwrap();
        drop(session);
        let mut warnings = Vec::new();
        while let Some(event) = events.next().await {
            if let SessionEvent::Warning(text) = event {
                warnings.push(text);
            }
        }
        warnings.sort();
        if expected.is_some() {
            assert_eq!(warnings, [""; 0], "{case}");
            continue;
        }
        let [held, taken] = &warnings[..] else { panic!("{case}: {warnings:?}") };
        assert!(held.contains(ID) && held.contains("is not held"), "{held}");
        assert!(taken.contains("without settings and credentials"), "{taken}");
        for warning in [held, taken] {
            assert!(warning.contains("neither CLAUDE_CONFIG_DIR nor HOME"), "{warning}");
            assert!(warning.contains("`passes_environment`"), "{warning}");
        }
    }
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
