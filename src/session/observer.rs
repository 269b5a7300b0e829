//! What a supervisor learns of a session at the moment when it happens.

use super::spending::Spending;

/// Learns of a session what a supervisor must not miss. It is called on the session's task, so it
/// must be quick.
pub(crate) trait Observer: Send + Sync {
    /// A result has come: what was used since the one before.
    fn spent(&self, spent: &Spending);

    /// The session has a warning. There may be no reader of its events yet.
    fn warned(&self, text: &str);
}
