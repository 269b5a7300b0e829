//! MCP servers that the CLI starts or connects to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::error::shown;
use super::variable::{VARIABLES, is_variable};

/// An MCP server outside this process, and how the CLI reaches it.
///
/// It is sent in the initialize request (`mcpServers`, CLI 2.1.329), so that its tokens are never
/// on a command line or on disk. `Debug` shows no headers, variable values or arguments, and of a
/// URL nothing after the host.
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

    /// Adds a variable to the environment of a program. No effect on a server behind a URL.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Reached::Stdio { env, .. } = &mut self.reached {
            env.insert(name.into(), value.into());
        }
        self
    }

    /// Adds a header to each request. No effect on a program.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Reached::Net { headers, .. } = &mut self.reached {
            headers.insert(name.into(), value.into());
        }
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

    fn new(reached: Reached) -> Self {
        Self { reached, timeout: None, always_load: None }
    }

    /// Returns what the CLI would reject, as what was expected and what was given; neither contains
    /// a secret.
    pub(super) fn fault(&self) -> Option<Fault> {
        let reached = match &self.reached {
            Reached::Stdio { command, args, env } => program_fault(command, args, env),
            Reached::Net { url, headers, .. } => request_fault(url, headers),
        };
        reached.or_else(|| {
            let short = self.timeout.filter(|limit| *limit < Duration::from_secs(1))?;
            Some(("a timeout of one second or more", format!("{short:?}")))
        })
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

/// What was expected, and what was given.
type Fault = (&'static str, String);

fn program_fault(command: &str, args: &[String], env: &BTreeMap<String, String>) -> Option<Fault> {
    if command.is_empty() {
        return Some(("a command", "an empty one".to_owned()));
    }
    if command.contains('\0') || args.iter().any(|arg| arg.contains('\0')) {
        return Some(("a command and arguments without NUL", "one with it".to_owned()));
    }
    if let Some(name) = env.keys().find(|name| !is_variable(name)) {
        return Some((VARIABLES, shown(name)));
    }
    let (name, _) = env.iter().find(|(_, value)| value.contains('\0'))?;
    Some(("values of variables without NUL", format!("one in the value of {name}")))
}

fn request_fault(url: &str, headers: &BTreeMap<String, String>) -> Option<Fault> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Some(("a URL that begins with http:// or https://", "another text".to_owned()));
    }
    if url.chars().any(|char| char.is_control() || char.is_whitespace()) {
        return Some(("a URL without blanks and control characters", "one with them".to_owned()));
    }
    if let Some(name) = headers.keys().find(|name| !is_header(name)) {
        return Some(("names of headers of letters, digits and !#$%&'*+-.^_`|~", shown(name)));
    }
    let broken = |value: &str| value.chars().any(|char| char.is_control() && char != '\t');
    let (name, _) = headers.iter().find(|(_, value)| broken(value))?;
    let expected = "values of headers without line breaks and other control characters";
    Some((expected, format!("one in the value of {name}")))
}

/// A token, as defined by HTTP.
fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
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

/// A URL may contain a token in its user, path or query.
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
