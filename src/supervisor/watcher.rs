//! What the session of a child says while it works.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::budget::Budget;
use super::key::Key;
use super::report::{News, Report};
use super::tree::ChildId;
use crate::session::{Observer, Spending};

/// Counts what a session spends, and passes its warnings on. It has nothing of the supervisor that
/// could keep it alive.
pub(super) struct Watcher<K: Key> {
    pub(super) child: ChildId,
    pub(super) budgets: Arc<[Budget]>,
    pub(super) reports: mpsc::UnboundedSender<Report<K>>,
}

impl<K: Key> Observer for Watcher<K> {
    fn spent(&self, spent: &Spending) {
        for budget in &*self.budgets {
            budget.add(spent);
        }
    }

    fn warned(&self, text: &str) {
        let news = News::Warning(text.to_owned());
        // A warning does not belong to one start.
        let _ = self.reports.send(Report { child: self.child, start: None, news });
    }
}
