//! What a hook receives and what the CLI is answered, byte for byte.

use std::time::Duration;

use crate::support::ask::{answers, ask, no, yes};
use crate::support::cli::{Log, cli, init, result, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::session::{HookContext, HookHandler, Matcher};
use claude_wire::transport::Exit;
use claude_wire::wire::RawJson;
use claude_wire::wire::hook::tool::PreToolUseOutput;
use claude_wire::wire::hook::{
    HookEventName, HookInput, HookOutput, PostToolUse, PreToolUse, Stop, UserPromptSubmit,
};
use serde_json::json;

/// A hook call as CLI 2.1.329 sends it.
fn call(id: &str, hook: usize, event: &str, fields: &str) -> String {
    let input = format!(
        r#"{{"session_id":"s","transcript_path":"/t.jsonl","cwd":"/w","prompt_id":"p","permission_mode":"default","effort":{{"level":"medium"}},"hook_event_name":"{event}",{fields}}}"#
    );
    ask(
        id,
        &format!(
            r#"{{"subtype":"hook_callback","callback_id":"hook_{hook}","input":{input},"tool_use_id":"toolu_1"}}"#
        ),
    )
}

fn bash(id: &str, hook: usize) -> String {
    call(
        id,
        hook,
        "PreToolUse",
        r#""tool_name":"Bash","tool_input":{"command":"rm -rf /nope"},"tool_use_id":"toolu_1""#,
    )
}

fn stop(id: &str, hook: usize) -> String {
    call(id, hook, "Stop", r#""stop_hook_active":false,"last_assistant_message":"done""#)
}

const DENIED: &str = r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"dangerous"}}"#;

