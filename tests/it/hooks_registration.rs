//! How hooks are registered with the CLI, and what it must support.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::support::cli::{Log, cli, success};
use claude_wire::session::handlers::DialogAnswer;
use claude_wire::session::{Matcher, SessionEvent};
use claude_wire::transport::Memory;
use claude_wire::wire::hook::{HookEventName, HookInput, PostToolUse, PreToolUse, Stop};
use claude_wire::{Session, SessionBuilder};
use serde_json::{Value, json};

/// A CLI that logs the `initialize` of each connection and answers it with `reply`.
fn introduced(reply: Value, log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let (reply, log) = (reply.clone(), log.clone());
        async move {
            let line = cli.read_text().await.unwrap();
            let (_, request) = line.split_once(r#""request":"#).unwrap();
            log.push(request.strip_suffix('}').unwrap());
            cli.write(success(&serde_json::from_str(&line).unwrap(), reply)).await;
            cli.serve().await
        }
    })
}

async fn initialize(builder: SessionBuilder) -> String {
    let log = Log::default();
    let session = builder.transport(introduced(json!({}), &log)).start().unwrap();
    session.connect().await.unwrap();
    session.stop().await.unwrap().unwrap();
    log.all().concat()
}

#[tokio::test(start_paused = true)]
async fn without_hooks_initialize_is_empty() {
    assert_eq!(initialize(Session::builder()).await, r#"{"subtype":"initialize"}"#);
}

#[tokio::test(start_paused = true)]
async fn hooks_are_numbered_in_the_order_of_their_registration() {
    let builder = Session::builder()
        .on_hook("Bash|Edit", |_: PreToolUse, _| async {})
        .on_hook(Matcher::all(), |_: Stop, _| async {})
        .on_hook(Matcher::new("Write").timeout(Duration::from_secs(5)), |_: PreToolUse, _| async {})
        .on_hook(Matcher::all().timeout(Duration::from_millis(1500)), |_: PostToolUse, _| async {});
    let expected = concat!(
        r#"{"subtype":"initialize","hooks":{"#,
        r#""PreToolUse":[{"matcher":"Bash|Edit","hookCallbackIds":["hook_0"]},{"matcher":"Write","hookCallbackIds":["hook_2"],"timeout":5}],"#,
        r#""Stop":[{"hookCallbackIds":["hook_1"]}],"#,
        r#""PostToolUse":[{"hookCallbackIds":["hook_3"],"timeout":1.5}]}}"#
    );
    assert_eq!(initialize(builder).await, expected);
}

#[tokio::test(start_paused = true)]
async fn one_hook_may_have_many_events_known_or_not() {
    let builder = Session::builder().on_hooks(
        [HookEventName::Stop, "CoffeeBreak".into()],
        "x",
        |_: HookInput, _| async {},
    );
    let expected = r#"{"subtype":"initialize","hooks":{"Stop":[{"matcher":"x","hookCallbackIds":["hook_0"]}],"CoffeeBreak":[{"matcher":"x","hookCallbackIds":["hook_1"]}]}}"#;
    assert_eq!(initialize(builder).await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_log_registers_for_all_passive_events() {
    let initialize: Value =
        serde_json::from_str(&initialize(Session::builder().log_hooks()).await).unwrap();
    let events = initialize["hooks"].as_object().unwrap();
    assert_eq!(events.len(), 34 - 3);
    assert!(
        ["WorktreeCreate", "WorktreeRemove", "Setup"]
            .iter()
            .all(|event| !events.contains_key(*event))
    );
}

#[tokio::test(start_paused = true)]
async fn the_kinds_of_dialogs_are_reported() {
    let builder =
        Session::builder().on_user_dialog(["plan", "trust"], |_| async { DialogAnswer::Cancelled });
    assert_eq!(
        initialize(builder).await,
        r#"{"subtype":"initialize","supportedDialogKinds":["plan","trust"]}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_fork_registers_the_same_hooks() {
    let log = Log::default();
    let builder = Session::builder().on_hook(Matcher::all(), |_: Stop, _| async {});
    let session = builder.transport(introduced(json!({}), &log)).start().unwrap();
    session.query("go").text().await.unwrap();
    let fork = session.fork().unwrap();
    fork.connect().await.unwrap();
    let [first, second] = &log.all()[..] else { panic!("{:?}", log.all()) };
    assert_eq!(first, second);
    assert!(first.contains("hook_0"), "{first}");
}

#[test]
fn conflicting_registrations_are_rejected() {
    let builder = Session::builder().initialize_field("hooks", json!({}));
    assert!(builder.clone().start().is_ok());
    let error = builder.on_hook(Matcher::all(), |_: Stop, _| async {}).start().unwrap_err();
    assert!(error.is_option() && error.to_string().contains("`hooks`"), "{error}");
}

#[test]
fn a_zero_hook_timeout_is_rejected() {
    let error = Session::builder()
        .on_hook(Matcher::all().timeout(Duration::ZERO), |_: Stop, _| async {})
        .start()
        .unwrap_err();
    assert_eq!(error.to_string(), "option `hook`: expected a timeout of more than 0, got 0ns");
}

fn guarded() -> SessionBuilder {
    Session::builder().on_hook(Matcher::new("Bash").block_on_failure(), |_: PreToolUse, _| async {})
}

#[tokio::test(start_paused = true)]
async fn a_guard_is_registered_as_blocking() {
    let log = Log::default();
    let reply = json!({"hooks_applied": true, "hook_on_failure_supported": true});
    let session = guarded().transport(introduced(reply, &log)).start().unwrap();
    session.connect().await.unwrap();
    let expected = r#"{"subtype":"initialize","hooks":{"PreToolUse":[{"matcher":"Bash","hookCallbackIds":["hook_0"],"onFailure":"block"}]}}"#;
    assert_eq!(log.all(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_ignores_guards_is_refused() {
    for reply in [
        json!({}),
        json!({"hooks_applied": true}),
        json!({"hook_on_failure_supported": true, "hooks_applied": false}),
    ] {
        let session =
            guarded().transport(introduced(reply.clone(), &Log::default())).start().unwrap();
        for error in
            [session.connect().await.unwrap_err(), session.query("go").text().await.unwrap_err()]
        {
            assert!(error.is_unsupported(), "{reply}: {error}");
            assert!(
                error.to_string().starts_with("this version of the CLI does not support hooks"),
                "{error}"
            );
        }
        session.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_that_the_cli_ignored_are_reported() {
    let builder = Session::builder().on_hook("Bash", |_: PreToolUse, _| async {});
    let session = builder
        .transport(introduced(json!({"hooks_applied": false}), &Log::default()))
        .start()
        .unwrap();
    let mut events = session.events();
    session.connect().await.unwrap();
    let warning = loop {
        if let SessionEvent::Warning(warning) = events.next().await.unwrap() {
            break warning;
        }
    };
    assert_eq!(
        warning,
        "the CLI has taken none of the hooks (`hooks_applied` is false): they will not be called"
    );
}
