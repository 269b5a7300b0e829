//! A service on loopback, and a client for it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode};
use claude_wire::SessionBuilder;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::service::{Chat, Failure, Settings};

/// Nothing here takes long; a test that waits in vain fails.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) struct Service {
    pub(super) address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), Failure>>,
}

impl Service {
    pub(super) async fn start(
        make: impl Fn() -> SessionBuilder + Send + Sync + 'static,
        settings: Settings,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let chat = Chat::start(make, settings).await.unwrap();
        let served = tokio::spawn(chat.serve(listener, async { drop(stopped.await) }));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, client, stop: Some(stop), served }
    }

    /// Asks the service to stop.
    pub(super) fn begin_stop(mut self) -> Self {
        self.stop = None;
        self
    }

    /// Waits for its end.
    pub(super) async fn stopped(self) {
        timeout(LIMIT, self.served).await.unwrap().unwrap().unwrap();
    }

    pub(super) async fn stop(self) {
        self.begin_stop().stopped().await;
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Response<Incoming> {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(uri);
        if body.is_some() && headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::from(body)).unwrap();
        timeout(LIMIT, self.client.request(request)).await.unwrap().unwrap()
    }

    async fn json(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let response = self.send(method, path, &[], body).await;
        let status = response.status();
        let body = timeout(LIMIT, response.into_body().collect()).await.unwrap().unwrap();
        (status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default())
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.json("POST", path, Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.json("GET", path, None).await
    }

    pub(super) async fn delete(&self, path: &str) -> StatusCode {
        self.json("DELETE", path, None).await.0
    }

    /// The events of a session, as a browser that has seen `last` gets them.
    pub(super) async fn events(&self, name: &str, last: Option<&str>) -> Events {
        let headers: Vec<_> = last.into_iter().map(|last| ("last-event-id", last)).collect();
        let response = self.send("GET", &format!("/sessions/{name}/events"), &headers, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { body: response.into_body(), text: String::new() }
    }
}

/// A stream of server-sent events.
pub(super) struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    /// The next event, with its id; `None` at the end of the stream.
    pub(super) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim().to_owned())
                };
                let id = field("id:").unwrap_or_default();
                let data = field("data:");
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return Some((id, serde_json::from_str(&data).unwrap()));
                }
            }
            let frame = timeout(LIMIT, self.body.frame()).await.expect("no event")?.ok()?;
            if let Ok(bytes) = frame.into_data() {
                self.text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        }
    }

    /// The next event of this kind.
    pub(super) async fn until(&mut self, kind: &str) -> (String, Value) {
        loop {
            let event =
                self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
            if event.1["kind"] == kind {
                return event;
            }
        }
    }
}

/// A command of the WebDriver protocol, and its `value`.
pub(super) async fn webdriver(method: &str, url: &str, body: &Value) -> Value {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder().method(method).uri(url);
    let request = request.header("content-type", "application/json").body(Full::from(text));
    // The browser's own limits are shorter.
    let response = timeout(2 * LIMIT, client.request(request.unwrap())).await.unwrap().unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    assert!(status.is_success(), "{method} {url}: {body}");
    body["value"].take()
}
