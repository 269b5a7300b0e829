//! The entries of this build.

use super::entry::{Entry, EntryError};

macro_rules! table {
    ($($name:literal),* $(,)?) => {
        const TABLE: &[(&str, &str)] = &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/", $name, ".json")))),*];
    };
}

// In the order of the index.
table![
    "one-shot",
    "three-turns",
    "partial-messages",
    "tool-allowed",
    "permission-allow",
    "permission-deny",
    "permission-changed-input",
    "permission-deny-interrupt",
    "parallel-permissions",
    "permission-hooks",
    "permission-unasked",
    "notification-hook",
    "hooks",
    "stop-hook-blocks",
    "settings-hooks",
    "skill-shell-command",
    "sdk-mcp-tool",
    "in-process-server",
    "mcp-stdio",
    "mcp-cancelled",
    "interrupt",
    "interrupt-mid-tool",
    "queue-of-five",
    "queued-prompts",
    "prompt-fields",
    "steer-early",
    "steer-tool",
    "steer-text",
    "steer-now",
    "steer-question",
    "steer-interrupt",
    "dropped-turn",
    "clear",
    "fork",
    "resume-after-kill",
    "set-model",
    "control-requests",
    "host-requests",
    "workspace-diff",
    "settings-layers",
    "trace-context",
    "set-permission-mode",
    "structured-output",
    "max-turns",
    "max-budget",
    "api-error-400",
    "api-error-401",
    "api-error-404",
    "api-error-529",
    "api-errors",
    "api-retry-then-ok",
    "api-rate-limited",
    "api-stream-drop",
    "api-broken-answers",
    "rate-limits",
    "eof-mid-turn",
    "eof-in-permission",
    "eof-in-hook",
    "eof-in-mcp",
    "eof-in-background",
    "sigterm",
    "sigterm-mid-tool",
    "killed-mid-tool",
    "early-exit",
    "missing-key",
    "large-read",
    "large-answer",
    "sub-agent",
    "sub-agent-inline",
    "background-stopped",
    "notice-between-prompts",
    "initial-prompt",
    "reinitialize",
    "prewarm",
    "built-in-tools",
    "cron",
    "plan",
    "commit-by-bash",
    "compaction",
    "server-tools",
    "refusal",
    "session-mirror",
    "slash-command",
    "image-prompt",
    "rewind-files",
    "read-file",
    "minimal-flags",
    "option-fields",
];

/// All entries, in the order of the index.
///
/// # Errors
/// If one of them is not an entry; a test checks that all are.
pub fn entries() -> Result<Vec<Entry>, EntryError> {
    TABLE.iter().map(|(name, text)| Entry::parse(name, text)).collect()
}

/// The entries of these names, in this order; all if there is no name.
///
/// # Errors
/// If no entry has one of the names.
pub fn choose(entries: Vec<Entry>, names: &[String]) -> Result<Vec<Entry>, String> {
    if let Some(unknown) =
        names.iter().find(|name| entries.iter().all(|entry| entry.name != **name))
    {
        let known = entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(format!("no entry is named {unknown:?}; there are {known}"));
    }
    Ok(entries
        .into_iter()
        .filter(|entry| names.is_empty() || names.contains(&entry.name))
        .collect())
}
