//! Who decides about a tool call, and how each decision looks on the wire.

use std::time::Duration;

use crate::support::ask::{answers, ask, yes};
use crate::support::cli::Log;
use claude_wire::session::{
    Confirmer, DecisionClassification, PermissionHandler, PermissionRequest,
};
use claude_wire::wire::RawJson;
use claude_wire::wire::permission::{PermissionBehavior, PermissionDestination, PermissionUpdate};
use claude_wire::{Decision, Session, SessionBuilder};
use serde_json::json;

/// A request as CLI 2.1.329 sends it, except for a null that was never observed.
const ASK: &str = r#"{"subtype":"can_use_tool","tool_name":"Bash","display_name":"Bash","input":{"command":"touch a"},"description":"create a file","permission_suggestions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch a"},{"toolName":"Read","ruleContent":null}],"behavior":"allow","destination":"localSettings"},{"type":"setMode","mode":"acceptEdits","destination":"session"},{"type":"future", "x":1}],"blocked_path":"/home/a","tool_use_id":"t1"}"#;

async fn answer(builder: SessionBuilder) -> String {
    answers(builder, &[ask("p", ASK)]).await.concat()
}

async fn decided(decision: Decision) -> String {
    answer(Session::builder().on_permission(move |_| std::future::ready(decision.clone()))).await
}

