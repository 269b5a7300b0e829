//! One request, one recorded reply.

use std::fmt::Debug;

use claude_wire::session::control::Call;
use claude_wire::transport::Exit;
use claude_wire::wire::replies::Reply;
use claude_wire::{Error, Result, Session};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::support::cli::cli;

/// The recorded reply of this name, to the request with this id.
pub(crate) fn recorded(name: &str, request_id: &str) -> String {
    let head = format!(r#"{{"name":"{name}","line":"#);
    let line = include_str!("replies.jsonl")
        .lines()
        .find_map(|line| line.strip_prefix(&head)?.strip_suffix('}'));
    line.unwrap_or_else(|| panic!("no reply is called {name}")).replace("$ID", request_id)
}

/// A session whose CLI answers its first request with the recorded reply, and the requests as they
/// were written.
pub(crate) fn session_with(reply: &'static str) -> (Session, mpsc::UnboundedReceiver<String>) {
    let (written, requests) = mpsc::unbounded_channel();
    let transport = cli(move |_, mut cli| {
        let written = written.clone();
        async move {
            cli.acknowledge("initialize").await;
            let Some(line) = cli.read().await else { return Exit::from_code(0) };
            let _ = written.send(line["request"].to_string());
            cli.write(recorded(reply, line["request_id"].as_str().unwrap())).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    (Session::builder().transport(transport).start().unwrap(), requests)
}

async fn exchange<T>(
    reply: &'static str,
    request: &str,
    call: impl FnOnce(&Session) -> Call<T>,
) -> Result<T> {
    let (session, mut requests) = session_with(reply);
    session.connect().await.unwrap();
    let result = call(&session).await;
    assert_eq!(requests.recv().await.unwrap(), request);
    result
}

/// Sends the request and reads the recorded reply, every field of which must be known and valid.
pub(crate) async fn reply<T: Debug>(
    reply: &'static str,
    request: &str,
    call: impl FnOnce(&Session) -> Call<Reply<T>>,
) -> Reply<T> {
    let read = exchange(reply, request, call).await.unwrap();
    assert_eq!(read.defects(), [], "{read:?}");
    assert_eq!(read.unmodelled(), [""; 0], "{read:?}");
    let line: Value = serde_json::from_str(&recorded(reply, "x")).unwrap();
    let raw = read.raw().map(|raw| serde_json::from_str::<Value>(&raw.text()).unwrap());
    assert_eq!(raw.unwrap_or_default(), line["response"]["response"]);
    read
}

/// Sends the request; the recorded reply is an acknowledgement.
pub(crate) async fn acknowledged(
    reply: &'static str,
    request: &str,
    call: impl FnOnce(&Session) -> Call<()>,
) {
    exchange(reply, request, call).await.unwrap();
}

/// Sends the request; the recorded reply is an error.
pub(crate) async fn refused<T: Debug>(
    reply: &'static str,
    request: &str,
    call: impl FnOnce(&Session) -> Call<T>,
) -> Error {
    let error = exchange(reply, request, call).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");
    error
}

/// Sends the request and ignores the reply, which does not belong to this request.
pub(crate) async fn sends<T>(request: &str, call: impl FnOnce(&Session) -> Call<T>) {
    let _ = exchange("interrupt", request, call).await;
}
