//! Hooks and permissions against recordings of the CLI: the player compares every answer with the
//! recorded one.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::cli::Log;
use crate::support::project;
use crate::support::read::read;
use claude_wire::player::Replay;
use claude_wire::session::Matcher;
use claude_wire::wire::hook::{
    HookEventName, HookInput, HookOutput, PostToolUse, PreToolUse, UserPromptSubmit,
};
use claude_wire::{Decision, Session, SessionBuilder};

/// Replays a whole recording with these handlers.
async fn replayed(name: &str, builder: SessionBuilder, prompts: &[&str]) {
    let replay = Replay::open(project::recording(name)).unwrap();
    let session = builder.transport(replay.clone()).start().unwrap();
    for prompt in prompts {
        let turn = read(session.query(*prompt)).await;
        assert!(turn.error.is_none(), "{:?}\n{}", turn.error, replay.report());
    }
    session.stop().await.unwrap();
    replay.assert_finished();
}

/// The recorded launch of a host that is asked for permission.
fn asking() -> SessionBuilder {
    Session::builder().permission_mode("default")
}

/// A permission handler that logs the request and returns this decision.
fn deciding(log: &Log, decision: Decision) -> SessionBuilder {
    let log = log.clone();
    asking().on_permission(move |request| {
        log.push(format!("{} {} suggestions", request.tool_name(), request.suggestions().len()));
        std::future::ready(decision.clone())
    })
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_was_allowed() {
    let log = Log::default();
    replayed("permission-allow", deciding(&log, Decision::allow()), &["Create a file"]).await;
    assert_eq!(log.all(), ["Bash 3 suggestions"]);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_was_denied() {
    let log = Log::default();
    replayed(
        "permission-deny",
        deciding(&log, Decision::deny("Not on my watch.")),
        &["Create a file"],
    )
    .await;
    assert_eq!(log.all(), ["Bash 3 suggestions"]);
}

#[tokio::test(start_paused = true)]
async fn tools_that_were_asked_about_together() {
    let log = Log::default();
    let asked = log.clone();
    let builder = asking().on_permission(move |request| {
        asked.push(format!("{} {} suggestions", request.tool_name(), request.suggestions().len()));
        let fetch = request.tool_name() == "WebFetch";
        std::future::ready(if fetch {
            Decision::deny("Nothing is fetched here.")
        } else {
            Decision::allow()
        })
    });
    replayed("parallel-permissions", builder, &["Do four things at once"]).await;
    assert_eq!(
        log.all(),
        [
            "Bash 3 suggestions",
            "Write 1 suggestions",
            "Bash 3 suggestions",
            "WebFetch 1 suggestions"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn hooks_that_allowed_denied_and_added() {
    let log = Log::default();
    let others = log.clone();
    let builder = Session::builder()
        .allowed_tools(["Bash"])
        .on_hook(Matcher::all(), |event: PreToolUse, _| async move {
            if event.tool_input.text().contains("rm -rf") {
                return HookOutput::deny("dangerous command");
            }
            let output = claude_wire::wire::hook::tool::PreToolUseOutput::default();
            HookOutput::with(output.permission_decision("allow").permission_decision_reason("ok"))
        })
        .on_hook(Matcher::all(), |_: PostToolUse, _| async {
            HookOutput::context("post hook context")
        })
        .on_hook(Matcher::all(), |_: UserPromptSubmit, _| async {
            HookOutput::context("prompt hook context")
        })
        .on_hooks(registered_in_addition(), Matcher::all(), move |event: HookInput, _| {
            if let HookInput::Stop(stop) = &event {
                others.push(stop.last_assistant_message.clone().unwrap_or_default());
            }
            async {}
        });
    replayed("hooks", builder, &["Say hi in a shell", "Remove everything"]).await;
    assert_eq!(log.all(), ["It printed hi-from-bash.", "I was blocked by a hook."]);
}

/// The events for which the recorded host had hooks, apart from the three above.
fn registered_in_addition() -> Vec<HookEventName> {
    let line = std::fs::read_to_string(project::recording("hooks")).unwrap();
    let event: serde_json::Value = serde_json::from_str(line.lines().nth(1).unwrap()).unwrap();
    let names = event["in"]["request"]["hooks"].as_object().unwrap().keys();
    let above = ["PreToolUse", "PostToolUse", "UserPromptSubmit"];
    names.filter(|name| !above.contains(&name.as_str())).map(|name| name.as_str().into()).collect()
}
