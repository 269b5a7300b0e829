//! The task of a supervisor: carries out what its tree decides.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::error::{Kind, SupervisorError};
use super::info::{ChildState, Degradation, ExitReason, SupervisorEvent};
use super::key::Key;
use super::reference::SessionRef;
use super::settings::Settings;
use super::shared::{Answer, Child, Command, Shared};
use super::slot::{Limits, Slot};
use super::spec::ChildSpec;
use super::tree::{ChildId, Class, End, Event, Input, Output, State, Then, Tree, Why};
use super::worker::{self, News, Report, Running, Start};
use crate::session::{self, Session};
use crate::telemetry;

struct Service<K: Key> {
    settings: Settings<K>,
    shared: Arc<Shared<K>>,
    tree: Tree,
    reports: mpsc::UnboundedSender<Report<K>>,
    wake: mpsc::UnboundedSender<K>,
    tasks: JoinSet<()>,
    next: u64,
    /// Callers that wait until a child is up.
    starting: HashMap<ChildId, Answer<SessionRef<K>>>,
    restarting: HashMap<ChildId, Vec<Answer<()>>>,
    removing: HashMap<ChildId, Vec<Answer<()>>>,
    ended: Option<End>,
    /// The child that was down last, and why.
    last_down: Option<(K, String)>,
    /// Why one of the first children could not be started.
    start_error: Option<session::Error>,
    /// Set when the first children are up, or the start has failed.
    started: Option<oneshot::Sender<Result<(), SupervisorError>>>,
}

pub(super) async fn start<K: Key>(
    mut settings: Settings<K>,
) -> Result<(Arc<Shared<K>>, oneshot::Sender<()>), SupervisorError> {
    let (wake, woken) = mpsc::unbounded_channel();
    let (commands, orders) = mpsc::unbounded_channel();
    let (reports, news) = mpsc::unbounded_channel();
    let (alive, gone) = oneshot::channel();
    let (started, is_started) = oneshot::channel();
    let seed = settings.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::from(now.subsec_nanos()) << 32 | u64::from(std::process::id())
    });
    let registry = settings.registry.clone();
    let shared =
        Arc::new(Shared::new(settings.name.clone(), registry, commands, settings.max_memory));
    shared.children().restored = std::mem::take(&mut settings.resumed);
    let mut service = Service {
        tree: Tree::new(settings.rules, seed),
        shared: shared.clone(),
        reports,
        wake,
        tasks: JoinSet::new(),
        next: 1,
        starting: HashMap::new(),
        restarting: HashMap::new(),
        removing: HashMap::new(),
        ended: None,
        last_down: None,
        start_error: None,
        started: Some(started),
        settings,
    };
    let specs = std::mem::take(&mut service.settings.children);
    let mut inputs = Vec::new();
    for spec in specs {
        let restart = spec.restart;
        match service.insert(spec) {
            Ok((id, _)) => inputs.push(Input::Add(id, restart)),
            Err(error) => {
                service.unregister_all();
                return Err(error);
            }
        }
    }
    tokio::spawn(service.run(inputs, orders, woken, news, gone));
    is_started.await.unwrap_or_else(|_| Err(SupervisorError::new(Kind::Stopped, &shared.name)))?;
    Ok((shared, alive))
}

impl<K: Key> Service<K> {
    async fn run(
        mut self,
        first: Vec<Input>,
        mut orders: mpsc::UnboundedReceiver<Command<K>>,
        mut woken: mpsc::UnboundedReceiver<K>,
        mut news: mpsc::UnboundedReceiver<Report<K>>,
        mut gone: oneshot::Receiver<()>,
    ) {
        for input in first {
            self.decide(input);
        }
        let mut out = Vec::new();
        self.tree.all_added(&mut out);
        self.carry_out(out);
        self.note_started();
        let mut is_alone = false;
        while self.ended.is_none() {
            let due = self.tree.deadline().map(Instant::from_std);
            tokio::select! {
                Some(command) = orders.recv() => self.command(command),
                Some(key) = woken.recv() => if let Some(id) = self.id(&key) {
                    self.decide(Input::Wake(id));
                },
                Some(report) = news.recv() => self.report(report),
                // The last handle is gone.
                _ = &mut gone, if !is_alone => {
                    is_alone = true;
                    self.decide(Input::Shutdown);
                }
                Some(ended) = self.tasks.join_next_with_id() => self.joined(ended),
                () = at(due) => self.decide(Input::Tick),
            }
        }
        let reason = self.reason();
        self.unregister_all();
        if let Some(started) = self.started.take() {
            let error = match &reason {
                ExitReason::StartFailed { child, .. } => {
                    SupervisorError::new(Kind::Start, child).because(self.start_error.take())
                }
                _ => SupervisorError::new(Kind::Stopped, &self.shared.name),
            };
            let _ = started.send(Err(error));
        }
        self.shared.finished.send_replace(Some(reason));
    }

