//! Past sessions are listed and read as the official Python SDK lists and reads them: twenty
//! sessions that the real CLI has written.
//!
//! `.ci/run official-sdks` runs it.
#![cfg(all(unix, feature = "lab"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use claude_wire::history::{History, Page, SessionInfo, SessionMessages};
use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
use claude_wire::store::{SessionKey, fold_session_summary};
use claude_wire::wire::RawJson;
use serde_json::{Map, Value, json};

/// The directories, and how many sessions run in each. `repository` has two more worktrees, one of
/// them below it. In the last, the SDK finds no session: it counts characters, and the CLI counts
/// UTF-16 units.
const DIRECTORIES: [(&str, usize); 7] = [
    ("plain", 7),
    ("my.app_1", 4),
    ("repository", 3),
    ("second tree", 2),
    ("repository/third", 1),
    ("caf\u{e9}", 2),
    ("e\u{1f600}x", 1),
];

/// The sessions of all worktrees.
const IN_WORKTREES: usize = 6;

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

/// Makes a repository with two more worktrees, next to it and below it.
fn git(directory: &Path) {
    let name = ["-c", "user.name=n", "-c", "user.email=e@example.com"];
    for args in [
        &["init", "-q", "-b", "trunk"][..],
        &["commit", "-q", "--allow-empty", "-m", "first"],
        &["worktree", "add", "-q", "-b", "second", "../second tree"],
        &["worktree", "add", "-q", "third"],
    ] {
        let git =
            Command::new("git").current_dir(directory).args(name).args(args).output().unwrap();
        assert!(git.status.success(), "{args:?}: {}", String::from_utf8_lossy(&git.stderr));
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

/// The folder with the official SDKs.
fn installed() -> PathBuf {
    std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs")
        .into()
}

/// A program on an official SDK.
fn official(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/official").join(name)
}

/// A program on the official Python SDK.
fn python(name: &str) -> Command {
    let mut python = Command::new("python3");
    python.arg("-B").arg(official(name)).env("PYTHONPATH", installed().join("python"));
    python.env("TZ", "UTC");
    python
}

/// What the official TypeScript SDK folds for the same input as `fold.py`.
fn typescript_folds(sessions: &[Vec<&[Value]>]) -> Vec<Vec<Value>> {
    // Node looks for packages next to the program.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("fold.mjs");
    fs::copy(official("fold.mjs"), &program).unwrap();
    let packages = folder.path().join("node_modules");
    std::os::unix::fs::symlink(installed().join("node_modules"), packages).unwrap();
    let mut node = Command::new("node");
    node.arg(program);
    fold_with(node, sessions)
}

fn fold_with(mut program: Command, sessions: &[Vec<&[Value]>]) -> Vec<Vec<Value>> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), sessions).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let folded: Vec<Vec<Value>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(folded.len(), sessions.len());
    folded
}

