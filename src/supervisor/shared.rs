//! What the handles of a supervisor and its task share: the commands, and the children.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use super::error::{Kind, SupervisorError};
use super::info::{ChildKind, ChildState, ExitReason, SupervisorEvent};
use super::key::Key;
use super::list::ChildInfo;
use super::reference::{SessionRef, SessionRegistry};
use super::slot::Slot;
use super::spec::{ChildSpec, Make};
use super::tree::ChildId;
use super::worker::Running;
use crate::common::lock;
use crate::session::Session;

/// How many events a slow reader of them may be behind.
const EVENTS: usize = 1024;

pub(super) type Answer<T> = oneshot::Sender<Result<T, SupervisorError>>;

/// What the handles want.
pub(super) enum Command<K: Key> {
    Add(Box<ChildSpec<K>>, Answer<SessionRef<K>>),
    Remove(K, Answer<()>),
    Restart(K, Answer<()>),
    Stop,
}

/// What the handles of a supervisor and its task share.
pub(super) struct Shared<K: Key> {
    pub(super) name: String,
    pub(super) registry: Arc<dyn SessionRegistry<K>>,
    pub(super) commands: mpsc::UnboundedSender<Command<K>>,
    pub(super) events: broadcast::Sender<SupervisorEvent<K>>,
    pub(super) finished: watch::Sender<Option<ExitReason<K>>>,
    children: Mutex<Children<K>>,
}

pub(super) struct Children<K: Key> {
    pub(super) by_id: BTreeMap<ChildId, Child<K>>,
    pub(super) by_key: HashMap<K, ChildId>,
}

/// A child, and what is known of it.
pub(super) struct Child<K: Key> {
    pub(super) spec: ChildSpec<K>,
    pub(super) slot: watch::Sender<Slot>,
    pub(super) running: Option<Running<K>>,
    /// The task that starts and watches it.
    pub(super) task: Option<AbortHandle>,
    /// How often it was started.
    pub(super) starts: u64,
    pub(super) restarts: u64,
    pub(super) session_id: Option<String>,
    pub(super) last_error: Option<String>,
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
        self.session().and_then(Session::session_id).or_else(|| self.session_id.clone())
    }
}

impl<K: Key> Shared<K> {
    pub(super) fn new(
        name: String,
        registry: Arc<dyn SessionRegistry<K>>,
        commands: mpsc::UnboundedSender<Command<K>>,
    ) -> Self {
        Self {
            name,
            registry,
            commands,
            events: broadcast::Sender::new(EVENTS),
            finished: watch::Sender::new(None),
            children: Mutex::new(Children { by_id: BTreeMap::new(), by_key: HashMap::new() }),
        }
    }

    pub(super) fn children(&self) -> MutexGuard<'_, Children<K>> {
        lock(&self.children)
    }

    pub(super) fn list(&self) -> Vec<ChildInfo<K>> {
        let children = self.children();
        let infos = children.by_id.values().map(|child| {
            let key = child.spec.key.clone();
            let session =
                (child.kind() == ChildKind::Session).then(|| self.registry.lookup(&key)).flatten();
            ChildInfo {
                session,
                kind: child.kind(),
                state: child.slot.borrow().state,
                pid: child.session().and_then(Session::pid),
                restarts: child.restarts,
                session_id: child.session_id(),
                last_error: child.last_error.clone(),
                key,
            }
        });
        infos.collect()
    }

    pub(super) fn fold<T>(&self, first: T, add: impl Fn(T, ChildKind, ChildState) -> T) -> T {
        let children = self.children();
        let all = children.by_id.values().map(|child| (child.kind(), child.slot.borrow().state));
        all.fold(first, |sum, (kind, state)| add(sum, kind, state))
    }

    /// The session of a child that is there; `None` for an unknown key.
    pub(super) fn session_now(&self, key: &K) -> Option<Option<Session>> {
        let children = self.children();
        let child = children.by_id.get(children.by_key.get(key)?)?;
        Some(child.session().cloned())
    }

    pub(super) fn not_found(&self, key: &K) -> SupervisorError {
        let known = self.registry.keys();
        let known = known.iter().map(|key| format!("{key:?}")).collect();
        SupervisorError::new(Kind::NotFound(known), key)
    }

    pub(super) fn publish(&self, event: SupervisorEvent<K>) {
        tracing::debug!(supervisor = %self.name, ?event, "supervision");
        // Without a reader there is no one to tell.
        let _ = self.events.send(event);
    }
}
