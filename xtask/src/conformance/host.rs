//! The host of `claude-wire conformance` for a session of this library.

use std::io::{self, Write as _};
use std::time::Duration;

use claude_wire::session::{Matcher, SessionEvent};
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::wire::message::UserContent;
use claude_wire::wire::permission::{PermissionBehavior, PermissionDestination, PermissionUpdate};
use claude_wire::wire::{Body, ContentBlock, Message};
use claude_wire::{Decision, Error, Session, SessionBuilder};
use claude_wire_cli::{Failure, Found};
use serde_json::{Value, json};

use super::server::Server;
use crate::conformance::options;

/// Be the host of a conformance case: our session.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<Found, Failure> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|error| format!("stdin: {error}"))?;
    let ask = serde_json::from_str(&line).map_err(|error| format!("stdin: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    match runtime.block_on(play(&ask)) {
        Ok(()) => report(json!({"done": true})),
        Err(Unsupported(why)) => report(json!({"unsupported": why})),
    }
    Ok(Found::Nothing)
}

struct Unsupported(&'static str);

fn report(event: Value) {
    // The kit has gone: no one is left to report to.
    let _ = writeln!(io::stdout(), "{event}");
}

async fn play(ask: &Value) -> Result<(), Unsupported> {
    if ask.get("frames").is_some() {
        return Err(Unsupported("a prompt is its content, not a frame"));
    }
    let chosen = options::of(&ask["options"]);
    let Ok(chosen) = chosen else {
        return Err(Unsupported("a session has no such option, or no such value of it"));
    };
    if let Err(error) = chosen.args() {
        report(
            json!({"error": {"kind": "refused", "option": error.field(), "text": error.to_string()}}),
        );
        return Ok(());
    }
    let builder = Session::builder().options(chosen);
    let builder = builder.cli_path(ask["claude"].as_str().unwrap_or_default());
    let builder = match ask["max_line_bytes"].as_u64() {
        Some(bytes) => builder.max_line(bytes.try_into().unwrap_or(usize::MAX)),
        None => builder,
    };
    let builder = handlers(options::hooks(builder, &ask["options"]), ask)?;
    let session = match builder.start() {
        Ok(session) => session,
        Err(error) => {
            report(json!({"error": {"kind": "refused", "text": error.to_string()}}));
            return Ok(());
        }
    };
    converse(&session, ask).await
}

/// Asks, reports all that comes, and ends the session.
async fn converse(session: &Session, ask: &Value) -> Result<(), Unsupported> {
    let mut events = session.events();
    let asked = async {
        let Some(prompt) = ask["prompt"].as_str() else { return call(session, ask).await };
        let mut turn = session.query(prompt);
        if ask.get("call").is_some() {
            // The prompt is written first.
            let first = tokio::time::timeout(Duration::from_millis(500), turn.next()).await;
            first.ok().flatten().into_iter().for_each(|first| message_or_error(&first));
            call(session, ask).await?;
        }
        while let Some(message) = turn.next().await {
            message_or_error(&message);
        }
        Ok(())
    };
    let rest = async {
        while let Some(event) = events.next().await {
            match event {
                SessionEvent::Message(message) => report(view(&message)),
                SessionEvent::Disconnected(_) => break,
                _ => {}
            }
        }
    };
    let (asked, ()) = tokio::join!(
        async {
            let asked = asked.await;
            // What came too late for the turn is an event until the CLI has ended.
            drop(session.stop().await);
            asked
        },
        rest
    );
    asked?;
    let exit = session.exit();
    let (code, signal) = exit.map_or((None, None), |exit| (exit.code, exit.signal));
    report(json!({"end": {"exit_code": code, "signal": signal}}));
    Ok(())
}

async fn call(session: &Session, ask: &Value) -> Result<(), Unsupported> {
    if let Err(error) = session.connect().await {
        report(failure(&error));
        return Ok(());
    }
    let argument = ask["call"]["argument"].as_str().unwrap_or_default();
    let done = match ask["call"]["name"].as_str() {
        Some("interrupt") => session.interrupt().await.map(drop),
        Some("set_model") => session.set_model(argument).await.map(drop),
        Some("rewind_files") => session.files().rewind(argument).await.map(drop),
        Some("reconnect_mcp_server") => session.mcp().reconnect(argument).await,
        Some("stop_task") => session.tasks().stop(argument).await,
        _ => return Err(Unsupported("no call of a session has this name")),
    };
    done.err().iter().for_each(|error| report(failure(error)));
    Ok(())
}

fn message_or_error(message: &Result<Message, Error>) {
    match message {
        Ok(message) => report(view(message)),
        Err(error) => report(failure(error)),
    }
}

fn failure(error: &Error) -> Value {
    let kind = match error {
        _ if error.is_option() => "refused",
        _ if error.is_result() => "result",
        _ if error.is_ended_without_result() => "ended",
        _ if error.is_process() => "process",
        _ => "other",
    };
    let code = error.exit().and_then(|exit| exit.code);
    json!({"error": {"kind": kind, "text": error.to_string(), "exit_code": code, "stderr": error.stderr_tail()}})
}

/// A message by its types.
fn view(message: &Message) -> Value {
    let mut view = json!({"type": message.frame().kind_name()});
    match message.body() {
        Body::Assistant(body) => {
            view["content"] = body.message.content.iter().map(block).collect();
        }
        Body::User(body) => {
            view["content"] = match &body.message.content {
                UserContent::Text(text) => text.as_str().into(),
                UserContent::Blocks(blocks) => blocks.iter().map(block).collect(),
            };
        }
        Body::System(_) => {
            let subtype = message.frame().field("subtype").map(|raw| json!(raw));
            view["subtype"] = subtype.filter(Value::is_string).into();
        }
        Body::Result(body) => {
            view["subtype"] = body.subtype.as_str().into();
            view["is_error"] = body.is_error.into();
            view["result"] = body.result.clone().into();
            view["errors"] = json!(body.errors);
        }
        _ => {}
    }
    json!({"message": view})
}

fn block(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text(block) => json!({"type": "text", "text": block.text}),
        ContentBlock::Thinking(_) => json!({"type": "thinking"}),
        ContentBlock::RedactedThinking(_) => json!({"type": "redacted_thinking"}),
        ContentBlock::ToolUse(_) => json!({"type": "tool_use"}),
        ContentBlock::ToolResult(_) => json!({"type": "tool_result"}),
        ContentBlock::ServerToolUse(_) => json!({"type": "server_tool_use"}),
        ContentBlock::ServerToolResult(block) => json!({"type": block.result_type}),
        ContentBlock::Image(_) => json!({"type": "image"}),
        ContentBlock::Document(_) => json!({"type": "document"}),
        ContentBlock::Unknown(block) => json!({"type": block.block_type}),
        _ => json!({}),
    }
}