fn denied(message: &str) -> String {
    yes("p", &format!(r#"{{"behavior":"deny","message":"{message}","toolUseID":"t1"}}"#))
}

fn allowed(more: &str) -> String {
    yes(
        "p",
        &format!(
            r#"{{"behavior":"allow","updatedInput":{{"command":"touch a"}}{more},"toolUseID":"t1"}}"#
        ),
    )
}

fn add_rules(rules: &[&str]) -> PermissionUpdate {
    PermissionUpdate::AddRules {
        rules: rules.iter().map(|rule| (*rule).into()).collect(),
        behavior: PermissionBehavior::Allow,
        destination: PermissionDestination::Session,
    }
}

#[tokio::test(start_paused = true)]
async fn updates_go_with_the_allowance() {
    let updates = r#","updatedPermissions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"git:*"},{"toolName":"Read"}],"behavior":"allow","destination":"session"},{"type":"addDirectories","directories":["/d"],"destination":"session"}]"#;
    let directories = PermissionUpdate::AddDirectories {
        directories: vec!["/d".into()],
        destination: PermissionDestination::Session,
    };
    let decision = Decision::allow_and_update([add_rules(&["Bash(git:*)", "Read"]), directories]);
    assert_eq!(decided(decision).await, allowed(updates));
}

#[tokio::test(start_paused = true)]
async fn always_returns_the_suggestions_without_nulls() {
    let suggestions = r#","updatedPermissions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch a"},{"toolName":"Read"}],"behavior":"allow","destination":"localSettings"},{"type":"setMode","mode":"acceptEdits","destination":"session"},{"type":"future", "x":1}]"#;
    let builder =
        Session::builder().on_permission(|request| async move { Decision::allow_always(&request) });
    assert_eq!(answer(builder).await, allowed(suggestions));
}

#[tokio::test(start_paused = true)]
async fn a_faulty_update_drops_all_updates_but_keeps_the_allowance() {
    assert_eq!(
        decided(Decision::allow_and_update([add_rules(&["Read"]), add_rules(&[])])).await,
        allowed("")
    );
}

#[tokio::test(start_paused = true)]
async fn the_decision_of_a_human_is_readable() {
    let decision = Decision::allow().classified(DecisionClassification::UserPermanent);
    let expected = r#"{"behavior":"allow","updatedInput":{"command":"touch a"},"toolUseID":"t1","decisionClassification":"user_permanent"}"#;
    assert_eq!(decided(decision).await, yes("p", expected));
    let decision =
        Decision::deny_and_interrupt("no").classified(DecisionClassification::UserReject);
    let expected = r#"{"behavior":"deny","message":"no","interrupt":true,"toolUseID":"t1","decisionClassification":"user_reject"}"#;
    assert_eq!(decided(decision).await, yes("p", expected));
}

#[tokio::test(start_paused = true)]
async fn an_empty_input_is_valid() {
    assert_eq!(
        decided(Decision::allow_with(json!({}))).await,
        yes("p", r#"{"behavior":"allow","updatedInput":{},"toolUseID":"t1"}"#)
    );
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_not_an_object_is_a_denial() {
    let expected =
        denied("the permission handler replaced the input with something that is not an object");
    for input in ["null", "[1]", "\"ls\""] {
        assert_eq!(
            decided(Decision::allow_with(RawJson::parse(input).unwrap())).await,
            expected,
            "{input}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_without_a_confirmer_is_a_denial() {
    assert_eq!(
        decided(Decision::confirm("sure?")).await,
        denied("no confirmer is set to confirm it")
    );
}

#[tokio::test(start_paused = true)]
async fn the_confirmer_decides() {
    for (decision, expected) in [
        (Decision::allow(), allowed("")),
        (Decision::deny("the user said no"), denied("the user said no")),
        (Decision::confirm("really?"), denied("no confirmer is set to confirm it")),
    ] {
        let asked = Log::default();
        let log = asked.clone();
        let builder = Session::builder().on_permission(|request| async move {
            Decision::confirm(format!("run {}?", request.tool_name()))
        });
        let builder = builder.on_confirm(move |prompt, request| {
            log.push(format!("{prompt} {}", request.input()));
            std::future::ready(decision.clone())
        });
        assert_eq!(answer(builder).await, expected);
        assert_eq!(asked.all(), [r#"run Bash? {"command":"touch a"}"#]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_confirmer_is_not_asked_about_final_decisions() {
    let builder = Session::builder()
        .on_confirm(|_, _| async { panic!("asked") })
        .on_permission(|_| async { Decision::allow() });
    assert_eq!(answer(builder).await, allowed(""));
}

#[tokio::test(start_paused = true)]
async fn a_confirmer_that_panics_is_a_denial() {
    let builder = Session::builder()
        .on_permission(|_| async { Decision::confirm("?") })
        .on_confirm(|_, _| async { panic!("no") });
    assert_eq!(answer(builder).await, denied("the permission handler panicked"));
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_takes_too_long_is_a_denial() {
    let limited = || Session::builder().permission_timeout(Duration::from_secs(30));
    let late = denied("no decision within 30s");
    assert_eq!(answer(limited().on_permission(|_| std::future::pending())).await, late);
    let confirming = limited()
        .on_confirm(|_, _| std::future::pending())
        .on_permission(|_| async { Decision::confirm("?") });
    assert_eq!(answer(confirming).await, late, "the time limit includes the confirmation");
    let in_time = limited().on_permission(|_| async {
        tokio::time::sleep(Duration::from_secs(29)).await;
        Decision::allow()
    });
    assert_eq!(answer(in_time).await, allowed(""));
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_decision_may_take_any_time() {
    let patient = Session::builder().no_timeout().on_permission(|_| async {
        tokio::time::sleep(Duration::from_secs(86_400)).await;
        Decision::allow()
    });
    assert_eq!(answer(patient).await, allowed(""));
}

struct Careful;

impl PermissionHandler for Careful {
    async fn decide(&self, request: PermissionRequest) -> Decision {
        Decision::confirm(request.fields().blocked_path.clone().unwrap_or_default())
    }
}

struct Human(&'static str);

impl Confirmer for Human {
    async fn confirm(&self, prompt: String, _: PermissionRequest) -> Decision {
        if prompt == self.0 { Decision::allow() } else { Decision::deny("not that") }
    }
}

#[tokio::test(start_paused = true)]
async fn types_can_replace_closures() {
    let builder = |path| Session::builder().confirmer(Human(path)).permission_handler(Careful);
    assert_eq!(answer(builder("/home/a")).await, allowed(""));
    assert_eq!(answer(builder("/home/b")).await, denied("not that"));
}
