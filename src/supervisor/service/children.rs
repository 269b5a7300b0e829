//! What is done with a child: started, stopped, given up, and shown.

use tokio::sync::oneshot;

use super::Service;
use crate::session;
use crate::supervisor::error::{Kind, SupervisorError};
use crate::supervisor::info::ChildState;
use crate::supervisor::key::Key;
use crate::supervisor::policy::Strategy;
use crate::supervisor::report::{Left, News, Report, Running};
use crate::supervisor::shared::{Answer, Child};
use crate::supervisor::slot::ended;
use crate::supervisor::tree::{ChildId, Input, State, Then, Why};
use crate::supervisor::worker;
use crate::telemetry;

impl<K: Key> Service<K> {
    pub(super) fn start(&mut self, id: ChildId, why: Why) {
        {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            child.degraded = false;
            let keeps = match why {
                Why::First | Why::Woken => true,
                Why::Again => child.spec.conversation == session::Restart::Resume,
                Why::ByHand => false,
            };
            let key = child.spec.key.clone();
            if !keeps {
                child.forget_conversation();
                children.restored.remove(&key);
                children.restored_below.remove(&key);
            }
            let restored = children.restored_below.get(&key).cloned();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            let below = match (&child.running, why) {
                (Some(Running::Supervisor(before)), Why::First | Why::Woken) => {
                    Some(before.conversations(session::Restart::Resume))
                }
                (Some(Running::Supervisor(before)), Why::Again) => {
                    Some(before.conversations(child.spec.conversation))
                }
                _ => restored,
            };
            let resume = child.session_id().filter(|_| keeps);
            let start = child.begin(id, why, resume, below, &self.shared, &self.reports);
            child.task = Some(self.tasks.spawn(start.run()));
        }
        self.show(id, None);
    }

    /// Whether a child is stopped only when those before it are: its strategy says that others
    /// depend on it, or it was started so.
    pub(super) fn stops_by_itself(&self, id: ChildId) -> bool {
        let is_first = |child: &Child<K>| child.is_first;
        self.settings.rules.strategy != Strategy::OneForOne
            || self.shared.children().by_id.get(&id).is_some_and(is_first)
    }

    /// Stops a child when all of `after` have ended. What is returned ends when the child is stopped.
    pub(super) fn stop(
        &mut self,
        id: ChildId,
        after: Vec<oneshot::Receiver<()>>,
    ) -> Option<oneshot::Receiver<()>> {
        let (stopped, end) = oneshot::channel();
        {
            let mut children = self.shared.children();
            let child = children.by_id.get_mut(&id)?;
            child.starts += 1;
            if let Some(task) = child.task.take() {
                task.abort();
            }
            let (running, made) = (child.running.clone(), child.made.take());
            let stop = worker::stop(id, child.starts, running, made, self.reports.clone());
            child.task = Some(self.tasks.spawn(async move {
                for after in after {
                    let _ = after.await;
                }
                stop.await;
                drop(stopped);
            }));
        }
        self.show(id, None);
        Some(end)
    }

    /// Stops a child unless it has work.
    pub(super) fn rest(&mut self, id: ChildId) {
        // First, so that a query which still finds it up has its turn in the session by then.
        self.show(id, None);
        let mut children = self.shared.children();
        let Some(child) = children.by_id.get_mut(&id) else { return };
        let start = child.begin(id, Why::Again, None, None, &self.shared, &self.reports);
        child.task = Some(self.tasks.spawn(start.rest()));
    }

    /// When the child is started again is not known, so nothing may wait in its session.
    pub(super) fn release(&mut self, id: ChildId) {
        let (running, before) = {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            (child.take_ended(), child.left.take())
        };
        let left = self.leave(running, before);
        if let Some(child) = self.shared.children().by_id.get_mut(&id) {
            child.left = left;
        }
        self.show(id, None);
    }

    /// Has a child begin again in another session: at once if it is up or being started, otherwise
    /// when it is started the next time, which is for others to say. The answer does not wait for
    /// that then.
    pub(super) fn renew(&mut self, id: ChildId, reply: Answer<()>) {
        match self.tree.state(id) {
            Some(State::Up) if self.marks_renewed(id) => {}
            Some(State::Up | State::Starting(_) | State::Stopping(Then::Start(_) | Then::Rest)) => {
                self.restarting.entry(id).or_default().push(reply);
                return self.decide(Input::Renew(id));
            }
            Some(State::Stopping(Then::Forget)) | None => {}
            Some(_) => self.renounce(id),
        }
        let _ = reply.send(Ok(()));
    }

    /// Remembers for a session that has ended by itself, and whose end is not reported yet, that
    /// another one is wanted. The end counts as any other one.
    fn marks_renewed(&self, id: ChildId) -> bool {
        let mut children = self.shared.children();
        let Some(child) = children.by_id.get_mut(&id) else { return false };
        child.is_renewed = child.session().is_none_or(|session| ended(&session.state()).is_some());
        child.is_renewed
    }

