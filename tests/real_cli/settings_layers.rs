//! Settings of every layer: the CLI reports each layer, in the order in which it merges them.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::PermissionMode;
use claude_wire::wire::System;
use claude_wire::wire::replies::settings::SettingsSource;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi")])).await;
    let project = place.cwd().join(".claude");
    std::fs::create_dir_all(&project).unwrap();
    std::fs::create_dir_all(place.config_dir()).unwrap();
    for (path, settings) in [
        (
            place.config_dir().join("settings.json"),
            json!({"model": "of-user", "permissions": {"defaultMode": "plan"}, "env": {"A": "1"}}),
        ),
        (
            project.join("settings.json"),
            json!({"permissions": {"defaultMode": "acceptEdits"}, "env": {"A": "2"}}),
        ),
        (
            project.join("settings.local.json"),
            json!({"includeCoAuthoredBy": true, "env": {"B": "3"}}),
        ),
    ] {
        std::fs::write(path, settings.to_string()).unwrap();
    }
    let session = place
        .session()
        .settings(json!({"model": "of-flag"}))
        .managed_settings(json!({"permissions": {"deny": ["WebFetch"]}}))
        .start()
        .unwrap();
    let settings = session.settings().get().await.unwrap();
    let sources: Vec<_> = settings.sources.iter().map(|layer| layer.source.as_str()).collect();
    assert_eq!(sources, SettingsSource::KNOWN);
    let provenance: Vec<_> =
        settings.provenance().into_iter().map(|(key, source)| format!("{key}: {source}")).collect();
    assert_eq!(
        provenance,
        [
            "env: localSettings",
            "includeCoAuthoredBy: localSettings",
            "model: flagSettings",
            "permissions: policySettings",
        ]
    );
    // The layer that has the last word gave the value.
    for (pointer, source, value) in [
        ("/model", SettingsSource::Flag, "of-flag"),
        ("/env/A", SettingsSource::Project, "2"),
        ("/env/B", SettingsSource::Local, "3"),
        ("/permissions/defaultMode", SettingsSource::Project, "acceptEdits"),
        ("/permissions/deny/0", SettingsSource::Policy, "WebFetch"),
    ] {
        assert_eq!(settings.source_of(pointer), Some(&source), "{pointer}");
        assert_eq!(settings.effective.pointer(pointer).unwrap().as_str().unwrap(), value);
    }
    assert_eq!(settings.trusted_default_mode(), None);
    // The CLI does follow it, unless the option `permission_mode` is set.
    let mut turn = session.query("Hello");
    let mut modes = Vec::new();
    while let Some(message) = turn.next().await {
        if let Some(System::Init(init)) = message.unwrap().as_system() {
            modes.push(init.permission_mode.clone());
        }
    }
    assert_eq!(modes, [PermissionMode::AcceptEdits]);
    assert!(finish(session, place).await.success());
}
