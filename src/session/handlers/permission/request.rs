//! What a permission handler is asked.

use std::path::Path;
use std::sync::Arc;

use super::super::request::HostRequest;
use crate::session::WeakSession;
use crate::wire::RawJson;
use crate::wire::control::CanUseTool;
use crate::wire::permission::PermissionUpdate;
use crate::wire::tools::{BuiltInTool, ToolData};

/// A request for permission to use a tool (`can_use_tool`).
#[derive(Clone, Debug)]
pub struct PermissionRequest {
    request: HostRequest,
    fields: Arc<CanUseTool>,
}

impl PermissionRequest {
    pub(super) fn new(request: HostRequest, fields: CanUseTool) -> Self {
        Self { request, fields: Arc::new(fields) }
    }

    /// `tool_name`, such as `Bash` or `mcp__server__tool`.
    pub fn tool_name(&self) -> &str {
        &self.fields.tool_name
    }

    /// `input`: the input of the tool call.
    pub fn input(&self) -> &RawJson {
        &self.fields.input
    }

    /// The input as the built-in tool `T` has it; `None` for another tool.
    ///
    /// ```
    /// use claude_wire::wire::tools::Bash;
    /// use claude_wire::{Decision, Session};
    ///
    /// let builder = Session::builder().on_permission(|request| async move {
    ///     match request.input_as::<Bash>() {
    ///         Some(bash) if bash.command.starts_with("git ") => Decision::allow(),
    ///         _ => Decision::deny("only git"),
    ///     }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn input_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Input>> {
        self.fields.input_as::<T>()
    }

    /// `tool_use_id`: the tool call.
    pub fn tool_use_id(&self) -> Option<&str> {
        self.fields.tool_use_id.as_deref()
    }

    /// `permission_suggestions`: the updates that "always allow" would return, see
    /// [`Decision::allow_always`](super::Decision::allow_always).
    pub fn suggestions(&self) -> &[PermissionUpdate] {
        &self.fields.permission_suggestions
    }

    /// All fields of the request: why it was sent, the blocked path, the sub-agent, texts for
    /// display, ...
    pub fn fields(&self) -> &CanUseTool {
        &self.fields
    }

    /// The session that received the request: see
    /// [`HostRequest::session`](crate::session::handlers::HostRequest::session).
    pub fn session(&self) -> &WeakSession {
        self.request.session()
    }

    /// The id of the conversation, once the CLI has confirmed it.
    pub fn session_id(&self) -> Option<&str> {
        self.request.session_id()
    }

    /// The working directory of the CLI, as last reported; before that, the session's option `cwd`.
    /// The request itself has none.
    pub fn cwd(&self) -> Option<&Path> {
        self.request.cwd()
    }

    /// The whole request, verbatim.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}
