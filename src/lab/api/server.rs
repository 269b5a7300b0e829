//! The API server of a test.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use super::connections::Connections;
use super::dispatcher::Dispatcher;
use super::request::ApiRequest;
use super::request_log::ApiReport;
use super::script::ApiScript;
use crate::faults::Injection;

/// A Messages API on 127.0.0.1, on its own port. Serves `/v1/messages` from its script, and
/// `/v1/messages/count_tokens`.
///
/// # Panics
/// If it is dropped with failures that [`finish`](Self::finish) has not returned, unless the thread
/// is already panicking.
pub struct FakeApi {
    dispatcher: Arc<Dispatcher>,
    url: String,
    _connections: Connections,
    is_reported: bool,
}

impl FakeApi {
    /// Starts to serve. Requires a tokio runtime.
    ///
    /// # Errors
    /// If 127.0.0.1 has no free port; in a new network namespace, if its loopback is not up.
    ///
    /// # Cancel safety
    /// Dropping the future stops what has been started.
    pub async fn start(script: ApiScript) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let dispatcher = Arc::new(Dispatcher::new(script));
        let connections = Connections::start(listener, dispatcher.clone())?;
        Ok(Self { dispatcher, url, _connections: connections, is_reported: false })
    }

    /// Its address: the value for `ANTHROPIC_BASE_URL`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The requests to `/v1/messages` so far, refused ones included.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.dispatcher.requests()
    }

    /// What has gone wrong so far: requests that were refused. Empty if all is well.
    pub fn failures(&self) -> Vec<String> {
        self.dispatcher.failures()
    }

    /// The faults that were injected so far, in order.
    pub fn injections(&self) -> Vec<Injection> {
        self.dispatcher.request_log().injections()
    }

    /// Opens a gate permanently: the reply that waits at it goes on, and later ones do not wait.
    pub fn release(&self, gate: &str) {
        self.dispatcher.gates().open(gate);
    }

    /// Waits until a reply has come to a gate; everything before it has been sent by then.
    ///
    /// # Panics
    /// If a request was or is refused while it waits: the reply may never come.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn reached(&self, gate: &str) {
        tokio::select! {
            () = self.dispatcher.gates().reached(gate) => {}
            report = self.refused() => panic!("waiting for the gate {gate:?}: {report}"),
        }
    }

    /// Waits until a request has been refused, and returns why.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn refused(&self) -> ApiReport {
        let mut failed = self.dispatcher.request_log().failed();
        loop {
            let report = self.dispatcher.request_log().report(false);
            match report {
                Some(report) => return report,
                // The request_log lives as long as this does.
                None => drop(failed.changed().await),
            }
        }
    }

    /// Stops it, and checks that no request was refused and every reply was fetched.
    ///
    /// # Errors
    /// When a request was refused, or a reply was not fetched.
    pub fn finish(mut self) -> Result<(), ApiReport> {
        self.is_reported = true;
        self.dispatcher.report()
    }

    /// Stops it without a check.
    pub fn forget(mut self) {
        self.is_reported = true;
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        let report = self
            .dispatcher
            .request_log()
            .report(true)
            .filter(|_| !self.is_reported && !std::thread::panicking());
        if let Some(report) = report {
            panic!("{report}");
        }
    }
}

impl fmt::Debug for FakeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeApi").field("url", &self.url).finish_non_exhaustive()
    }
}
