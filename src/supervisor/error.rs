//! What can go wrong with a child of a supervisor.

use std::fmt;
use std::time::Duration;

use crate::session;

/// Why a supervisor refused something, or could not do it.
///
/// The predicates say which case it is; the text names the key and what to do.
#[derive(Clone)]
pub struct SupervisorError {
    kind: Kind,
    /// The key, as text.
    key: String,
    source: Option<session::Error>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Duplicate,
    NotFound(Known),
    Supervisor,
    InvalidSpec(&'static str),
    Full(usize),
    Memory { used: u64, limit: u64 },
    MemoryUnknown(String),
    Start,
    NotReady(Duration),
    NotUp,
    NoAnswer(Duration),
    Failed,
    Quarantined,
    Stopped,
    Budget(String),
    Turn,
    EmptyPool,
}

/// The keys that are there: the first ones, and how many there are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    first: Vec<String>,
    all: usize,
}

impl Known {
    /// How many keys an error names.
    const NAMED: usize = 20;

    pub(super) fn of<K: fmt::Debug>(keys: &[K]) -> Self {
        let first = keys.iter().take(Self::NAMED).map(|key| format!("{key:?}")).collect();
        Self { first, all: keys.len() }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.all == 0 {
            return f.write_str(": there is none");
        }
        write!(f, "; known keys: {}", self.first.join(", "))?;
        match self.all - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl SupervisorError {
    pub(super) fn new(kind: Kind, key: impl fmt::Debug) -> Self {
        Self { kind, key: format!("{key:?}"), source: None }
    }

    pub(super) fn because(self, source: Option<session::Error>) -> Self {
        Self { source, ..self }
    }

    /// True if and only if another child has this key.
    pub fn is_duplicate(&self) -> bool {
        self.kind == Kind::Duplicate
    }

    /// True if and only if no child has this key. The text has up to 20 of the known keys.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, Kind::NotFound(_))
    }

    /// True if and only if the child is a supervisor, which has no session to query.
    pub fn is_supervisor(&self) -> bool {
        self.kind == Kind::Supervisor
    }

    /// True if and only if the specification of a supervisor has what only that of a session can have.
    pub fn is_invalid_spec(&self) -> bool {
        matches!(self.kind, Kind::InvalidSpec(_))
    }

    /// True if and only if the limit of sessions is reached.
    pub fn is_full(&self) -> bool {
        matches!(self.kind, Kind::Full(_))
    }

    /// True if and only if the processes of the children use too much memory
    /// ([`max_memory`](super::SupervisorBuilder::max_memory)).
    pub fn is_memory(&self) -> bool {
        matches!(self.kind, Kind::Memory { .. })
    }

    /// True if and only if there is a limit of memory, but what is used cannot be read.
    pub fn is_memory_unknown(&self) -> bool {
        matches!(self.kind, Kind::MemoryUnknown(_))
    }

    /// True if and only if the child could not be started.
    /// [`session_error`](Self::session_error) says why.
    pub fn is_start(&self) -> bool {
        self.kind == Kind::Start
    }

    /// True if and only if the child was not ready within the time that a caller waits
    /// ([`restart_wait`](super::SupervisorBuilder::restart_wait)); or, when its health is checked, if
    /// it is being started, or does not answer.
    pub fn is_not_ready(&self) -> bool {
        matches!(self.kind, Kind::NotReady(_) | Kind::NotUp | Kind::NoAnswer(_))
    }

    /// True if and only if the child has failed for good: it cannot start with its configuration.
    pub fn is_failed(&self) -> bool {
        self.kind == Kind::Failed
    }

    /// True if and only if the child has crashed too often, and is out of service for a while.
    pub fn is_quarantined(&self) -> bool {
        self.kind == Kind::Quarantined
    }

    /// Whether the child does not serve within the time that a caller waits.
    pub(super) fn is_out_of_service(&self) -> bool {
        self.is_quarantined() || self.is_failed() || self.is_stopped() || self.is_budget()
    }

    /// Whether the child is not up, and may be later.
    pub(super) fn is_not_up(&self) -> bool {
        self.is_not_ready() || self.is_memory() || self.is_memory_unknown()
    }

    /// True if and only if the supervisor, or the child, has ended.
    pub fn is_stopped(&self) -> bool {
        self.kind == Kind::Stopped
    }

    /// True if and only if a budget is used up.
    pub fn is_budget(&self) -> bool {
        matches!(self.kind, Kind::Budget(_))
    }

    /// True if and only if a pool was to have no session.
    pub fn is_empty_pool(&self) -> bool {
        self.kind == Kind::EmptyPool
    }

    /// True if and only if a session was there, and its turn failed
    /// ([`session_error`](Self::session_error)): an error of a pool's service (feature `tower`).
    pub fn is_turn(&self) -> bool {
        self.kind == Kind::Turn
    }

    /// The error of the session, if it caused this one.
    pub fn session_error(&self) -> Option<&session::Error> {
        self.source.as_ref()
    }
}

debug_is_message!(SupervisorError);

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.kind {
            Kind::Duplicate => {
                write!(f, "the key {key} is taken; terminate that child first, or use it")
            }
            Kind::NotFound(known) => write!(f, "no child has the key {key}{known}"),
            Kind::Supervisor => {
                write!(f, "the child {key} is a supervisor: query one of its sessions")
            }
            Kind::InvalidSpec(what) => write!(
                f,
                "`{what}` of the child {key} has no effect, since it is a supervisor: set it on its sessions"
            ),
            Kind::Full(limit) => write!(
                f,
                "no room for {key}: there are {limit} sessions, which is the limit (max_sessions)"
            ),
            Kind::Memory { used, limit } => write!(
                f,
                "no room for {key}: the sessions use {} MiB of memory, the limit is {} MiB (max_memory)",
                used >> 20,
                limit >> 20
            ),
            Kind::MemoryUnknown(why) => write!(
                f,
                "no room for {key}: the memory of the sessions cannot be read ({why}); set no max_memory here"
            ),
            Kind::Start => write!(f, "the child {key} could not be started"),
            Kind::NotReady(time) => {
                write!(f, "the child {key} was not ready within {time:?} (restart_wait)")
            }
            Kind::NotUp => write!(f, "the child {key} is being started"),
            Kind::NoAnswer(time) => write!(f, "the child {key} did not answer within {time:?}"),
            Kind::Failed => write!(
                f,
                "the child {key} has failed and is not started again: correct its options, then call restart_session"
            ),
            Kind::Quarantined => {
                write!(f, "the child {key} has crashed too often and is in quarantine")
            }
            Kind::Stopped => write!(f, "the supervisor of {key}, or the child, has ended"),
            Kind::Turn => write!(f, "a turn of {key} failed"),
            Kind::EmptyPool => {
                write!(f, "{key} has no session: build it with a size of at least 1")
            }
            Kind::Budget(what) => write!(f, "the budget of {key} is used up: {what}"),
        }?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SupervisorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_first_keys_and_counts_the_others() {
        for (count, end) in [
            (0, ": there is none"),
            (2, "; known keys: 0, 1"),
            (20, " 18, 19"),
            (10_000, " 18, 19 and 9980 more"),
        ] {
            let known = Known::of(&(0..count).collect::<Vec<_>>());
            let text = SupervisorError::new(Kind::NotFound(known), "x").to_string();
            assert!(text.ends_with(end), "{text}");
        }
    }
}
