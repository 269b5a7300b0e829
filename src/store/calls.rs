//! The calls to a store: guarded, and within their limits.

use std::time::Duration;

use super::error::{Error, Result};
use super::session_store::SessionStore;

/// How many entries, and how many bytes of them, may wait for the end of a turn; and how many go to
/// the store in one append.
pub(super) const MAX_ENTRIES: usize = 500;
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// How long one append may take.
pub(super) const APPEND: Duration = Duration::from_secs(60);
/// How long one call may take when a conversation is loaded.
pub(crate) const LOAD_TIMEOUT: Duration = Duration::from_secs(60);

/// The calls to a store, each with a time limit.
pub(super) struct Calls<'a> {
    pub(super) store: &'a dyn SessionStore,
    pub(super) limit: Duration,
}

impl Calls<'_> {
    /// `what` completes "could not". An error says it too, but for a method that the store does not
    /// have.
    pub(super) async fn within<T, F>(&self, what: String, call: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        match tokio::time::timeout(self.limit, guarded(call)).await {
            Ok(Err(error)) if !error.is_unsupported() => Err(Error::caused(what, error)),
            Ok(result) => result,
            Err(_) => {
                Err(Error::timeout(format!("the session store could not {what}: it"), self.limit))
            }
        }
    }
}

/// Calls a store. One that panics has failed: the session goes on.
pub(super) async fn guarded<T, F>(call: impl FnOnce() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    use std::panic::{AssertUnwindSafe, catch_unwind};
    // The call itself may panic as well, before there is a future.
    let mut call = std::pin::pin!(async { call().await });
    std::future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)))
            .unwrap_or_else(|_| std::task::Poll::Ready(Err(Error::new("the store panicked"))))
    })
    .await
}