#[tokio::test(start_paused = true)]
async fn a_hook_receives_every_field_and_its_answer_is_written() {
    let builder =
        Session::builder().on_hook("Bash", |event: PreToolUse, context: HookContext| async move {
            assert_eq!((&*event.tool_name, &*event.tool_use_id), ("Bash", "toolu_1"));
            assert_eq!(event.tool_input.text(), r#"{"command":"rm -rf /nope"}"#);
            assert_eq!(event.raw.pointer("/effort/level").unwrap().text(), r#""medium""#);
            let base = context.base();
            assert_eq!(
                (&*base.session_id, &*base.transcript_path, &*base.cwd),
                ("s", "/t.jsonl", "/w")
            );
            assert_eq!(context.tool_use_id().as_deref(), Some("toolu_1"));
            assert!(context.session().upgrade().is_some());
            HookOutput::deny("dangerous")
        });
    assert_eq!(answers(builder, &[bash("h", 0)]).await, [yes("h", DENIED)]);
}

#[tokio::test(start_paused = true)]
async fn the_forms_of_an_answer() {
    let builder = Session::builder()
        .on_hook("", |_: PreToolUse, _| async {})
        .on_hook("", |_: PreToolUse, _| async {
            HookOutput::stop("enough").system_message("stopped")
        })
        .on_hook("", |_: Stop, _| async { HookOutput::block("go on") })
        .on_hook("", |_: Stop, _| async { HookOutput::background(Some(Duration::from_secs(2))) })
        .on_hook("", |_: UserPromptSubmit, _| async {
            Ok::<_, String>(HookOutput::context("it is Friday"))
        })
        .on_hook("", |event: PreToolUse, _| async move {
            let input = event.tool_input.text().replace("/nope", "/tmp/x");
            HookOutput::with(
                PreToolUseOutput::default()
                    .permission_decision("allow")
                    .updated_input(RawJson::parse(input).unwrap()),
            )
        });
    let asks = [
        bash("0", 0),
        bash("1", 1),
        stop("2", 2),
        stop("3", 3),
        call("4", 4, "UserPromptSubmit", r#""prompt":"hi""#),
        bash("5", 5),
    ];
    let expected = [
        yes("0", "{}"),
        yes("1", r#"{"continue":false,"stopReason":"enough","systemMessage":"stopped"}"#),
        yes("2", r#"{"decision":"block","reason":"go on"}"#),
        yes("3", r#"{"async":true,"asyncTimeout":2000}"#),
        yes(
            "4",
            r#"{"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"it is Friday"}}"#,
        ),
        yes(
            "5",
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow","updatedInput":{"command":"rm -rf /tmp/x"}}}"#,
        ),
    ];
    assert_eq!(answers(builder, &asks).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_is_reported_and_the_next_one_is_served() {
    let builder = Session::builder()
        .on_hook("", |_: PreToolUse, _| async { Err::<(), _>("bad") })
        .on_hook("", |event: Stop, _| async move { assert!(event.stop_hook_active, "worse") });
    let asks = [
        bash("0", 0),
        stop("1", 1),
        bash("2", 99),
        ask("3", r#"{"subtype":"hook_callback","callback_id":"mine","input":{}}"#),
        stop("4", 0),
        ask("5", r#"{"subtype":"hook_callback","callback_id":"hook_0","input":[]}"#),
        bash("6", 0),
    ];
    let expected = [
        no("0", "bad"),
        no("1", "the hook panicked"),
        no("2", "No hook callback found for ID: hook_99"),
        no("3", "No hook callback found for ID: mine"),
        no("4", "hook_0 is a hook for PreToolUse, not for Stop"),
        no("5", "the input of the hook is not an object"),
        no("6", "bad"),
    ];
    assert_eq!(answers(builder, &asks).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_with_few_fields_is_delivered() {
    let builder = Session::builder().on_hook("", |event: PreToolUse, _| async move {
        assert_eq!(event.tool_name, "");
    });
    let asks = [
        ask(
            "0",
            r#"{"subtype":"hook_callback","callback_id":"hook_0","input":{"hook_event_name":"PreToolUse"}}"#,
        ),
        ask("1", r#"{"subtype":"hook_callback","callback_id":"hook_0","input":{}}"#),
    ];
    assert_eq!(answers(builder, &asks).await, [yes("0", "{}"), yes("1", "{}")]);
}

#[tokio::test(start_paused = true)]
async fn one_hook_can_handle_many_events() {
    let heard = Log::default();
    let log = heard.clone();
    let events = [HookEventName::Stop, "CoffeeBreak".into()];
    let builder =
        Session::builder().on_hooks(events, Matcher::all(), move |event: HookInput, _| {
            log.push(event.name().as_str());
            async move {
                match event {
                    HookInput::Stop(stop) => {
                        HookOutput::block(stop.last_assistant_message.unwrap_or_default())
                    }
                    _ => HookOutput::with(
                        RawJson::parse(r#"{"hookEventName":"CoffeeBreak","sugar":2}"#).unwrap(),
                    ),
                }
            }
        });
    let asks = [stop("0", 0), call("1", 1, "CoffeeBreak", r#""minutes":5"#)];
    let expected = [
        yes("0", r#"{"decision":"block","reason":"done"}"#),
        yes("1", r#"{"hookSpecificOutput":{"hookEventName":"CoffeeBreak","sugar":2}}"#),
    ];
    assert_eq!(answers(builder, &asks).await, expected);
    assert_eq!(heard.all(), ["Stop", "CoffeeBreak"]);
}

#[tokio::test(start_paused = true)]
async fn the_log_hook_blocks_nothing() {
    let asks = [bash("0", 0), call("1", 1, "PostToolUse", r#""tool_name":"Bash""#)];
    assert_eq!(
        answers(Session::builder().log_hooks(), &asks).await,
        [yes("0", "{}"), yes("1", "{}")]
    );
}

struct Guard;

impl HookHandler<PreToolUse> for Guard {
    async fn call(
        &self,
        event: PreToolUse,
        _: HookContext,
    ) -> Result<HookOutput<PreToolUse>, String> {
        let command = event.tool_input.pointer("/command").ok_or("no command")?;
        Ok(if command.text().contains("rm -rf") {
            HookOutput::deny("dangerous")
        } else {
            HookOutput::new()
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_can_replace_a_closure() {
    let asks = [bash("0", 0), call("1", 0, "PreToolUse", r#""tool_name":"Bash","tool_input":{}"#)];
    assert_eq!(
        answers(Session::builder().hook_handler("Bash", Guard), &asks).await,
        [yes("0", DENIED), no("1", "no command")]
    );
}

#[tokio::test(start_paused = true)]
async fn other_hook_calls_go_to_the_raw_handler() {
    let builder = Session::builder().on_hook("", |_: PreToolUse, _| async {}).on_request(
        "hook_callback",
        |request| async move {
            Ok(json!({"systemMessage": request.field("callback_id").unwrap().text()}))
        },
    );
    let asks = [bash("0", 0), ask("1", r#"{"subtype":"hook_callback","callback_id":"mine"}"#)];
    assert_eq!(
        answers(builder, &asks).await,
        [yes("0", "{}"), yes("1", r#"{"systemMessage":"\"mine\""}"#)]
    );
}

/// Logs its drop.
struct Dropped(Log);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.push("dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_run_concurrently_and_can_be_cancelled() {
    let log = Log::default();
    let dropped = log.clone();
    let transport = cli(|_, mut cli| async move {
        let initialize = cli.request("initialize").await;
        cli.write(success(&initialize, json!({}))).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(call("slow", 0, "PostToolUse", r#""tool_name":"Bash""#)).await;
        cli.write(bash("later", 1)).await;
        cli.write(stop("now", 2)).await;
        assert_eq!(cli.read_text().await.unwrap(), yes("now", "{}"));
        assert_eq!(cli.read_text().await.unwrap(), yes("later", "{}"));
        // The CLI cancels a hook like this when its time is up.
        cli.write(r#"{"type":"control_cancel_request","request_id":"slow"}"#).await;
        quiet().await;
        cli.write(stop("after", 2)).await;
        assert_eq!(
            cli.read_text().await.unwrap(),
            yes("after", "{}"),
            "the cancelled hook sends nothing"
        );
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .on_hook("", move |_: PostToolUse, _| {
            let dropped = Dropped(dropped.clone());
            async move {
                std::future::pending::<()>().await;
                drop(dropped);
            }
        })
        .on_hook("", |_: PreToolUse, _| tokio::time::sleep(Duration::from_secs(5)))
        .on_hook("", |_: Stop, _| async {})
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    assert_eq!(log.all(), ["dropped"]);
}
