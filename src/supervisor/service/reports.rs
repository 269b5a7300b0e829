//! What the tasks of children report.

use super::Service;
use crate::session;
use crate::supervisor::error::{Kind, SupervisorError};
use crate::supervisor::info::{Degradation, SupervisorEvent};
use crate::supervisor::key::Key;
use crate::supervisor::report::{News, Report};
use crate::supervisor::tree::{ChildId, Class, Input};

impl<K: Key> Service<K> {
    pub(super) fn report(&mut self, report: Report<K>) {
        let Report { child: id, start, news } = report;
        {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            if start.is_some_and(|start| start != child.starts) {
                return;
            }
            match &news {
                News::Made(running) => child.running = Some(running.clone()),
                News::Down(_, why, _) => child.last_error = Some(why.clone()),
                News::Stopped => {
                    child.session_id = child.session_id();
                    child.running = None;
                }
                News::Degraded(degraded) => child.degraded = *degraded,
                // The id that was not found must not come back.
                News::Up { history_lost: true } => child.forget_conversation(),
                News::Up { .. } | News::Idle | News::Busy | News::Warning(_) => {}
            }
        }
        match news {
            News::Made(_) => self.show(id, None),
            News::Up { history_lost } => {
                self.decide(Input::Up(id));
                let Some(key) = self.key(id) else { return };
                self.shared.children().restored.remove(&key);
                if history_lost {
                    self.shared.publish(SupervisorEvent::HistoryLost(key.clone()));
                }
                self.shared.publish(SupervisorEvent::Up(key.clone()));
                if let Some(reply) = self.starting.remove(&id) {
                    let reference = self.shared.registry.lookup(&key);
                    let _ = reply.send(reference.ok_or_else(|| self.shared.not_found(&key)));
                }
                for reply in self.restarting.remove(&id).unwrap_or_default() {
                    let _ = reply.send(Ok(()));
                }
            }
            News::Down(class, why, error) => self.down(id, class, why, error),
            News::Degraded(degraded) => {
                let Some(key) = self.key(id) else { return };
                self.show(id, None);
                self.shared.publish(match degraded {
                    true => SupervisorEvent::Degraded(key, Degradation::Authentication),
                    false => SupervisorEvent::Up(key),
                });
            }
            News::Warning(text) => {
                let Some(key) = self.key(id) else { return };
                self.shared.publish(SupervisorEvent::Warning(key, text));
            }
            News::Idle => self.decide(Input::Rest(id)),
            News::Busy => self.decide(Input::Busy(id)),
            News::Stopped => self.decide(Input::Stopped(id)),
        }
    }

    fn down(&mut self, id: ChildId, class: Class, why: String, error: Option<session::Error>) {
        let Some(key) = self.key(id) else { return };
        self.shared.publish(SupervisorEvent::Down(key.clone(), why.clone()));
        let failed =
            |error: Option<session::Error>| SupervisorError::new(Kind::Start, &key).because(error);
        for reply in self.restarting.remove(&id).unwrap_or_default() {
            let _ = reply.send(Err(failed(error.clone())));
        }
        if let Some(reply) = self.starting.remove(&id) {
            let _ = reply.send(Err(failed(error)));
            // A child that could not be started is not kept.
            return self.decide(Input::Remove(id));
        }
        if !self.tree.has_started() && error.is_some() {
            self.start_error.clone_from(&error);
        }
        self.show(id, error);
        self.last_down = Some((key, why));
        self.decide(Input::Down(id, class));
    }

    /// A task has ended; one that panicked is a crash of its child.
    pub(super) fn joined(&mut self, ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
        let Err(error) = ended else { return };
        if !error.is_panic() {
            return;
        }
        let children = self.shared.children();
        let found = children
            .by_id
            .iter()
            .find(|(_, child)| child.task.as_ref().is_some_and(|task| task.id() == error.id()));
        let Some(id) = found.map(|(id, _)| *id) else { return };
        drop(children);
        self.down(id, Class::Crash, format!("its task panicked: {error}"), None);
    }
}
