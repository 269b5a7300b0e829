//! MCP servers.

use serde_json::{Map, Value};

use super::Call;
use crate::session::{PermissionMode, Session};
use crate::wire::replies::Reply;
use crate::wire::replies::mcp::{
    McpAuthentication, McpCallResult, McpOverride, McpResource, McpServerChanges, McpServers,
};

/// The MCP servers of a session; see [`Session::mcp`].
#[derive(Clone, Copy, Debug)]
pub struct Mcp<'a>(pub(super) &'a Session);

impl Mcp<'_> {
    /// The servers, how they are, and their tools (`mcp_status`). Right after the start servers may be missing that are still being
    /// connected.
    pub fn status(&self) -> Call<Reply<McpServers>> {
        Call::new(self.0, "mcp_status", Reply::read)
    }

    /// Puts these servers in place of those that were set before in this way (`mcp_set_servers`). Servers of the configuration stay. A server
    /// that cannot be started is added nevertheless, and listed under `errors`. Holds until it is set again, also when the CLI has to be started
    /// anew.
    ///
    /// ```
    /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
    /// use serde_json::json;
    ///
    /// let servers = [("clock", json!({"type": "stdio", "command": "clock-server", "args": []}))];
    /// let changes = session.mcp().set_servers(servers).await?;
    /// assert!(changes.errors.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn set_servers<K: Into<String>>(
        &self,
        servers: impl IntoIterator<Item = (K, Value)>,
    ) -> Call<Reply<McpServerChanges>> {
        let servers: Map<_, _> =
            servers.into_iter().map(|(name, config)| (name.into(), config)).collect();
        Call::new(self.0, "mcp_set_servers", Reply::read).with("servers", servers)
    }

    /// Makes an MCP server of this process known while the session runs, in place of one of that name. What
    /// [`set_servers`](Self::set_servers) needs to offer it to the CLI: its name, and its configuration. `make` makes a server for each
    /// connection of the CLI; see [`crate::mcp`].
    ///
    /// ```
    /// # use claude_wire::mcp::rmcp::{RoleServer, Service};
    /// # async fn example<S: Service<RoleServer>>(session: claude_wire::Session, clock: fn() -> S) -> claude_wire::Result<()> {
    /// let clock = session.mcp().in_process("clock", clock);
    /// session.mcp().set_servers([clock]).await?;
    /// // ... and without it again:
    /// session.mcp().set_servers::<&str>([]).await?;
    /// session.mcp().end_in_process("clock");
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "mcp")]
    pub fn in_process<S>(
        &self,
        name: impl Into<String>,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) -> (String, Value)
    where
        S: crate::mcp::rmcp::Service<crate::mcp::rmcp::RoleServer>,
    {
        let name = name.into();
        self.0.inner.shared.handlers.mcp.insert(name.clone(), make);
        let config = serde_json::json!({"type": "sdk", "name": name});
        (name, config)
    }

    /// Ends an MCP server of this process and forgets it; whether there was one. Calls that run are cancelled. The CLI is not told: take it
    /// out with [`set_servers`](Self::set_servers) first.
    #[cfg(feature = "mcp")]
    pub fn end_in_process(&self, name: &str) -> bool {
        self.0.inner.shared.handlers.mcp.remove(name)
    }

    /// Connects a server again, and waits for it (`mcp_reconnect`). An error when there is no such server, or it cannot be connected. CLI
    /// 2.1.329 refuses it for a server in this process: [`disable`](Self::disable) and [`enable`](Self::enable) connect that one anew.
    pub fn reconnect(&self, server: &str) -> Call<()> {
        Call::plain(self.0, "mcp_reconnect").with("serverName", server)
    }

    /// Switches a server on (`mcp_toggle`).
    pub fn enable(&self, server: &str) -> Call<()> {
        Call::plain(self.0, "mcp_toggle").with("serverName", server).with("enabled", true)
    }

    /// Switches a server off (`mcp_toggle`).
    pub fn disable(&self, server: &str) -> Call<()> {
        Call::plain(self.0, "mcp_toggle").with("serverName", server).with("enabled", false)
    }

    /// Gives the CLI a JSON-RPC message of an in-process server, such as `notifications/tools/list_changed` (`mcp_message`). The CLI
    /// acknowledges it even where it knows no such server.
    pub fn send(&self, server: &str, message: impl Into<Value>) -> Call<()> {
        Call::plain(self.0, "mcp_message").with("server_name", server).with("message", message)
    }

    /// Calls a tool past the model, by its whole name, `mcp__server__tool` (`mcp_call`). It runs without a question of permission, unless
    /// [`check_permissions`](Call::check_permissions) asks for one. In-process servers are refused.
    pub fn call(&self, tool: &str, arguments: Map<String, Value>) -> Call<Reply<McpCallResult>> {
        Call::new(self.0, "mcp_call", Reply::read).with("tool", tool).with("arguments", arguments)
    }

    /// Reads a resource with a `ui://` address (`mcp_read_resource`).
    pub fn read_resource(&self, server: &str, uri: &str) -> Call<Reply<McpResource>> {
        Call::new(self.0, "mcp_read_resource", Reply::read)
            .with("serverName", server)
            .with("uri", uri)
    }

    /// Holds the tools of a server to a stricter permission mode, `default` or `auto`, or to that of the session again
    /// (`set_mcp_permission_mode_override`, not declared). A server that is not there yet is no error, but a warning.
    pub fn set_permission_mode(
        &self,
        server: &str,
        mode: impl Into<Option<PermissionMode>>,
    ) -> Call<Reply<McpOverride>> {
        let mode = mode.into().map_or(Value::Null, |mode| mode.as_str().into());
        Call::new(self.0, "set_mcp_permission_mode_override", Reply::read_optional)
            .with("serverName", server)
            .with("mode", mode)
    }

    /// Begins to sign in to a server (`mcp_authenticate`, not declared). An error for servers that know no OAuth.
    pub fn authenticate(&self, server: &str) -> Call<Reply<McpAuthentication>> {
        Call::new(self.0, "mcp_authenticate", Reply::read).with("serverName", server)
    }

    /// Passes on the URL that signing in ended at, and waits until it is done (`mcp_oauth_callback_url`, not declared).
    pub fn finish_authentication(&self, server: &str, callback_url: &str) -> Call<()> {
        Call::plain(self.0, "mcp_oauth_callback_url")
            .with("serverName", server)
            .with("callbackUrl", callback_url)
    }

    /// Forgets that the user has signed in to a server (`mcp_clear_auth`, not declared).
    pub fn clear_authentication(&self, server: &str) -> Call<()> {
        Call::plain(self.0, "mcp_clear_auth").with("serverName", server)
    }

    /// Opens the channel of a plugin's server (`channel_enable`, not declared).
    pub fn enable_channel(&self, server: &str) -> Call<()> {
        Call::plain(self.0, "channel_enable").with("serverName", server)
    }
}

