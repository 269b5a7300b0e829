//! Checks whether the CLI's reply grants what the host's `initialize` requires.

use crate::wire::RawJson;
use crate::wire::control::Request;

/// Returns what the CLI does not support although the host requires it. A hook that must block when
/// it fails cannot be left to a CLI that would continue in that case, and a sandbox must not be
/// dropped silently.
pub(super) fn unmet(initialize: &Request, reply: Option<&RawJson>) -> Option<&'static str> {
    let flag = |name| reply.and_then(|reply| reply.cursor().get(name)?.bool());
    // The flags that announce these fields make an older CLI exit; a CLI that knows them but
    // ignores them says so.
    for (field, applied, what) in [
        ("settings", "settings_applied", "settings in the handshake (`settings_applied`)"),
        (
            "managedSettings",
            "managed_settings_applied",
            "managed settings in the handshake (`managed_settings_applied`)",
        ),
        (
            "mcpServers",
            "mcp_servers_applied",
            "MCP servers in the handshake (`mcp_servers_applied`)",
        ),
    ] {
        if initialize.field(field).is_some() && flag(applied) == Some(false) {
            return Some(what);
        }
    }
    if !has_blocking_hook(initialize) {
        None
    } else if flag("hook_on_failure_supported") != Some(true) {
        Some("hooks that block when they fail (`hook_on_failure_supported`)")
    } else if flag("hooks_applied") == Some(false) {
        Some("hooks of a host (`hooks_applied`)")
    } else {
        None
    }
}

/// True if this CLI did not accept the hooks and none of them is blocking.
pub(super) fn has_deaf_hooks(initialize: &Request, reply: Option<&RawJson>) -> bool {
    let hooks =
        initialize.field("hooks").is_some_and(|hooks| hooks.cursor().fields().next().is_some());
    hooks && reply.and_then(|reply| reply.cursor().get("hooks_applied")?.bool()) == Some(false)
}

fn has_blocking_hook(initialize: &Request) -> bool {
    let hooks = initialize.field("hooks").map(RawJson::cursor);
    let matchers = hooks
        .into_iter()
        .flat_map(|hooks| hooks.fields())
        .flat_map(|(_, matchers)| matchers.items());
    matchers.into_iter().any(|matcher| {
        matcher.get("onFailure").and_then(|value| value.string()).as_deref() == Some("block")
    })
}
