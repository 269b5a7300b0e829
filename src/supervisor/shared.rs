//! What the handles of a supervisor and its task share: the commands, and the children.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use super::budget::Budget;
use super::error::{Kind, Known, SupervisorError};
use super::info::{ChildKind, ChildState, ExitReason, SupervisorEvent};
use super::key::Key;
use super::list::ChildInfo;
use super::memory::{Members, MemoryLimit};
use super::reference::{SessionRef, SessionRegistry};
use super::report::{Left, Report, Running};
use super::settings::Settings;
use super::slot::Slot;
use super::snapshot::Snapshot;
use super::spec::{ChildSpec, Make, Nested};
use super::tree::{ChildId, Why};
use super::watcher::Kept;
use super::worker::Start;
use crate::common::lock;
use crate::session::{Phase, Restart, Session};
use crate::telemetry;

pub(super) type Answer<T> = oneshot::Sender<Result<T, SupervisorError>>;

/// What the handles want.
pub(super) enum Command<K: Key> {
    Add(Box<ChildSpec<K>>, Answer<SessionRef<K>>),
    Remove(K, Answer<()>),
    Restart(K, Answer<()>),
    /// Another session, which has nothing of this one.
    Renew(K, Answer<()>),
    Stop,
}

/// What the handles of a supervisor and its task share.
pub(super) struct Shared<K: Key> {
    pub(super) name: String,
    pub(super) registry: Arc<dyn SessionRegistry<K>>,
    pub(super) commands: mpsc::UnboundedSender<Command<K>>,
    pub(super) events: broadcast::Sender<SupervisorEvent<K>>,
    /// Changes with each event that is not about a turn.
    pub(super) changed: watch::Sender<()>,
    pub(super) finished: watch::Sender<Option<ExitReason<K>>>,
    max_memory: Option<u64>,
    children: Mutex<Children<K>>,
}

pub(super) struct Children<K: Key> {
    pub(super) by_id: BTreeMap<ChildId, Child<K>>,
    pub(super) by_key: HashMap<K, ChildId>,
    /// Conversations of an earlier run whose child was not up yet, and those of children that have
    /// ended with this supervisor. What becomes of them when that is restarted.
    pub(super) restored: HashMap<K, (String, Restart)>,
    /// Those of an earlier run below supervisors.
    pub(super) restored_below: HashMap<K, Snapshot<K>>,
    /// Supervisors that have ended with this one.
    pub(super) ended: HashMap<K, (Arc<dyn Nested<K>>, Restart)>,
}

impl<K: Key> Children<K> {
    /// The child is gone because its supervisor ends: its conversations are not.
    pub(super) fn keep(&mut self, child: &Child<K>) {
        let (key, own) = (child.spec.key.clone(), child.spec.conversation);
        if let Some(Running::Supervisor(below)) = &child.running {
            self.ended.insert(key, (below.clone(), own));
        } else if let Some(id) = child.session_id() {
            self.restored.entry(key).or_insert((id, own));
        }
    }
}

/// A child, and what is known of it.
pub(super) struct Child<K: Key> {
    pub(super) spec: ChildSpec<K>,
    /// What it may use together with others.
    pub(super) budgets: Arc<[Budget]>,
    pub(super) slot: watch::Sender<Slot>,
    pub(super) running: Option<Running<K>>,
    /// What it has run before, and may still be ending.
    pub(super) left: Option<Left>,
    /// What its task makes, until it has reported that.
    pub(super) made: Option<oneshot::Receiver<Running<K>>>,
    /// The task that starts and watches it.
    pub(super) task: Option<AbortHandle>,
    /// Whether it is one of the first children, which are started and stopped one by one.
    pub(super) is_first: bool,
    /// How often it was started.
    pub(super) starts: u64,
    /// When it came up last.
    pub(super) started_at: Option<SystemTime>,
    pub(super) restarts: u64,
    /// The conversation that its session has not confirmed yet.
    pub(super) kept: Kept,
    /// Whether another session is wanted when the end of this one is reported.
    pub(super) is_renewed: bool,
    pub(super) last_error: Option<String>,
    /// Whether the API refuses its key or its login.
    pub(super) degraded: bool,
}

