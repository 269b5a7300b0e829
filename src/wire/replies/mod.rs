//! The CLI's replies to the host's control requests.
//!
//! A [`Reply`] is the answer as it was on the wire, and its typed form. Like messages, answers are
//! read leniently: a field of the wrong type is left empty and listed by [`Reply::defects`], and
//! what no type names is in [`Reply::raw`].
//!
//! | module | replies to |
//! |---|---|
//! | [`account`] | `claude_authenticate`, `remote_control`, the requests of Chrome and of feedback |
//! | [`cloud`] | `list_cloud_sessions` |
//! | [`context`] | `get_context_usage` |
//! | [`dialogs`] | `get_status`, `get_plan`, `list_models`, the dialogs of memory, sandbox and skills |
//! | [`files`] | `read_file`, `file_suggestions`, `rewind_files`, `set_cwd`, `get_workspace_diff` |
//! | [`mcp`] | `mcp_status`, `mcp_set_servers`, `mcp_call`, `mcp_authenticate` |
//! | [`server`] | `initialize`, `reload_plugins`, `reload_skills`, `reload_output_styles` |
//! | [`session`] | `interrupt`, `set_model`, `set_permission_mode`, `side_question`, `export_conversation` |
//! | [`settings`] | `get_settings`, `get_hooks_listing`, `list_permission_rules` |
//! | [`tasks`] | `background_tasks`, `get_task_output` |
//! | [`usage`] | `get_usage`, `get_session_cost` |

pub mod account;
pub mod cloud;
pub mod context;
pub mod dialogs;
pub mod files;
mod layers;
pub mod mcp;
mod reply;
pub mod server;
pub mod session;
pub mod settings;
pub mod tasks;
pub mod usage;

pub use self::reply::Reply;
#[cfg(feature = "recording")]
pub(crate) use self::reply::Unknown;
