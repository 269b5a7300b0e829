//! A handle that does not keep the session alive.

use std::sync::Weak;

#[cfg(feature = "mcp")]
use tokio::sync::oneshot;

#[cfg(feature = "mcp")]
use super::driver::Order;
use super::handle::{Inner, Session};
use crate::wire::RawJson;
#[cfg(feature = "mcp")]
use crate::wire::control::{Request, RequestName};

/// A session, for those that must not keep it alive: what a handler is given. While a [`Session`] or a running turn exists,
/// [`upgrade`](Self::upgrade) gives a handle.
#[derive(Clone, Default)]
pub struct WeakSession(pub(super) Weak<Inner>);

impl WeakSession {
    /// A handle, unless the last one has been dropped.
    pub fn upgrade(&self) -> Option<Session> {
        self.0.upgrade().map(|inner| Session { inner })
    }

    /// True if and only if both are of one session.
    pub(super) fn is(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.0, &other.0)
    }

    /// Gives the CLI a JSON-RPC message of an in-process server, in the order of the calls. The acknowledgement; `None` where no CLI runs.
    #[cfg(feature = "mcp")]
    pub(crate) fn send_mcp(
        &self,
        server: &str,
        message: &str,
    ) -> Option<oneshot::Receiver<super::Result<Option<RawJson>>>> {
        let inner = self.0.upgrade().filter(|inner| inner.shared.status().connected)?;
        let request = Request::new(RequestName::McpMessage)
            .with("server_name", server)
            .with_raw("message", RawJson::scanned(message.to_owned().into()));
        let (reply, receipt) = oneshot::channel();
        inner.order_if_running(Order::Control(Box::new(request), None, reply));
        Some(receipt)
    }
}

impl std::fmt::Debug for WeakSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakSession").finish_non_exhaustive()
    }
}
