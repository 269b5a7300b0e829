//! The values that only options have; those that messages have as well are in [`crate::wire`].

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The instructions with which the model starts. If unset, the CLI uses its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemPrompt {
    /// This text replaces the CLI's prompt; it may be empty. Sent as `--system-prompt`, or in the
    /// initialize request (`systemPrompt`) if it is longer than 8 KiB.
    Text(String),
    /// These blocks replace the CLI's prompt, in their order; at least one. Sent in the initialize
    /// request (`systemPrompt`). One of them may be [`SYSTEM_PROMPT_DYNAMIC_BOUNDARY`].
    Blocks(Vec<String>),
    /// This text is appended to the CLI's prompt. Sent as `--append-system-prompt`, or in the
    /// initialize request (`appendSystemPrompt`) if it is longer than 8 KiB.
    Append(String),
    /// The content of this file replaces the CLI's prompt (`--system-prompt-file`). The CLI reads
    /// it, relative to its own working directory.
    File(PathBuf),
}

/// The block of a [`SystemPrompt::Blocks`] that divides it: the blocks before it are the same in all
/// sessions and may be cached for all of them, those after it belong to one session. In a
/// [`SystemPrompt::Text`] it does the same as a line.
///
/// The CLI removes it from what it sends to the API (seen in CLI 2.1.332). Which caches it then
/// uses was not seen: before a server that is not Anthropic's own it joins the blocks into one.
///
/// ```
/// use claude_wire::session::options::{Options, SYSTEM_PROMPT_DYNAMIC_BOUNDARY};
///
/// let today = "Today is a Monday.";
/// Options::default()
///     .system_prompt_blocks(["You are a tutor.", SYSTEM_PROMPT_DYNAMIC_BOUNDARY, today]);
/// ```
pub const SYSTEM_PROMPT_DYNAMIC_BOUNDARY: &str = "__SYSTEM_PROMPT_DYNAMIC_BOUNDARY__";

/// Whether the model thinks before it answers, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// As long as the model decides (`--thinking adaptive`).
    Adaptive,
    /// At most this many tokens, from 1 up (`--max-thinking-tokens`).
    Budget(u32),
    /// Not at all (`--thinking disabled`).
    Disabled,
}

/// Skills that the model may use without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skills {
    /// All that the CLI finds: adds the rule `Skill` to `--allowed-tools`.
    All,
    /// These and no others: adds a rule `Skill(name)` for each to `--allowed-tools`, and sends the
    /// list in the initialize request (`skills`). The empty list hides all skills.
    Named(Vec<String>),
}

impl<T: Into<String>> FromIterator<T> for Skills {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Skills::Named(names.into_iter().map(Into::into).collect())
    }
}

/// A plugin in a directory of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plugin {
    /// The directory of the plugin, or a `.zip` of it.
    pub path: PathBuf,
    /// Whether its MCP servers stay off: `--plugin-dir-no-mcp` in place of `--plugin-dir`.
    pub without_mcp: bool,
}

impl Plugin {
    /// A plugin with everything that it contains.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Plugin { path: path.into(), without_mcp: false }
    }

    /// A plugin without its MCP servers.
    pub fn without_mcp(path: impl Into<PathBuf>) -> Self {
        Plugin { path: path.into(), without_mcp: true }
    }
}

/// Configuration for the CLI: in a file that it reads, or as JSON in the initialize request.
///
/// Neither is on the command line, where every user of the machine could read it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum FileOrJson {
    /// The path of a JSON file; the CLI reads it, relative to its own working directory.
    File(PathBuf),
    /// A JSON object. `Debug` does not show it.
    Json(Value),
}

impl FileOrJson {
    /// Returns the path, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Json(_) => None,
        }
    }
}

impl From<PathBuf> for FileOrJson {
    fn from(path: PathBuf) -> Self {
        FileOrJson::File(path)
    }
}

impl From<&Path> for FileOrJson {
    fn from(path: &Path) -> Self {
        FileOrJson::File(path.to_owned())
    }
}

impl From<Value> for FileOrJson {
    fn from(json: Value) -> Self {
        FileOrJson::Json(json)
    }
}

impl fmt::Debug for FileOrJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileOrJson::File(path) => f.debug_tuple("File").field(path).finish(),
            FileOrJson::Json(_) => f.write_str("Json(..)"),
        }
    }
}

string_enum! {
    /// A place that the CLI loads settings from (`--setting-sources`, CLI 2.1.329).
    pub enum SettingSource {
        /// The user's own settings, in the home directory.
        User = "user",
        /// The project's settings, shared by its people.
        Project = "project",
        /// The project's settings of this machine.
        Local = "local",
    }
}

string_enum! {
    /// Who answers when the CLI would ask for permission (`--permission-prompts`, CLI 2.1.329).
    pub enum PermissionPrompts {
        /// The host or the prompt tool.
        Host = "host",
        /// No one: what would be asked is refused.
        None = "none",
    }
}

string_enum! {
    /// The form of a preview in a question to the user (`CLAUDE_CODE_QUESTION_PREVIEW_FORMAT`, CLI
    /// 2.1.329).
    pub enum QuestionPreview {
        Markdown = "markdown",
        Html = "html",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_word_has_its_variant_and_another_is_kept() {
        for word in ["user", "project", "local"] {
            assert!(!matches!(SettingSource::from(word), SettingSource::Other(_)), "{word}");
            assert_eq!(SettingSource::from(word).as_str(), word);
        }
        let other = PermissionPrompts::from("manual");
        assert_eq!(other, PermissionPrompts::Other("manual".into()));
        assert_eq!(other.to_string(), "manual");
    }
}
