//! `session.settings()` and `session.reload()`.

use claude_wire::Session;
use claude_wire::session::PermissionMode;
use claude_wire::session::options::Effort;
use claude_wire::transport::Memory;
use claude_wire::wire::replies::settings::SettingsSource;
use serde_json::{Value, json};

use super::exchange::{acknowledged, refused, reply, sends};
use crate::support::cli::{cli, success};

#[tokio::test(start_paused = true)]
async fn get_returns_the_settings_by_layer() {
    let settings =
        reply("get_settings", r#"{"subtype":"get_settings"}"#, |session| session.settings().get())
            .await;
    assert_eq!(
        settings.effective.pointer("/permissions/deny/0").unwrap().as_str().unwrap(),
        "Read(./x)"
    );
    assert_eq!(settings.sources[0].source, SettingsSource::Project);
    assert_eq!(settings.applied.as_ref().unwrap().effort.as_deref(), Some("medium"));
}

#[tokio::test(start_paused = true)]
async fn the_report_says_which_layer_gave_what() {
    let request = r#"{"subtype":"get_settings"}"#;
    let settings =
        reply("settings_of_every_layer", request, |session| session.settings().get()).await;
    let provenance: Vec<_> =
        settings.provenance().into_iter().map(|(key, source)| format!("{key}: {source}")).collect();
    assert_eq!(
        provenance,
        [
            "cleanupPeriodDays: userSettings",
            "env: flagSettings",
            "includeCoAuthoredBy: localSettings",
            "model: flagSettings",
            "permissions: policySettings",
        ]
    );
    for (pointer, expected) in [
        ("/permissions/defaultMode", Some(SettingsSource::Project)),
        ("/permissions/deny", Some(SettingsSource::Policy)),
        ("/permissions/ask", None),
        ("/env/B", Some(SettingsSource::Local)),
        ("/nothing", None),
    ] {
        assert_eq!(settings.source_of(pointer), expected.as_ref(), "{pointer}");
    }
    let models: Vec<_> = settings
        .layers_with("/model")
        .map(|layer| layer.settings.pointer("/model").unwrap().as_str().unwrap().into_owned())
        .collect();
    assert_eq!(models, ["user-model", "flag-model"]);
    assert_eq!(settings.trusted_default_mode(), None, "`acceptEdits` is from the project");
}

/// A mode that asks less counts unless the project's own files set it.
#[tokio::test(start_paused = true)]
async fn a_default_mode_of_the_project_is_not_trusted() {
    for (mode, source, trusted) in [
        ("acceptEdits", "projectSettings", false),
        ("bypassPermissions", "projectSettings", false),
        ("auto", "projectSettings", false),
        ("plan", "projectSettings", true),
        ("dontAsk", "projectSettings", true),
        ("acceptEdits", "localSettings", true),
        ("bypassPermissions", "userSettings", true),
        ("auto", "laterSettings", true),
    ] {
        let settings = json!({"permissions": {"defaultMode": mode}});
        let below = json!({"permissions": {"defaultMode": "default"}});
        let report = json!({
            "effective": settings,
            "sources": [
                {"source": "userSettings", "settings": below},
                {"source": source, "settings": settings}
            ]
        });
        let session = Session::builder().transport(answering(report)).start().unwrap();
        let report = session.settings().get().await.unwrap();
        let expected = trusted.then(|| PermissionMode::from(mode));
        assert_eq!(report.trusted_default_mode(), expected, "{mode} of {source}");
        assert_eq!(report.source_of("/permissions/defaultMode").unwrap().as_str(), source);
    }
}

/// A CLI that answers its first request.
fn answering(report: Value) -> Memory {
    cli(move |_, mut cli| {
        let report = report.clone();
        async move {
            cli.acknowledge("initialize").await;
            let request = cli.request("get_settings").await;
            cli.write(success(&request, report)).await;
            cli.serve().await
        }
    })
}

/// `None` removes a key; a key that is not named is not in the request.
#[tokio::test(start_paused = true)]
async fn apply_sets_and_removes_keys() {
    let request = r#"{"subtype":"apply_flag_settings","settings":{"model":"claude-sonnet-5","outputStyle":null}}"#;
    let settings = [("model", Some(json!("claude-sonnet-5"))), ("outputStyle", None)];
    acknowledged("apply_flag_settings", request, |session| session.settings().apply(settings))
        .await;
}

#[tokio::test(start_paused = true)]
async fn save_writes_the_two_keys_that_can_be_written() {
    let request =
        r#"{"subtype":"update_settings","source":"userSettings","settings":{"effortLevel":"low"}}"#;
    acknowledged("update_settings", request, |session| session.settings().save_effort(Effort::Low))
        .await;
    let request = r#"{"subtype":"update_settings","source":"localSettings","settings":{"outputStyle":"default"}}"#;
    sends(request, |session| session.settings().save_output_style("default")).await;
}

#[tokio::test(start_paused = true)]
async fn connectors_are_reloaded() {
    sends(r#"{"subtype":"reload_connectors"}"#, |session| session.reload().connectors()).await;
}

#[tokio::test(start_paused = true)]
async fn plugins_skills_and_output_styles_are_reloaded() {
    let plugins = reply("reload_plugins", r#"{"subtype":"reload_plugins"}"#, |session| {
        session.reload().plugins()
    })
    .await;
    assert_eq!((plugins.plugins[0].path.as_str(), plugins.error_count), ("builtin", 0));
    assert_eq!(plugins.agents[1].model.as_deref(), Some("haiku"));
    let skills = reply("reload_skills", r#"{"subtype":"reload_skills"}"#, |session| {
        session.reload().skills()
    })
    .await;
    assert_eq!(skills.skills[0].name, "demo");
    let styles =
        reply("reload_output_styles", r#"{"subtype":"reload_output_styles"}"#, |session| {
            session.reload().output_styles()
        })
        .await;
    assert_eq!(styles.available_output_styles[0], "default");
}

#[tokio::test(start_paused = true)]
async fn plugins_may_be_added_pending_or_refused() {
    let request = r#"{"subtype":"reload_plugins","hold_on_cache_impact":true,"refuse_if_busy":true,"add_plugins":[{"type":"local","path":"/p"},{"type":"local","path":"/q"}]}"#;
    let call = |session: &claude_wire::Session| {
        session
            .reload()
            .plugins()
            .hold_on_cache_impact()
            .refuse_if_busy()
            .add_plugin("/p")
            .add_plugin("/q")
    };
    let error = refused("reload_plugins/busy", request, call).await;
    assert_eq!(error.refusal().unwrap().code(), Some("reload_plugins_busy"));
}
