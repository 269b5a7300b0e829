//! Keeps an audit trail of what the agent does, and stops it from doing harm.
//!
//! `cargo run --example audit_hooks` replays a recorded session: no network, no key, no `claude`.
//! `cargo run --example audit_hooks -- --live` asks an installed `claude`.
//!
//! One hook guards the tools, two add to what the model reads, and one logs everything else.

use claude_wire::wire::hook::{
    HookEventName, HookInput, PermissionDecision, PostToolUse, PreToolUse, PreToolUseOutput,
    UserPromptSubmit,
};
use claude_wire::{HookContext, HookOutput, Matcher, Replay, Session};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A guard that fails must not let anything pass: that is `block_on_failure`.
    let guard = Matcher::all().block_on_failure();
    let live = std::env::args().nth(1).as_deref() == Some("--live");
    let mut builder = Session::builder()
        .allowed_tools(["Bash"])
        .on_hook(if live { guard } else { Matcher::all() }, check)
        .on_hook(Matcher::all(), |event: PostToolUse, _| async move {
            println!("  {} has run, and gave {}", event.tool_name, event.tool_response);
            HookOutput::context("post hook context")
        })
        .on_hook(Matcher::all(), |event: UserPromptSubmit, _| async move {
            println!("prompt: {}", event.prompt);
            HookOutput::context("prompt hook context")
        })
        .on_hooks(everything_else(), Matcher::all(), audit);
    if !live {
        builder = builder.transport(Replay::open(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/recordings/2.1.332/hooks.jsonl"
        ))?);
    }
    let session = builder.start()?;
    for prompt in ["Say hi in a shell", "Remove everything"] {
        println!("answer: {}", session.query(prompt).text().await?);
    }
    session.stop().await?;
    Ok(())
}

/// Decides about a tool before the user is asked.
async fn check(event: PreToolUse, _: HookContext) -> HookOutput<PreToolUse> {
    println!("  {} is to run with {}", event.tool_name, event.tool_input);
    let command =
        event.tool_input.pointer("/command").and_then(|command| command.as_str().map(String::from));
    if command.is_some_and(|command| command.contains("rm -rf")) {
        return HookOutput::deny("dangerous command");
    }
    let output = PreToolUseOutput::default()
        .permission_decision(PermissionDecision::Allow)
        .permission_decision_reason("ok");
    HookOutput::with(output)
}

/// Writes an event down. Returning nothing changes nothing.
async fn audit(event: HookInput, context: HookContext) {
    match event {
        HookInput::Stop(stop) => println!("  stops after saying {:?}", stop.last_assistant_message),
        HookInput::PostToolUseFailure(failure) => {
            println!("  {} failed: {}", failure.tool_name, failure.error)
        }
        event => println!("  {} in {}", event.name(), context.base().cwd),
    }
}

/// The events of the recorded session's other hooks.
fn everything_else() -> [HookEventName; 9] {
    use HookEventName::*;
    [
        PostToolUseFailure,
        Stop,
        SubagentStop,
        SessionStart,
        SessionEnd,
        Notification,
        PreCompact,
        PermissionRequest,
        Setup,
    ]
}
