//! MCP servers that the CLI starts or connects to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::error::shown;
use super::tool_servers::{Fault, McpToolPolicy, short};
use super::variable::{VARIABLES, is_variable};

open_object! {
    /// An MCP server outside this process, and how the CLI reaches it.
    ///
    /// It is sent in the initialize request (`mcpServers`, CLI 2.1.329), so that its tokens are
    /// never on a command line or on disk. `Debug` shows no headers, variable values or arguments,
    /// of a URL nothing after the host, and of `extra` only the names.
    ///
    /// It can be read from JSON and written as JSON, in the form of the wire;
    /// `McpStdioServerConfig`, `McpSSEServerConfig` and `McpHttpServerConfig` of the TypeScript
    /// SDK. What is written contains the secrets.
    ///
    /// ```
    /// use claude_wire::session::options::{McpServer, Options};
    ///
    /// let options = Options::default()
    ///     .external_mcp_server("files", McpServer::stdio("mcp-files", ["--root", "/srv"]))
    ///     .external_mcp_server("issues", McpServer::http("https://mcp.example.com/").header("Authorization", "Bearer secret"));
    /// assert!(!format!("{options:?}").contains("secret"));
    /// # options.validate()?;
    /// # Ok::<(), claude_wire::session::options::OptionError>(())
    /// ```
    pub struct McpServer {
        /// How it is reached; without it, it is a program.
        pub transport: Option<McpTransport> = "type" seen,
        /// The program, which the CLI starts without a shell.
        pub command: Option<String> = "command" seen,
        /// The arguments of the program.
        pub args: Vec<String> = "args" seen,
        /// Variables for the program.
        pub env: BTreeMap<String, String> = "env" seen,
        /// The URL of a server that is not a program.
        pub url: Option<String> = "url" seen,
        /// Headers of each request to the URL.
        pub headers: BTreeMap<String, String> = "headers" seen,
        /// Who decides about its tools; only for a server behind a URL that is added to a running
        /// session: see [`tool`](Self::tool).
        pub tools: Vec<McpToolPolicy> = "tools" seen,
        /// How long a tool call may take, at least one second: the CLI ignores less. In
        /// milliseconds on the wire.
        pub timeout: Option<Duration> = "timeout",
        /// Whether its tools are always shown to the model, and not only when it searches for
        /// tools. The CLI then waits for the server when it starts, for up to five seconds.
        pub always_load: Option<bool> = "alwaysLoad" seen,
    }
}

string_enum! {
    /// How an MCP server is reached (`type`, CLI 2.1.332).
    pub enum McpTransport {
        /// A program that speaks MCP over its standard streams.
        Stdio = "stdio",
        /// Streamable HTTP.
        Http = "http",
        /// Server-sent events.
        Sse = "sse",
        /// In the process of the host. Such a server is offered by `tool_server`, and its
        /// configuration is a [`ToolServerConfig`](crate::session::options::ToolServerConfig).
        Sdk = "sdk",
    }
}

open_words!(McpTransport);