impl<K: Key> Child<K> {
    pub(super) fn kind(&self) -> ChildKind {
        match self.spec.make {
            Make::Session(_) => ChildKind::Session,
            Make::Supervisor(_) => ChildKind::Supervisor,
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match &self.running {
            Some(Running::Session(session)) => Some(session),
            _ => None,
        }
    }

    pub(super) fn session_id(&self) -> Option<String> {
        self.session().and_then(Session::session_id).or_else(|| self.kept.get())
    }

    /// Its next start begins another conversation.
    pub(super) fn forget_conversation(&self) {
        self.kept.forget();
    }

    /// What it has run is over; its conversation is not. A supervisor still has those below it.
    pub(super) fn take_ended(&mut self) -> Option<Running<K>> {
        self.kept.set(self.session_id());
        match self.kind() {
            ChildKind::Session => self.running.take(),
            ChildKind::Supervisor => self.running.clone(),
        }
    }

    /// Ends its task, and returns what the next one needs.
    pub(super) fn begin(
        &mut self,
        id: ChildId,
        why: Why,
        resume: Option<String>,
        below: Option<Snapshot<K>>,
        shared: &Shared<K>,
        reports: &mpsc::UnboundedSender<Report<K>>,
    ) -> Start<K> {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.starts += 1;
        self.is_renewed = false;
        // A session that was stopped, or whose builder failed, is made again.
        let running = self.running.clone().filter(|running| match running {
            Running::Session(session) => session.state().phase != Phase::Stopped,
            Running::Supervisor(_) => true,
        });
        let (made, is_made) = oneshot::channel();
        self.made = Some(is_made);
        Start {
            child: id,
            supervisor: shared.name.clone(),
            number: self.starts,
            spec: self.spec.clone(),
            why,
            running,
            // What is resumed must be complete.
            left: self.left.clone().filter(|_| resume.is_some()),
            kept: self.kept.clone(),
            resume,
            below,
            degraded: self.degraded,
            budgets: self.budgets.clone(),
            reports: reports.clone(),
            events: shared.events.downgrade(),
            made: Mutex::new(Some(made)),
        }
    }

    /// Without its session, which the registry has.
    fn info(&self) -> ChildInfo<K> {
        let slot = self.slot.borrow();
        let state = self.session().map(Session::state);
        ChildInfo {
            key: self.spec.key.clone(),
            session: None,
            kind: self.kind(),
            state: slot.state,
            pid: state.as_ref().and_then(|state| state.pid),
            phase: state.as_ref().map(|state| state.phase),
            queued: state.as_ref().map_or(0, |state| state.queued),
            spending: slot.total(),
            started_at: self.started_at,
            restarts: self.restarts,
            session_id: self.session_id(),
            last_error: self.last_error.clone(),
        }
    }
}

impl<K: Key> Members for Shared<K> {
    fn pids(&self) -> Vec<u32> {
        self.children().by_id.values().filter_map(|child| child.session()?.pid()).collect()
    }
}

impl<K: Key> Shared<K> {
    pub(super) fn new(settings: &Settings<K>, commands: mpsc::UnboundedSender<Command<K>>) -> Self {
        Self {
            name: settings.name.clone(),
            registry: settings.registry.clone(),
            max_memory: settings.max_memory,
            commands,
            events: settings.events.clone(),
            changed: watch::Sender::default(),
            finished: watch::Sender::new(None),
            children: Mutex::new(Children {
                by_id: BTreeMap::new(),
                by_key: HashMap::new(),
                restored: HashMap::new(),
                restored_below: HashMap::new(),
                ended: HashMap::new(),
            }),
        }
    }

    pub(super) fn children(&self) -> MutexGuard<'_, Children<K>> {
        lock(&self.children)
    }

