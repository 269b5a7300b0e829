//! What the host's `initialize` relies on, and whether the CLI's reply grants it.

use crate::wire::RawJson;

/// What the CLI cannot do although the host needs it. A hook that is to block what it guards when it fails must not be left to a CLI that would
/// go on in that case.
pub(super) fn unmet(initialize: &RawJson, reply: Option<&RawJson>) -> Option<&'static str> {
    let flag = |name| reply.and_then(|reply| reply.cursor().get(name)?.bool());
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

fn has_blocking_hook(initialize: &RawJson) -> bool {
    let hooks = initialize.cursor().get("hooks");
    let matchers = hooks.into_iter().flat_map(|hooks| hooks.fields()).flat_map(|(_, matchers)| matchers.items());
    matchers.into_iter().any(|matcher| matcher.get("onFailure").and_then(|value| value.string()).as_deref() == Some("block"))
}
