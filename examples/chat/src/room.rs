//! What the pages of one session see: its events, in order, and its open questions.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use claude_wire::session::ContentDelta;
use claude_wire::{Decision, PermissionRequest, Session, Turn};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

/// How many events a page that comes later still gets.
pub(crate) const KEPT: usize = 10_000;

/// What a page shows.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// What follows is everything from the beginning: forget what you have.
    Reset,
    Prompt {
        text: String,
    },
    /// A piece of a block of the answer.
    Text {
        block: usize,
        text: String,
    },
    Tool {
        block: usize,
        name: String,
    },
    /// The answer starts over: the blocks from this one on are void.
    Restart {
        block: usize,
    },
    Question {
        id: u64,
        tool: String,
        input: Value,
    },
    Answered {
        id: u64,
        allowed: bool,
    },
    /// The turn has ended. The cost is that of the session so far.
    Done {
        usd: f64,
    },
    Cancelled,
    Failed {
        error: String,
    },
}

pub(crate) struct Room {
    /// Part of the ids of its events: those of an earlier room mean nothing in this one.
    pub(crate) run: String,
    log: Mutex<Log>,
    /// Changes with the log.
    changed: watch::Sender<()>,
    /// Held while the session is looked up or started.
    pub(crate) starting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Log {
    events: VecDeque<Event>,
    /// The number of the first event that is kept.
    first: u64,
    questions: HashMap<u64, oneshot::Sender<bool>>,
    /// The id of the last question.
    asked: u64,
    is_busy: bool,
    /// Cancels the turn that runs.
    cancel: Option<oneshot::Sender<()>>,
    is_closed: bool,
}

impl Room {
    pub(crate) fn new() -> Arc<Self> {
        let (changed, _) = watch::channel(());
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        // No page that still shows a question of an earlier room answers one of this room.
        let asked = u64::try_from(since.as_micros()).unwrap_or_default();
        let log = Mutex::new(Log { asked, ..Log::default() });
        let run = format!("{:x}", since.as_nanos());
        Arc::new(Self { run, log, changed, starting: tokio::sync::Mutex::default() })
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let result = change(&mut self.log());
        self.changed.send_replace(());
        result
    }

    fn push(&self, event: Event) {
        self.change(|log| log.push(event));
    }

    /// Begins a turn, unless one runs. What is returned is ready when the turn is to be cancelled.
    pub(crate) fn begin(&self, text: &str) -> Option<oneshot::Receiver<()>> {
        self.change(|log| {
            if log.is_busy || log.is_closed {
                return None;
            }
            let (cancel, cancelled) = oneshot::channel();
            log.is_busy = true;
            log.cancel = Some(cancel);
            log.push(Event::Prompt { text: text.to_owned() });
            Some(cancelled)
        })
    }

    /// Ends the turn with this event.
    pub(crate) fn finish(&self, end: Event) {
        self.change(|log| {
            log.is_busy = false;
            log.cancel = None;
            log.push(end);
        });
    }

    /// Cancels the turn that runs. False if none does.
    pub(crate) fn cancel(&self) -> bool {
        self.log().cancel.take().is_some_and(|cancel| cancel.send(()).is_ok())
    }

    /// Waits until no turn runs.
    pub(crate) async fn idle(&self) {
        let mut changed = self.changed.subscribe();
        while self.log().is_busy && changed.changed().await.is_ok() {}
    }

    /// Reads a turn, and returns its text.
    pub(crate) async fn read(&self, turn: Turn, session: &Session) -> claude_wire::Result<String> {
        let mut blocks: Vec<String> = Vec::new();
        let mut deltas = turn.content_deltas();
        while let Some(delta) = deltas.next().await {
            match delta? {
                ContentDelta::Text { index, text } => {
                    blocks.resize(blocks.len().max(index + 1), String::new());
                    blocks[index].push_str(&text);
                    self.push(Event::Text { block: index, text });
                }
                ContentDelta::ToolUse { index, name, .. } => {
                    self.push(Event::Tool { block: index, name });
                }
                ContentDelta::Restart { index } => {
                    blocks.truncate(index);
                    self.push(Event::Restart { block: index });
                }
                _ => {}
            }
        }
        self.finish(Event::Done { usd: session.spending().cost_usd });
        blocks.retain(|block| !block.is_empty());
        Ok(blocks.join("\n"))
    }

    /// Asks the pages whether a tool may run. If the CLI no longer wants to know, for example because
    /// the turn was cancelled, this is dropped, and the question is closed.
    pub(crate) async fn decide(self: Arc<Self>, request: PermissionRequest) -> Decision {
        let (sender, answer) = oneshot::channel();
        let input = serde_json::to_value(request.input()).unwrap_or_default();
        let id = self.change(|log| {
            log.asked += 1;
            log.questions.insert(log.asked, sender);
            let tool = request.tool_name().to_owned();
            log.push(Event::Question { id: log.asked, tool, input });
            log.asked
        });
        let _open = Open { room: self.clone(), id };
        match answer.await {
            Ok(true) => Decision::allow(),
            _ => Decision::deny("the user said no"),
        }
    }

    /// Answers a question. False if it is not open.
    pub(crate) fn answer(&self, id: u64, allowed: bool) -> bool {
        self.change(|log| {
            let Some(question) = log.questions.remove(&id) else { return false };
            log.push(Event::Answered { id, allowed });
            question.send(allowed).is_ok()
        })
    }

    /// Ends the streams of all pages, after the events so far.
    pub(crate) fn close(&self) {
        self.change(|log| log.is_closed = true);
    }

    /// The number of the next event for a page that has those up to `seen`; `None` if it must start
    /// over.
    pub(crate) fn after(&self, seen: u64) -> Option<u64> {
        let log = self.log();
        let next = seen.checked_add(1)?;
        (log.first <= next && next <= log.first + log.events.len() as u64).then_some(next)
    }

    /// The event with the lowest number from `next` on, with that number. Waits for it; `None` if the
    /// room is closed.
    pub(crate) async fn event(&self, next: u64) -> Option<(u64, Event)> {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let log = self.log();
                let number = next.max(log.first);
                let event = usize::try_from(number - log.first).ok();
                if let Some(event) = event.and_then(|index| log.events.get(index)) {
                    return Some((number, event.clone()));
                }
                if log.is_closed {
                    return None;
                }
            }
            changed.changed().await.ok()?;
        }
    }
}

impl Log {
    fn push(&mut self, event: Event) {
        if self.events.len() == KEPT {
            self.events.pop_front();
            self.first += 1;
        }
        self.events.push_back(event);
    }
}

/// A question that is closed when its handler is dropped.
struct Open {
    room: Arc<Room>,
    id: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.room.answer(self.id, false);
    }
}
