//! A handle that does not keep the session alive.

use std::sync::Weak;

use super::handle::{Inner, Session};

/// A session, for those that must not keep it alive: what a handler is given. While a [`Session`] or a running turn exists,
/// [`upgrade`](Self::upgrade) gives a handle.
#[derive(Clone, Default)]
pub struct WeakSession(pub(super) Weak<Inner>);

impl WeakSession {
    /// A handle, unless the last one has been dropped.
    pub fn upgrade(&self) -> Option<Session> {
        self.0.upgrade().map(|inner| Session { inner })
    }
}

impl std::fmt::Debug for WeakSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakSession").finish_non_exhaustive()
    }
}
