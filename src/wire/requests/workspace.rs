//! The workspace: files, tasks, the CLI's dialogs, and reloads.

macro_rules! workspace_requests { ($then:ident $($with:tt)*) => { $then! { $($with)*

/// Files as the CLI sees them: read, find, rewind, workspace.
group Files = files {
    request ReadFile = "read_file" {
        published answers;
        effect Effect::Reads;
        reply body files::FileContents;
        /// Reads a file of the workspace, as text. One that does not exist, or is outside, is
        /// refused.
        fn read(path: &str) { "path": path }
        /// Reads at most this many bytes.
        with max_bytes(bytes: u64) { "max_bytes": bytes }
        /// How the file is passed on.
        with encoding(encoding: FileEncoding) { "encoding": encoding }
    }

    request FileSuggestions = "file_suggestions" {
        published answers;
        effect Effect::Reads;
        reply body files::FileSuggestions;
        /// Files whose path matches, as after an `@` in a prompt.
        fn suggest(query: &str) { "query": query }
    }

    request GetWorkspaceDiff = "get_workspace_diff" {
        internal answers;
        effect Effect::Reads;
        reply body files::WorkspaceDiff;
        /// Returns what changed in the repository: since the base branch on a branch with commits
        /// beyond it, otherwise since the last commit. At most 50 files, 1 MB each.
        fn workspace_diff() {}
        /// Asks for the uncommitted hunks too, which only sessions in Anthropic's cloud send.
        with uncommitted_hunks() { "uncommitted_hunks": true }
    }

    request RewindFiles = "rewind_files" {
        published answers;
        effect Effect::Acts;
        reply body files::Rewind;
        /// Restores the files as they were before this prompt. Needs file checkpointing, and the
        /// [`uuid`](crate::Turn::uuid) of a prompt that the CLI has a checkpoint for. A prompt
        /// without one is refused; a [dry run](Call::dry_run) says `can_rewind: false` instead.
        fn rewind(user_message_id: &str) { "user_message_id": user_message_id }
        /// Only says what would change.
        with dry_run() { "dry_run": true }
    }

    request SeedReadState = "seed_read_state" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Lets the CLI treat a file as read, in the state of this modification time: milliseconds
        /// since 1970, rounded down.
        fn seed_read_state(path: &str, modified_ms: u64) { "path": path, "mtime": modified_ms }
    }

    request RegisterRepoRoot = "register_repo_root" {
        published answers;
        effect Effect::Lasts(lasting().each("directory").path("directory", "directory"));
        reply optional files::RepoRoot;
        /// Registers a directory below the working directory as the root of a repository.
        fn register_repo_root(directory: &str) { "directory": directory }
        /// Reads the memory files of that directory.
        with reload_memory() { "reload_claude_md": true }
        /// Loads the plugins of that directory.
        with reload_plugins() { "reload_plugins": true }
        /// Loads the skills of that directory.
        with reload_skills() { "reload_skills": true }
    }

    request SetCwd = "set_cwd" {
        internal answers;
        effect Effect::Lasts(lasting().path("path", "cwd").if_ok());
        reply body files::CwdChange;
        /// Moves the session to another directory. The answer may be that the user must trust the
        /// directory first. Lasts also if the CLI is restarted.
        fn set_cwd(path: &str) { "path": path }
        /// Says that the user trusts this directory: the `directory` of an earlier answer,
        /// unchanged. Only after the user was asked; the CLI saves it.
        with user_trusts(directory: &str) {
            "trust_accepted": true,
            "trusted_directory": directory,
        }
    }
}

/// The tasks of a session, which are commands and sub-agents that the turn does not wait for: stop,
/// send to the background, output.
group Tasks = tasks {
    request StopTask = "stop_task" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Stops a task. The CLI answers with success even if it does not know the task.
        fn stop(task_id: &str) { "task_id": task_id }
    }

    request BackgroundTasks = "background_tasks" {
        published answers;
        effect Effect::Acts;
        reply optional tasks::Backgrounded;
        /// Moves everything that the turn waits for to the background.
        fn background_all() {}
        /// Moves one tool call to the background.
        fn background(tool_use_id: &str) { "tool_use_id": tool_use_id }
    }

    request GetTaskOutput = "get_task_output" {
        published answers;
        effect Effect::Reads;
        reply body tasks::TaskOutput;
        /// The end of a background command's output, at most 8 KiB.
        fn output(task_id: &str) { "task_id": task_id }
    }
}

/// The contents of the CLI dialogs: version, models, status, plan, memories, skills, sandbox,
/// hooks, permission rules. They change nothing.
group Inspect = inspect {
    request GetBinaryVersion = "get_binary_version" {
        published answers;
        effect Effect::Reads;
        reply body dialogs::BinaryVersion;
        /// The CLI's version.
        fn version() {}
    }

    request ListModels = "list_models" {
        published answers;
        effect Effect::Reads;
        reply body dialogs::ModelList;
        /// The models, including those that cannot be chosen.
        fn models() {}
    }

    request GetStatus = "get_status" {
        internal answers;
        effect Effect::Reads;
        reply body dialogs::StatusDialog;
        /// The state of the session, for display.
        fn status() {}
    }

    request GetPlan = "get_plan" {
        internal answers;
        effect Effect::Reads;
        reply body dialogs::Plan;
        /// The plan of the plan mode.
        fn plan() {}
    }

    request GetMemoryDialog = "get_memory_dialog" {
        internal answers;
        effect Effect::Reads;
        reply body dialogs::Memories;
        /// Memory files and memories.
        fn memories() {}
    }

    request GetSkillsDialog = "get_skills_dialog" {
        internal answers;
        effect Effect::Reads;
        reply body dialogs::SkillList;
        /// The user's, the project's and the plugins' skills.
        fn skills() {}
    }

    request GetSandboxDialog = "get_sandbox_dialog" {
        internal answers;
        effect Effect::Reads;
        reply body dialogs::Sandbox;
        /// The sandbox.
        fn sandbox() {}
    }

    request GetHooksListing = "get_hooks_listing" {
        published answers;
        effect Effect::Reads;
        reply body settings::HookListing;
        /// The hooks of the settings files.
        fn hooks() {}
    }

    request ListPermissionRules = "list_permission_rules" {
        published answers;
        effect Effect::Reads;
        reply body settings::PermissionRules;
        /// The permission rules.
        fn permission_rules() {}
    }
}

/// Reloads files of the CLI's configuration: plugins, skills and output styles.
group Reload = reload {
    request ReloadPlugins = "reload_plugins" {
        published answers;
        effect Effect::Acts;
        reply body server::ReloadedPlugins;
        /// Plugins, with all their contents.
        fn plugins() {}
        /// Loads nothing if that would invalidate a cache of the API.
        with hold_on_cache_impact() { "hold_on_cache_impact": true }
        /// Refuses while a turn or a task runs, with the code `reload_plugins_busy`.
        with refuse_if_busy() { "refuse_if_busy": true }
        /// Adds a plugin, by the absolute path of its directory.
        add add_plugin(path: &str) { "add_plugins": json!({"type": "local", "path": path}) }
    }

    request ReloadSkills = "reload_skills" {
        published answers;
        effect Effect::Acts;
        reply body server::ReloadedSkills;
        /// Skills.
        fn skills() {}
    }

    request ReloadConnectors = "reload_connectors" {
        internal refuses;
        effect Effect::Acts;
        reply empty ();
        /// Connectors of the account at claude.ai. Only after an action of a person; read
        /// [`Mcp::status`](super::Mcp::status) afterwards. Refused without such a login.
        fn connectors() {}
    }

    request ReloadOutputStyles = "reload_output_styles" {
        published answers;
        effect Effect::Acts;
        reply body server::ReloadedOutputStyles;
        /// Output styles.
        fn output_styles() {}
    }
}

}}}
