//! What a child runs, and what its task and its session report.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::error::SupervisorError;
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

/// The end of what a child has run before: of a session that was given up.
#[derive(Clone)]
pub(super) struct Left(watch::Receiver<()>);

impl Left {
    /// It is over when the sender is dropped.
    pub(super) fn new() -> (watch::Sender<()>, Self) {
        let (leaving, left) = watch::channel(());
        (leaving, Self(left))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.has_changed().is_err()
    }

    pub(super) async fn over(mut self) {
        while self.0.changed().await.is_ok() {}
    }
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
    /// Of its session: a turn has begun or ended, or there is a warning. It is passed on, also when
    /// the child is gone.
    Said(SupervisorEvent<K>),
    Idle,
    /// It was to rest, but has work.
    Busy,
    Stopped,
    /// It is forgotten, and what it has run has ended. Who has wanted that learns of it.
    Gone(K, Vec<oneshot::Sender<Result<(), SupervisorError>>>),
}
