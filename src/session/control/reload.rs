//! What can be read again.

use serde_json::json;

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::server::{ReloadedOutputStyles, ReloadedPlugins, ReloadedSkills};

/// Reads files of the CLI's configuration again; see [`Session::reload`].
#[derive(Clone, Copy, Debug)]
pub struct Reload<'a>(pub(super) &'a Session);

impl Reload<'_> {
    /// Plugins, with all they bring (`reload_plugins`).
    pub fn plugins(&self) -> Call<Reply<ReloadedPlugins>> {
        Call::new(self.0, "reload_plugins", Reply::read)
    }

    /// Skills (`reload_skills`).
    pub fn skills(&self) -> Call<Reply<ReloadedSkills>> {
        Call::new(self.0, "reload_skills", Reply::read)
    }

    /// Output styles (`reload_output_styles`).
    pub fn output_styles(&self) -> Call<Reply<ReloadedOutputStyles>> {
        Call::new(self.0, "reload_output_styles", Reply::read)
    }
}

impl Call<Reply<ReloadedPlugins>> {
    /// Loads nothing where a cache of the API would be lost to it (`hold_on_cache_impact`).
    pub fn hold_on_cache_impact(self) -> Self {
        self.with("hold_on_cache_impact", true)
    }

    /// Refuses while a turn or a task runs, with the code `reload_plugins_busy` (`refuse_if_busy`).
    pub fn refuse_if_busy(self) -> Self {
        self.with("refuse_if_busy", true)
    }

    /// Adds a plugin, by the absolute path of its directory (`add_plugins`).
    pub fn add_plugin(self, path: &str) -> Self {
        self.push("add_plugins", json!({"type": "local", "path": path}))
    }
}