impl Call<Reply<McpCallResult>> {
    /// How long the tool may run, in milliseconds, from 1,000 to 600,000; 120,000 if not said (`timeout_ms`). The
    /// [`timeout`](Self::timeout) of the call goes on beside it.
    pub fn tool_timeout_ms(self, milliseconds: u32) -> Self {
        self.with("timeout_ms", milliseconds)
    }

    /// Does not begin after this moment, RFC 3339 (`expires_at`).
    pub fn expires_at(self, moment: &str) -> Self {
        self.with("expires_at", moment)
    }

    /// The result will not be shown to the model (`result_not_for_model`).
    pub fn result_not_for_model(self) -> Self {
        self.with("result_not_for_model", true)
    }

    /// Asks for permission first, as for a call of the model's (`check_permissions`).
    pub fn check_permissions(self) -> Self {
        self.with("check_permissions", true)
    }

    /// Stages a file for the tool to read (`input_files`).
    pub fn input_file(self, name: &str, lane_path: &str) -> Self {
        self.push("input_files", serde_json::json!({"name": name, "lane_path": lane_path}))
    }

    /// Collects a file that the tool writes (`output_files`); with `if_match` only over that version. Needs
    /// [`expires_at`](Self::expires_at).
    pub fn output_file(self, name: &str, lane_path: &str, if_match: Option<&str>) -> Self {
        let mut file = serde_json::json!({"name": name, "lane_path": lane_path});
        if let Some(version) = if_match {
            file["if_match"] = version.into();
        }
        self.push("output_files", file)
    }
}

impl Call<Reply<McpAuthentication>> {
    /// Lets the user come back to this URL, in place of a port of this machine (`redirectUri`). With `only`, fails where the server does not
    /// take it (`redirectUriOnly`).
    pub fn redirect_uri(self, uri: &str, only: bool) -> Self {
        let call = self.with("redirectUri", uri);
        if only { call.with("redirectUriOnly", true) } else { call }
    }
}
