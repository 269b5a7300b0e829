//! A handler that queries its session within a turn gets an error at once: it would wait for that
//! turn, and the turn for it.

// One of the handlers is a tool.
#![cfg(feature = "mcp")]

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::mcp_support::{INITIALIZE, call, message};
use crate::support::ask::ask;
use crate::support::cli::{FakeCli, Log, cli, echo, init, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::mcp::rmcp;
use claude_wire::session::WeakSession;
use claude_wire::session::handlers::{DialogAnswer, ElicitationAnswer};
use claude_wire::transport::{Exit, Memory};
use claude_wire::wire::hook::PreToolUse;
use claude_wire::{
    Decision, HookContext, HookOutput, Matcher, PermissionRequest, Session, SessionBuilder,
};
use rmcp::{tool, tool_router};
use serde_json::{Value, json};
use tokio::time::Instant;

const HOOK: &str = r#"{"subtype":"hook_callback","callback_id":"hook_0","tool_use_id":"t","input":{"hook_event_name":"PreToolUse","session_id":"s","transcript_path":"","cwd":"/","tool_name":"Bash","tool_input":{}}}"#;
const PERMISSION: &str =
    r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{},"tool_use_id":"t"}"#;
const ELICITATION: &str =
    r#"{"subtype":"elicitation","mcp_server_name":"crm","message":"Who?","mode":"form"}"#;
const DIALOG: &str = r#"{"subtype":"request_user_dialog","dialog_kind":"plan","payload":{}}"#;
const OTHER: &str = r#"{"subtype":"of_another_kind"}"#;

/// A handler's session, and the results of its queries.
#[derive(Clone, Default)]
struct Within {
    session: Arc<OnceLock<WeakSession>>,
    log: Log,
}

impl Within {
    fn session(&self) -> Session {
        self.session.get().and_then(WeakSession::upgrade).expect("the session lives")
    }

    /// Queries the session in each way that a handler could.
    async fn ask(&self) {
        let session = self.session();
        let errors = [
            session.query("text").text().await.unwrap_err(),
            session.query("summary").collect_summary().await.unwrap_err(),
            session.query("next").next().await.unwrap().unwrap_err(),
            session.query("pieces").text_deltas().collect().await.unwrap_err(),
            session.clear().await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_within_handler(), "{error}");
            assert!(!error.is_timeout() && !error.is_closed(), "{error}");
            assert!(error.to_string().contains("side_question"), "{error}");
            self.log.push("refused");
        }
    }
}

struct Tool(Within);

#[tool_router(server_handler)]
impl Tool {
    #[tool(description = "asks the session")]
    async fn add(&self) -> String {
        self.0.ask().await;
        "done".into()
    }
}

/// A session whose handlers all query it.
fn builder(within: &Within) -> SessionBuilder {
    let [permission, hook, elicitation, dialog, other, tool] = [(); 6].map(|()| within.clone());
    Session::builder()
        .on_permission(move |_: PermissionRequest| {
            let within = permission.clone();
            async move {
                within.ask().await;
                Decision::allow()
            }
        })
        .on_hook(Matcher::all(), move |_: PreToolUse, _: HookContext| {
            let within = hook.clone();
            async move {
                within.ask().await;
                HookOutput::<PreToolUse>::default()
            }
        })
        .on_elicitation(move |_| {
            let within = elicitation.clone();
            async move {
                within.ask().await;
                ElicitationAnswer::Decline
            }
        })
        .on_user_dialog(["plan"], move |_| {
            let within = dialog.clone();
            async move {
                within.ask().await;
                DialogAnswer::Cancelled
            }
        })
        .on_request("of_another_kind", move |_| {
            let within = other.clone();
            async move {
                within.ask().await;
                Ok(json!({}))
            }
        })
        .tool_server("bench", move || Tool(tool.clone()))
}

/// A CLI that writes these requests within its turns, each of which must be answered.
fn asking(asks: Vec<String>) -> Memory {
    cli(move |_, mut cli| {
        let asks = asks.clone();
        async move {
            let initialize = cli.request("initialize").await;
            cli.write(success(&initialize, json!({"hooks_applied": true}))).await;
            while let Some(line) = cli.read().await {
                let Some(uuid) = prompt(&line) else {
                    cli.write(success(&line, json!({}))).await;
                    continue;
                };
                cli.write(init(&uuid)).await;
                for ask in &asks {
                    answered(&mut cli, ask).await;
                }
                cli.write(result(&uuid, line["message"]["content"].as_str().unwrap())).await;
            }
            Exit::from_code(0)
        }
    })
}

