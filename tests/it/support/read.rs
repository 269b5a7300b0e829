//! The host's side: reading turns.

use std::time::Duration;

use claude_wire::session::{Events, SessionEvent};
use claude_wire::{Error, Session, Turn};
use futures_util::FutureExt;
use serde_json::Value;

/// Everything that a turn yields.
#[derive(Debug, Default)]
pub struct Read {
    pub lines: Vec<String>,
    pub error: Option<Error>,
}

/// Reads a turn to its end. Nothing may follow an error.
pub async fn read(mut turn: Turn) -> Read {
    let mut read = Read::default();
    while let Some(message) = turn.next().await {
        assert!(read.error.is_none(), "{message:?} after {:?}", read.error);
        match message {
            Ok(message) => read.lines.push(message.line_text().into_owned()),
            Err(error) => read.error = Some(error),
        }
    }
    assert!(turn.next().await.is_none(), "a turn that has ended goes on");
    read
}

/// All warnings of a session that ends, and what its store did not get.
pub async fn warnings(mut events: Events) -> Vec<String> {
    let mut warnings = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            SessionEvent::Warning(text) => warnings.push(text),
            SessionEvent::MirrorError(error) => warnings.push(error.to_string()),
            _ => {}
        }
    }
    warnings
}

/// Polls a turn once, which sends its prompt. No message has arrived yet.
pub fn begin(turn: &mut Turn) {
    assert!(turn.next().now_or_never().is_none(), "{turn:?} had something to say");
}

impl Read {
    pub fn values(&self) -> Vec<Value> {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
    }

    /// The `type` of each line.
    pub fn kinds(&self) -> Vec<String> {
        self.values()
            .iter()
            .map(|value| value["type"].as_str().unwrap_or_default().to_string())
            .collect()
    }

    /// The text of the result, which is the last line.
    #[track_caller]
    pub fn text(&self) -> String {
        assert!(self.error.is_none(), "{:?}", self.error);
        self.values()
            .last()
            .and_then(|result| result["result"].as_str())
            .unwrap_or_else(|| panic!("no result in {:?}", self.lines))
            .into()
    }

    #[track_caller]
    pub fn error(&self) -> &Error {
        self.error.as_ref().unwrap_or_else(|| panic!("the turn did not fail: {:?}", self.lines))
    }
}

/// Runs all tasks until none can make progress: the paused clock moves only then.
pub async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Stops the session; its CLI, including all assertions of its script, must have ended
/// successfully.
#[track_caller]
pub fn ended_well(session: &Session) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let exit = session.stop().await.unwrap();
        assert!(exit.is_some_and(|exit| exit.success()), "the CLI ended with {exit:?} at {caller}");
    }
}
