use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// An MCP server outside this process, and how the CLI reaches it.
///
/// It travels in the initialize request (`mcpServers`, CLI 2.1.329), so that no token in it is ever on a command line or on disk.
/// `Debug` shows neither headers nor values of variables, nor arguments, nor what follows the host in a URL.
///
/// ```
/// use claude_wire::session::{McpServer, Options};
///
/// let options = Options::default()
///     .external_mcp_server("files", McpServer::stdio("mcp-files", ["--root", "/srv"]))
///     .external_mcp_server("issues", McpServer::http("https://mcp.example.com/").header("Authorization", "Bearer secret"));
/// assert!(!format!("{options:?}").contains("secret"));
/// # options.validate()?;
/// # Ok::<(), claude_wire::session::OptionError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct McpServer {
    pub(super) reached: Reached,
    timeout: Option<Duration>,
    always_load: Option<bool>,
}

#[derive(Clone, PartialEq)]
pub(super) enum Reached {
    Stdio { command: String, args: Vec<String>, env: BTreeMap<String, String> },
    Net { kind: &'static str, url: String, headers: BTreeMap<String, String> },
}

impl McpServer {
    /// A program that speaks MCP over its standard streams; the CLI starts it, without a shell.
    pub fn stdio<T: Into<String>>(
        command: impl Into<String>,
        args: impl IntoIterator<Item = T>,
    ) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self::new(Reached::Stdio { command: command.into(), args, env: BTreeMap::new() })
    }

    /// A server behind streamable HTTP.
    pub fn http(url: impl Into<String>) -> Self {
        Self::new(Reached::Net { kind: "http", url: url.into(), headers: BTreeMap::new() })
    }

    /// A server behind server-sent events.
    pub fn sse(url: impl Into<String>) -> Self {
        Self::new(Reached::Net { kind: "sse", url: url.into(), headers: BTreeMap::new() })
    }

    /// One more variable in the environment of a program. A server behind a URL has none, and is left as it is.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Reached::Stdio { env, .. } = &mut self.reached {
            env.insert(name.into(), value.into());
        }
        self
    }

    /// One more header of each request. A program has none, and is left as it is.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Reached::Net { headers, .. } = &mut self.reached {
            headers.insert(name.into(), value.into());
        }
        self
    }

    /// How long a call of a tool may take, one second or more: the CLI ignores less. Default: the CLI's own.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Whether its tools are always shown to the model, and not only when it searches for tools. Default: the CLI's own choice.
    #[must_use]
    pub fn always_load(mut self, on: bool) -> Self {
        self.always_load = Some(on);
        self
    }

    fn new(reached: Reached) -> Self {
        Self { reached, timeout: None, always_load: None }
    }

    /// What the CLI would not take, as what was expected and what came; neither holds a secret.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        match &self.reached {
            Reached::Stdio { command, .. } if command.is_empty() => {
                return Some(("a command", "an empty one".to_owned()));
            }
            Reached::Net { url, .. }
                if !url.starts_with("http://") && !url.starts_with("https://") =>
            {
                return Some((
                    "a URL that begins with http:// or https://",
                    "another text".to_owned(),
                ));
            }
            _ => {}
        }
        let short = self.timeout.filter(|limit| *limit < Duration::from_secs(1))?;
        Some(("a timeout of one second or more", format!("{short:?}")))
    }

    pub(super) fn to_json(&self) -> Value {
        let mut fields = match &self.reached {
            Reached::Stdio { command, args, env } => object([
                ("type", Some(json!("stdio"))),
                ("command", Some(json!(command))),
                ("args", (!args.is_empty()).then(|| json!(args))),
                ("env", (!env.is_empty()).then(|| json!(env))),
            ]),
            Reached::Net { kind, url, headers } => object([
                ("type", Some(json!(kind))),
                ("url", Some(json!(url))),
                ("headers", (!headers.is_empty()).then(|| json!(headers))),
            ]),
        };
        let timeout =
            self.timeout.map(|limit| json!(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
        fields.extend(object([
            ("timeout", timeout),
            ("alwaysLoad", self.always_load.map(Value::from)),
        ]));
        Value::Object(fields)
    }
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reached {
            Reached::Stdio { command, args, env } => f
                .debug_struct("Stdio")
                .field("command", command)
                .field("args", &args.len())
                .field("env", &env.keys().collect::<Vec<_>>())
                .finish_non_exhaustive(),
            Reached::Net { kind, url, headers } => f
                .debug_struct(kind)
                .field("host", &host(url))
                .field("headers", &headers.keys().collect::<Vec<_>>())
                .finish_non_exhaustive(),
        }
    }
}

/// A URL may hold a token in its user, its path or its query.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    #[test]
    fn what_the_cli_would_ignore_is_a_fault() {
        assert!(McpServer::stdio("", [""; 0]).fault().is_some());
        assert!(McpServer::http("u").fault().is_some());
        assert!(McpServer::http("https://h").timeout(Duration::from_millis(999)).fault().is_some());
        assert!(McpServer::sse("http://h").timeout(Duration::from_secs(1)).fault().is_none());
    }
}
