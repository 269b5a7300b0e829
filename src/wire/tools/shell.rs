//! Shell commands, and the end of what runs in the background.

use crate::wire::json::RawJson;

tool! {
    /// Runs a shell command.
    ///
    /// A command in the background writes to a file, which `Read` reads: the tool `BashOutput` of
    /// older versions is gone.
    pub enum Bash = "Bash": BashInput -> BashOutput;
}

tool! {
    /// Stops what runs in the background: a command or an agent. Earlier names: `KillShell`,
    /// `KillBash`.
    pub enum TaskStop = "TaskStop": TaskStopInput -> TaskStopOutput;
}

object! {
    /// The input of `Bash` (CLI 2.1.329).
    pub struct BashInput {
        /// The command.
        pub command: String = "command",
        /// How long it may run, in milliseconds. In the background the limits are higher.
        pub timeout: Option<f64> = "timeout" declared,
        /// What it does, in the model's words.
        pub description: Option<String> = "description",
        /// True if the call returns at once, and the command goes on.
        pub run_in_background: Option<bool> = "run_in_background",
        /// True if the model asks for a run outside the sandbox.
        pub dangerously_disable_sandbox: Option<bool> = "dangerouslyDisableSandbox" declared,
    }
}

object! {
    /// The output of `Bash` (CLI 2.1.329).
    pub struct BashOutput {
        /// What the command wrote to stdout; its stderr may be part of it.
        pub stdout: String = "stdout",
        /// What it wrote to stderr.
        pub stderr: String = "stderr",
        /// True if it was stopped before its end.
        pub interrupted: bool = "interrupted",
        /// True if stdout is an image.
        pub is_image: Option<bool> = "isImage",
        /// True if such a command usually writes nothing.
        pub no_output_expected: Option<bool> = "noOutputExpected",
        /// The task, if the command runs in the background.
        pub background_task_id: Option<String> = "backgroundTaskId",
        /// True if the user moved it to the background.
        pub backgrounded_by_user: Option<bool> = "backgroundedByUser" declared,
        /// The timeout that moved it to the background or stopped it, in milliseconds.
        pub timed_out_after_ms: Option<f64> = "timedOutAfterMs" declared,
        /// A note for the model on the directory of a command in the background.
        pub background_cwd_hint: Option<String> = "backgroundCwdHint" declared,
        /// True if the command ends with the model's last answer.
        pub background_ends_with_final_response: Option<bool> =
            "backgroundEndsWithFinalResponse" declared,
        /// True if its end wakes the agent that started it.
        pub background_wakes_owner: Option<bool> = "backgroundWakesOwner" declared,
        /// True if it ran outside the sandbox.
        pub dangerously_disable_sandbox: Option<bool> = "dangerouslyDisableSandbox" declared,
        /// What an exit code other than 0 means, if it does not report an error.
        pub return_code_interpretation: Option<String> = "returnCodeInterpretation" declared,
        /// The file with the raw output of a large MCP result.
        pub raw_output_path: Option<String> = "rawOutputPath" declared,
        /// Blocks of content that replace the texts.
        pub structured_content: Option<Vec<RawJson>> = "structuredContent" declared,
        /// The file with the whole output, if it was too large.
        pub persisted_output_path: Option<String> = "persistedOutputPath",
        /// The size of the whole output, in bytes.
        pub persisted_output_size: Option<f64> = "persistedOutputSize",
        /// A note for the model on files that the command changed after they were read.
        pub stale_read_file_state_hint: Option<String> = "staleReadFileStateHint" declared,
        /// A note for the model on the limits of the tool `gh`.
        pub gh_rate_limit_hint: Option<String> = "ghRateLimitHint" declared,
        /// What the command did with git.
        pub git_operation: Option<GitOperation> = "gitOperation" v2_1_332,
    }
}

object! {
    /// What a command did with git or `gh` (`gitOperation`, CLI 2.1.332).
    pub struct GitOperation {
        /// It made a commit.
        pub commit: Option<GitCommit> = "commit" v2_1_332,
        /// It pushed a branch.
        pub push: Option<GitPush> = "push" v2_1_332,
        /// It merged or rebased.
        pub branch: Option<GitBranchChange> = "branch" v2_1_332,
        /// It changed a pull request.
        pub pr: Option<GitPullRequest> = "pr" v2_1_332,
    }
}

object! {
    /// A commit (`commit` of a `gitOperation`, CLI 2.1.332).
    pub struct GitCommit {
        /// Its short hash.
        pub sha: String = "sha" v2_1_332,
        /// How it was made.
        pub kind: GitCommitKind = "kind" v2_1_332,
        /// The branch.
        pub branch: Option<String> = "branch" v2_1_332,
    }
}

open_enum! {
    /// How a commit was made (`kind` of a `commit`).
    pub enum GitCommitKind {
        Committed = "committed",
        Amended = "amended",
        CherryPicked = "cherry-picked",
    }
}

object! {
    /// A push (`push` of a `gitOperation`, CLI 2.1.332).
    pub struct GitPush {
        /// The branch.
        pub branch: String = "branch" v2_1_332,
    }
}

object! {
    /// A merge or a rebase (`branch` of a `gitOperation`, CLI 2.1.332).
    pub struct GitBranchChange {
        /// What was merged, or rebased on.
        pub reference: String = "ref" v2_1_332,
        /// Which of the two.
        pub action: GitBranchAction = "action" v2_1_332,
    }
}

open_enum! {
    /// What happened to a branch (`action` of a `branch`).
    pub enum GitBranchAction {
        Merged = "merged",
        Rebased = "rebased",
    }
}

object! {
    /// A pull request (`pr` of a `gitOperation`, CLI 2.1.332).
    pub struct GitPullRequest {
        /// Its number.
        pub number: u64 = "number" v2_1_332,
        /// Its page.
        pub url: Option<String> = "url" v2_1_332,
        /// What happened to it.
        pub action: GitPullRequestAction = "action" v2_1_332,
    }
}

open_enum! {
    /// What happened to a pull request (`action` of a `pr`).
    pub enum GitPullRequestAction {
        Created = "created",
        Edited = "edited",
        Merged = "merged",
        Commented = "commented",
        Closed = "closed",
        Reopened = "reopened",
        Ready = "ready",
        Draft = "draft",
        AutoMergeEnabled = "auto-merge-enabled",
        AutoMergeDisabled = "auto-merge-disabled",
    }
}

object! {
    /// The input of `TaskStop` (CLI 2.1.329).
    pub struct TaskStopInput {
        /// The task, or the name of an agent.
        pub task_id: Option<String> = "task_id" v2_1_332,
        /// The same, as `KillShell` called it.
        pub shell_id: Option<String> = "shell_id" declared,
    }
}

object! {
    /// The output of `TaskStop` (CLI 2.1.332).
    pub struct TaskStopOutput {
        /// What happened, in words.
        pub message: String = "message" v2_1_332,
        /// The task.
        pub task_id: String = "task_id" v2_1_332,
        /// The kind of task.
        pub task_type: String = "task_type" v2_1_332,
        /// The command that it ran.
        pub command: Option<String> = "command" v2_1_332,
    }
}
