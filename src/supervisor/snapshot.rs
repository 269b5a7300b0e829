//! What a supervisor's sessions were, for the next run of the program.

use serde::{Deserialize, Serialize};

use super::key::Key;

/// The keys of the sessions of a supervisor, and their conversations. Plain data: write it where the
/// next run of your program finds it.
///
/// It has no options: the next run has its own specifications, with the same keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot<K> {
    sessions: Vec<Saved<K>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved<K> {
    key: K,
    /// Absent if the CLI has confirmed none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
}

impl<K: Key> Snapshot<K> {
    pub(super) fn new(sessions: impl IntoIterator<Item = (K, Option<String>)>) -> Self {
        let saved = sessions.into_iter().map(|(key, session_id)| Saved { key, session_id });
        Self { sessions: saved.collect() }
    }

    /// The keys, with the ids of their conversations.
    pub fn sessions(&self) -> impl Iterator<Item = (&K, Option<&str>)> {
        self.sessions.iter().map(|saved| (&saved.key, saved.session_id.as_deref()))
    }

    pub(super) fn into_conversations(self) -> impl Iterator<Item = (K, String)> {
        self.sessions.into_iter().filter_map(|saved| Some((saved.key, saved.session_id?)))
    }
}
