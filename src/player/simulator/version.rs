//! What only the version of the CLI decides: its reply to `initialize`, and the lists of `init`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// By `cargo xtask facts`, from recordings of that version: its reply to `initialize`, its `init`, and
/// replies to requests.
const FACTS: &str = include_str!("2.1.332.json");

/// The facts of one version.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    /// The body of the reply to `initialize`.
    pub(super) initialize: Map<String, Value>,
    /// The `init` line, without what is different in each launch.
    pub(super) init: Map<String, Value>,
    /// Replies of a new session to control requests that show something.
    #[serde(default)]
    pub(super) replies: Map<String, Value>,
}

/// The facts of [`CLI_VERSION`](crate::CLI_VERSION).
pub(super) fn facts() -> &'static Facts {
    static PARSED: LazyLock<Facts> = LazyLock::new(|| {
        let empty = Facts { initialize: Map::new(), init: Map::new(), replies: Map::new() };
        serde_json::from_str(FACTS).unwrap_or(empty)
    });
    &PARSED
}

/// Whether this version offers a model. An older one has fewer abilities.
pub(super) fn is_listed(model: &str) -> bool {
    let models = facts().initialize.get("models").and_then(Value::as_array);
    models.into_iter().flatten().any(|known| known["resolvedModel"] == model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_those_of_the_newest_known_version() {
        assert_eq!(facts().init["claude_code_version"], crate::CLI_VERSION);
        assert_eq!(facts().initialize["claude_code_version"], crate::CLI_VERSION);
    }
}
