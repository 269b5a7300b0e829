//! A hook that lets everything pass and tells of it.

use super::HookContext;
use crate::wire::hook::{HookEventName, HookInput};

/// The events to log. A hook for the making or removing of work trees has to do the work itself, and one for the CLI's set-up would never be
/// called.
pub(super) fn events_to_log() -> impl Iterator<Item = HookEventName> {
    use HookEventName::{Setup, WorktreeCreate, WorktreeRemove};
    let left_out = [WorktreeCreate, WorktreeRemove, Setup];
    HookEventName::ALL.iter().filter(move |event| !left_out.contains(event)).cloned()
}

/// Writes the event down, whole.
pub(super) async fn log(event: HookInput, context: HookContext) {
    tracing::debug!(
        target: "claude_wire::hooks",
        event = event.name().as_str(),
        session_id = context.base().session_id,
        tool_use_id = context.tool_use_id(),
        input = %event.raw(),
        "hook"
    );
}
