//! A whole session over pipes that carry as much at a time as the input says.

mod cli;

use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use self::cli::{Script, cli};
use super::Source;
use super::choppy::Choppy;
use crate::Decision;
use crate::session::{Events, Session, SessionEvent};

/// The limit of a line, which some lines of the CLI's are over.
const MAX_LINE: usize = 1024;

/// The first byte says how many sizes of reads and writes follow, the second how much may wait for a reader; the rest is what the CLI does.
///
/// Holds: whatever the pipes do, the caller is told what whole pipes would have told, and so is the CLI.
pub fn session(data: &[u8]) {
    let mut source = Source::new(data);
    let count = usize::from(source.byte());
    let buffer = usize::from(source.byte()) * 16 + 1;
    let sizes = source.take(count);
    let script = source.rest();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        return;
    };
    let whole = runtime.block_on(told(&[], buffer, script));
    let chopped = runtime.block_on(told(sizes, buffer, script));
    assert_eq!(chopped, whole);
}

/// What all sides have been told; uuids of prompts are numbered.
#[derive(Debug, PartialEq)]
struct Told {
    /// Line by line.
    cli: Vec<String>,
    /// The messages of each turn, and its error.
    turns: Vec<Vec<String>>,
    events: Vec<String>,
    lines: String,
}

async fn told(sizes: &[u8], buffer: usize, script: &[u8]) -> Told {
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
    let mut told =
        Told { cli: Vec::new(), turns: Vec::new(), events: Vec::new(), lines: String::new() };
    for turn in 0..turns {
        told.turns.push(read(&session, turn).await);
    }
    let exit = session.stop().await;
    told.events.extend(waiting(&mut events).map(|event| format!("{event:?}")));
    told.events.push(format!("{exit:?}"));
    told.lines = format!("{:?}", session.stats());
    told.cli = script.heard();
    let uuids = script.uuids();
    let all = told.cli.iter_mut().chain(told.turns.iter_mut().flatten()).chain(&mut told.events);
    for text in all {
        for (number, uuid) in uuids.iter().enumerate() {
            *text = text.replace(uuid, &format!("prompt-{number}"));
        }
    }
    told
}

/// A turn to its end, and on every other one a request after it.
async fn read(session: &Session, number: u8) -> Vec<String> {
    let mut told = Vec::new();
    let mut turn = session.query(format!("turn {number}"));
    while let Some(message) = turn.next().await {
        told.push(match message {
            Ok(message) => message.line_text().into_owned(),
            Err(error) => error.to_string(),
        });
    }
    if number % 2 == 1 {
        let reply = session.usage().details().await;
        told.push(format!("{:?}", reply.map_err(|error| error.to_string())));
    }
    told
}

/// What waits for the reader of the events, who waits for nothing.
fn waiting(events: &mut Events) -> impl Iterator<Item = SessionEvent> {
    let mut cx = Context::from_waker(Waker::noop());
    std::iter::from_fn(move || match pin!(&mut *events).poll_next(&mut cx) {
        Poll::Ready(event) => event,
        Poll::Pending => None,
    })
}
