use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Whose instructions the model starts with. Unset, the CLI uses its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemPrompt {
    /// This text in place of the CLI's own prompt; empty is allowed. Sent as `--system-prompt`, or in
    /// the initialize request (`systemPrompt`) when it is longer than 8 KiB.
    Text(String),
    /// This text after the CLI's own prompt. Sent as `--append-system-prompt`, or in the initialize
    /// request (`appendSystemPrompt`) when it is longer than 8 KiB.
    Append(String),
    /// The content of this file in place of the CLI's own prompt (`--system-prompt-file`). The CLI
    /// reads it, from its own working directory.
    File(PathBuf),
}

/// Whether the model thinks before it answers, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// As long as the model sees fit (`--thinking adaptive`).
    Adaptive,
    /// At most this many tokens, from 1 up (`--max-thinking-tokens`).
    Budget(u32),
    /// Not at all (`--thinking disabled`).
    Disabled,
}

/// Configuration for the CLI: in a file that it reads, or as JSON on its command line.
///
/// Every user of the machine can read a command line. Tokens belong into a file.
#[derive(Clone, PartialEq)]
pub enum FileOrJson {
    /// The path of a JSON file; the CLI reads it, from its own working directory.
    File(PathBuf),
    /// A JSON object. `Debug` does not show it.
    Json(Value),
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
