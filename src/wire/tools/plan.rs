//! Plans and lists of work.

use std::collections::BTreeMap;

use super::tool::NoInput;
use crate::wire::json::RawJson;

tool! {
    /// Presents a plan and asks to leave the permission mode `plan`.
    pub enum ExitPlanMode = "ExitPlanMode": ExitPlanModeInput -> ExitPlanModeOutput;
}

tool! {
    /// Asks to enter the permission mode `plan`.
    pub enum EnterPlanMode = "EnterPlanMode": NoInput -> EnterPlanModeOutput;
}

tool! {
    /// Writes the whole list of work. Most sessions have `TaskCreate` and its kind instead.
    pub enum TodoWrite = "TodoWrite": TodoWriteInput -> TodoWriteOutput;
}

tool! {
    /// Adds an item to the list of work.
    pub enum TaskCreate = "TaskCreate": TaskCreateInput -> TaskCreateOutput;
}

tool! {
    /// Reads an item of the list of work.
    pub enum TaskGet = "TaskGet": TaskGetInput -> TaskGetOutput;
}

tool! {
    /// Changes an item of the list of work.
    pub enum TaskUpdate = "TaskUpdate": TaskUpdateInput -> TaskUpdateOutput;
}

tool! {
    /// Reads the list of work.
    pub enum TaskList = "TaskList": NoInput -> TaskListOutput;
}

object! {
    /// The input of `ExitPlanMode` (CLI 2.1.332).
    pub struct ExitPlanModeInput {
        /// The plan, in the model's call. CLI 2.1.332 asks for permission without it: the plan is
        /// in its file, and in the output.
        pub plan: Option<String> = "plan" v2_1_332,
        /// Ignored by the CLI.
        pub allowed_prompts: Option<Vec<AllowedPrompt>> = "allowedPrompts" declared,
    }
}

object! {
    /// A kind of action that a plan needs (an item of `allowedPrompts`, CLI 2.1.329, declared, not
    /// seen).
    pub struct AllowedPrompt {
        /// The tool, always `Bash`.
        pub tool: String = "tool" declared,
        /// What it is for.
        pub prompt: String = "prompt" declared,
    }
}

object! {
    /// The output of `ExitPlanMode` (CLI 2.1.332).
    pub struct ExitPlanModeOutput {
        /// The plan that was approved.
        pub plan: Option<String> = "plan" v2_1_332,
        /// True for the plan of a sub-agent.
        pub is_agent: bool = "isAgent" v2_1_332,
        /// The plan's file.
        pub file_path: Option<String> = "filePath" v2_1_332,
        /// True if sub-agents can be started.
        pub has_task_tool: Option<bool> = "hasTaskTool" declared,
        /// True if the user changed the plan.
        pub plan_was_edited: Option<bool> = "planWasEdited" declared,
        /// True if the leader of a team has yet to approve it.
        pub awaiting_leader_approval: Option<bool> = "awaitingLeaderApproval" declared,
        /// The request to the leader.
        pub request_id: Option<String> = "requestId" declared,
    }
}

object! {
    /// The output of `EnterPlanMode` (CLI 2.1.332).
    pub struct EnterPlanModeOutput {
        /// What happened, in words.
        pub message: String = "message" v2_1_332,
    }
}

object! {
    /// The input of `TodoWrite` (CLI 2.1.329, declared, not seen).
    pub struct TodoWriteInput {
        /// The whole list.
        pub todos: Vec<TodoItem> = "todos" required declared,
    }
}

object! {
    /// An item of the list of work (an item of `todos`, CLI 2.1.329, declared, not seen).
    pub struct TodoItem {
        /// What is to be done.
        pub content: String = "content" declared,
        /// How far it is.
        pub status: TodoStatus = "status" declared,
        /// The same, as what is being done.
        pub active_form: String = "activeForm" declared,
    }
}

open_enum! {
    /// How far an item of the list of work is (`status`).
    pub enum TodoStatus {
        Pending = "pending",
        InProgress = "in_progress",
        Completed = "completed",
        /// An update to this state removes the item.
        Deleted = "deleted",
    }
}

