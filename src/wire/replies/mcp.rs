//! MCP servers.

use std::collections::BTreeMap;

use crate::wire::json::RawJson;

object! {
    /// The MCP servers (reply to `mcp_status`, CLI 2.1.329).
    pub struct McpServers {
        /// The servers.
        pub servers: Vec<McpServerStatus> = "mcpServers" required,
    }
}

object! {
    /// An MCP server (an item of `mcpServers`, CLI 2.1.329).
    pub struct McpServerStatus: raw {
        /// Its name in this session.
        pub name: String = "name",
        /// Its status.
        pub status: McpState = "status",
        /// Its description of itself.
        pub server_info: Option<McpServerInfo> = "serverInfo",
        /// Why it failed.
        pub error: Option<String> = "error",
        /// Its configuration; may contain secrets.
        pub config: Option<RawJson> = "config",
        /// The transport, such as `stdio`.
        pub transport: Option<String> = "transport",
        /// Where it is configured.
        pub scope: Option<String> = "scope",
        /// Where its configuration came from.
        pub source: Option<String> = "source",
        /// Its tools, while it is connected.
        pub tools: Vec<McpTool> = "tools",
        /// What the server can do.
        pub capabilities: Option<McpCapabilities> = "capabilities" declared,
        /// True if the cloud added it to the session.
        pub cloud_service_provided: Option<bool> = "cloudServiceProvided" declared,
        /// Why it is not connected.
        pub error_code: Option<McpErrorCode> = "error_code" declared,
        /// True if the session in the cloud reaches it.
        pub session_proxied: Option<bool> = "sessionProxied" declared,
        /// How many tools it has, if they are too many to list.
        pub tool_count: Option<u64> = "toolCount" declared,
        /// The host of its URL.
        pub url_host: Option<String> = "urlHost" declared,
    }
}

open_enum! {
    /// The status of an MCP server (`status`).
    pub enum McpState {
        Connected = "connected",
        Failed = "failed",
        NeedsAuth = "needs-auth",
        Pending = "pending",
        Disabled = "disabled",
    }
}

object! {
    /// An MCP server's description of itself (`serverInfo`, CLI 2.1.329).
    pub struct McpServerInfo {
        /// Its name.
        pub name: String = "name",
        /// Its version.
        pub version: String = "version",
        /// Its title for display.
        pub title: Option<String> = "title" v2_1_332,
    }
}

object! {
    /// A tool of an MCP server (an item of `tools`, CLI 2.1.329).
    pub struct McpTool {
        /// Its name, without the server's.
        pub name: String = "name",
        /// What it does.
        pub description: Option<String> = "description" declared,
        /// The server's hints about its effects.
        pub annotations: Option<McpAnnotations> = "annotations",
        /// `_meta` of the server.
        pub meta: Option<RawJson> = "_meta",
    }
}

object! {
    /// A server's hints about the effects of a tool (`annotations`, CLI 2.1.329).
    pub struct McpAnnotations {
        /// It changes nothing.
        pub read_only: Option<bool> = "readOnly",
        /// It may destroy something.
        pub destructive: Option<bool> = "destructive" declared,
        /// It interacts with external systems.
        pub open_world: Option<bool> = "openWorld" declared,
    }
}

object! {
    /// The result of a new set of servers (reply to `mcp_set_servers`, CLI 2.1.329).
    pub struct McpServerChanges {
        /// Servers that were added, including those that failed.
        pub added: Vec<String> = "added" required,
        /// Servers that were removed.
        pub removed: Vec<String> = "removed" required,
        /// Why servers failed, by server.
        pub errors: BTreeMap<String, String> = "errors" required,
    }
}

object! {
    /// The result of a tool (reply to `mcp_call`, CLI 2.1.329).
    pub struct McpCallResult: raw {
        /// Content blocks, or the JSON text of the structured content.
        pub content: Option<RawJson> = "content",
        /// The structured content.
        pub structured_content: Option<RawJson> = "structuredContent",
        /// `_meta` of the server.
        pub meta: Option<RawJson> = "_meta",
        /// What happened to the deadline and the staged files, if there were any.
        pub staging: Option<McpStaging> = "staging",
        /// True if the tool itself answered with an error, and the request asked for that.
        pub is_error: Option<bool> = "isError" v2_1_332,
    }
}

