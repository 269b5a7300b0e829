//! What a supervisor's sessions were, for the next run of the program.

use serde::{Deserialize, Serialize};

use super::key::Key;

/// The keys of the sessions of a supervisor, and their conversations; the same for each supervisor
/// below it. Plain data: write it where the next run of your program finds it.
///
/// It has no options: the next run has its own specifications, with the same keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot<K> {
    sessions: Vec<Saved<K>>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    supervisors: Vec<Below<K>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved<K> {
    key: K,
    /// Absent if the CLI has confirmed none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Below<K> {
    key: K,
    snapshot: Snapshot<K>,
}

impl<K: Key> Snapshot<K> {
    pub(super) fn new(
        sessions: impl IntoIterator<Item = (K, Option<String>)>,
        supervisors: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        let saved = sessions.into_iter().map(|(key, session_id)| Saved { key, session_id });
        let below = supervisors.into_iter().map(|(key, snapshot)| Below { key, snapshot });
        Self { sessions: saved.collect(), supervisors: below.collect() }
    }

    /// The keys, with the ids of their conversations.
    pub fn sessions(&self) -> impl Iterator<Item = (&K, Option<&str>)> {
        self.sessions.iter().map(|saved| (&saved.key, saved.session_id.as_deref()))
    }

    /// The supervisors below, with their keys.
    pub fn supervisors(&self) -> impl Iterator<Item = (&K, &Self)> {
        self.supervisors.iter().map(|below| (&below.key, &below.snapshot))
    }

    /// The conversations, and the snapshots of the supervisors below.
    pub(super) fn into_parts(
        self,
    ) -> (impl Iterator<Item = (K, String)>, impl Iterator<Item = (K, Self)>) {
        let sessions = self.sessions.into_iter();
        let conversations = sessions.filter_map(|saved| Some((saved.key, saved.session_id?)));
        (conversations, self.supervisors.into_iter().map(|below| (below.key, below.snapshot)))
    }
}
