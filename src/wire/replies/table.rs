//! Which request is answered by which type.

use std::collections::BTreeMap;

use super::*;
use crate::wire::RawJson;
use crate::wire::decode::{Decode, Defect, Shape};
use crate::wire::system::ui::UiPanes;

/// What the type of a reply does not know of it.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    pub(crate) defects: Vec<Defect>,
    /// As [`Reply::unmodelled`] lists it.
    pub(crate) unmodelled: Vec<String>,
}

/// Requests whose reply is an acknowledgement; nothing is read out of it.
const ACKNOWLEDGED: &[&str] = &[
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

/// Declares the type of each reply, by the subtype of the request.
macro_rules! replies {
    ($($subtype:literal: $type:ty,)*) => {
        /// What the type of the reply to `asked` does not know of it; `None` where the reply has
        /// no type.
        pub(crate) fn unknown_of(asked: &str, reply: &RawJson) -> Option<Unknown> {
            match asked {
                $($subtype => Some(read::<$type>(reply.clone())),)*
                _ => ACKNOWLEDGED.contains(&asked).then(Unknown::default),
            }
        }

        /// The fields of each reply, by the subtype of the request.
        pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
            let mut replies = BTreeMap::from([$(($subtype.to_owned(), shape::<$type>())),*]);
            replies.extend(ACKNOWLEDGED.iter().map(|asked| ((*asked).to_owned(), Shape::default())));
            replies
        }
    };
}

replies! {
    "background_tasks": tasks::Backgrounded,
    "cancel_async_message": session::CancelledMessage,
    "claude_authenticate": account::LoginUrls,
    "export_conversation": session::Export,
    "file_suggestions": files::FileSuggestions,
    "generate_session_title": session::Title,
    "get_binary_version": dialogs::BinaryVersion,
    "get_chrome_browsers": account::ChromeBrowsers,
    "get_chrome_dialog": account::ChromeStatus,
    "get_context_usage": context::ContextReport,
    "get_hooks_listing": settings::HookListing,
    "get_memory_dialog": dialogs::Memories,
    "get_plan": dialogs::Plan,
    "get_sandbox_dialog": dialogs::Sandbox,
    "get_session_cost": usage::SessionCost,
    "get_settings": settings::SettingsReport,
    "get_skills_dialog": dialogs::Skills,
    "get_status": dialogs::Status,
    "get_task_output": tasks::TaskOutput,
    "get_usage": usage::UsageDetails,
    "get_workspace_diff": files::WorkspaceDiff,
    "initialize": server::ServerInfo,
    "interrupt": session::Interrupted,
    "list_cloud_sessions": cloud::CloudSessions,
    "list_models": dialogs::ModelList,
    "list_permission_rules": settings::PermissionRules,
    "log_host_events": session::HostEventsReceipt,
    "mcp_authenticate": mcp::McpAuthentication,
    "mcp_call": mcp::McpCallResult,
    "mcp_read_resource": mcp::McpResource,
    "mcp_set_servers": mcp::McpServerChanges,
    "mcp_status": mcp::McpServers,
    "read_file": files::FileContents,
    "register_repo_root": files::RepoRoot,
    "reload_output_styles": server::ReloadedOutputStyles,
    "reload_plugins": server::ReloadedPlugins,
    "reload_skills": server::ReloadedSkills,
    "remote_control": account::RemoteControl,
    "rewind_files": files::Rewind,
    "select_chrome_browser": account::ChromeChoice,
    "set_cwd": files::CwdChange,
    "set_mcp_permission_mode_override": mcp::McpOverride,
    "set_model": session::ModelSet,
    "set_peer_delivery": session::PeerDelivery,
    "set_permission_mode": session::ModeSet,
    "side_question": session::SideAnswer,
    "submit_feedback": account::FeedbackReceipt,
    "submit_survey_feedback": account::FeedbackReceipt,
    "ui_panes": UiPanes,
    "ultrareview_launch": session::ReviewLaunch,
}

fn read<T: Decode + Default>(raw: RawJson) -> Unknown {
    let reply = Reply::<T>::read(Some(raw));
    Unknown { defects: reply.defects().to_vec(), unmodelled: reply.unmodelled() }
}

fn shape<T: Decode>() -> Shape {
    let mut shape = Shape::default();
    T::declare("", &mut shape);
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_with_a_method_has_its_row() {
        let page = include_str!("../../../docs/control-requests.md");
        let rows = page.lines().filter(|line| line.starts_with("| `") && !line.contains("none:"));
        let declared = declared();
        let documented: Vec<_> = rows.filter_map(|line| line.split('`').nth(1)).collect();
        assert!(documented.len() > 60);
        for subtype in documented {
            assert!(declared.contains_key(subtype), "{subtype}");
        }
    }
}
