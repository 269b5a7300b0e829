//! What the CLI's own dialogs show.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::dialogs::{
    BinaryVersion, Memories, ModelList, Plan, Sandbox, Skills, Status,
};
use crate::wire::replies::settings::{HookListing, PermissionRules};

/// What there is to know about a session; see [`Session::inspect`]. Nothing here changes anything.
#[derive(Clone, Copy, Debug)]
pub struct Inspect<'a>(pub(super) &'a Session);

impl Inspect<'_> {
    /// The CLI's version (`get_binary_version`).
    pub fn version(&self) -> Call<Reply<BinaryVersion>> {
        Call::new(self.0, "get_binary_version", Reply::read)
    }

    /// The models, those that cannot be chosen included (`list_models`).
    pub fn models(&self) -> Call<Reply<ModelList>> {
        Call::new(self.0, "list_models", Reply::read)
    }

    /// The state of the session, for display (`get_status`, not declared).
    pub fn status(&self) -> Call<Reply<Status>> {
        Call::new(self.0, "get_status", Reply::read)
    }

    /// The plan of the plan mode (`get_plan`, not declared).
    pub fn plan(&self) -> Call<Reply<Plan>> {
        Call::new(self.0, "get_plan", Reply::read)
    }

    /// Memory files and memories (`get_memory_dialog`, not declared).
    pub fn memories(&self) -> Call<Reply<Memories>> {
        Call::new(self.0, "get_memory_dialog", Reply::read)
    }

    /// The user's, the project's and the plugins' skills (`get_skills_dialog`, not declared).
    pub fn skills(&self) -> Call<Reply<Skills>> {
        Call::new(self.0, "get_skills_dialog", Reply::read)
    }

    /// The sandbox (`get_sandbox_dialog`, not declared).
    pub fn sandbox(&self) -> Call<Reply<Sandbox>> {
        Call::new(self.0, "get_sandbox_dialog", Reply::read)
    }

    /// The hooks of the settings files (`get_hooks_listing`).
    pub fn hooks(&self) -> Call<Reply<HookListing>> {
        Call::new(self.0, "get_hooks_listing", Reply::read)
    }

    /// The permission rules (`list_permission_rules`).
    pub fn permission_rules(&self) -> Call<Reply<PermissionRules>> {
        Call::new(self.0, "list_permission_rules", Reply::read)
    }
}
