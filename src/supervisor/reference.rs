//! A session by its key, whatever process it has.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::error::{Kind, Known, SupervisorError};
use super::info::ChildState;
use super::key::Key;
use super::slot::{Limits, Slot};
use crate::session::{Prompt, Session, Turn};

/// How many names may lead to each other until one is that of a child: names may go in a circle.
const MAX_STEPS: usize = 16;

/// A session under a supervisor, by its key. It survives restarts: each call uses the process of
/// that moment. Clones are the same reference.
#[derive(Clone)]
pub struct SessionRef<K: Key = String> {
    key: K,
    /// One pointer, since it is copied at each look-up.
    source: Arc<Source<K>>,
}

enum Source<K: Key> {
    Child(Seen<K>),
    Via(Arc<dyn SessionRegistry<K>>),
}

/// What a reference knows of its child.
struct Seen<K: Key> {
    slot: watch::Receiver<Slot>,
    wake: mpsc::UnboundedSender<K>,
    limits: Limits,
}

impl<K: Key> SessionRef<K> {
    pub(super) fn new(
        key: K,
        slot: watch::Receiver<Slot>,
        wake: mpsc::UnboundedSender<K>,
        limits: Limits,
    ) -> Self {
        Self { key, source: Arc::new(Source::Child(Seen { slot, wake, limits })) }
    }

    /// The session that a registry has under this key at the time of each call. It need not be there
    /// yet.
    pub fn via(registry: Arc<dyn SessionRegistry<K>>, key: impl Into<K>) -> Self {
        Self { key: key.into(), source: Arc::new(Source::Via(registry)) }
    }

    /// Its key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The state of the child; [`ChildState::Stopped`] for one that is gone.
    pub fn state(&self) -> ChildState {
        match self.resolve().as_ref().map(|found| &*found.source) {
            Ok(Source::Child(seen)) => seen.slot.borrow().state,
            _ => ChildState::Stopped,
        }
    }

    /// The session, if it is up now.
    pub(super) fn up(&self) -> Option<Session> {
        match &*self.source {
            Source::Child(seen) => seen.slot.borrow().up().cloned(),
            Source::Via(registry) => registry.lookup(&self.key)?.up(),
        }
    }

    /// Whether its own budget is used up, or one that it shares.
    pub(super) fn is_used_up(&self) -> bool {
        match &*self.source {
            Source::Child(seen) => seen.limits.used_up(&seen.slot.borrow()).is_some(),
            Source::Via(registry) => {
                registry.lookup(&self.key).is_some_and(|found| found.is_used_up())
            }
        }
    }

    /// Waits until the child has this state.
    ///
    /// # Errors
    /// If the child is gone before; if the registry does not know the key.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn wait_for(&self, state: ChildState) -> Result<(), SupervisorError> {
        let found = self.resolve()?;
        let Source::Child(seen) = &*found.source else {
            return Err(self.not_found());
        };
        let mut slot = seen.slot.clone();
        let reached = slot.wait_for(|slot| slot.state == state).await;
        reached.map(drop).map_err(|_| SupervisorError::new(Kind::Stopped, &self.key))
    }

    /// The session that is up now. Waits while it is being started or restarted, at most
    /// [`restart_wait`](super::SupervisorBuilder::restart_wait); one that rests is started.
    ///
    /// # Errors
    /// If it is not up in time, has failed, is in quarantine, or is gone; if a budget is used up;
    /// if it rests or has ended without a login, and the children use too much memory
    /// ([`max_memory`](super::SupervisorBuilder::max_memory)); if the child is a supervisor; if the
    /// registry does not know the key.
    pub async fn session(&self) -> Result<Session, SupervisorError> {
        let found = self.resolve()?;
        let Source::Child(seen) = &*found.source else {
            return Err(self.not_found());
        };
        let Seen { slot, wake, limits } = seen;
        let mut slot = slot.clone();
        if !limits.is_session {
            return Err(SupervisorError::new(Kind::Supervisor, &self.key));
        }
        if let Some(what) = limits.used_up(&slot.borrow()) {
            return Err(SupervisorError::new(Kind::Budget(what), &self.key));
        }
        if let Some(limit) = &limits.memory
            && slot.borrow().waits_for_a_query()
        {
            limit.check(&self.key).await?;
        }
        let error = |kind| SupervisorError::new(kind, &self.key);
        let ready = async {
            loop {
                {
                    let now = slot.borrow_and_update();
                    if let Some(session) = now.up() {
                        return Ok(session.clone());
                    }
                    let source = now.error.clone();
                    match now.state {
                        ChildState::Degraded | ChildState::Resting => {
                            let _ = wake.send(found.key.clone());
                        }
                        ChildState::Failed => return Err(error(Kind::Failed).because(source)),
                        ChildState::Quarantined => {
                            return Err(error(Kind::Quarantined).because(source));
                        }
                        ChildState::Stopped => return Err(error(Kind::Stopped)),
                        ChildState::Up | ChildState::Starting | ChildState::Restarting => {}
                    }
                }
                if slot.changed().await.is_err() {
                    return Err(error(Kind::Stopped));
                }
            }
        };
        let result = tokio::time::timeout(limits.wait, ready).await;
        result.unwrap_or_else(|_| {
            Err(error(Kind::NotReady(limits.wait)).because(slot.borrow().error.clone()))
        })
    }

    /// The same, as a turn with this prompt. The turn is that of
    /// [`Session::query`]; if the CLI crashes in it, it ends with an error, and a later query gets
    /// the next process.
    ///
    /// # Errors
    /// As for [`session`](Self::session).
    pub async fn query(&self, prompt: impl Into<Prompt>) -> Result<Turn, SupervisorError> {
        let prompt = prompt.into();
        loop {
            let turn = self.session().await?.query(prompt.clone());
            // A child that is up when its turn is made does not rest before that was asked.
            if self.state() != ChildState::Resting {
                return Ok(turn);
            }
        }
    }

    /// The reference that its child has, whose key may be another one.
    fn resolve(&self) -> Result<Self, SupervisorError> {
        let mut found = self.clone();
        for _ in 0..MAX_STEPS {
            let Source::Via(registry) = &*found.source else { return Ok(found) };
            found = registry.lookup(&found.key).ok_or_else(|| found.not_found())?;
        }
        Err(SupervisorError::new(Kind::NotFound(Known::of(&[] as &[K])), &self.key))
    }

    fn not_found(&self) -> SupervisorError {
        let known = match &*self.source {
            Source::Via(registry) => registry.keys(),
            Source::Child(_) => Vec::new(),
        };
        SupervisorError::new(Kind::NotFound(Known::of(&known)), &self.key)
    }
}

/// Holds the keys of children; each is unique. Implement it to keep the names of several
/// supervisors, or of a whole program, in one place.
///
/// The methods are called by the task of the supervisor while children are added and removed, so they
/// must return quickly. They may look at the supervisor ([`list`](super::Supervisor::list),
/// [`health`](super::Supervisor::health), [`session`](super::Supervisor::session)), but not wait for
/// it.
pub trait SessionRegistry<K: Key>: Send + Sync {
    /// Adds a session. Returns false, and changes nothing, if the key is taken.
    fn register(&self, key: &K, session: SessionRef<K>) -> bool;

    /// Removes a key; one that is unknown changes nothing.
    fn unregister(&self, key: &K);

    /// The session of a key.
    fn lookup(&self, key: &K) -> Option<SessionRef<K>>;

    /// All keys, in any order.
    fn keys(&self) -> Vec<K>;
}

impl<K: Key> fmt::Debug for SessionRef<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRef").field("key", &self.key).finish_non_exhaustive()
    }
}
