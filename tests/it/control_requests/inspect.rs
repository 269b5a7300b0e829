//! `session.inspect()`.

use claude_wire::wire::replies::settings::RuleEditability;

use super::exchange::reply;

#[tokio::test(start_paused = true)]
async fn version_and_models() {
    let version = reply("get_binary_version", r#"{"subtype":"get_binary_version"}"#, |session| {
        session.inspect().version()
    })
    .await;
    assert_eq!(version.version, "2.1.329");
    let models =
        reply("list_models", r#"{"subtype":"list_models"}"#, |session| session.inspect().models())
            .await;
    assert_eq!(models.models[0].resolved_model.as_deref(), Some("claude-opus-5-5"));
    assert_eq!(models.models[0].supports_thinking_off, Some(false));
}

#[tokio::test(start_paused = true)]
async fn status_and_plan() {
    let status =
        reply("get_status", r#"{"subtype":"get_status"}"#, |session| session.inspect().status())
            .await;
    assert_eq!(status.sections[0].rows[0].label.as_deref(), Some("Version"));
    assert_eq!(status.sections[0].rows[0].value, "2.1.329");
    let plan =
        reply("get_plan", r#"{"subtype":"get_plan"}"#, |session| session.inspect().plan()).await;
    assert!(!plan.exists);
}

#[tokio::test(start_paused = true)]
async fn memories_and_skills() {
    let memories = reply("get_memory_dialog", r#"{"subtype":"get_memory_dialog"}"#, |session| {
        session.inspect().memories()
    })
    .await;
    assert_eq!((memories.files[0].kind.as_str(), memories.files[0].exists), ("project", true));
    assert!(memories.auto_memory.enabled && !memories.auto_dream.shown);
    let skills = reply("get_skills_dialog", r#"{"subtype":"get_skills_dialog"}"#, |session| {
        session.inspect().skills()
    })
    .await;
    assert_eq!((skills.skills[0].name.as_str(), skills.skills[0].state.as_str()), ("demo", "on"));
}

#[tokio::test(start_paused = true)]
async fn the_sandbox() {
    let sandbox = reply("get_sandbox_dialog", r#"{"subtype":"get_sandbox_dialog"}"#, |session| {
        session.inspect().sandbox()
    })
    .await;
    assert!(sandbox.supported && !sandbox.enabled && sandbox.auto_allow_available);
    assert_eq!(sandbox.mode, "disabled");
}

#[tokio::test(start_paused = true)]
async fn hooks_and_permission_rules() {
    let hooks = reply("get_hooks_listing", r#"{"subtype":"get_hooks_listing"}"#, |session| {
        session.inspect().hooks()
    })
    .await;
    assert_eq!(
        (hooks.hooks[0].event.as_str(), hooks.hooks[0].matcher.as_str()),
        ("PreToolUse", "Read")
    );
    assert_eq!((hooks.hooks[0].timeout, hooks.events[0].hook_count), (Some(5.0), 1));
    assert!(!hooks.policy.all_disabled);
    let rules =
        reply("list_permission_rules", r#"{"subtype":"list_permission_rules"}"#, |session| {
            session.inspect().permission_rules()
        })
        .await;
    assert_eq!(
        (rules.state.rules[1].rule.as_str(), &rules.state.rules[1].editability),
        ("Read(./x)", &RuleEditability::Persistent)
    );
    assert_eq!(rules.state.rules[0].description.as_ref().unwrap().prefix, "Any Bash command");
}
