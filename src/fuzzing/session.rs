//! A whole session over pipes that split reads and writes as the input says.

mod cli;

use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use self::cli::{MAX_LINE, Script, cli};
use super::Source;
use super::choppy::Choppy;
use crate::Decision;
use crate::session::{Events, Session, SessionEvent};

/// The first byte is the number of read and write sizes that follow, the second the size of the
/// buffers; the rest is the script of the CLI.
///
/// Checks that the caller and the CLI receive the same as over pipes that do not split.
pub fn session(data: &[u8]) {
    let mut source = Source::new(data);
    let count = usize::from(source.byte());
    let buffer = usize::from(source.byte()) * 16 + 1;
    let sizes = source.take(count);
    let script = source.rest();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        return;
    };
    let whole = runtime.block_on(observe(&[], buffer, script));
    let chopped = runtime.block_on(observe(sizes, buffer, script));
    assert_eq!(chopped, whole);
}

/// What all sides received; uuids of prompts are numbered.
#[derive(Debug, PartialEq)]
struct Observed {
    /// By line.
    cli: Vec<String>,
    /// The messages of each turn, and its error.
    turns: Vec<Vec<String>>,
    events: Vec<String>,
    lines: String,
}

async fn observe(sizes: &[u8], buffer: usize, script: &[u8]) -> Observed {
    let script = Script::new(script);
    let turns = script.byte() % 4 + 1;
    let session = Session::builder()
        .max_line(MAX_LINE)
        .buffer_limit(buffer)
        .on_permission(|_| ready(Decision::allow()))
        .transport(Choppy::new(cli(&script), sizes))
        .start();
    let session = match session {
        Ok(session) => session,
        Err(error) => panic!("a session that does not start: {error}"),
    };
    let mut events = session.events();
    let mut observed =
        Observed { cli: Vec::new(), turns: Vec::new(), events: Vec::new(), lines: String::new() };
    for turn in 0..turns {
        observed.turns.push(read(&session, turn).await);
    }
    let exit = session.stop().await.ok().flatten();
    observed.events.extend(waiting(&mut events).map(|event| format!("{event:?}")));
    observed.events.push(format!("{exit:?}"));
    observed.lines = format!("{:?}", session.stats());
    observed.cli = script.heard();
    let uuids = script.uuids();
    let all = observed
        .cli
        .iter_mut()
        .chain(observed.turns.iter_mut().flatten())
        .chain(&mut observed.events);
    for text in all {
        for (number, uuid) in uuids.iter().enumerate() {
            *text = text.replace(uuid, &format!("prompt-{number}"));
        }
    }
    observed
}

/// A turn to its end, and after every other one a request.
async fn read(session: &Session, number: u8) -> Vec<String> {
    let mut observed = Vec::new();
    let mut turn = session.query(format!("turn {number}"));
    while let Some(message) = turn.next().await {
        observed.push(match message {
            Ok(message) => message.line_text().into_owned(),
            Err(error) => error.to_string(),
        });
    }
    if number % 2 == 1 {
        let reply = session.usage().details().await;
        observed.push(format!("{:?}", reply.map_err(|error| error.to_string())));
    }
    observed
}

/// The events that are ready, without waiting.
fn waiting(events: &mut Events) -> impl Iterator<Item = SessionEvent> {
    let mut cx = Context::from_waker(Waker::noop());
    std::iter::from_fn(move || match pin!(&mut *events).poll_next(&mut cx) {
        Poll::Ready(event) => event,
        Poll::Pending => None,
    })
}
