//! MCP servers.

macro_rules! server_requests { ($then:ident $($with:tt)*) => { $then! { $($with)*

/// MCP servers: status, set, reconnect, call a tool, sign in.
group Mcp = mcp {
    request McpStatus = "mcp_status" {
        published answers;
        effect Effect::Reads;
        reply body mcp::McpServers;
        /// The servers, their status, and their tools. Right after the start, servers that are
        /// still being connected may be missing.
        fn status() {}
    }

    request McpSetServers = "mcp_set_servers" {
        published answers;
        effect Effect::Lasts(lasting().initial("servers", "{}"));
        reply body mcp::McpServerChanges;
        /// Replaces the servers that were set in this way before. Servers of the configuration
        /// stay. A server that cannot be started is added, too, and listed under `errors`.
        /// Lasts until it is set again, also if the CLI is restarted.
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
        fn set_servers[K: Into<String>](servers: impl IntoIterator<Item = (K, Value)>) {
            "servers": object(servers)
        }
    }

    request McpReconnect = "mcp_reconnect" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Connects a server again, and waits for it. An error if there is no such server, or it
        /// cannot be connected. CLI 2.1.329 refuses it for a server in this process:
        /// [`disable`](Self::disable) and [`enable`](Self::enable) connect that one again.
        fn reconnect(server: &str) { "serverName": server }
    }

    request McpToggle = "mcp_toggle" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Switches a server on.
        fn enable(server: &str) { "serverName": server, "enabled": true }
        /// Switches a server off.
        fn disable(server: &str) { "serverName": server, "enabled": false }
    }

    request McpMessage = "mcp_message" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Sends the CLI a JSON-RPC message of an in-process server, such as
        /// `notifications/tools/list_changed`. The CLI acknowledges it even if it knows no such
        /// server.
        fn send(server: &str, message: impl Into<Value>) {
            "server_name": server,
            "message": message.into(),
        }
    }

    request McpCall = "mcp_call" {
        published answers;
        effect Effect::Acts;
        reply body mcp::McpCallResult;
        /// Calls a tool without the model, by its full name, `mcp__server__tool`. It runs without a
        /// permission question, unless [`check_permissions`](Call::check_permissions) asks for one.
        /// In-process servers are refused.
        fn call(tool: &str, arguments: Map<String, Value>) {
            "tool": tool,
            "arguments": arguments,
        }
        /// How long the tool may run, in milliseconds, from 1,000 to 600,000; the CLI's default is
        /// 120,000. The [`timeout`](Self::timeout) of the call applies as well.
        with tool_timeout_ms(milliseconds: u32) { "timeout_ms": milliseconds }
        /// Does not start after this time, RFC 3339.
        with expires_at(moment: &str) { "expires_at": moment }
        /// The result will not be shown to the model.
        with result_not_for_model() { "result_not_for_model": true }
        /// Asks for permission first, as for a call by the model.
        with check_permissions() { "check_permissions": true }
        /// Stages a file for the tool to read.
        add input_file(name: &str, lane_path: &str) {
            "input_files": json!({"name": name, "lane_path": lane_path})
        }
        /// Collects a file that the tool writes; with `if_match` only over that version. Needs
        /// [`expires_at`](Self::expires_at).
        add output_file(name: &str, lane_path: &str, if_match: Option<&str>) {
            "output_files": output_file(name, lane_path, if_match)
        }
    }

    request McpReadResource = "mcp_read_resource" {
        published answers;
        effect Effect::Reads;
        reply body mcp::McpResource;
        /// Reads a resource with a `ui://` address.
        fn read_resource(server: &str, uri: &str) { "serverName": server, "uri": uri }
    }

    request SetMcpPermissionModeOverride = "set_mcp_permission_mode_override" {
        internal answers;
        effect Effect::Lasts(lasting().each("serverName").initial("mode", "null"));
        reply optional mcp::McpOverride;
        /// Limits the tools of a server to a stricter permission mode, `default` or `auto`, or
        /// removes that limit. A server that does not exist yet is not an error, but a warning.
        fn set_permission_mode(server: &str, mode: impl Into<Option<PermissionMode>>) {
            "serverName": server,
            "mode": or_null(mode.into()),
        }
    }

    request McpAuthenticate = "mcp_authenticate" {
        hidden refuses;
        effect Effect::Acts;
        reply body mcp::McpAuthentication;
        /// Begins to sign in to a server. An error for servers without OAuth.
        fn authenticate(server: &str) { "serverName": server }
        /// Lets the user return to this URL, instead of a port of this machine. With `only`, fails
        /// if the server does not accept it.
        with redirect_uri(uri: &str, only: bool) {
            "redirectUri": uri,
            "redirectUriOnly": only.then_some(true),
        }
    }

    request McpOauthCallbackUrl = "mcp_oauth_callback_url" {
        hidden refuses;
        effect Effect::Acts;
        reply empty ();
        /// Passes on the URL that signing in ended at, and waits until it is done.
        fn finish_authentication(server: &str, callback_url: &str) {
            "serverName": server,
            "callbackUrl": callback_url,
        }
    }

    request McpClearAuth = "mcp_clear_auth" {
        hidden refuses;
        effect Effect::Acts;
        reply empty ();
        /// Forgets that the user has signed in to a server.
        fn clear_authentication(server: &str) { "serverName": server }
    }

    request ChannelEnable = "channel_enable" {
        hidden refuses;
        effect Effect::Acts;
        reply empty ();
        /// Opens the channel of a plugin's server.
        fn enable_channel(server: &str) { "serverName": server }
    }
}

}}}