fn prompt(line: &Value) -> Option<String> {
    (line["type"] == "user").then(|| line["uuid"].as_str().unwrap_or_default().to_owned())
}

async fn answered(cli: &mut FakeCli, ask: &str) {
    let id = serde_json::from_str::<Value>(ask).unwrap()["request_id"].clone();
    cli.write(ask).await;
    loop {
        let line = cli.read().await.unwrap();
        if line["type"] == "control_response" && line["response"]["request_id"] == id {
            assert_eq!(line["response"]["subtype"], "success", "{line}");
            return;
        }
        assert_ne!(line["type"], "user", "a prompt was written within the turn");
    }
}

fn started(builder: SessionBuilder, within: &Within, transport: Memory) -> Session {
    let session = builder.transport(transport).start().unwrap();
    within.session.set(session.downgrade()).ok().unwrap();
    session
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_handler_is_rejected_at_once_and_the_turn_continues() {
    let tool = vec![message("m1", INITIALIZE), call(2, "add", "{}")];
    let kinds = [
        ("permission", vec![ask("a", PERMISSION)]),
        ("hook", vec![ask("a", HOOK)]),
        ("elicitation", vec![ask("a", ELICITATION)]),
        ("dialog", vec![ask("a", DIALOG)]),
        ("another request", vec![ask("a", OTHER)]),
        ("in-process tool", tool),
    ];
    for (kind, asks) in kinds {
        let within = Within::default();
        let session = started(builder(&within), &within, asking(asks));
        let start = Instant::now();
        assert_eq!(session.query("go").text().await.unwrap(), "go", "{kind}");
        assert!(start.elapsed() < Duration::from_secs(1), "{kind}: {:?}", start.elapsed());
        assert_eq!(within.log.all(), ["refused"; 5], "{kind}");
        assert_eq!(session.query("again").text().await.unwrap(), "again", "{kind}");
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_that_a_handler_spawns_runs_after_the_turn() {
    let within = Within::default();
    let inner = within.clone();
    let builder = Session::builder().on_permission(move |_: PermissionRequest| {
        let within = inner.clone();
        async move {
            let session = within.session();
            tokio::spawn(async move {
                let text = session.query("later").text().await;
                within.log.push(text.unwrap());
            });
            Decision::allow()
        }
    });
    let session = started(builder, &within, asking(vec![ask("a", PERMISSION)]));
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    while within.log.len() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(within.log.all()[0], "later");
}

#[tokio::test(start_paused = true)]
async fn another_session_may_be_queried_by_a_handler() {
    let other = Session::builder().transport(echo()).start().unwrap();
    let within = Within::default();
    let (inner, asked) = (within.clone(), other.clone());
    let builder = Session::builder().on_permission(move |_: PermissionRequest| {
        let (within, other) = (inner.clone(), asked.clone());
        async move {
            within.log.push(other.query("of another").text().await.unwrap());
            Decision::allow()
        }
    });
    let session = started(builder, &within, asking(vec![ask("a", PERMISSION)]));
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    assert_eq!(within.log.all(), ["of another"]);
    ended_well(&other).await;
}

/// The CLI is between turns and accepts the prompt.
#[tokio::test(start_paused = true)]
async fn a_handler_called_between_turns_may_query_its_session() {
    let within = Within::default();
    let inner = within.clone();
    let builder = Session::builder().on_request("of_another_kind", move |_| {
        let within = inner.clone();
        async move {
            within.log.push(within.session().query("between").text().await.unwrap());
            Ok(json!({}))
        }
    });
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "go").await;
        cli.write(ask("a", OTHER)).await;
        cli.serve().await
    });
    let session = started(builder, &within, transport);
    assert_eq!(read(session.query("go")).await.text(), "go");
    while within.log.len() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(within.log.all(), ["between"]);
    ended_well(&session).await;
}
