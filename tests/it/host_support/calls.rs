//! Callbacks and calls of a case, with a CLI that logs what the host writes.

use std::time::Duration;

use claude_wire::session::Matcher;
use claude_wire::transport::{Exit, Memory};
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::wire::permission::{PermissionBehavior, PermissionDestination, PermissionUpdate};
use claude_wire::{Decision, Session, SessionBuilder};
use serde_json::{Value, json};

use crate::support::cli::{Log, cli, init, result, success};

/// The host's answers to the incoming lines; `None` if the behaviour cannot be expressed here.
pub async fn answers(case: &Value) -> Option<Vec<Value>> {
    let builder = handlers(case["host"].as_str()?)?;
    let incoming = match &case["incoming"] {
        Value::Array(lines) => lines.clone(),
        line => vec![line.clone()],
    };
    let log = Log::default();
    let session = builder.transport(asking(incoming, log.clone())).start().unwrap();
    let mut turn = session.query("go");
    while let Some(message) = turn.next().await {
        message.unwrap();
    }
    session.stop().await.unwrap();
    let mut replies: Vec<Value> =
        log.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for reply in &mut replies {
        if let Some(response) =
            reply.pointer_mut("/response/response").and_then(Value::as_object_mut)
        {
            response.remove("toolUseID");
        }
    }
    Some(replies)
}

/// The frames that a call writes; `None` if there is no such call here.
pub async fn frames(call: &str) -> Option<Vec<Value>> {
    let log = Log::default();
    let session = Session::builder().transport(answering(log.clone())).start().unwrap();
    session.connect().await.unwrap();
    match call {
        "query('hi')" => drop(session.query("hi").final_result().await.unwrap()),
        "interrupt" => drop(session.interrupt().await.unwrap()),
        "set_model m" => drop(session.set_model("m").await.unwrap()),
        "rewind_files u" => drop(session.files().rewind("u").await.unwrap()),
        "reconnect mcp server s" => session.mcp().reconnect("s").await.unwrap(),
        "stop task t" => session.tasks().stop("t").await.unwrap(),
        _ => return None,
    }
    session.stop().await.unwrap();
    let mut frames =
        Value::from_iter(log.all().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    ignore(&mut frames);
    frames.as_array().cloned()
}

/// Ignores ids, which are random, and those of conversations.
pub fn ignore(frames: &mut Value) {
    for frame in frames.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        for id in ["request_id", "uuid", "session_id"] {
            frame.remove(id);
        }
    }
}

/// A session with the behaviour that a case describes in words.
fn handlers(host: &str) -> Option<SessionBuilder> {
    let builder = Session::builder();
    let faulty = || PermissionUpdate::AddRules {
        rules: Vec::new(),
        behavior: PermissionBehavior::Allow,
        destination: PermissionDestination::Session,
    };
    let hook = |output: fn() -> Result<HookOutput<PreToolUse>, String>| {
        Session::builder()
            .on_hook(Matcher::new(""), move |_: PreToolUse, _| async move { output() })
    };
    Some(match host {
        "no permission callback set" => builder,
        "allow with an explicitly empty input object" => {
            builder.on_permission(|_| async { Decision::allow_with(json!({})) })
        }
        "allow with an addRules update that has no rules" => builder
            .on_permission(move |_| std::future::ready(Decision::allow_and_update([faulty()]))),
        "deny, message no, interrupt" => {
            builder.on_permission(|_| async { Decision::deny_and_interrupt("no") })
        }
        "callback fails: kaput" => builder.on_permission(|_| async { panic!("kaput") }),
        "callback takes 10 s" => builder.on_permission(|_| async {
            tokio::time::sleep(Duration::from_secs(10)).await; // The clock is virtual.
            Decision::allow()
        }),
        "returns null" | "only hook_0 registered" => hook(|| Ok(HookOutput::new())),
        "continue false, stopReason s" => hook(|| Ok(HookOutput::stop("s"))),
        "callback fails: bad" => hook(|| Err("bad".to_owned())),
        _ => return None,
    })
}

/// Sends all of these within a turn; after an hour, logs the answers.
fn asking(incoming: Vec<Value>, log: Log) -> Memory {
    cli(move |_, mut cli| {
        let (incoming, log) = (incoming.clone(), log.clone());
        async move {
            cli.handshake_with_hooks().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for line in incoming {
                cli.write(line).await;
            }
            // Virtual time: it advances when no task has anything left to do.
            while let Ok(Some(answer)) =
                tokio::time::timeout(Duration::from_secs(60), cli.read_text()).await
            {
                log.push(answer);
            }
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

/// A CLI that confirms everything after the handshake, and logs it.
fn answering(log: Log) -> Memory {
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.handshake().await;
            while let Some(text) = cli.read_text().await {
                let line: Value = serde_json::from_str(&text).unwrap();
                match line["uuid"].as_str() {
                    Some(uuid) => cli.write(result(uuid, "done")).await,
                    None => cli.write(success(&line, json!({}))).await,
                };
                log.push(text);
            }
            Exit::from_code(0)
        }
    })
}
