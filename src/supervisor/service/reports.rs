//! What the tasks of children report.

use std::time::SystemTime;

use tokio::sync::mpsc;

use super::Service;
use crate::session;
use crate::supervisor::error::{Kind, SupervisorError};
use crate::supervisor::info::{Degradation, SupervisorEvent};
use crate::supervisor::key::Key;
use crate::supervisor::report::{News, Report};
use crate::supervisor::tree::{ChildId, Class, Input};

impl<K: Key> Service<K> {
    /// Takes all reports that have come. What was made is known before it is decided about: a child
    /// that is stopped then has something to stop.
    pub(super) fn take_reports(
        &mut self,
        first: Report<K>,
        news: &mut mpsc::UnboundedReceiver<Report<K>>,
    ) {
        let mut others = Vec::new();
        let mut next = Some(first);
        while let Some(report) = next {
            match report.news {
                News::Made(_) => self.report(report),
                _ => others.push(report),
            }
            next = news.try_recv().ok();
        }
        others.into_iter().for_each(|report| self.report(report));
    }

    pub(super) fn report(&mut self, report: Report<K>) {
        let Report { child: id, start, news } = report;
        let news = match news {
            News::Said(event) => return self.shared.publish(event),
            News::Gone(key, removing) => {
                self.shared.publish(SupervisorEvent::Gone(key));
                return removing.into_iter().for_each(|reply| drop(reply.send(Ok(()))));
            }
            news => news,
        };
        let is_renewed = {
            let mut children = self.shared.children();
            let child = children.by_id.get_mut(&id);
            let child = child.filter(|child| start.is_none_or(|start| start == child.starts));
            let Some(child) = child else {
                drop(children);
                // It was made while it was given up.
                if let News::Made(running) = news {
                    let _ = self.leave(Some(running), None);
                }
                return;
            };
            match &news {
                News::Made(running) => {
                    child.running = Some(running.clone());
                    child.made = None;
                }
                News::Down(_, why, _) => child.last_error = Some(why.clone()),
                News::Stopped => drop(child.take_ended()),
                News::Degraded(degraded) => child.degraded = *degraded,
                News::Up { history_lost } => {
                    child.started_at = Some(SystemTime::now());
                    // The id that was not found must not come back.
                    if *history_lost {
                        child.forget_conversation();
                    }
                }
                News::Idle | News::Busy | News::Said(_) | News::Gone(..) => {}
            }
            matches!(news, News::Down(..)) && std::mem::take(&mut child.is_renewed)
        };
        if is_renewed {
            self.renounce(id);
        }
        match news {
            News::Made(_) => self.show(id, None),
            News::Up { history_lost } => {
                self.decide(Input::Up(id));
                let Some(key) = self.key(id) else { return };
                {
                    let mut children = self.shared.children();
                    children.restored.remove(&key);
                    children.restored_below.remove(&key);
                }
                if history_lost {
                    self.shared.publish(SupervisorEvent::HistoryLost(key.clone()));
                }
                self.shared.publish(SupervisorEvent::Up(key.clone()));
                if let Some((reply, _)) = self.starting.remove(&id) {
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
            News::Idle => self.decide(Input::Rest(id)),
            News::Busy => self.decide(Input::Busy(id)),
            News::Stopped => self.decide(Input::Stopped(id)),
            News::Said(_) | News::Gone(..) => {}
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
        if let Some((_, why)) = self.starting.get_mut(&id) {
            *why = Some(failed(error));
            // A child that could not be started is not kept. Its caller learns why when it is gone.
            return self.decide(Input::Remove(id));
        }
        if !self.tree.has_started() {
            // Of the child that was down last: a time limit has none.
            self.start_error.clone_from(&error);
        }
        self.show(id, error);
        self.last_down = Some((key, why));
        if let Some(child) = self.shared.children().by_id.get(&id) {
            // A CLI that hangs must not live until the next start, which may be far.
            child.session().into_iter().for_each(session::Session::begin_kill);
        }
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