impl McpServer {
    /// A program that speaks MCP over its standard streams; the CLI starts it, without a shell.
    pub fn stdio<T: Into<String>>(
        command: impl Into<String>,
        args: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            transport: Some(McpTransport::Stdio),
            command: Some(command.into()),
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// A server behind streamable HTTP.
    pub fn http(url: impl Into<String>) -> Self {
        Self { transport: Some(McpTransport::Http), url: Some(url.into()), ..Self::default() }
    }

    /// A server behind server-sent events.
    pub fn sse(url: impl Into<String>) -> Self {
        Self { transport: Some(McpTransport::Sse), url: Some(url.into()), ..Self::default() }
    }

    /// Adds a variable to the environment of a program. No effect on a server behind a URL.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if self.is_program() {
            self.env.insert(name.into(), value.into());
        }
        self
    }

    /// Adds a header to each request. No effect on a program.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if !self.is_program() {
            self.headers.insert(name.into(), value.into());
        }
        self
    }

    /// Adds the policy for one of its tools, for a server behind a URL that is added to a running
    /// session: [`Mcp::set_servers`](crate::session::control::Mcp::set_servers) takes it as JSON
    /// (`server.into()`). CLI 2.1.332 ignores policies in the handshake, so the options refuse them:
    /// use permission rules there.
    #[must_use]
    pub fn tool(mut self, policy: McpToolPolicy) -> Self {
        self.tools.push(policy);
        self
    }

    /// Sets how long a tool call may take, at least one second: the CLI ignores less. Default: that
    /// of the CLI.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets whether its tools are always shown to the model, and not only when it searches for
    /// tools. Default: that of the CLI.
    #[must_use]
    pub fn always_load(mut self, on: bool) -> Self {
        self.always_load = Some(on);
        self
    }

    fn is_program(&self) -> bool {
        matches!(self.transport, None | Some(McpTransport::Stdio))
    }

    /// Returns what the CLI would reject or ignore, as what was expected and what was given;
    /// neither contains a secret.
    pub(super) fn fault(&self) -> Option<Fault> {
        let reached = match &self.transport {
            None | Some(McpTransport::Stdio) => self.program_fault(),
            Some(McpTransport::Http | McpTransport::Sse) => self.request_fault(),
            Some(McpTransport::Sdk) => Some((
                "a server outside this process; `tool_server` offers one in it",
                "sdk".to_owned(),
            )),
            // A later version of the CLI knows what it needs.
            Some(McpTransport::Other(_)) => None,
        };
        reached
            .or_else(|| short(self.timeout))
            .or_else(|| self.tools.iter().find_map(McpToolPolicy::fault))
    }

    fn program_fault(&self) -> Option<Fault> {
        let command = self.command.as_deref().unwrap_or_default();
        if command.is_empty() {
            return Some(("a command", "an empty one".to_owned()));
        }
        if command.contains('\0') || self.args.iter().any(|arg| arg.contains('\0')) {
            return Some(("a command and arguments without NUL", "one with it".to_owned()));
        }
        if !self.tools.is_empty() {
            let expected = "no policy for tools of a program; use permission rules";
            return Some((expected, "one".to_owned()));
        }
        if let Some(name) = self.env.keys().find(|name| !is_variable(name)) {
            return Some((VARIABLES, shown(name)));
        }
        let (name, _) = self.env.iter().find(|(_, value)| value.contains('\0'))?;
        Some(("values of variables without NUL", format!("one in the value of {name}")))
    }

    fn request_fault(&self) -> Option<Fault> {
        if !self.tools.is_empty() {
            let expected = "no policy for tools, which the CLI ignores here; use permission rules, \
                            or add the server with `mcp().set_servers`";
            return Some((expected, "one".to_owned()));
        }
        let url = self.url.as_deref().unwrap_or_default();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Some(("a URL that begins with http:// or https://", "another text".to_owned()));
        }
        if url.chars().any(|char| char.is_control() || char.is_whitespace()) {
            return Some((
                "a URL without blanks and control characters",
                "one with them".to_owned(),
            ));
        }
        if let Some(name) = self.headers.keys().find(|name| !is_header(name)) {
            return Some(("names of headers of letters, digits and !#$%&'*+-.^_`|~", shown(name)));
        }
        let broken = |value: &str| value.chars().any(|char| char.is_control() && char != '\t');
        let (name, _) = self.headers.iter().find(|(_, value)| broken(value))?;
        let expected = "values of headers without line breaks and other control characters";
        Some((expected, format!("one in the value of {name}")))
    }
}

