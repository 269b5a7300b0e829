//! Tasks in the background.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::tasks::{Backgrounded, TaskOutput};

/// The tasks of a session: commands and sub-agents that the turn does not wait for; see [`Session::tasks`].
#[derive(Clone, Copy, Debug)]
pub struct Tasks<'a>(pub(super) &'a Session);

impl Tasks<'_> {
    /// Stops a task (`stop_task`). The CLI says yes even where it knows no such task.
    pub fn stop(&self, task_id: &str) -> Call<()> {
        Call::plain(self.0, "stop_task").with("task_id", task_id)
    }

    /// Sends everything into the background that the turn waits for (`background_tasks`).
    pub fn background_all(&self) -> Call<Reply<Backgrounded>> {
        Call::new(self.0, "background_tasks", Reply::read_optional)
    }

    /// Sends one tool call into the background (`background_tasks`).
    pub fn background(&self, tool_use_id: &str) -> Call<Reply<Backgrounded>> {
        self.background_all().with("tool_use_id", tool_use_id)
    }

    /// The end of what a command in the background wrote, 8 KiB at most (`get_task_output`).
    pub fn output(&self, task_id: &str) -> Call<Reply<TaskOutput>> {
        Call::new(self.0, "get_task_output", Reply::read).with("task_id", task_id)
    }
}
