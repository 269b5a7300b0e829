//! What the session of a child says while it works.

use std::sync::{Arc, Mutex};

use tokio::sync::{broadcast, mpsc};

use super::budget::Budget;
use super::info::SupervisorEvent;
use super::key::Key;
use super::report::{News, Report};
use super::tree::ChildId;
use crate::common::lock;
use crate::session::{Observer, Spending, TurnReport};

/// The conversation with which a child goes on if its session has none, such as before the first turn
/// after a rest. Its session takes it away when it forgets its conversation.
#[derive(Clone)]
pub(super) struct Kept(Arc<Mutex<Conversation>>);

struct Conversation {
    session_id: Option<String>,
    /// Whether one was forgotten: then the one that `make` names does not count any more.
    is_forgotten: bool,
}

impl Kept {
    pub(super) fn new(session_id: Option<String>) -> Self {
        Self(Arc::new(Mutex::new(Conversation { session_id, is_forgotten: false })))
    }

    pub(super) fn get(&self) -> Option<String> {
        lock(&self.0).session_id.clone()
    }

    pub(super) fn set(&self, session_id: Option<String>) {
        lock(&self.0).session_id = session_id;
    }

    pub(super) fn forget(&self) {
        *lock(&self.0) = Conversation { session_id: None, is_forgotten: true };
    }

    pub(super) fn is_forgotten(&self) -> bool {
        lock(&self.0).is_forgotten
    }
}

/// Counts what a session spends, forgets what it forgets, and passes on its warnings, and its turns
/// if there is a reader of events. It has nothing of the supervisor that could keep it alive.
pub(super) struct Watcher<K: Key> {
    pub(super) child: ChildId,
    pub(super) key: K,
    pub(super) budgets: Arc<[Budget]>,
    pub(super) kept: Kept,
    /// Whether there are readers of events.
    pub(super) events: broadcast::WeakSender<SupervisorEvent<K>>,
    pub(super) reports: mpsc::UnboundedSender<Report<K>>,
}

impl<K: Key> Observer for Watcher<K> {
    fn spent(&self, spent: &Spending) {
        for budget in &*self.budgets {
            budget.add(spent);
        }
    }

    fn warned(&self, text: &str) {
        let event = SupervisorEvent::Warning(self.key.clone(), text.to_owned());
        self.report(News::Said(event));
    }

    fn forgot(&self) {
        self.kept.forget();
    }

    fn wants_turns(&self) -> bool {
        self.events.upgrade().is_some_and(|events| events.receiver_count() > 0)
    }

    fn turn_began(&self, uuid: Option<&str>) {
        let event = SupervisorEvent::TurnStarted(self.key.clone(), uuid.map(String::from));
        self.report(News::Said(event));
    }

    fn turn_ended(&self, report: TurnReport) {
        let event = SupervisorEvent::TurnEnded(self.key.clone(), Box::new(report));
        self.report(News::Said(event));
    }
}

impl<K: Key> Watcher<K> {
    fn report(&self, news: News<K>) {
        // It does not belong to one start.
        let _ = self.reports.send(Report { child: self.child, start: None, news });
    }
}