/// A token, as defined by HTTP.
fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.transport.as_ref().map_or("stdio", McpTransport::as_str);
        f.debug_struct(kind)
            .field("command", &self.command)
            .field("args", &self.args.len())
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("host", &self.url.as_deref().map(host))
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A URL may contain a token in its user, path or query.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::options::McpToolPermission;
    use crate::session::options::open::Json;

    #[test]
    fn each_kind_has_the_fields_of_the_wire() {
        let stdio = McpServer::stdio("c", ["a"])
            .env("K", "v")
            .timeout(Duration::from_secs(2))
            .always_load(true);
        let text = r#"{"type":"stdio","command":"c","args":["a"],"env":{"K":"v"},"timeout":2000,"alwaysLoad":true}"#;
        assert_eq!(stdio.to_json().to_string(), text);
        let http = McpServer::http("https://h/").header("A", "b");
        assert_eq!(
            http.to_json().to_string(),
            r#"{"type":"http","url":"https://h/","headers":{"A":"b"}}"#
        );
        assert_eq!(
            McpServer::sse("https://h/").to_json().to_string(),
            r#"{"type":"sse","url":"https://h/"}"#
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let shown = format!(
            "{:?} {:?}",
            McpServer::stdio("c", ["CANARY"]).env("K", "CANARY"),
            McpServer::http("https://CANARY@host/CANARY?k=CANARY").header("A", "CANARY")
        );
        assert!(!shown.contains("CANARY") && shown.contains("\"host\""), "{shown}");
        let read = json!({"type": "http", "url": "http://host/CANARY", "oauth": {"key": "CANARY"}});
        let shown = format!("{:?}", serde_json::from_value::<McpServer>(read).unwrap());
        assert!(!shown.contains("CANARY") && shown.contains("oauth"), "{shown}");
    }

    #[test]
    fn a_configuration_survives_in_both_directions() {
        for text in [
            r#"{"command":"c","new":1}"#,
            r#"{"type":"stdio","command":"c","args":["a"],"env":{"K":"v"},"timeout":2000,"alwaysLoad":false}"#,
            r#"{"type":"http","url":"https://h/","headers":{"A":"b"},"tools":[{"name":"t","permission_policy":"always_ask","org_max_permission":"blocked","new":{}}],"oauth":{"clientId":"c"}}"#,
            r#"{"type":"claudeai-proxy","url":"https://h/","timeout":1,"id":"i"}"#,
            r#"{"type":"sdk","name":"n"}"#,
        ] {
            let server: McpServer = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&server).unwrap(), text);
        }
        for (text, expected) in [
            (r#"{"env":{"K":1}}"#, "field `env.K`: expected a string, got a number"),
            (r#"{"headers":"CANARY"}"#, "field `headers`: expected an object, got a string"),
            (r#"{"tools":[{}]}"#, "field `tools[0].name`: expected a value, got none"),
            (
                r#"{"timeout":-1}"#,
                "field `timeout`: expected a whole number of milliseconds, got a number",
            ),
        ] {
            let error = serde_json::from_str::<McpServer>(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn what_the_cli_would_ignore_is_a_fault() {
        assert!(McpServer::stdio("", [""; 0]).fault().is_some());
        assert!(McpServer::http("u").fault().is_some());
        assert!(McpServer::default().fault().is_some());
        let sdk: McpServer = serde_json::from_str(r#"{"type":"sdk","name":"n"}"#).unwrap();
        assert!(sdk.fault().unwrap().0.contains("tool_server"));
        let later: McpServer = serde_json::from_str(r#"{"type":"later"}"#).unwrap();
        assert!(later.fault().is_none());
        let policy = || McpToolPolicy::new("t", McpToolPermission::AlwaysAsk);
        assert!(McpServer::stdio("c", [""; 0]).tool(policy()).fault().is_some());
        let http = McpServer::http("https://h").tool(policy());
        assert!(http.fault().unwrap().0.contains("set_servers"));
        assert!(McpServer::http("https://h").timeout(Duration::from_millis(999)).fault().is_some());
        assert!(McpServer::sse("http://h").timeout(Duration::from_secs(1)).fault().is_none());
    }

    #[test]
    fn names_and_values_that_would_become_something_else_are_faults() {
        let program = || McpServer::stdio("c", ["a b\n"]).env("A_B", "two\nlines=");
        let server = || McpServer::http("https://h/x?y=z").header("X-a_b.1", "Bearer \t é");
        assert_eq!((program().fault(), server().fault()), (None, None));
        for bad in ["\n", "\0", "\r", "\u{85}", "\u{7f}"] {
            for name in ["", "A", "é"].map(|around| format!("{around}{bad}{around}")) {
                let faults = [
                    program().env(&*name, "CANARY").fault(),
                    server().header(&*name, "CANARY").fault(),
                ];
                for (expected, got) in faults.map(Option::unwrap) {
                    assert!(expected.contains("names") && !got.contains("CANARY"), "{got}");
                    assert!(got.chars().all(|char| !char.is_control()), "{got}");
                }
            }
            let fault = server().header("X", format!("CANARY{bad}CANARY")).fault().unwrap();
            assert_eq!(fault.1, "one in the value of X", "{bad:?}");
            assert!(McpServer::sse(format!("https://h/{bad}")).fault().is_some(), "{bad:?}");
        }
        for name in ["", "A=B", "="] {
            assert!(program().env(name, "x").fault().is_some(), "{name}");
        }
        for name in ["", "A B", "A:", "é", "(A)"] {
            assert!(server().header(name, "x").fault().is_some(), "{name}");
        }
        assert_eq!(program().env("A", "CANARY\0").fault().unwrap().1, "one in the value of A");
        assert!(McpServer::stdio("c\0", [""; 0]).fault().is_some());
        assert!(McpServer::stdio("c", ["a", "\0"]).fault().is_some());
        assert!(McpServer::http("https://h/a b").fault().is_some());
    }
}
