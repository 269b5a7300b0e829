//! Which calls a hook is registered for, and how long it may take.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::session::options::OptionError;

/// When a hook is called, how long it may take, and what its failure means.
///
/// ```
/// use claude_wire::session::Matcher;
/// use std::time::Duration;
///
/// let for_every_use = Matcher::all();
/// let for_some_tools: Matcher = "Bash|Edit".into();
/// let guard = Matcher::new("Bash").timeout(Duration::from_secs(5)).block_on_failure();
/// # let _ = (for_every_use, for_some_tools, guard);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Matcher {
    pattern: Option<String>,
    timeout: Option<Duration>,
    blocks: bool,
}

impl Matcher {
    /// Matches each occurrence of the event.
    pub fn all() -> Self {
        Self::default()
    }

    /// Matches occurrences that fit the pattern: tool names, such as `Bash|Edit`, for tool events;
    /// for other events what the CLI documents, such as the `source` of a session start.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: Some(pattern.into()), ..Self::default() }
    }

    /// Sets how long the hook may take, more than 0. The CLI enforces it: after that time it
    /// cancels its request, and the hook's future is dropped. CLI 2.1.329 does not run a tool whose
    /// `PreToolUse` hook was late, whatever its failure would mean. Sent in seconds. Default: the
    /// limit of the CLI.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// A failure of the hook blocks the tool or event (`onFailure`). Default: the CLI reports the
    /// failure and continues.
    ///
    /// A CLI without support for this is refused: connecting fails with an error for which
    /// [`is_unsupported`](crate::session::Error::is_unsupported) is true. No effect for `Stop`,
    /// `SubagentStop`, `TaskCompleted` and `TeammateIdle`.
    pub fn block_on_failure(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// The registration of a hook with this id, for `initialize`.
    pub(super) fn register(&self, id: String) -> Result<Value, OptionError> {
        let mut entry = Map::new();
        if let Some(pattern) = &self.pattern {
            entry.insert("matcher".into(), pattern.as_str().into());
        }
        entry.insert("hookCallbackIds".into(), vec![id].into());
        if let Some(timeout) = self.timeout {
            if timeout.is_zero() {
                return Err(OptionError::new(
                    "hook",
                    "a timeout of more than 0",
                    format!("{timeout:?}"),
                ));
            }
            entry.insert("timeout".into(), seconds(timeout));
        }
        if self.blocks {
            entry.insert("onFailure".into(), "block".into());
        }
        Ok(Value::Object(entry))
    }
}

/// Returns a whole number if possible.
fn seconds(duration: Duration) -> Value {
    if duration.subsec_nanos() == 0 {
        duration.as_secs().into()
    } else {
        duration.as_secs_f64().into()
    }
}

impl From<&str> for Matcher {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}

impl From<String> for Matcher {
    fn from(pattern: String) -> Self {
        Self::new(pattern)
    }
}
