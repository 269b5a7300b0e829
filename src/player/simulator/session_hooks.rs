//! Hooks at the start and the end of a session, and `/clear`, which ends one and begins the next.

use serde_json::json;

use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::hooks::Decision;

impl Cli {
    /// The launch begins or resumes a session. The host's hooks are not known yet: only those of the
    /// settings run.
    pub(super) fn session_begins(&self) {
        self.with(|state| {
            let source = state.options.begins;
            state.run_shell_hooks("SessionStart", source, &mut Decision::default());
        });
    }

    /// After a compaction or `/clear`. What the hooks answer changes nothing that a host sees.
    pub(super) async fn session_goes_on(&self, source: &str) {
        let mut fields = json!({"source": source});
        if source == "compact" {
            fields["model"] = self.with(|state| state.lines.model.as_str().into());
        }
        self.hooks("SessionStart", source, None, to_fields(fields)).await;
    }

    /// `/clear`
    pub(super) async fn clear_by_hand(&self) {
        let prompts = self.with(|state| state.turn().prompts.clone());
        self.hooks("SessionEnd", "clear", None, to_fields(json!({"reason": "clear"}))).await;
        self.with(|state| state.clear(prompts.last().map(String::as_str)));
        self.session_goes_on("clear").await;
        self.with(|state| {
            let init = state.init_line(&prompts);
            state.out(&init);
            state.end_command("clear", "");
        });
    }
}