object! {
    /// What happened to the deadline and the staged files of a call (`staging`, CLI 2.1.329).
    pub struct McpStaging: raw {
        /// True if all went well.
        pub ok: bool = "ok",
        /// Why not, such as `expired`, `tool_error` or `output_too_large`.
        pub error_code: Option<String> = "error_code",
        /// The same in words.
        pub detail: Option<String> = "detail",
        /// Input files that were used.
        pub inputs_used: Vec<StagedInput> = "inputs_used",
        /// Output files that were collected.
        pub outputs: Vec<StagedOutput> = "outputs",
        /// True if the server had refused too often.
        pub refusal_limit: Option<bool> = "refusal_limit" declared,
        /// True if the same request may be sent again.
        pub retryable: Option<bool> = "retryable" declared,
    }
}

object! {
    /// A resource of an MCP server (reply to `mcp_read_resource`, CLI 2.1.329).
    pub struct McpResource {
        /// Its contents.
        pub contents: Vec<McpResourceContents> = "contents" required,
    }
}

object! {
    /// Contents of a resource (an item of `contents`, CLI 2.1.329).
    pub struct McpResourceContents {
        /// Where it is.
        pub uri: String = "uri",
        /// What it is.
        pub mime_type: Option<String> = "mimeType",
        /// The text.
        pub text: Option<String> = "text",
        /// The bytes, in base64.
        pub blob: Option<String> = "blob" declared,
        /// `_meta` of the server.
        pub meta: Option<RawJson> = "_meta" declared,
    }
}

object! {
    /// The effect of a server's permission mode (reply to `set_mcp_permission_mode_override`, CLI
    /// 2.1.329).
    pub struct McpOverride {
        /// Why it has no effect yet.
        pub warning: Option<String> = "warning",
    }
}

object! {
    /// How to sign in to an MCP server (reply to `mcp_authenticate`, CLI 2.1.329, declared, not
    /// seen).
    pub struct McpAuthentication {
        /// The page to send the user to.
        pub auth_url: Option<String> = "authUrl" declared,
        /// True if the user has to do something.
        pub requires_user_action: bool = "requiresUserAction" declared,
        /// True if the page ends at a URL that the host may have to pass on.
        pub callback_expected: Option<bool> = "callbackExpected" declared,
        /// The kind of that URL, such as `localhost`.
        pub redirect_scheme: Option<String> = "redirectScheme" declared,
        /// Identifies the attempt.
        pub state: Option<String> = "state" declared,
        /// The port that the CLI listens on for it.
        pub callback_port: Option<u16> = "callbackPort" declared,
    }
}

object! {
    /// A file that a call has read (an item of `inputs_used`, CLI 2.1.329, declared, not seen).
    pub struct StagedInput {
        /// The file.
        pub lane_path: String = "lane_path" declared,
        /// Identifies its state.
        pub etag: String = "etag" declared,
    }
}

object! {
    /// A file that a call has written (an item of `outputs`, CLI 2.1.329, declared, not seen).
    pub struct StagedOutput {
        /// The file.
        pub lane_path: String = "lane_path" declared,
        /// Identifies its state.
        pub etag: String = "etag" declared,
        /// Its size.
        pub bytes: u64 = "bytes" declared,
    }
}

object! {
    /// What an MCP server can do (`capabilities`, CLI 2.1.329, declared, not seen).
    pub struct McpCapabilities {
        /// Experimental capabilities.
        pub experimental: Option<BTreeMap<String, RawJson>> = "experimental" declared,
    }
}

open_enum! {
    /// Why an MCP server is not connected (`error_code`).
    pub enum McpErrorCode {
        CLAUDEAIBEARERREJECTED = "CLAUDEAI_BEARER_REJECTED",
        FIRSTPARTYAUTHREJECTED = "FIRST_PARTY_AUTH_REJECTED",
        APPROVALREQUIRED = "APPROVAL_REQUIRED",
        CLAUDEAICONNECTORSDISABLED = "CLAUDEAI_CONNECTORS_DISABLED",
        CLIENTREGISTRATIONUNAVAILABLE = "CLIENT_REGISTRATION_UNAVAILABLE",
    }
}
