//! The list of the children of a supervisor.

use std::time::SystemTime;

use super::info::{ChildKind, ChildState};
use super::key::Key;
use super::reference::SessionRef;
use crate::session::{Phase, Spending};

/// An entry of [`Supervisor::list`](super::Supervisor::list).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo<K: Key> {
    /// Its key.
    pub key: K,
    /// The session, to query; `None` for a supervisor.
    pub session: Option<SessionRef<K>>,
    /// What it is.
    pub kind: ChildKind,
    /// What it does.
    pub state: ChildState,
    /// The process id of its CLI, if it has one now.
    pub pid: Option<u32>,
    /// What its session is doing; `None` for a supervisor, and where there is no session.
    pub phase: Option<Phase>,
    /// How many prompts wait for it.
    pub queued: usize,
    /// What it has used so far, over all its restarts. Zero for a supervisor.
    pub spending: Spending,
    /// When it came up last; `None` if it has not been up yet.
    pub started_at: Option<SystemTime>,
    /// How often it was restarted after it had ended by itself.
    pub restarts: u64,
    /// The id of its conversation, once the CLI has confirmed one.
    pub session_id: Option<String>,
    /// The text of the last error of a start, or of an end.
    pub last_error: Option<String>,
}