fn called(what: &str) {
    report(json!({"callback": what}));
}

fn handlers(builder: SessionBuilder, ask: &Value) -> Result<SessionBuilder, Unsupported> {
    let mut builder = builder;
    if let Some(permission) = ask.get("permission").cloned() {
        if permission.get("wrong_type").is_some() {
            return Err(Unsupported("the compiler refuses a value of another type"));
        }
        builder = builder.on_permission(move |_| {
            let permission = permission.clone();
            async move {
                called("permission");
                // A handler that a case cancels is slow.
                let delay = permission["delay_ms"].as_u64().unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(delay)).await;
                decision(&permission)
            }
        });
    }
    if let Some(hook) = ask.get("hook").cloned() {
        builder = builder.on_hook(Matcher::new(""), move |_: PreToolUse, _| {
            called("hook");
            std::future::ready(output(&hook))
        });
    }
    Ok(match ask["server"].as_str() {
        Some(name) => builder.tool_server(name, || Server),
        None => builder,
    })
}

fn decision(permission: &Value) -> Decision {
    if let Some(text) = permission["fail"].as_str() {
        // A handler has no other way to fail.
        std::panic::panic_any(text.to_owned());
    }
    let message = permission["message"].as_str().unwrap_or_default();
    match (permission["behavior"].as_str(), permission.get("input"), permission.get("updates")) {
        (Some("deny"), ..) if permission["interrupt"] == true => {
            Decision::deny_and_interrupt(message)
        }
        (Some("deny"), ..) => Decision::deny(message),
        (_, Some(input), _) => Decision::allow_with(input.clone()),
        // The cases have one update, which has no rules.
        (_, _, Some(_)) => Decision::allow_and_update([PermissionUpdate::AddRules {
            rules: Vec::new(),
            behavior: PermissionBehavior::Allow,
            destination: PermissionDestination::Session,
        }]),
        _ => Decision::allow(),
    }
}

fn output(hook: &Value) -> Result<HookOutput<PreToolUse>, String> {
    if let Some(text) = hook["fail"].as_str() {
        return Err(text.to_owned());
    }
    let output = &hook["output"];
    match output["continue"].as_bool() {
        Some(false) => Ok(HookOutput::stop(output["stopReason"].as_str().unwrap_or_default())),
        _ => Ok(HookOutput::new()),
    }
}
