//! The types of the replies to control requests.

use super::audit::not_modelled;
use crate::wire::RawJson;
use crate::wire::replies::*;

/// What the type of the reply does not know of it; that there is none is a gap too.
pub(super) fn gaps(asked: &str, reply: &RawJson) -> Vec<String> {
    match TYPES.iter().find(|(subtype, _)| *subtype == asked) {
        Some((_, gaps)) => gaps(reply.clone()),
        None if UNREAD.contains(&asked) => Vec::new(),
        None => vec!["response: no type is known for this reply".to_owned()],
    }
}

type Gaps = fn(RawJson) -> Vec<String>;

macro_rules! typed {
    ($type:ty) => {
        |raw| {
            let reply = Reply::<$type>::read(Some(raw));
            let defects = reply.defects().iter().map(ToString::to_string);
            defects.chain(reply.unmodelled().into_iter().map(not_modelled)).collect()
        }
    };
}

/// Requests whose reply is an acknowledgement; nothing is read out of it.
const UNREAD: &[&str] = &[
    "apply_flag_settings",
    "channel_enable",
    "claude_oauth_callback",
    "claude_oauth_wait_for_completion",
    "mcp_clear_auth",
    "mcp_message",
    "mcp_oauth_callback_url",
    "mcp_reconnect",
    "mcp_toggle",
    "message_rated",
    "rename_session",
    "seed_read_state",
    "set_has_subscribers",
    "set_max_thinking_tokens",
    "set_prompt_suggestions_paused",
    "stop_task",
    "update_settings",
];

/// By the subtype of the request.
const TYPES: &[(&str, Gaps)] = &[
    ("background_tasks", typed!(Backgrounded)),
    ("cancel_async_message", typed!(CancelledMessage)),
    ("claude_authenticate", typed!(LoginUrls)),
    ("export_conversation", typed!(Export)),
    ("file_suggestions", typed!(FileSuggestions)),
    ("generate_session_title", typed!(Title)),
    ("get_binary_version", typed!(BinaryVersion)),
    ("get_chrome_browsers", typed!(ChromeBrowsers)),
    ("get_chrome_dialog", typed!(ChromeStatus)),
    ("get_context_usage", typed!(ContextReport)),
    ("get_hooks_listing", typed!(HookListing)),
    ("get_memory_dialog", typed!(Memories)),
    ("get_plan", typed!(Plan)),
    ("get_sandbox_dialog", typed!(Sandbox)),
    ("get_session_cost", typed!(SessionCost)),
    ("get_settings", typed!(SettingsReport)),
    ("get_skills_dialog", typed!(Skills)),
    ("get_status", typed!(Status)),
    ("get_task_output", typed!(TaskOutput)),
    ("get_usage", typed!(UsageDetails)),
    ("initialize", typed!(ServerInfo)),
    ("interrupt", typed!(Interrupted)),
    ("list_models", typed!(ModelList)),
    ("list_permission_rules", typed!(PermissionRules)),
    ("mcp_authenticate", typed!(McpAuthentication)),
    ("mcp_call", typed!(McpCallResult)),
    ("mcp_read_resource", typed!(McpResource)),
    ("mcp_set_servers", typed!(McpServerChanges)),
    ("mcp_status", typed!(McpServers)),
    ("read_file", typed!(FileContents)),
    ("register_repo_root", typed!(RepoRoot)),
    ("reload_output_styles", typed!(ReloadedOutputStyles)),
    ("reload_plugins", typed!(ReloadedPlugins)),
    ("reload_skills", typed!(ReloadedSkills)),
    ("remote_control", typed!(RemoteControl)),
    ("rewind_files", typed!(Rewind)),
    ("select_chrome_browser", typed!(ChromeChoice)),
    ("set_cwd", typed!(CwdChange)),
    ("set_mcp_permission_mode_override", typed!(McpOverride)),
    ("set_model", typed!(ModelSet)),
    ("set_permission_mode", typed!(ModeSet)),
    ("side_question", typed!(SideAnswer)),
    ("submit_feedback", typed!(FeedbackReceipt)),
    ("submit_survey_feedback", typed!(FeedbackReceipt)),
    ("ultrareview_launch", typed!(ReviewLaunch)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_with_a_method_has_its_row() {
        let page = include_str!("../../../docs/control-requests.md");
        let rows = page.lines().filter(|line| line.starts_with("| `") && !line.contains("none:"));
        let documented: Vec<_> = rows.filter_map(|line| line.split('`').nth(1)).collect();
        assert!(documented.len() > 60);
        for subtype in documented {
            assert!(
                UNREAD.contains(&subtype) || TYPES.iter().any(|(known, _)| *known == subtype),
                "{subtype}"
            );
        }
    }
}
