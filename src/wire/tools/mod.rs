//! The CLI's built-in tools: their names, their inputs and their outputs.
//!
//! Each tool is an empty type, such as [`Bash`]. Where the wire has the input of a tool call,
//! `input_as` reads it: on a [`ToolUseBlock`](crate::wire::content::ToolUseBlock), on a permission
//! request, on the inputs of hooks, and on the refused calls of a result. `output_as` reads the
//! output: on a [`UserMessage`](crate::wire::UserMessage) and on a
//! [`PostToolUse`](crate::wire::hook::PostToolUse).
//!
//! ```
//! use claude_wire::wire::UserMessage;
//! use claude_wire::wire::content::ToolUseBlock;
//! use claude_wire::wire::tools::Bash;
//!
//! fn show(call: &ToolUseBlock, result: &UserMessage) {
//!     let Some(input) = call.input_as::<Bash>() else { return }; // another tool
//!     println!("$ {}", input.command);
//!     if let Some(output) = result.output_as::<Bash>() {
//!         print!("{}", output.stdout);
//!     }
//! }
//! ```
//!
//! The model writes inputs, and the CLI passes on what it writes. So nothing is certain: an unknown
//! field is kept in [`ToolData::raw`], and a field of the wrong type costs that field only.
//!
//! What is "declared, not seen" is as in the published types. CLI 2.1.332 does not offer `Glob`,
//! `Grep`, `TodoWrite`, `TaskCreate`, `TaskGet`, `TaskUpdate` and `TaskList` to the model of a session
//! (`tools` of `system/init`), and `WebFetch` and `WebSearch` need a network: the recordings, which
//! are made without one, have calls and outputs of all others.
//!
//! Tools that are not here, and those of MCP servers, have `input` as
//! [`RawJson`].

#[macro_use]
mod tool;
mod agent;
mod call;
mod cron;
mod files;
mod names;
mod plan;
mod question;
mod search;
mod shell;

use std::collections::BTreeMap;

pub use self::agent::{
    Agent, AgentInput, AgentIsolation, AgentOutput, AgentStatus, AgentToolStats,
};
pub use self::cron::{
    CronCreate, CronCreateInput, CronDelete, CronDeleteInput, CronDeleteOutput, CronJob, CronList,
    CronListOutput,
};
pub use self::files::{
    ArtifactRead, Edit, EditInput, EditOutput, GitDiff, ImageDimensions, NotebookCellType,
    NotebookEdit, NotebookEditInput, NotebookEditMode, NotebookEditOutput, Read, ReadFile,
    ReadInput, ReadKind, ReadOutput, ReadPage, Write, WriteInput, WriteKind, WriteOutput,
};
pub use self::names::{BUILT_IN, REMOVED, RENAMED, STRUCTURED_OUTPUT, current_name, earlier_names};
pub use self::plan::{
    AllowedPrompt, EnterPlanMode, EnterPlanModeOutput, ExitPlanMode, ExitPlanModeInput,
    ExitPlanModeOutput, TaskCreate, TaskCreateInput, TaskCreateOutput, TaskGet, TaskGetInput,
    TaskGetOutput, TaskItem, TaskList, TaskListOutput, TaskUpdate, TaskUpdateInput,
    TaskUpdateOutput, TodoItem, TodoStatus, TodoStatusChange, TodoWrite, TodoWriteInput,
    TodoWriteOutput,
};
pub use self::question::{
    AskUserQuestion, AskUserQuestionInput, AskUserQuestionOutput, Question, QuestionAnnotation,
    QuestionMetadata, QuestionOption, Unanswered,
};
pub use self::search::{
    Glob, GlobInput, GlobOutput, Grep, GrepInput, GrepMode, GrepOutput, WebFetch, WebFetchInput,
    WebFetchOutput, WebSearch, WebSearchInput, WebSearchLink, WebSearchLinks, WebSearchOutput,
    WebSearchResult,
};
pub use self::shell::{
    Bash, BashInput, BashOutput, GitBranchAction, GitBranchChange, GitCommit, GitCommitKind,
    GitOperation, GitPullRequest, GitPullRequestAction, GitPush, TaskStop, TaskStopInput,
    TaskStopOutput,
};
pub use self::tool::{BuiltInTool, NoInput, ToolData, UnparsedInput};
use super::decode::Shape;
#[cfg(feature = "recording")]
use super::json::{Kind, RawJson};
#[cfg(feature = "recording")]
use super::replies::Unknown;

#[cfg(feature = "recording")]
fn unknown<T>(data: ToolData<T>) -> Unknown {
    Unknown { defects: data.defects().to_vec(), unmodelled: data.unmodelled() }
}

macro_rules! every_tool {
    ($($tool:ident),* $(,)?) => {
        /// The fields of the inputs and of the outputs, by the tool's name.
        pub(crate) fn declared() -> [BTreeMap<String, Shape>; 2] {
            let inputs = [$(
                ($tool::NAME.to_owned(), tool::shape::<<$tool as BuiltInTool>::Input>()),
            )*];
            let outputs = [$(
                ($tool::NAME.to_owned(), tool::shape::<<$tool as BuiltInTool>::Output>()),
            )*];
            [inputs.into(), outputs.into()]
        }

        /// What the type of a tool's input does not model: defects, then unknown parts; `None` for
        /// any other tool.
        #[cfg(feature = "recording")]
        pub(crate) fn unknown_in_input(name: &str, input: &RawJson) -> Option<Unknown> {
            if let Some(unparsed) = tool::read_unparsed(input) {
                return Some(unknown(unparsed));
            }
            $(if $tool::is_named(name) {
                return Some(unknown($tool::read_input(input)));
            })*
            None
        }

        /// The same for its output. The text of a failure is not an output.
        #[cfg(feature = "recording")]
        pub(crate) fn unknown_in_output(name: &str, output: &RawJson) -> Option<Unknown> {
            if output.cursor().kind() == Kind::String {
                return None;
            }
            $(if $tool::is_named(name) {
                return Some(unknown($tool::read_output(output)));
            })*
            None
        }
    };
}

every_tool!(
    Agent,
    AskUserQuestion,
    Bash,
    CronCreate,
    CronDelete,
    CronList,
    Edit,
    EnterPlanMode,
    ExitPlanMode,
    Glob,
    Grep,
    NotebookEdit,
    Read,
    TaskCreate,
    TaskGet,
    TaskList,
    TaskStop,
    TaskUpdate,
    TodoWrite,
    WebFetch,
    WebSearch,
    Write,
);
