//! What a child runs, and what its task and its session report.

use std::sync::Arc;

use super::info::SupervisorEvent;
use super::key::Key;
use super::spec::Nested;
use super::tree::{ChildId, Class};
use crate::session::{self, Session};

/// What a child runs.
#[derive(Clone)]
pub(super) enum Running<K: Key> {
    Session(Session),
    Supervisor(Arc<dyn Nested<K>>),
}

/// What a task of a child reports, with the number of its start.
pub(super) struct Report<K: Key> {
    pub(super) child: ChildId,
    /// `None` for what holds whatever start it is.
    pub(super) start: Option<u64>,
    pub(super) news: News<K>,
}

pub(super) enum News<K: Key> {
    /// It is made, and being started.
    Made(Running<K>),
    Up {
        history_lost: bool,
    },
    Down(Class, String, Option<session::Error>),
    /// Whether the API refuses its key or its login, when that changes.
    Degraded(bool),
    Warning(String),
    /// A turn has begun or ended. It is passed on, also when the child is gone.
    Turn(SupervisorEvent<K>),
    Idle,
    /// It was to rest, but has work.
    Busy,
    Stopped,
}