    /// Adds a child, if its key is free.
    fn insert(
        &mut self,
        mut spec: ChildSpec<K>,
    ) -> Result<(ChildId, SessionRef<K>), SupervisorError> {
        let key = spec.key.clone();
        {
            let children = self.shared.children();
            if children.by_key.contains_key(&key) {
                return Err(SupervisorError::new(Kind::Duplicate, &key));
            }
            if children.by_id.len() >= self.settings.max_sessions {
                return Err(SupervisorError::new(Kind::Full(self.settings.max_sessions), &key));
            }
        }
        let slot = watch::Sender::new(Slot::default());
        let limits = Limits {
            wait: self.settings.restart_wait,
            max_usd: spec.max_usd.or(self.settings.max_usd),
            max_turns: spec.max_turns.or(self.settings.max_turns),
            memory: self.shared.memory_limit(),
        };
        let wake = self.wake.clone();
        let reference = SessionRef::new(key.clone(), slot.subscribe(), wake, limits);
        // No child is added meanwhile: only this task does that.
        if !self.shared.registry.register(&key, reference.clone()) {
            return Err(SupervisorError::new(Kind::Duplicate, &key));
        }
        let restored = self.shared.children().restored.get(&key).cloned();
        spec.resume = spec.resume.or(restored);
        let id = ChildId(self.next);
        self.next += 1;
        let child = Child {
            session_id: spec.resume.clone(),
            spec,
            slot,
            running: None,
            task: None,
            starts: 0,
            restarts: 0,
            last_error: None,
            degraded: false,
        };
        telemetry::children(&self.shared.name, ChildState::default().as_str(), 1);
        let mut children = self.shared.children();
        children.by_key.insert(key, id);
        children.by_id.insert(id, child);
        drop(children);
        Ok((id, reference))
    }

    fn unregister_all(&self) {
        let keys: Vec<_> = self.shared.children().by_key.keys().cloned().collect();
        for key in keys {
            self.shared.registry.unregister(&key);
        }
    }

