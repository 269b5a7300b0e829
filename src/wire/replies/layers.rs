//! Which layer of the settings gave what.

use std::collections::BTreeMap;

use super::settings::{SettingsLayer, SettingsReport, SettingsSource};
use crate::wire::permission::PermissionMode;

/// The modes that ask less than the default.
const ESCALATING: [PermissionMode; 3] =
    [PermissionMode::BypassPermissions, PermissionMode::Auto, PermissionMode::AcceptEdits];

/// # Which layer gave what
///
/// The TypeScript SDK has `resolveSettings` for this, which reads the files of all layers itself.
/// Here the CLI is asked, so that the answer is what counts for this session. No request to the
/// model is made.
///
/// ```no_run
/// # #[cfg(feature = "session")]
/// # async fn example() -> claude_wire::Result<()> {
/// use claude_wire::Session;
///
/// let session = Session::builder().cwd("/path/to/project").start()?;
/// let settings = session.settings().get().await?;
/// for (key, source) in settings.provenance() {
///     println!("{key} is from {source}");
/// }
/// if let Some(source) = settings.source_of("/permissions/defaultMode") {
///     println!("the permission mode is from {source}");
/// }
/// # Ok(()) }
/// ```
impl SettingsReport {
    /// For each key of `effective`, the layer that has the last word. Objects and lists of several
    /// layers are merged: [`layers_with`](Self::layers_with) has all layers that set a key.
    pub fn provenance(&self) -> BTreeMap<String, SettingsSource> {
        let fields = self.effective.cursor().fields();
        let source = |key: String| {
            let has_it = |layer: &&SettingsLayer| layer.settings.cursor().get(&key).is_some();
            let source = self.sources.iter().rev().find(has_it)?.source.clone();
            Some((key, source))
        };
        fields.filter_map(|(key, _)| source(String::from_utf8_lossy(&key).into_owned())).collect()
    }

    /// The layer that has the last word on a value, by its JSON pointer, such as
    /// `/permissions/defaultMode`; `None` if no layer sets it.
    pub fn source_of(&self, pointer: &str) -> Option<&SettingsSource> {
        self.layers_with(pointer).last().map(|layer| &layer.source)
    }

    /// The layers that set a value, by its JSON pointer, in the order in which they are merged.
    pub fn layers_with(&self, pointer: &str) -> impl Iterator<Item = &SettingsLayer> {
        let pointer = pointer.to_owned();
        self.sources.iter().filter(move |layer| layer.settings.pointer(&pointer).is_some())
    }

    /// The permission mode of the settings (`permissions.defaultMode`), without one that asks less
    /// than the default and is from the project's own files, which anyone who can commit to the
    /// project can write. `filterEscalatingDefaultMode` of the TypeScript SDK.
    ///
    /// It is not the mode of the session, which the `init` message has: CLI 2.1.332 follows
    /// `acceptEdits` of the project's files. Where that must not be, set the option
    /// `permission_mode`, which wins.
    pub fn trusted_default_mode(&self) -> Option<PermissionMode> {
        const POINTER: &str = "/permissions/defaultMode";
        let mode = self.effective.pointer(POINTER)?;
        let mode = PermissionMode::from(&*mode.as_str()?);
        let committed = self.source_of(POINTER) == Some(&SettingsSource::Project);
        (!committed || !ESCALATING.contains(&mode)).then_some(mode)
    }
}
