//! What the CLI answers to the host's control requests.
//!
//! A [`Reply`] is the answer as it stood on the wire and the same, typed. Like messages, answers are read leniently: a field of the wrong type
//! degrades that field and is listed by [`Reply::defects`], and what no type names is in [`Reply::raw`].

mod account;
mod cloud;
mod context;
mod conversation;
mod dialogs;
mod files;
mod hooks;
mod live;
mod mcp;
mod peers;
mod reload;
mod reply;
mod rules;
mod server;
mod settings;
mod table;
mod tasks;
mod usage;
mod workspace;

pub use self::account::{
    ChromeBrowser, ChromeBrowsers, ChromeChoice, ChromeStatus, ChromeUrls, FeedbackReceipt,
    LoginUrls, RemoteControl,
};
pub use self::cloud::{
    CloudSessionInfo, CloudSessionStatus, CloudSessionSummary, CloudSessions, EnvironmentKind,
    GitRepository, UnavailableReason,
};
pub use self::context::{
    AgentTokens, ApiTokens, AttachmentTokens, CategoryTokens, ColdResume, CommandTokens,
    ContextReport, GridSquare, LoadRaise, McpInstructionTokens, McpToolTokens, MemoryFileTokens,
    MessageTokens, NamedTokens, SkillTokens, SkillsTokens, ToolCallTokens, ToolTokens,
};
pub use self::conversation::{CancelledMessage, Export, ReviewLaunch, SideAnswer, Title};
pub use self::dialogs::{
    AutoDream, AutoMemory, BinaryVersion, Memories, Memory, MemoryFile, MemoryFolder, ModelList,
    OtherHosts, Plan, Sandbox, SandboxDependencies, SandboxList, SandboxLists, SandboxRestrictions,
    SandboxRow, Skill, SkillHandles, Skills, Status, StatusRow, StatusSection,
};
pub use self::files::{
    CwdChange, CwdStatus, FileContents, FileSuggestion, FileSuggestions, ReadAnchor, RepoRoot,
    Rewind,
};
pub use self::hooks::{
    EditableHook, Hook, HookEvent, HookEventCount, HookListing, HookPolicy, HooksOff, SettingsError,
};
pub use self::live::{Interrupted, InterruptedTurn, ModeSet, ModelSet, SendNow};
pub use self::mcp::{
    McpAnnotations, McpAuthentication, McpCallResult, McpCapabilities, McpErrorCode, McpOverride,
    McpResource, McpResourceContents, McpServerChanges, McpServerInfo, McpServerStatus, McpServers,
    McpStaging, McpState, McpTool, StagedInput, StagedOutput,
};
pub use self::peers::{
    AlwaysDeliver, HostEventsReceipt, HostEventsStatus, PeerDelivery, SessionDelivery,
};
pub use self::reload::{CacheImpact, ReloadedOutputStyles, ReloadedPlugins, ReloadedSkills};
pub use self::reply::Reply;
pub use self::rules::{
    PermissionRule, PermissionRules, RuleDescription, RuleEditability, RuleState,
    WorkspaceDirectory,
};
pub use self::server::{
    AccountInfo, AgentInfo, ApiProvider, AuthConflict, BypassSwitch, FeedbackMode, ManifestState,
    ModelInfo, ServerInfo, SurveyConfig, SurveyFollowup,
};
pub use self::settings::{
    AppliedSettings, SettingsLayer, SettingsReport, WithheldReads, WithheldReason, WithheldRoot,
};
pub(in crate::wire) use self::table::declared;
pub(crate) use self::table::unknown_of;
pub use self::tasks::{Backgrounded, FollowStatus, TaskFollow, TaskMessages, TaskOutput};
pub use self::usage::{
    Behavior, Behaviors, LimitWindow, LimitWindows, ModelWindow, Recommendation, SessionCost,
    Share, UsageDetails, UsageFix, UsagePeriod,
};
pub use self::workspace::{
    Diff, DiffSource, DiffSourceKind, DiffStats, FileDiffStats, FileHunks, FileStatus, Hunk,
    NoDiffReason, OmittedFiles, WorkspaceDiff,
};
