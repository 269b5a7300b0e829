//! The names of tools.

/// The names of the tools that are part of CLI 2.1.332.
///
/// A session has some of them: `tools` of `system/init` lists which, with `Task` for `Agent`. The
/// names of tools of MCP servers begin with `mcp__`.
pub const BUILT_IN: &[&str] = &[
    "Agent",
    "Artifact",
    "AskUserQuestion",
    "Bash",
    "ClaudeDesign",
    "CronCreate",
    "CronDelete",
    "CronList",
    "Edit",
    "EndConversation",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "Glob",
    "Grep",
    "LSP",
    "ListAgents",
    "ListMcpResourcesTool",
    "Monitor",
    "NotebookEdit",
    "OfferChromeSetup",
    "PowerShell",
    "Projects",
    "PushNotification",
    "Read",
    "ReadMcpResourceDirTool",
    "ReadMcpResourceTool",
    "ReadNotifications",
    "RemoteTrigger",
    "ReportFindings",
    "ScheduleWakeup",
    "SendFeedback",
    "SendMessage",
    "SendUserFile",
    "SendUserMessage",
    "SetGoal",
    "ShareOnboardingGuide",
    "ShowOnboardingRolePicker",
    "Skill",
    "SubagentHandback",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskStop",
    "TaskUpdate",
    "TodoWrite",
    "ToolSearch",
    "WaitForMcpServers",
    "WebFetch",
    "WebSearch",
    "Workflow",
    "Write",
    "propose_skills",
];

/// The name of the tool that returns an answer with a JSON schema. A session has it only then.
pub const STRUCTURED_OUTPUT: &str = "StructuredOutput";

/// Earlier names of tools, each with the name that CLI 2.1.332 reads it as.
pub const RENAMED: &[(&str, &str)] = &[
    ("Brief", "SendUserMessage"),
    ("KillBash", "TaskStop"),
    ("KillShell", "TaskStop"),
    ("ListMcpResources", "ListMcpResourcesTool"),
    ("ListPeers", "ListAgents"),
    ("ProposeGoal", "SetGoal"),
    ("ReadMcpResource", "ReadMcpResourceTool"),
    ("ReadMcpResourceDir", "ReadMcpResourceDirTool"),
    ("Task", "Agent"),
];

/// Names of tools that CLI 2.1.332 knows from transcripts only. What a command or an agent in the
/// background writes, which `BashOutput` and `TaskOutput` returned, is now in a file for `Read`.
pub const REMOVED: &[&str] = &[
    "AgentOutput",
    "AgentOutputTool",
    "AutofixPr",
    "BashOutput",
    "BashOutputTool",
    "Frame",
    "FrameRead",
    "SuggestBackgroundPR",
    "TaskOutput",
    "TeamCreate",
    "TeamDelete",
];

/// The name of a tool in CLI 2.1.332: another one for an earlier name, else the same.
///
/// ```
/// use claude_wire::wire::tools::current_name;
///
/// assert_eq!(current_name("Task"), "Agent");
/// assert_eq!(current_name("Bash"), "Bash");
/// assert_eq!(current_name("mcp__calc__add"), "mcp__calc__add");
/// ```
pub fn current_name(name: &str) -> &str {
    RENAMED.iter().find(|(before, _)| *before == name).map_or(name, |(_, now)| now)
}

/// The earlier names of the tool with this name in CLI 2.1.332.
pub fn earlier_names(name: &str) -> impl Iterator<Item = &'static str> {
    RENAMED.iter().filter(move |(_, now)| *now == name).map(|(before, _)| *before)
}
