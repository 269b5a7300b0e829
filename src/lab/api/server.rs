//! The API that a test holds.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use super::connections::Connections;
use super::dispatcher::Dispatcher;
use super::request::ApiRequest;
use super::request_log::ApiReport;
use super::script::ApiScript;

/// A Messages API on 127.0.0.1, on a port of its own. Serves `/v1/messages` from its script, and `/v1/messages/count_tokens`.
///
/// # Panics
/// When it is dropped with failures that [`finish`](Self::finish) has not returned, unless the thread panics already.
pub struct FakeApi {
    dispatcher: Arc<Dispatcher>,
    url: String,
    _connections: Connections,
    is_reported: bool,
}

impl FakeApi {
    /// Starts to serve; calls for a tokio runtime.
    ///
    /// # Errors
    /// When 127.0.0.1 has no port to give; in a fresh network namespace, when its loopback is not up.
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

    /// Where it is: what `ANTHROPIC_BASE_URL` is to be.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The requests to `/v1/messages` so far, refused ones included.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.dispatcher.requests()
    }

    /// What has gone wrong so far: requests that were refused. Empty while all is well.
    pub fn failures(&self) -> Vec<String> {
        self.dispatcher.failures()
    }

    /// Opens a gate, for good: the reply that waits at it goes on, and later ones do not wait.
    pub fn release(&self, gate: &str) {
        self.dispatcher.gates().open(gate);
    }

    /// Waits until a reply has come to a gate; everything before it has been sent then.
    ///
    /// # Panics
    /// When a request has been refused, or is while it waits: what it waits for may never come.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn reached(&self, gate: &str) {
        tokio::select! {
            () = self.dispatcher.gates().reached(gate) => {}
            report = self.refused() => panic!("waiting for the gate {gate:?}: {report}"),
        }
    }

    /// Waits until a request has been refused, and says why.
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

    /// Ends it, and says whether script and requests fit together to the last reply.
    ///
    /// # Errors
    /// When a request was refused, or a reply was not fetched.
    pub fn finish(mut self) -> Result<(), ApiReport> {
        self.is_reported = true;
        self.dispatcher.report()
    }

    /// Ends it, whatever has happened.
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
