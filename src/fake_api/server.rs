//! The API that a test holds.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use super::desk::Desk;
use super::gated::Gated;
use super::ledger::ApiReport;
use super::request::ApiRequest;
use super::script::ApiScript;
use super::whole::Whole;

/// A Messages API on 127.0.0.1, on a port of its own. Serves `/v1/messages` from its script, and `/v1/messages/count_tokens`.
///
/// # Panics
/// When it is dropped with failures that nobody has been told of by [`finish`](Self::finish), unless the thread panics already.
pub struct FakeApi {
    desk: Arc<Desk>,
    url: String,
    _server: Server,
    told: bool,
}

/// Both live as long as the API.
enum Server {
    Whole { _server: Whole },
    Gated { _server: Gated },
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
        let is_paced = script.is_paced();
        let desk = Arc::new(Desk::new(script));
        let server = if is_paced {
            Server::Gated { _server: Gated::start(listener, desk.clone())? }
        } else {
            Server::Whole { _server: Whole::start(listener, desk.clone()).await }
        };
        Ok(Self { desk, url, _server: server, told: false })
    }

    /// Where it is: what `ANTHROPIC_BASE_URL` is to be.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The requests to `/v1/messages` so far, refused ones included.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.desk.ledger().requests().to_vec()
    }

    /// What has gone wrong so far: requests that were refused. Empty while all is well.
    pub fn failures(&self) -> Vec<String> {
        self.desk
            .ledger()
            .report(false)
            .map(|report| report.failures().to_vec())
            .unwrap_or_default()
    }

    /// Opens a gate, for good: the reply that waits at it goes on, and later ones do not wait.
    pub fn release(&self, gate: &str) {
        self.desk.gates().open(gate);
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
            () = self.desk.gates().reached(gate) => {}
            report = self.refused() => panic!("waiting for the gate {gate:?}: {report}"),
        }
    }

    /// Waits until a request has been refused, and says why.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn refused(&self) -> ApiReport {
        let mut failed = self.desk.ledger().failed();
        loop {
            let report = self.desk.ledger().report(false);
            match report {
                Some(report) => return report,
                // The ledger lives as long as this does.
                None => drop(failed.changed().await),
            }
        }
    }

    /// Ends it, and says whether script and requests fit together to the last reply.
    ///
    /// # Errors
    /// When a request was refused, or a reply was not fetched.
    pub fn finish(mut self) -> Result<(), ApiReport> {
        self.told = true;
        self.desk.ledger().report(true).map_or(Ok(()), Err)
    }

    /// Ends it, whatever has happened.
    pub fn forget(mut self) {
        self.told = true;
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        let report =
            self.desk.ledger().report(true).filter(|_| !self.told && !std::thread::panicking());
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
