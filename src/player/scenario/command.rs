//! What a scenario's CLI prints for a command, such as `claude auth status`.

use serde::{Deserialize, Serialize};

use crate::player::launch::CommandLine;

/// What a command of the CLI prints, and its exit code: see
/// [`Scenario::on_command`](super::Scenario::on_command).
///
/// ```
/// use claude_wire::player::CommandOutput;
///
/// let logged_out = CommandOutput::new("{\"loggedIn\": false}\n").exit_code(1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommandOutput {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::player) stdout: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::player) stderr: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub(in crate::player) exit_code: i32,
}

impl CommandOutput {
    /// This text on stdout, as it is, and the exit code 0.
    pub fn new(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// This text on stderr.
    #[must_use]
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = text.into();
        self
    }

    /// Another exit code.
    #[must_use]
    pub fn exit_code(mut self, code: i32) -> Self {
        self.exit_code = code;
        self
    }
}

impl From<&str> for CommandOutput {
    fn from(stdout: &str) -> Self {
        Self::new(stdout)
    }
}

impl From<String> for CommandOutput {
    fn from(stdout: String) -> Self {
        Self::new(stdout)
    }
}

/// A command of a scenario.
#[derive(Clone, Debug)]
pub(in crate::player) struct ScriptedCommand {
    /// As it was written: `auth status --json`.
    pub(in crate::player) text: String,
    line: CommandLine,
    pub(in crate::player) output: CommandOutput,
}

impl ScriptedCommand {
    /// An error says why the text is not a command.
    pub(super) fn new(text: &str, output: CommandOutput) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = CommandLine::part(&words).map_err(|error| error.to_string())?;
        if !line.prints() {
            return Err(format!(
                "`{text}` is not a command of CLI {}: expected one such as `auth status`, or --version",
                crate::CLI_VERSION
            ));
        }
        Ok(Self { text: text.to_owned(), line, output })
    }

    /// Whether a launch asks for it: by the same words, and with all of its flags and arguments. The
    /// help of a command is another one.
    pub(in crate::player) fn fits(&self, line: &CommandLine) -> bool {
        let is_asked = self.line.asked() == line.asked();
        let has_flags = self.line.given().iter().all(|flag| line.given().contains(flag));
        let arguments = self.line.arguments();
        let has_arguments = arguments.is_empty() || arguments == line.arguments();
        is_asked && self.line.subcommand() == line.subcommand() && has_flags && has_arguments
    }
}

fn is_zero(code: &i32) -> bool {
    *code == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_fits_launches_with_its_flags_and_arguments() {
        let fits = |text: &str, args: &[&str]| {
            let line = CommandLine::read(args, None, true).unwrap();
            ScriptedCommand::new(text, "".into()).unwrap().fits(&line)
        };
        assert!(fits("auth status", &["auth", "status", "--json"]));
        assert!(!fits("auth status --json", &["auth", "status"]));
        assert!(fits("plugins list", &["plugin", "list"]));
        assert!(
            fits("mcp get a", &["mcp", "get", "a"]) && !fits("mcp get a", &["mcp", "get", "b"])
        );
        assert!(fits("--version", &["-v"]) && !fits("--version", &["--help"]));
        assert!(!fits("mcp list", &["mcp", "list", "--help"]));
        assert!(!fits("auth status", &["auth", "status", "--json", "-h"]));
        assert!(fits("mcp list --help", &["mcp", "list", "-h"]));
        assert!(!fits("--version", &["-p", "hello"]) && !fits("mcp list", &["mcp list"]));
    }

    #[test]
    fn what_is_not_a_command_is_refused() {
        for (text, why) in [
            ("", "`` is not a command"),
            ("hello", "`hello` is not a command of CLI"),
            ("auth status --jso", "unknown option '--jso'"),
            ("--model opus", "is not a command"),
        ] {
            let error = ScriptedCommand::new(text, "".into()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
