//! A transport that gives the host script a handle for signals.

use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};

use claude_wire::transport::{BoxFuture, Connection, Control, Error, Exit, Launch, Transport};

use super::host::SignalName;
use crate::session_host::lock;

/// Keeps the control of the CLI that was opened last. A signal goes the same way as the session's
/// own, so that a recorder inside sees it.
#[derive(Clone)]
pub(super) struct SignalHandle {
    inner: Arc<dyn Transport>,
    last: Arc<Mutex<Weak<Cli>>>,
}

type Cli = Mutex<Box<dyn Control>>;

impl SignalHandle {
    pub(super) fn new(inner: impl Transport) -> Self {
        Self { inner: Arc::new(inner), last: Arc::new(Mutex::new(Weak::<Cli>::new())) }
    }

    /// Signals the CLI that was opened last, if it still runs.
    pub(super) fn signal(&self, name: SignalName) {
        let last = lock(&self.last).upgrade();
        if let Some(control) = last {
            match name {
                SignalName::Terminate => lock(&control).terminate(),
                SignalName::Kill => lock(&control).kill(),
            }
        }
    }
}

impl Transport for SignalHandle {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let connection = self.inner.open(launch).await?;
            let control = Arc::new(Mutex::new(connection.control));
            *lock(&self.last) = Arc::downgrade(&control);
            Ok(Connection { control: Box::new(Held(control)), ..connection })
        })
    }

    fn runs_here(&self) -> bool {
        self.inner.runs_here()
    }
}

struct Held(Arc<Cli>);

impl Control for Held {
    fn pid(&self) -> Option<u32> {
        lock(&self.0).pid()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        lock(&self.0).poll_wait(cx)
    }

    fn terminate(&mut self) {
        lock(&self.0).terminate();
    }

    fn kill(&mut self) {
        lock(&self.0).kill();
    }
}
