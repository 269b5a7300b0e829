//! Past sessions are listed and read as the official Python SDK lists and reads them: twenty
//! sessions that the real CLI has written.
//!
//! `.ci/run official-sdks` runs it.
#![cfg(all(unix, feature = "lab"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use claude_wire::history::{History, Page, SessionInfo, SessionMessages};
use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
use serde_json::{Map, Value, json};

/// The directories, and how many sessions run in each. In the last, the SDK finds none: it counts
/// characters, and the CLI counts UTF-16 units.
const DIRECTORIES: [(&str, usize); 5] =
    [("plain", 8), ("my.app_1", 5), ("repository", 3), ("caf\u{e9}", 2), ("e\u{1f600}x", 2)];

const SESSIONS: usize = 20;

fn script() -> ApiScript {
    let bash = |command: &str| json!({"command": command});
    let two = || {
        ApiReply::text("I look.")
            .and_tool_use("Bash", bash("echo one"))
            .and_tool_use("Bash", bash("echo two"))
    };
    let agent = json!({"description": "look", "prompt": "Look around", "subagent_type": "general-purpose", "run_in_background": false});
    let mut script = ApiScript::new()
        .on_prompt("Delegate", [ApiReply::tool_use("Agent", agent), ApiReply::text("Delegated.")])
        .on_prompt("Look around", [ApiReply::text("Nothing to see.")]);
    for n in 0..SESSIONS {
        let looked = [two(), ApiReply::text("I have looked.")];
        script =
            if n % 4 == 1 { script.on_prompt(format!("Use tools {n}"), looked) } else { script };
        script = script.on_prompt(question(n), [ApiReply::text(format!("Answer {n}."))]);
    }
    script
}

fn question(n: usize) -> String {
    format!("Question {n}: caf\u{e9} \"\u{1f600}\"\n{}", "long ".repeat(n * 4))
}

async fn run(place: &Hermetic, directory: &Path, n: usize) -> String {
    let session =
        place.session().cwd(directory).allowed_tools(["Bash", "Agent", "Task"]).start().unwrap();
    let mut prompts = vec![question(n)];
    match n % 4 {
        1 => prompts.push(format!("Use tools {n}")),
        2 => prompts.insert(0, "/context".into()),
        _ => {}
    }
    if n == 3 {
        prompts.push("Delegate".into());
    }
    for prompt in prompts {
        session.query(&*prompt).text().await.unwrap_or_else(|error| panic!("{prompt}: {error}"));
    }
    let id = session.session_id().unwrap();
    assert!(session.stop().await.unwrap().unwrap().success());
    id
}

fn git(directory: &Path) {
    for args in [&["init", "-q", "-b", "trunk"][..], &["worktree", "list"]] {
        let status = Command::new("git").current_dir(directory).args(args).output().unwrap().status;
        assert!(status.success());
    }
}

/// The rows of a list, in the form of the SDK, which does not know archives.
fn rows<'a>(list: impl IntoIterator<Item = &'a SessionInfo>) -> Value {
    let row = |info: &SessionInfo| {
        let mut row = serde_json::to_value(info).unwrap();
        assert_eq!(row.as_object_mut().unwrap().remove("archived"), Some(json!(false)));
        row
    };
    list.into_iter().map(row).collect()
}

fn messages(found: &SessionMessages) -> Value {
    assert_eq!(found.skipped, []);
    let row = |message: &claude_wire::history::SessionMessage| {
        json!({
            "type": message.role.as_str(),
            "uuid": message.uuid,
            "session_id": message.session_id,
            "message": message.message().map(|message| message.to_value().unwrap()),
            "parent_tool_use_id": message.parent_tool_use_id,
            "parent_agent_id": message.parent_agent_id,
        })
    };
    found.into_iter().map(row).collect()
}

#[tokio::test]
#[ignore = "needs the official SDKs, a real CLI and a closed network: .ci/run official-sdks"]
async fn past_sessions_are_those_of_the_official_sdk() {
    let cli = real_cli().expect("CLAUDE_WIRE_REAL_CLI names the real CLI");
    let installed = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs");
    let place = Hermetic::start(cli, script()).await.unwrap();
    let history = History::at(place.config_dir());
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut ids = Vec::new();
    for (name, count) in DIRECTORIES {
        let directory = place.cwd().join(name);
        fs::create_dir(&directory).unwrap();
        if name == "repository" {
            git(&directory);
        }
        for _ in 0..count {
            ids.push(run(&place, &directory, ids.len()).await);
        }
        directories.push(directory);
    }
    assert_eq!(ids.len(), SESSIONS);
    history.rename_session(&ids[4], "Mine: caf\u{e9} \"\u{1f600}\"").unwrap();
    history.tag_session(&ids[5], Some("kept")).unwrap();
    history.tag_session(&ids[6], Some("x")).unwrap();
    history.tag_session(&ids[6], None).unwrap();
    for (n, id) in ids.iter().enumerate() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + n as u64);
        let path = history.transcript_path(id).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/official/history.py");
    let output = Command::new("python3")
        .arg("-B")
        .arg(program)
        .args(&directories)
        .env("PYTHONPATH", Path::new(&installed).join("python"))
        .env("CLAUDE_CONFIG_DIR", place.config_dir())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();

    let every = history.list_sessions(Page::all()).unwrap();
    assert_eq!(every.sessions.len(), SESSIONS);
    assert_eq!(theirs["every"], rows(&every));
    let page = history.list_sessions(Page { offset: 3, limit: Some(5) }).unwrap();
    assert_eq!(theirs["page"], rows(&page));
    for (at, (directory, (name, count))) in directories.iter().zip(DIRECTORIES).enumerate() {
        let ours = history.clone().directory(directory).list_sessions(Page::all()).unwrap();
        assert_eq!(ours.sessions.len(), count, "{name}");
        if name.contains('\u{1f600}') {
            assert_eq!(theirs["directories"][at], json!([]), "{name}");
        } else {
            assert_eq!(theirs["directories"][at], rows(&ours), "{name}");
        }
    }
    let mut agents = 0;
    for id in &ids {
        let found = history.get_session_messages(id, Page::all()).unwrap();
        assert!(found.messages.len() >= 2, "{found:?}");
        assert_eq!(theirs["messages"][id], messages(&found), "{id}");
        let mut ours = Map::new();
        for agent in history.list_subagents(id).unwrap() {
            let found = history.get_subagent_messages(id, &agent, Page::all()).unwrap();
            ours.insert(agent, messages(&found));
            agents += 1;
        }
        assert_eq!(theirs["agents"][id], Value::Object(ours), "{id}");
    }
    assert_eq!(agents, 1);
    place.finish().unwrap();
}
