//! The task of a supervisor: carries out what its tree decides.

mod children;
mod reports;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::budget::Budget;
use super::error::{Kind, SupervisorError};
use super::info::{ChildState, ExitReason, SupervisorEvent};
use super::key::Key;
use super::reference::SessionRef;
use super::report::Report;
use super::settings::Settings;
use super::shared::{Answer, Child, Command, Shared};
use super::slot::{Limits, Slot};
use super::spec::{ChildSpec, Make};
use super::tree::{ChildId, End, Event, Input, Output, Tree};
use super::watcher::Kept;
use crate::session::{self, Restart};
use crate::telemetry;

struct Service<K: Key> {
    settings: Settings<K>,
    shared: Arc<Shared<K>>,
    tree: Tree,
    reports: mpsc::UnboundedSender<Report<K>>,
    wake: mpsc::UnboundedSender<K>,
    tasks: JoinSet<()>,
    /// Stops of sessions that were given up.
    leaving: JoinSet<()>,
    /// What its sessions may use together, and those of the supervisors above.
    budgets: Arc<[Budget]>,
    next: u64,
    /// Callers that wait until a child is up; or, with why it could not be started, until it is gone.
    starting: HashMap<ChildId, (Answer<SessionRef<K>>, Option<SupervisorError>)>,
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

/// A supervisor that starts its first children.
pub(super) struct Launched<K: Key> {
    pub(super) shared: Arc<Shared<K>>,
    /// Stops it when this is dropped.
    pub(super) alive: oneshot::Sender<()>,
    /// Whether its first children are up.
    pub(super) started: oneshot::Receiver<Result<(), SupervisorError>>,
}

pub(super) fn launch<K: Key>(mut settings: Settings<K>) -> Result<Launched<K>, SupervisorError> {
    let (wake, woken) = mpsc::unbounded_channel();
    let (commands, orders) = mpsc::unbounded_channel();
    let (reports, news) = mpsc::unbounded_channel();
    let (alive, gone) = oneshot::channel();
    let (is_started, started) = oneshot::channel();
    let seed = settings.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::from(now.subsec_nanos()) << 32 | u64::from(std::process::id())
    });
    let shared = Arc::new(Shared::new(&settings, commands));
    {
        let mut children = shared.children();
        let resumed = std::mem::take(&mut settings.resumed).into_iter();
        children.restored = resumed.map(|(key, id)| (key, (id, Restart::Resume))).collect();
        children.restored_below = std::mem::take(&mut settings.resumed_below);
    }
    let own = Budget::new(&settings.name).of(settings.max_usd, settings.max_turns);
    let mut service = Service {
        tree: Tree::new(settings.rules, seed),
        shared: shared.clone(),
        reports,
        wake,
        tasks: JoinSet::new(),
        leaving: JoinSet::new(),
        budgets: Budget::all(settings.budgets.iter().chain([&own])),
        next: 1,
        starting: HashMap::new(),
        restarting: HashMap::new(),
        removing: HashMap::new(),
        ended: None,
        last_down: None,
        start_error: None,
        started: Some(is_started),
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
    Ok(Launched { shared, alive, started })
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
                Some(command) = orders.recv() => {
                    // What was made must be known before it is decided about.
                    if let Ok(report) = news.try_recv() {
                        self.take_reports(report, &mut news);
                    }
                    self.command(command);
                }
                Some(key) = woken.recv() => if let Some(id) = self.id(&key) {
                    self.decide(Input::Wake(id));
                },
                Some(report) = news.recv() => self.take_reports(report, &mut news),
                // The last handle is gone.
                _ = &mut gone, if !is_alone => {
                    is_alone = true;
                    self.decide(Input::Shutdown);
                }
                Some(ended) = self.tasks.join_next_with_id() => self.joined(ended),
                // One that is done is not kept.
                Some(_) = self.leaving.join_next() => {}
                () = at(due) => self.decide(Input::Tick),
            }
        }
        // None of them makes anything any more.
        while self.tasks.join_next().await.is_some() {}
        while let Ok(report) = news.try_recv() {
            self.report(report);
        }
        while self.leaving.join_next().await.is_some() {}
        // The last turns of those that have left.
        while let Ok(report) = news.try_recv() {
            self.report(report);
        }
        let reason = self.reason();
        self.unregister_all();
        if let Some(started) = self.started.take() {
            let error = match &reason {
                ExitReason::StartFailed { child, .. } | ExitReason::MaxIntensity { child, .. } => {
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
        if let Some(what) = spec.misplaced() {
            return Err(SupervisorError::new(Kind::InvalidSpec(what), &key));
        }
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
        let budgets = Budget::all(spec.budgets.iter().chain(&*self.budgets));
        let limits = Limits {
            is_session: matches!(spec.make, Make::Session(_)),
            wait: self.settings.restart_wait,
            max_usd: spec.max_usd.or(self.settings.max_usd_each),
            max_turns: spec.max_turns.or(self.settings.max_turns_each),
            budgets: budgets.clone(),
            memory: self.shared.memory_limit(),
        };
        let wake = self.wake.clone();
        let reference = SessionRef::new(key.clone(), slot.subscribe(), wake, limits);
        // No child is added meanwhile: only this task does that.
        if !self.shared.registry.register(&key, reference.clone()) {
            return Err(SupervisorError::new(Kind::Duplicate, &key));
        }
        let restored = self.shared.children().restored.get(&key).map(|(id, _)| id.clone());
        let is_first = !self.tree.has_started();
        // The specification of a first child names the same one after each restart of this supervisor.
        let resume = match is_first {
            true => restored.or(spec.resume.take()),
            false => spec.resume.take().or(restored),
        };
        let id = ChildId(self.next);
        self.next += 1;
        let child = Child {
            kept: Kept::new(resume),
            is_renewed: false,
            spec,
            budgets,
            slot,
            running: None,
            left: None,
            made: None,
            task: None,
            is_first,
            starts: 0,
            started_at: None,
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
                        self.starting.insert(id, (reply, None));
                        self.decide(Input::Add(id, restart));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                }
            }
            Command::Remove(key, reply) => {
                // Also one that has no child in this run.
                let mut children = self.shared.children();
                let forgotten = children.restored.remove(&key).is_some()
                    | children.restored_below.remove(&key).is_some()
                    | children.ended.remove(&key).is_some();
                drop(children);
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
            Command::Renew(key, reply) => match self.id(&key) {
                Some(id) => self.renew(id, reply),
                None => drop(reply.send(Ok(()))),
            },
            Command::Stop => self.decide(Input::Shutdown),
        }
    }

    fn id(&self, key: &K) -> Option<ChildId> {
        self.shared.children().by_key.get(key).copied()
    }

    fn decide(&mut self, input: Input) {
        let mut out = Vec::new();
        self.tree.handle(Instant::now().into_std(), input, &mut out);
        self.carry_out(out);
        for id in self.tree.take_changed() {
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
        // What is stopped together: when these are, the next one may be.
        let mut before = Vec::new();
        for output in outputs {
            match output {
                Output::Start(id, why) => self.start(id, why),
                Output::Stop(id) => {
                    let after =
                        if self.stops_by_itself(id) { std::mem::take(&mut before) } else { vec![] };
                    before.extend(self.stop(id, after));
                }
                Output::Rest(id) => self.rest(id),
                Output::Release(id) => self.release(id),
                Output::Forget(id) => self.forget(id),
                Output::Event(id, event) => {
                    let Some(key) = self.key(id) else { continue };
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

    fn key(&self, id: ChildId) -> Option<K> {
        let children = self.shared.children();
        children.by_id.get(&id).map(|child| child.spec.key.clone())
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
        // Not in a panic, which may be that of the registry.
        if !std::thread::panicking() {
            self.unregister_all();
        }
        let children = {
            let mut children = self.shared.children();
            children.by_key.clear();
            let gone = std::mem::take(&mut children.by_id);
            // What has panicked may be the trait of a key.
            if !std::thread::panicking() {
                gone.values().for_each(|child| children.keep(child));
            }
            gone
        };
        for child in children.values() {
            self.shared.gone(child);
            if let Some(session) = child.session() {
                session.begin_stop();
            }
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
