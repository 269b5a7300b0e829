//! Settings.

use serde_json::{Map, Value, json};

use super::Call;
use crate::session::{Effort, Session};
use crate::wire::replies::Reply;
use crate::wire::replies::settings::SettingsReport;

/// The settings of a session; see [`Session::settings`].
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a>(pub(super) &'a Session);

impl Settings<'_> {
    /// The settings that are in force, and where they come from (`get_settings`).
    pub fn get(&self) -> Call<Reply<SettingsReport>> {
        Call::new(self.0, "get_settings", Reply::read)
    }

    /// Changes settings of this process, the layer of `--settings` (`apply_flag_settings`): each key to a value, or away with it (`None`); the
    /// keys that are not named stay. On an error nothing was changed. The CLI takes keys that it does not know. Holds also when the CLI has to
    /// be started anew.
    ///
    /// ```
    /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
    /// use serde_json::json;
    ///
    /// session.settings().apply([("effortLevel", Some(json!("low"))), ("outputStyle", None)]).await?;
    /// # Ok(()) }
    /// ```
    pub fn apply<K: Into<String>>(
        &self,
        settings: impl IntoIterator<Item = (K, Option<Value>)>,
    ) -> Call<()> {
        let settings: Map<_, _> = settings
            .into_iter()
            .map(|(key, value)| (key.into(), value.unwrap_or_default()))
            .collect();
        Call::plain(self.0, "apply_flag_settings").with("settings", settings)
    }

    /// Writes the output style into the local settings of the project (`update_settings`, the only key that the CLI takes there).
    pub fn save_output_style(&self, style: &str) -> Call<()> {
        self.save("localSettings", "outputStyle", style)
    }

    /// Writes the effort into the user's settings (`update_settings`, the only key that the CLI takes there).
    pub fn save_effort(&self, effort: impl Into<Effort>) -> Call<()> {
        self.save("userSettings", "effortLevel", effort.into().as_str())
    }

    fn save(&self, source: &str, key: &str, value: &str) -> Call<()> {
        Call::plain(self.0, "update_settings")
            .with("source", source)
            .with("settings", json!({ key: value }))
    }
}
