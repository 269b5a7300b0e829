//! Every event that this CLI can be made to send calls its hook, with only known fields.
//!
//! Not covered: `Setup`, which is over before the host's hooks are known; `CwdChanged`,
//! `TeammateIdle`, `TaskCreated` and `TaskCompleted`, which CLI 2.1.329 reserves for its own front
//! end; and `PermissionDenied`, which needs the classifier of the mode `auto`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::Matcher;
use claude_wire::session::handlers::ElicitationAnswer;
use claude_wire::session::options::McpServer;
use claude_wire::wire::RawJson;
use claude_wire::wire::hook::{HookEventName, HookInput, HookOutput};
use claude_wire::{Decision, SessionBuilder};
use serde_json::json;

use crate::questions_to_the_user::ASKER;
use crate::support::{finish, place};

/// A skill whose text has a shell command, which the CLI runs when the skill is used.
const SKILL: &str =
    "---\nname: shelly\ndescription: Says hello\n---\nThe shell says: !`echo from-skill`\n";

pub(crate) async fn run() {
    let bash = |command: &str| ApiReply::tool_use("Bash", json!({"command": command}));
    let agent =
        json!({"description": "look", "prompt": "Look around", "subagent_type": "general-purpose"});
    let script = ApiScript::new()
        .on_prompt("Use tools", [bash("echo hi"), bash("exit 3"), ApiReply::text("Used.")])
        .on_prompt("Delegate", [ApiReply::tool_use("Agent", agent), ApiReply::text("Delegated.")])
        .on_prompt(
            "Greet",
            [ApiReply::tool_use("mcp__asker__greet", json!({})), ApiReply::text("Greeted.")],
        )
        .on_prompt(
            "Branch",
            [
                ApiReply::tool_use("EnterWorktree", json!({"name": "branch"})),
                ApiReply::text("Branched."),
            ],
        )
        .on_prompt(
            "Leave",
            [
                ApiReply::tool_use(
                    "ExitWorktree",
                    json!({"action": "remove", "discard_changes": true}),
                ),
                ApiReply::text("Left."),
            ],
        )
        .always(When::prompt("Fail"), [ApiReply::error(400)])
        .always(When::any(), [ApiReply::text("Yes.")]);
    let place = place(script).await;
    let work = place.cwd();
    for (file, text) in [
        ("CLAUDE.md", "Be brief."),
        (".claude/commands/say.md", "Say $ARGUMENTS"),
        (".claude/settings.json", "{}"),
        (".claude/skills/shelly/SKILL.md", SKILL),
        ("watched", ""),
    ] {
        std::fs::create_dir_all(work.join(file).parent().unwrap()).unwrap();
        std::fs::write(work.join(file), text).unwrap();
    }
    std::fs::create_dir(work.join("sub")).unwrap();
    let called = Arc::new(Mutex::new(Vec::new()));
    let session = hooked(place.session(), called.clone(), &work)
        .external_mcp_server("asker", McpServer::stdio("/bin/sh", ["-c", ASKER]))
        .allowed_tools(["Agent", "mcp__asker__greet"])
        .on_permission(|_| async { Decision::allow() })
        .on_elicitation(|_| async { ElicitationAnswer::accept(json!({"name": "Ann"})) })
        .start()
        .unwrap();
    for prompt in [
        "Use tools",
        "Delegate",
        "Greet",
        "/say hello",
        "/shelly",
        "Branch",
        "Leave",
        "/compact",
        "/clear",
    ] {
        session.query(prompt).drain().await.unwrap_or_else(|error| panic!("{prompt}: {error}"));
    }
    assert!(session.query("Fail").text().await.is_err());
    session.set_model("haiku").await.unwrap();
    session.files().register_repo_root("sub").await.unwrap();
    changed_until_called(
        &work.join(".claude/settings.json"),
        r#"{"cleanupPeriodDays": 30}"#,
        &called,
        &HookEventName::ConfigChange,
    )
    .await;
    changed_until_called(&work.join("watched"), "x", &called, &HookEventName::FileChanged).await;
    assert!(finish(session, place).await.success());

    let called = std::mem::take(&mut *called.lock().unwrap());
    let names: BTreeSet<_> = called.iter().map(|event| event.name().to_string()).collect();
    use HookEventName::{
        CwdChanged, PermissionDenied, Setup, TaskCompleted, TaskCreated, TeammateIdle,
    };
    let left_out = [CwdChanged, PermissionDenied, Setup, TaskCompleted, TaskCreated, TeammateIdle];
    let expected = HookEventName::ALL
        .iter()
        .filter(|event| !left_out.contains(event))
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, expected);
    for event in &called {
        assert_eq!(event.unmodelled(), [""; 0], "{}", event.raw());
    }
    let raw = |name: HookEventName| {
        called
            .iter()
            .filter(move |event| event.name() == name)
            .map(|event| event.raw().to_string())
            .collect::<String>()
    };
    assert!(raw(HookEventName::SessionStart).contains(r#""source":"compact""#));
    assert!(raw(HookEventName::SessionStart).contains(r#""source":"clear""#));
    assert!(raw(HookEventName::SessionEnd).contains(r#""reason":"clear""#));
}

/// A hook for all events. It returns what two of them request: the files to watch, and a work tree.
fn hooked(
    builder: SessionBuilder,
    called: Arc<Mutex<Vec<HookInput>>>,
    work: &Path,
) -> SessionBuilder {
    let (watched, tree) = (work.join("watched"), work.join("tree"));
    builder.on_hooks(
        HookEventName::ALL.iter().cloned(),
        Matcher::all(),
        move |event: HookInput, _| {
            let answer = match &event {
                HookInput::SessionStart(_) => {
                    Some(json!({"hookEventName": "SessionStart", "watchPaths": [watched]}))
                }
                HookInput::WorktreeCreate(_) => {
                    std::fs::create_dir(&tree).unwrap();
                    Some(json!({"hookEventName": "WorktreeCreate", "worktreePath": tree}))
                }
                _ => None,
            };
            called.lock().unwrap().push(event);
            async move {
                answer.map_or_else(HookOutput::new, |answer| {
                    HookOutput::<HookInput>::with(RawJson::from(answer))
                })
            }
        },
    )
}

/// Writes to a file until the CLI has called the hook: when it starts to watch is not reported.
async fn changed_until_called(
    file: &Path,
    text: &str,
    called: &Mutex<Vec<HookInput>>,
    event: &HookEventName,
) {
    let is_called = || called.lock().unwrap().iter().any(|call| call.name() == *event);
    for spaces in 1.. {
        if is_called() {
            return;
        }
        std::fs::write(file, format!("{text}{}", " ".repeat(spaces))).unwrap();
        // The CLI handles a file only after it has been unchanged for a while.
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
}