    /// Nothing of what a child has run is there at its next start.
    pub(super) fn renounce(&mut self, id: ChildId) {
        self.release(id);
        if let Some(child) = self.shared.children().by_id.get_mut(&id) {
            child.forget_conversation();
        }
    }

    /// Ends what a child has run, and lets fail what waits in it. Also if its CLI has ended: its store
    /// may not have all yet. What is returned is over when that is, and what was left `before`.
    pub(super) fn leave(
        &mut self,
        running: Option<Running<K>>,
        before: Option<Left>,
    ) -> Option<Left> {
        if let Some(Running::Session(session)) = &running {
            session.begin_stop();
        }
        let is_over = |running: &Running<K>| match running {
            Running::Session(session) => session.state().phase == session::Phase::Stopped,
            Running::Supervisor(supervisor) => supervisor.has_ended(),
        };
        let before = before.filter(|before| !before.is_over());
        let Some(running) = running.filter(|running| !is_over(running)) else { return before };
        let (leaving, left) = Left::new();
        self.leaving.spawn(async move {
            worker::end(Some(running)).await;
            if let Some(before) = before {
                before.over().await;
            }
            drop(leaving);
        });
        Some(left)
    }

    pub(super) fn forget(&mut self, id: ChildId) {
        let child = {
            let mut children = self.shared.children();
            let child = children.by_id.remove(&id);
            if let Some(child) = &child {
                children.by_key.remove(&child.spec.key);
                let has_failed = self.starting.get(&id).is_some_and(|(_, why)| why.is_some());
                if self.tree.is_ending() && !self.removing.contains_key(&id) && !has_failed {
                    children.keep(child);
                }
            }
            child
        };
        let Some(mut child) = child else { return };
        let key = child.spec.key.clone();
        self.shared.registry.unregister(&key);
        self.shared.gone(&child);
        let left = self.leave(child.running.take(), child.left.take());
        let stopped = || SupervisorError::new(Kind::Stopped, &key);
        if let Some((reply, why)) = self.starting.remove(&id) {
            let _ = reply.send(Err(why.unwrap_or_else(stopped)));
        }
        for reply in self.restarting.remove(&id).unwrap_or_default() {
            let _ = reply.send(Err(stopped()));
        }
        let removing = self.removing.remove(&id).unwrap_or_default();
        // What its session has said comes before.
        let gone = Report { child: id, start: None, news: News::Gone(key, removing) };
        match left {
            Some(left) => {
                let reports = self.reports.clone();
                self.leaving.spawn(async move {
                    left.over().await;
                    let _ = reports.send(gone);
                });
            }
            None => self.report(gone),
        }
    }

    /// Shows the state of a child to its references.
    pub(super) fn show(&mut self, id: ChildId, error: Option<session::Error>) {
        let Some(state) = self.tree.state(id) else { return };
        let restarts = self.tree.restarts(id);
        let mut children = self.shared.children();
        let Some(child) = children.by_id.get_mut(&id) else { return };
        child.restarts = restarts;
        let session = child.session().cloned();
        let was_up = child.starts > 1;
        let degraded = child.degraded;
        let state = match state {
            State::Pending(Why::First) => ChildState::Starting,
            State::Starting(_) if !was_up => ChildState::Starting,
            State::Pending(_) | State::Starting(_) | State::Waiting(..) => ChildState::Restarting,
            State::Up | State::Resting if degraded => ChildState::Degraded,
            State::Up => ChildState::Up,
            State::Stopping(Then::Start(_)) => ChildState::Restarting,
            State::Stopping(Then::Rest) | State::Resting => ChildState::Resting,
            State::Stopping(Then::Forget) => ChildState::Stopped,
            State::Quarantined(..) => ChildState::Quarantined,
            State::Failed => ChildState::Failed,
        };
        // Only a change wakes those that wait for the child: each of them may ask for it again.
        child.slot.send_if_modified(|slot| {
            let is_same = match (&slot.session, &session) {
                (Some(old), Some(new)) => new.is_same(old),
                (old, new) => old.is_none() && new.is_none(),
            };
            let has_changed = !is_same || slot.state != state || error.is_some();
            if let Some(old) = slot.session.take_if(|_| !is_same) {
                slot.spent.add(&old.spending());
            }
            slot.session = session;
            if slot.state != state {
                telemetry::children(&self.shared.name, slot.state.as_str(), -1);
                telemetry::children(&self.shared.name, state.as_str(), 1);
            }
            slot.state = state;
            if error.is_some() || state == ChildState::Up {
                slot.error = error;
            }
            has_changed
        });
    }
}