    fn command(&mut self, command: Command<K>) {
        match command {
            Command::Add(spec, reply) => {
                let restart = spec.restart;
                match self.insert(*spec) {
                    Ok((id, _)) => {
                        self.starting.insert(id, reply);
                        self.decide(Input::Add(id, restart));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                }
            }
            Command::Remove(key, reply) => {
                // Also one that has no child in this run.
                let forgotten = self.shared.children().restored.remove(&key).is_some();
                match self.id(&key) {
                    Some(id) => {
                        self.removing.entry(id).or_default().push(reply);
                        self.decide(Input::Remove(id));
                    }
                    None if forgotten => drop(reply.send(Ok(()))),
                    None => drop(reply.send(Err(self.shared.not_found(&key)))),
                }
            }
            Command::Restart(key, reply) => match self.id(&key) {
                Some(id) => {
                    self.restarting.entry(id).or_default().push(reply);
                    self.decide(Input::Restart(id));
                }
                None => drop(reply.send(Err(self.shared.not_found(&key)))),
            },
            Command::Stop => self.decide(Input::Shutdown),
        }
    }

    fn id(&self, key: &K) -> Option<ChildId> {
        self.shared.children().by_key.get(key).copied()
    }

    fn report(&mut self, report: Report<K>) {
        let Report { child: id, start, news } = report;
        {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id).filter(|child| child.starts == start)
            else {
                return;
            };
            match &news {
                News::Made(running) => child.running = Some(running.clone()),
                News::Down(_, why, _) => child.last_error = Some(why.clone()),
                News::Stopped => {
                    child.session_id = child.session_id();
                    child.running = None;
                }
                News::Degraded(degraded) => child.degraded = *degraded,
                News::Up { .. } | News::Idle => {}
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
            News::Idle => self.decide(Input::Rest(id)),
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
        if !self.tree.has_started() {
            self.start_error.clone_from(&error);
        }
        self.show(id, error);
        self.last_down = Some((key, why));
        self.decide(Input::Down(id, class));
    }

    /// A task has ended; one that panicked is a crash of its child.
    fn joined(&mut self, ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
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

    fn decide(&mut self, input: Input) {
        let mut out = Vec::new();
        self.tree.handle(Instant::now().into_std(), input, &mut out);
        self.carry_out(out);
        if let Input::Up(id)
        | Input::Down(id, _)
        | Input::Stopped(id)
        | Input::Restart(id)
        | Input::Remove(id)
        | Input::Wake(id) = input
        {
            self.show(id, None);
        }
        self.note_started();
    }

    /// The first children are up, which the starter waits for.
    fn note_started(&mut self) {
        if self.tree.has_started()
            && let Some(started) = self.started.take()
        {
            let _ = started.send(Ok(()));
        }
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Start(id, why) => self.start(id, why),
                Output::Stop(id) => self.stop(id),
                Output::Forget(id) => self.forget(id),
                Output::Event(id, event) => {
                    let Some(key) = self.key(id) else { return };
                    self.shared.publish(match event {
                        Event::Restarting(delay) => SupervisorEvent::Restarting(key, delay),
                        Event::Quarantined(time) => SupervisorEvent::Quarantined(key, time),
                        Event::Failed => SupervisorEvent::Failed(key),
                        Event::Resting => SupervisorEvent::Resting(key),
                    });
                    self.show(id, None);
                }
                Output::Finished(end) => self.ended = Some(end),
            }
        }
    }

    fn start(&mut self, id: ChildId, why: Why) {
        {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            child.starts += 1;
            child.degraded = false;
            let keeps = match why {
                Why::First | Why::Woken => true,
                Why::Again => child.spec.conversation == session::Restart::Resume,
                Why::ByHand => false,
            };
            let start = Start {
                child: id,
                supervisor: self.shared.name.clone(),
                number: child.starts,
                spec: child.spec.clone(),
                why,
                // A session that was stopped, or whose builder failed, is made again.
                running: child.running.clone().filter(|running| match running {
                    Running::Session(session) => session.state().phase != session::Phase::Stopped,
                    Running::Supervisor(_) => false,
                }),
                resume: child.session_id().filter(|_| keeps),
                reports: self.reports.clone(),
            };
            if let Some(task) = child.task.take() {
                task.abort();
            }
            child.task = Some(self.tasks.spawn(start.run()));
        }
        self.show(id, None);
    }

    fn stop(&mut self, id: ChildId) {
        {
            let mut children = self.shared.children();
            let Some(child) = children.by_id.get_mut(&id) else { return };
            child.starts += 1;
            if let Some(task) = child.task.take() {
                task.abort();
            }
            let stop = worker::stop(id, child.starts, child.running.clone(), self.reports.clone());
            child.task = Some(self.tasks.spawn(stop));
        }
        self.show(id, None);
    }

    fn forget(&mut self, id: ChildId) {
        let child = {
            let mut children = self.shared.children();
            let child = children.by_id.remove(&id);
            if let Some(child) = &child {
                children.by_key.remove(&child.spec.key);
            }
            child
        };
        let Some(child) = child else { return };
        let key = child.spec.key.clone();
        self.shared.registry.unregister(&key);
        self.shared.gone(&child);
        let stopped = || SupervisorError::new(Kind::Stopped, &key);
        if let Some(reply) = self.starting.remove(&id) {
            let _ = reply.send(Err(stopped()));
        }
        for reply in self.restarting.remove(&id).unwrap_or_default() {
            let _ = reply.send(Err(stopped()));
        }
        for reply in self.removing.remove(&id).unwrap_or_default() {
            let _ = reply.send(Ok(()));
        }
        self.shared.publish(SupervisorEvent::Gone(key));
    }

    fn key(&self, id: ChildId) -> Option<K> {
        let children = self.shared.children();
        children.by_id.get(&id).map(|child| child.spec.key.clone())
    }

    /// Shows the state of a child to its references.
    fn show(&mut self, id: ChildId, error: Option<session::Error>) {
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
            State::Starting if !was_up => ChildState::Starting,
            State::Pending(_) | State::Starting | State::Waiting(_) => ChildState::Restarting,
            State::Up | State::Resting if degraded => ChildState::Degraded,
            State::Up => ChildState::Up,
            State::Stopping(Then::Start) => ChildState::Restarting,
            State::Stopping(Then::Rest) | State::Resting => ChildState::Resting,
            State::Stopping(Then::Forget) => ChildState::Stopped,
            State::Quarantined(_) => ChildState::Quarantined,
            State::Failed => ChildState::Failed,
        };
        child.slot.send_modify(|slot| {
            let is_same = |old: &Session| session.as_ref().is_some_and(|new| new.is_same(old));
            if let Some(old) = slot.session.take_if(|old| !is_same(old)) {
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
        });
    }

    fn reason(&mut self) -> ExitReason<K> {
        let last = self.last_down.take();
        match (self.ended, last) {
            (Some(End::MaxIntensity(_)), Some((child, last_error))) => {
                ExitReason::MaxIntensity { child, last_error }
            }
            (Some(End::StartFailed(_)), Some((child, error))) => {
                ExitReason::StartFailed { child, error }
            }
            _ => ExitReason::Stopped,
        }
    }
}

/// The task panicked, in a registry or in the trait of a key, or the runtime was shut down.
impl<K: Key> Drop for Service<K> {
    fn drop(&mut self) {
        if self.shared.finished.borrow().is_some() {
            return;
        }
        let children = {
            let mut children = self.shared.children();
            children.by_key.clear();
            std::mem::take(&mut children.by_id)
        };
        for child in children.values() {
            self.shared.gone(child);
        }
        self.shared.finished.send_replace(Some(match std::thread::panicking() {
            true => ExitReason::Panicked,
            false => ExitReason::Stopped,
        }));
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
