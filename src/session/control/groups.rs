//! Where the groups are found.

use super::{
    Account, Chrome, Conversation, Feedback, Files, Inspect, Mcp, Reload, Remote, Settings, Tasks,
    Usage,
};
use crate::session::Session;

impl Session {
    /// MCP servers: status, set, reconnect, call a tool, sign in.
    pub fn mcp(&self) -> Mcp<'_> {
        Mcp(self)
    }

    /// Files as the CLI sees them: read, find, go back to, workspace.
    pub fn files(&self) -> Files<'_> {
        Files(self)
    }

    /// Tasks in the background: stop, send there, output.
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    /// Settings: those in force, flag settings, those that are written down.
    pub fn settings(&self) -> Settings<'_> {
        Settings(self)
    }

    /// Context window, cost and limits.
    pub fn usage(&self) -> Usage<'_> {
        Usage(self)
    }

    /// The conversation: title, questions on the side, waiting prompts, export.
    pub fn conversation(&self) -> Conversation<'_> {
        Conversation(self)
    }

    /// What the CLI's own dialogs show: version, models, status, plan, memories, skills, sandbox, hooks, permission rules.
    pub fn inspect(&self) -> Inspect<'_> {
        Inspect(self)
    }

    /// Reads plugins, skills and output styles again.
    pub fn reload(&self) -> Reload<'_> {
        Reload(self)
    }

    /// Signing in to Claude.
    pub fn account(&self) -> Account<'_> {
        Account(self)
    }

    /// Feedback to the makers of the CLI.
    pub fn feedback(&self) -> Feedback<'_> {
        Feedback(self)
    }

    /// Control from elsewhere, and hosts that pass the output on.
    pub fn remote(&self) -> Remote<'_> {
        Remote(self)
    }

    /// The browser that the CLI works in.
    pub fn chrome(&self) -> Chrome<'_> {
        Chrome(self)
    }
}