object! {
    /// The output of `TodoWrite` (CLI 2.1.329, declared, not seen).
    pub struct TodoWriteOutput {
        /// The list before.
        pub old_todos: Vec<TodoItem> = "oldTodos" required declared,
        /// The list now.
        pub new_todos: Vec<TodoItem> = "newTodos" required declared,
    }
}

object! {
    /// The input of `TaskCreate` (CLI 2.1.329, declared, not seen).
    pub struct TaskCreateInput {
        /// A short title.
        pub subject: String = "subject" declared,
        /// What is to be done.
        pub description: String = "description" declared,
        /// The title, as what is being done.
        pub active_form: Option<String> = "activeForm" declared,
        /// Further data.
        pub metadata: Option<BTreeMap<String, RawJson>> = "metadata" declared,
    }
}

object! {
    /// The output of `TaskCreate` (CLI 2.1.329, declared, not seen).
    pub struct TaskCreateOutput {
        /// The new item.
        pub task: TaskItem = "task" declared,
    }
}

object! {
    /// An item of the list of work (`task` and the items of `tasks`, CLI 2.1.329, declared, not
    /// seen).
    pub struct TaskItem {
        /// Identifies it.
        pub id: String = "id" declared,
        /// Its title.
        pub subject: String = "subject" declared,
        /// What is to be done; not in the output of `TaskList`.
        pub description: Option<String> = "description" declared,
        /// How far it is; not in the output of `TaskCreate`.
        pub status: Option<TodoStatus> = "status" declared,
        /// Who does it.
        pub owner: Option<String> = "owner" declared,
        /// The items that wait for this one.
        pub blocks: Option<Vec<String>> = "blocks" declared,
        /// The items that this one waits for.
        pub blocked_by: Option<Vec<String>> = "blockedBy" declared,
    }
}

object! {
    /// The input of `TaskGet` (CLI 2.1.329, declared, not seen).
    pub struct TaskGetInput {
        /// The item.
        pub task_id: String = "taskId" declared,
    }
}

object! {
    /// The output of `TaskGet` (CLI 2.1.329, declared, not seen).
    pub struct TaskGetOutput {
        /// The item; `None` if it does not exist.
        pub task: Option<TaskItem> = "task" declared,
    }
}

object! {
    /// The input of `TaskUpdate` (CLI 2.1.329, declared, not seen).
    pub struct TaskUpdateInput {
        /// The item.
        pub task_id: String = "taskId" declared,
        /// Its new title.
        pub subject: Option<String> = "subject" declared,
        /// What is to be done now.
        pub description: Option<String> = "description" declared,
        /// The new title, as what is being done.
        pub active_form: Option<String> = "activeForm" declared,
        /// Its new state.
        pub status: Option<TodoStatus> = "status" declared,
        /// More items that wait for this one.
        pub add_blocks: Option<Vec<String>> = "addBlocks" declared,
        /// More items that this one waits for.
        pub add_blocked_by: Option<Vec<String>> = "addBlockedBy" declared,
        /// Who does it now.
        pub owner: Option<String> = "owner" declared,
        /// Further data; a `null` removes a key.
        pub metadata: Option<BTreeMap<String, RawJson>> = "metadata" declared,
    }
}

object! {
    /// The output of `TaskUpdate` (CLI 2.1.329, declared, not seen).
    pub struct TaskUpdateOutput {
        /// True if the item was changed.
        pub success: bool = "success" declared,
        /// The item.
        pub task_id: String = "taskId" declared,
        /// The fields that changed.
        pub updated_fields: Vec<String> = "updatedFields" required declared,
        /// What went wrong.
        pub error: Option<String> = "error" declared,
        /// The state before and now.
        pub status_change: Option<TodoStatusChange> = "statusChange" declared,
    }
}

object! {
    /// A change of an item's state (`statusChange`, CLI 2.1.329, declared, not seen).
    pub struct TodoStatusChange {
        /// The state before.
        pub from: TodoStatus = "from" declared,
        /// The state now.
        pub to: TodoStatus = "to" declared,
    }
}

object! {
    /// The output of `TaskList` (CLI 2.1.329, declared, not seen).
    pub struct TaskListOutput {
        /// The items.
        pub tasks: Vec<TaskItem> = "tasks" required declared,
    }
}
