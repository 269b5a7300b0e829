//! The server: every event is one write, and a connection ends exactly where the script says.

use std::io;
use std::net;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::dispatcher::{Answer, Body, Dispatcher};
use super::http::{Connection, HttpRequest};
use crate::player::model::{ApiReply, Cut};
use crate::player::model::{SseEvent, last_words};

/// Serves in tasks of the current runtime, until it is dropped.
pub(super) struct Connections(JoinHandle<()>);

impl Connections {
    pub(super) fn start(
        listener: net::TcpListener,
        dispatcher: Arc<Dispatcher>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self(tokio::spawn(accept(TcpListener::from_std(listener)?, dispatcher))))
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn accept(listener: TcpListener, dispatcher: Arc<Dispatcher>) {
    // The tasks of connections end with this one.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, dispatcher.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, dispatcher: Arc<Dispatcher>) {
    let Ok(mut connection) = Connection::new(stream) else { return };
    loop {
        match connection.request().await {
            // A client that disconnects during an answer is not a failure: the CLI does so when it
            // is interrupted.
            Ok(Some(request)) => match answer(&dispatcher, connection, request).await {
                Ok(Some(again)) => connection = again,
                Ok(None) | Err(_) => return,
            },
            Ok(None) => return,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                dispatcher
                    .request_log()
                    .fail(format!("a request that this server cannot read: {error}"));
                return;
            }
            Err(_) => return,
        }
    }
}

/// Answers one request. Returns the connection if it stays open.
async fn answer(
    dispatcher: &Dispatcher,
    mut connection: Connection,
    request: HttpRequest,
) -> io::Result<Option<Connection>> {
    let Answer { wait, body, reply, refuses } =
        dispatcher.answer(&request.method, &request.path, &request.body);
    if refuses {
        return Ok(None);
    }
    let reply = reply.unwrap_or_default();
    pass_gate(dispatcher, &reply, 0).await;
    // The script asks for a slow first byte.
    sleep(wait).await;
    match body {
        Body::Events(events) => stream(dispatcher, connection, &reply, &events).await,
        Body::Whole { status, retry_after, content_type, text } => {
            let retry = retry_after.map(|seconds| ("retry-after", seconds.to_string()));
            let headers: Vec<_> = retry.into_iter().chain(scripted(&reply)).collect();
            connection.whole(status, &headers, &content_type, &text).await?;
            Ok(Some(connection))
        }
    }
}

async fn stream(
    dispatcher: &Dispatcher,
    mut connection: Connection,
    reply: &ApiReply,
    events: &[SseEvent],
) -> io::Result<Option<Connection>> {
    let headers: Vec<_> = scripted(reply).collect();
    connection.begin_events(&headers).await?;
    for index in 0..=events.len() {
        if index > 0 {
            pass_gate(dispatcher, reply, index).await;
        }
        if let Some(cut) = reply.cut.as_ref().filter(|cut| cut.after == index) {
            return cut_off(connection, &cut.cut).await;
        }
        let Some(event) = events.get(index) else { break };
        connection.chunk(&event.text()).await?;
        if event.is_delta() && reply.delta_ms > 0 {
            // The script's pace.
            sleep(Duration::from_millis(reply.delta_ms)).await;
        }
    }
    connection.end_events().await?;
    Ok(Some(connection))
}

/// The headers of the script.
fn scripted(reply: &ApiReply) -> impl Iterator<Item = (&str, String)> {
    reply.headers.iter().map(|(name, value)| (name.as_str(), value.clone()))
}

async fn pass_gate(dispatcher: &Dispatcher, reply: &ApiReply, events: usize) {
    if let Some(gate) = reply.hold.get(&events) {
        dispatcher.gates().pass(gate).await;
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
