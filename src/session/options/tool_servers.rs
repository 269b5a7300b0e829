//! What the CLI is to know of the servers in this process, and the policy for tools of servers.

use std::time::Duration;

open_object! {
    /// The settings of a server in this process (`sdkMcpServerConfigs`): `McpSdkServerConfig` of
    /// the TypeScript SDK, without the name.
    #[derive(Debug)]
    pub struct ToolServerConfig with setters {
        /// How long a tool call may take, at least one second: the CLI ignores less. In
        /// milliseconds on the wire. It counts when the server is offered for the first time.
        pub timeout: Option<Duration> = "timeout" seen,
        /// Who decides about its tools. Of these, the CLI knows `always_ask` and `always_deny`;
        /// allow tools with `allowed_tools` or in a permission handler.
        pub tools: Vec<McpToolPolicy> = "tools" seen,
    }
}

open_object! {
    /// Who decides about a tool of an MCP server: `McpServerToolPolicy` of the TypeScript SDK.
    #[derive(Debug)]
    pub struct McpToolPolicy with setters {
        /// The tool, by its name in the server.
        pub name: String = "name" required seen,
        /// What happens to its calls.
        pub permission: Option<McpToolPermission> = "permission_policy" seen,
        /// The most that an administrator allows. CLI 2.1.332 ignores it where a host gives it.
        pub org_max_permission: Option<McpToolCeiling> = "org_max_permission",
    }
}

string_enum! {
    /// What happens to the calls of a tool (`permission_policy`, CLI 2.1.332).
    pub enum McpToolPermission {
        /// They need no permission. Ignored for a server in this process.
        AlwaysAllow = "always_allow",
        /// Each needs one, whatever a rule says.
        AlwaysAsk = "always_ask",
        /// The model does not have the tool.
        AlwaysDeny = "always_deny",
    }
}

string_enum! {
    /// The most that an administrator allows (`org_max_permission`, CLI 2.1.332, declared, not
    /// seen).
    pub enum McpToolCeiling {
        Allow = "allow",
        /// The user is asked, also where the CLI's classifier would decide.
        Ask = "ask",
        Blocked = "blocked",
    }
}

open_words!(McpToolPermission, McpToolCeiling);

impl McpToolPolicy {
    /// Creates a policy for a tool.
    pub fn new(name: impl Into<String>, permission: McpToolPermission) -> Self {
        Self { name: name.into(), permission: Some(permission), ..Self::default() }
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.name
            .is_empty()
            .then(|| ("a policy with the name of a tool", "an empty name".to_owned()))
    }
}

/// What was expected of a server, and what was given.
pub(super) type Fault = (&'static str, String);

/// A limit that the CLI would ignore.
pub(super) fn short(limit: Option<Duration>) -> Option<Fault> {
    let short = limit.filter(|limit| *limit < Duration::from_secs(1))?;
    Some(("a timeout of one second or more", format!("{short:?}")))
}
