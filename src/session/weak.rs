//! A handle that does not keep the session alive.

use std::any::Any;
use std::fmt;
use std::sync::Weak;

/// A handle that does not keep the session alive, as given to handlers. While a
/// [`Session`](super::Session) or a running turn exists, [`upgrade`](Self::upgrade) returns a
/// handle.
// A session has its handlers, and a handler has its session. `dyn Any` cuts that circle of types:
// what is here depends on nothing.
#[derive(Clone)]
pub struct WeakSession(pub(super) Weak<dyn Any + Send + Sync>);

impl WeakSession {
    /// True if and only if both belong to the same session.
    pub(super) fn is(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.0, &other.0)
    }
}

/// Belongs to no session: [`upgrade`](Self::upgrade) returns `None`.
impl Default for WeakSession {
    fn default() -> Self {
        Self(Weak::<()>::new())
    }
}

impl fmt::Debug for WeakSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSession").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    #[test]
    fn one_of_no_session_gives_no_handle() {
        assert!(WeakSession::default().upgrade().is_none());
    }

    #[test]
    fn handles_of_one_session_are_equal() {
        let (one, other) =
            (Session::builder().start().unwrap(), Session::builder().start().unwrap());
        assert!(one.downgrade().is(&one.clone().downgrade()));
        assert!(!one.downgrade().is(&other.downgrade()));
        let weak = one.downgrade();
        assert!(weak.upgrade().unwrap().downgrade().is(&weak));
        drop(one);
        assert!(weak.upgrade().is_none());
    }
}
