//! The server.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::events::{OutMessage, SseEvent, error_body, last_words};
use super::gates::Gates;
use super::http::{Connection, HttpRequest};
use super::ledger::{ApiReport, Ledger};
use super::reply::{Cut, Refusal, Reply};
use super::request::ApiRequest;
use super::script::ApiScript;

/// The status of what no script foresees: no client retries it, the CLI does not try another request instead, and it shows the text.
const REFUSED: u16 = 418;

/// A Messages API on 127.0.0.1, on a port of its own. Serves `/v1/messages` from its script, and `/v1/messages/count_tokens`.
///
/// # Panics
/// When it is dropped with failures that nobody has been told of by [`finish`](Self::finish), unless the thread panics already.
pub struct FakeApi {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
    told: bool,
}

struct Shared {
    ledger: Mutex<Ledger>,
    gates: Gates,
}

impl FakeApi {
    /// Starts to serve, in tasks of the current runtime.
    ///
    /// # Errors
    /// When 127.0.0.1 has no port to give; in a fresh network namespace, when its loopback is not up.
    pub async fn start(script: ApiScript) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { ledger: Mutex::new(Ledger::new(script)), gates: Gates::default() });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { shared, address, accepting, told: false })
    }

    /// Where it is: what `ANTHROPIC_BASE_URL` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests to `/v1/messages` so far, refused ones included.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.shared.ledger().requests().to_vec()
    }

    /// What has gone wrong so far: requests that were refused. Empty while all is well.
    pub fn failures(&self) -> Vec<String> {
        self.shared.ledger().report(false).map(|report| report.failures().to_vec()).unwrap_or_default()
    }

    /// Opens a gate, for good: the reply that waits at it goes on, and later ones do not wait.
    pub fn release(&self, gate: &str) {
        self.shared.gates.open(gate);
    }

    /// Waits until a reply has come to a gate; everything before it has been sent then.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn reached(&self, gate: &str) {
        self.shared.gates.reached(gate).await;
    }

    /// Ends it, and says whether script and requests fit together to the last reply.
    ///
    /// # Errors
    /// When a request was refused, or a reply was not fetched.
    pub fn finish(mut self) -> Result<(), ApiReport> {
        self.told = true;
        self.shared.ledger().report(true).map_or(Ok(()), Err)
    }

    /// Ends it, whatever has happened.
    pub fn forget(mut self) {
        self.told = true;
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.accepting.abort();
        let report = self.shared.ledger().report(true).filter(|_| !self.told && !std::thread::panicking());
        if let Some(report) = report {
            panic!("{report}");
        }
    }
}

impl fmt::Debug for FakeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeApi").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Its tasks end with this one.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, shared.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let Ok(mut connection) = Connection::new(stream) else { return };
    loop {
        match connection.request().await {
            // A client that goes away within an answer is no failure: the CLI does so when it is interrupted.
            Ok(Some(request)) => match shared.answer(connection, request).await {
                Ok(Some(again)) => connection = again,
                Ok(None) | Err(_) => return,
            },
            Ok(None) => return,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                shared.ledger().fail(format!("a request that this server cannot read: {error}"));
                return;
            }
            Err(_) => return,
        }
    }
}

impl Shared {
    /// Answers one request. The connection, if it goes on.
    async fn answer(&self, mut connection: Connection, request: HttpRequest) -> io::Result<Option<Connection>> {
        match (&*request.method, &*request.path) {
            ("POST", "/v1/messages") => return self.message(connection, &request.body).await,
            ("POST", "/v1/messages/count_tokens") => {
                connection.json(200, &[], &json!({"input_tokens": request.body.len() / 4 + 1})).await?;
            }
            ("HEAD", _) => connection.empty().await?,
            (method, path) => {
                let failure = self.ledger().fail(format!("an unexpected request: {method} {path}"));
                refuse(&mut connection, failure).await?;
            }
        }
        Ok(Some(connection))
    }

    async fn message(&self, mut connection: Connection, body: &[u8]) -> io::Result<Option<Connection>> {
        let request = match serde_json::from_slice::<Value>(body) {
            Ok(body) => ApiRequest::new(body),
            Err(error) => {
                let failure = self.ledger().fail(format!("a body that is not JSON: {error}"));
                refuse(&mut connection, failure).await?;
                return Ok(Some(connection));
            }
        };
        let (model, streaming) = (request.model().to_owned(), request.is_streaming());
        let served = self.ledger().serve(request);
        let (reply, serial) = match served {
            Ok(served) => served,
            Err(failure) => {
                refuse(&mut connection, failure).await?;
                return Ok(Some(connection));
            }
        };
        self.pass_gate(&reply, 0).await;
        sleep(Duration::from_millis(reply.first_byte_ms)).await;
        let message = OutMessage::new(&reply, &model, serial);
        if let Some(error) = &reply.error {
            let headers: Vec<_> = error.retry_after.iter().map(|seconds| ("retry-after", seconds.to_string())).collect();
            connection.json(error.status, &headers, &error_body(error)).await?;
        } else if let Some(raw) = &reply.raw {
            connection.whole(200, &[], &raw.content_type, &raw.body).await?;
        } else if streaming {
            return self.stream(connection, &reply, &message.events()).await;
        } else {
            connection.json(200, &[], &message.whole()).await?;
        }
        Ok(Some(connection))
    }

    async fn stream(&self, mut connection: Connection, reply: &Reply, events: &[SseEvent]) -> io::Result<Option<Connection>> {
        connection.begin_events().await?;
        for index in 0..=events.len() {
            if index > 0 {
                self.pass_gate(reply, index).await;
            }
            if let Some(cut) = reply.cut.as_ref().filter(|cut| cut.after == index) {
                return cut_off(connection, &cut.cut).await;
            }
            let Some(event) = events.get(index) else { break };
            connection.chunk(&event.text).await?;
            if event.is_delta && reply.delta_ms > 0 {
                sleep(Duration::from_millis(reply.delta_ms)).await;
            }
        }
        connection.end_events().await?;
        Ok(Some(connection))
    }

    async fn pass_gate(&self, reply: &Reply, events: usize) {
        if let Some(gate) = reply.hold.get(&events) {
            self.gates.pass(gate).await;
        }
    }
}

async fn cut_off(mut connection: Connection, cut: &Cut) -> io::Result<Option<Connection>> {
    if let Some(words) = last_words(cut) {
        connection.chunk(&words).await?;
        connection.end_events().await?;
        return Ok(Some(connection));
    }
    if *cut == Cut::Reset {
        connection.reset()?;
    }
    Ok(None)
}

async fn refuse(connection: &mut Connection, failure: String) -> io::Result<()> {
    let refusal = Refusal { status: REFUSED, message: Some(format!("fake API: {failure}")), retry_after: None };
    connection.json(REFUSED, &[], &error_body(&refusal)).await
}