/// Folds the entries of each session, at once and in batches of one and of two, as the Python SDK does,
/// but that a session which was moved (`relocated`) is where the TypeScript SDK has it: the Python SDK
/// leaves it where it began. The Python SDK also notes the empty name of a command, which counts for
/// nothing.
fn folded_alike(sessions: Vec<Vec<Value>>) {
    let batches = |size: usize| {
        sessions.iter().map(move |entries| entries.chunks(size.min(entries.len()).max(1)).collect())
    };
    let sessions: Vec<Vec<&[Value]>> = [usize::MAX, 1, 2].into_iter().flat_map(batches).collect();
    let theirs = fold_with(python("fold.py"), &sessions);
    let typescript = typescript_folds(&sessions);
    let key = SessionKey::new("project", "session");
    let mut differing = Vec::new();
    for ((batches, theirs), typescript) in sessions.iter().zip(theirs).zip(typescript) {
        assert_eq!((batches.len(), batches.len()), (theirs.len(), typescript.len()));
        let mut summary = None;
        let mut moved = false;
        for ((batch, mut theirs), typescript) in batches.iter().zip(theirs).zip(typescript) {
            moved |= batch.iter().any(|entry| entry["type"] == "relocated");
            let cwd = &typescript["data"]["cwd"];
            if moved && cwd.is_string() {
                theirs["data"]["cwd"] = cwd.clone();
            }
            assert_eq!(theirs["data"].get("cwd"), typescript["data"].get("cwd"), "{batches:?}");
            if theirs["data"]["command_fallback"] == "" {
                theirs["data"].as_object_mut().unwrap().remove("command_fallback");
            }
            let entries: Vec<_> =
                batch.iter().map(|entry| RawJson::parse(entry.to_string()).unwrap()).collect();
            let folded = fold_session_summary(summary.as_ref(), &key, &entries);
            let ours = json!({
                "session_id": folded.session_id,
                "mtime": folded.mtime,
                "data": folded.data,
            });
            if ours != theirs {
                differing.push(format!("{batches:?}:\n{ours}\n{theirs}"));
            }
            summary = Some(folded);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

/// Entries that no CLI of ours has written.
#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn summaries_of_any_entries_are_those_of_the_official_sdk() {
    let user = |content: Value| json!({"type": "user", "message": {"content": content}});
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let moved = |cwd: Value| json!({"type": "relocated", "relocatedCwd": cwd});
    let mut sessions: Vec<Vec<Value>> = vec![
        vec![],
        vec![json!({})],
        vec![json!({"isSidechain": true}), json!({"isSidechain": false})],
        vec![json!({"isSidechain": "true"}), json!({"isSidechain": true})],
        vec![json!({"cwd": ""}), json!({"cwd": 1}), json!({"cwd": "/a"}), json!({"cwd": "/b"})],
        vec![moved("/a".into())],
        vec![moved("".into()), json!({"cwd": "/b"})],
        vec![moved(Value::Null), moved(json!(1)), json!({"type": "relocated"})],
        vec![json!({"cwd": "/b"}), moved("/a".into()), moved("/c".into()), json!({"cwd": "/d"})],
        vec![json!({"cwd": "/b"}), moved("/a".into()), moved("".into())],
        vec![json!({"cwd": "/b"}), json!({"relocatedCwd": "/a"})],
        vec![json!({"cwd": "/b", "type": "relocated", "relocatedCwd": "/a"})],
        vec![json!({"type": "tag", "tag": "x"}), json!({"type": "tag"})],
        vec![json!({"type": "tag", "tag": "x"}), json!({"tag": "y"})],
        vec![json!({"type": "tag", "tag": "x"}), json!({"type": "tag", "tag": ""})],
        vec![json!({"customTitle": "a"}), json!({"customTitle": ""}), json!({"customTitle": null})],
        vec![json!({"aiTitle": "a", "lastPrompt": "b", "summary": "c", "gitBranch": "d"})],
        vec![json!({"aiTitle": 1, "lastPrompt": [], "summary": {}, "gitBranch": false})],
        vec![user("one\ntwo".into()), user("three".into())],
        vec![user(json!([])), user(json!(null)), user(json!(7)), user(text("last"))],
        vec![user(text("  \n ")), user(text("\u{a0}x\u{3000}"))],
        vec![json!({"type": "user"}), json!({"type": "user", "message": "x"})],
        vec![json!({"type": "user", "isMeta": true, "message": {"content": "x"}})],
        vec![json!({"type": "user", "isMeta": "true", "message": {"content": "x"}})],
        vec![json!({"type": "user", "isCompactSummary": true, "message": {"content": "x"}})],
        vec![json!({"type": "assistant", "message": {"content": "x"}})],
        vec![user(json!([{"type": "tool_result"}, {"type": "text", "text": "x"}]))],
        vec![user(json!([{"type": "text"}, {"type": "text", "text": 1}, "x", null]))],
        vec![user(json!([{"type": "text", "text": ""}, {"type": "text", "text": "second"}]))],
        vec![user("<command-name>/clear</command-name>".into()), user("after".into())],
        vec![user("a <command-name>/a</command-name><command-name>/b</command-name>".into())],
        vec![user("<command-name></command-name>".into()), user("<command-name>".into())],
        vec![user("<command-name>a\nb</command-name>".into())],
        vec![user("<local-command-stdout>x".into()), user("<session-start-hook>".into())],
        vec![user("<tick>".into()), user("<goal>".into()), user(" <goal>".into())],
        vec![user("[Request interrupted by user]".into()), user("then".into())],
        vec![user("[Request interrupted by user for tool use]".into())],
        vec![user("<ide_opened_file>x</ide_opened_file>".into()), user("then".into())],
        vec![user("<ide_selection>x".into()), user("<ide_opened_file>x".into())],
    ];
    for length in [199, 200, 201, 250] {
        sessions.push(vec![user("x".repeat(length).into())]);
        sessions.push(vec![user("\u{1f600}".repeat(length).into())]);
        sessions.push(vec![user(format!("{} {}", "x".repeat(length - 1), "y".repeat(9)).into())]);
    }
    for time in [
        "2026-11-30T03:04:05.678Z",
        "2026-11-30T03:04:05Z",
        "2026-11-30T03:04:05.6789Z",
        "2026-11-30T03:04:05.678901Z",
        "2026-11-30T03:04:05+02:00",
        "2026-11-30T03:04:05-05:30",
        "1969-12-31T23:59:59.999Z",
        "2026-02-30T03:04:05Z",
        "2026-11-30T24:04:05Z",
        "yesterday",
        "",
    ] {
        sessions
            .push(vec![json!({"timestamp": time}), json!({"timestamp": "2026-12-01T00:00:00Z"})]);
    }
    folded_alike(sessions);
}

#[tokio::test]
#[ignore = "needs the official SDKs, a real CLI and a closed network: .ci/run official-sdks"]
async fn past_sessions_are_those_of_the_official_sdk() {
    let cli = real_cli().expect("CLAUDE_WIRE_REAL_CLI names the real CLI");
    let place = Hermetic::start(cli, script()).await.unwrap();
    let history = History::at(place.config_dir());
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut ids = Vec::new();
    for (name, count) in DIRECTORIES {
        let directory = place.cwd().join(name);
        // A worktree is there already.
        fs::create_dir_all(&directory).unwrap();
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

    let mut program = python("history.py");
    let output =
        program.args(&directories).env("CLAUDE_CONFIG_DIR", place.config_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();

    let every = history.list_sessions(Page::all()).unwrap();
    assert_eq!(every.sessions.len(), SESSIONS);
    assert_eq!(theirs["every"], rows(&every));
    let page = history.list_sessions(Page { offset: 3, limit: Some(5) }).unwrap();
    assert_eq!(theirs["page"], rows(&page));
    for (at, (directory, (name, count))) in directories.iter().zip(DIRECTORIES).enumerate() {
        let here = history.clone().directory(directory);
        let ours = here.list_sessions(Page::all()).unwrap();
        let is_worktree = name.contains("repository") || name.contains("tree");
        let found = if is_worktree { IN_WORKTREES } else { count };
        assert_eq!(ours.sessions.len(), found, "{name}");
        let alone = here.include_worktrees(false).list_sessions(Page::all()).unwrap();
        assert_eq!(alone.sessions.len(), count, "{name}");
        if name.contains('\u{1f600}') {
            assert_eq!(theirs["directories"][at], json!([]), "{name}");
        } else {
            assert_eq!(theirs["directories"][at], rows(&ours), "{name}");
            assert_eq!(theirs["alone"][at], rows(&alone), "{name}");
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
    let transcripts = ids.iter().map(|id| {
        let text = fs::read_to_string(history.transcript_path(id).unwrap()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    });
    folded_alike(transcripts.collect());
    place.finish().unwrap();
}