    pub(super) fn list(&self) -> Vec<ChildInfo<K>> {
        let mut infos: Vec<_> = self.children().by_id.values().map(Child::info).collect();
        // Not while the children are locked: a registry may look at them.
        for info in infos.iter_mut().filter(|info| info.kind == ChildKind::Session) {
            info.session = self.registry.lookup(&info.key);
        }
        infos
    }

    pub(super) fn slots(&self) -> Vec<Slot> {
        self.children().by_id.values().map(|child| child.slot.borrow().clone()).collect()
    }

    pub(super) fn memory_limit(self: &Arc<Self>) -> Option<MemoryLimit> {
        let members = Arc::downgrade(self);
        self.max_memory.map(|max| MemoryLimit::new(max, members))
    }

    /// The sessions and their conversations, with those of an earlier run that still wait for their
    /// child; the same of the supervisors below. Unless the specification `above` says `Resume`, only
    /// the conversations whose own specifications do.
    pub(super) fn conversations(&self, above: Restart) -> Snapshot<K> {
        let goes_on = |own| [above, own].contains(&Restart::Resume);
        let children = self.children();
        let sessions = children.by_id.values().filter(|child| child.kind() == ChildKind::Session);
        let sessions = sessions.map(|child| {
            let id = child.session_id().filter(|_| goes_on(child.spec.conversation));
            (child.spec.key.clone(), id)
        });
        let waiting =
            children.restored.iter().filter(|(key, _)| !children.by_key.contains_key(key));
        let waiting = waiting
            .map(|(key, (id, own))| (key.clone(), Some(id.clone()).filter(|_| goes_on(*own))));
        let running = children.by_id.values().filter_map(|child| match &child.running {
            Some(Running::Supervisor(below)) => {
                Some((&child.spec.key, below, child.spec.conversation))
            }
            _ => None,
        });
        let ended = children.ended.iter().map(|(key, (below, own))| (key, below, *own));
        let running: HashMap<_, _> = running
            .chain(ended)
            .map(|(key, below, own)| {
                let above = if goes_on(own) { Restart::Resume } else { Restart::Fresh };
                (key.clone(), below.conversations(above))
            })
            .collect();
        let below = children.restored_below.iter();
        let below = below.filter(|(key, _)| !running.contains_key(key));
        let below: Vec<_> = below.map(|(key, below)| (key.clone(), below.clone())).collect();
        Snapshot::new(sessions.chain(waiting), running.into_iter().chain(below))
    }

    pub(super) fn fold<T>(&self, first: T, add: impl Fn(T, ChildKind, ChildState) -> T) -> T {
        let children = self.children();
        let all = children.by_id.values().map(|child| (child.kind(), child.slot.borrow().state));
        all.fold(first, |sum, (kind, state)| add(sum, kind, state))
    }

    pub(super) fn state_of(&self, key: &K) -> Option<(ChildKind, ChildState)> {
        let children = self.children();
        let child = children.by_id.get(children.by_key.get(key)?)?;
        Some((child.kind(), child.slot.borrow().state))
    }

    /// The session of a child that is there; `None` for an unknown key.
    pub(super) fn session_now(&self, key: &K) -> Option<Option<Session>> {
        let children = self.children();
        let child = children.by_id.get(children.by_key.get(key)?)?;
        Some(child.session().cloned())
    }

    pub(super) fn not_found(&self, key: &K) -> SupervisorError {
        SupervisorError::new(Kind::NotFound(Known::of(&self.registry.keys())), key)
    }

    /// Shows a child that is forgotten to its references.
    pub(super) fn gone(&self, child: &Child<K>) {
        child.slot.send_modify(|slot| {
            telemetry::children(&self.name, slot.state.as_str(), -1);
            slot.state = ChildState::Stopped;
            slot.session = None;
        });
    }

    pub(super) fn publish(&self, event: SupervisorEvent<K>) {
        if let SupervisorEvent::Restarting(..) = event {
            telemetry::restart(&self.name);
        }
        // A turn has a span itself.
        if let Some((key, name, is_failure)) = event.described() {
            telemetry::child_event(&self.name, key, name, is_failure);
            self.changed.send_replace(());
        }
        // There may be no reader.
        let _ = self.events.send(event);
    }
}
