//! What reaches the host, and waiting for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

/// Where something reached the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// A message of a turn, counted from 1.
    Turn(usize),
    /// What belongs to no turn.
    Event,
    /// A request of the CLI.
    Request,
    /// What came of a request of the host, counted from 1.
    Reply(usize),
    /// A line of stdout, where there is no session.
    Output,
    /// A `command_lifecycle` there: where it stands among the other lines is a matter of when its prompt is written.
    Lifecycle,
    /// A line of stderr.
    Stderr,
    /// How a process ended.
    Exit,
}

/// One thing that reached the host.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) channel: Channel,
    /// As it stood on the wire, where it did.
    pub(crate) line: Bytes,
    json: Value,
}

/// The log of one run. Clones are the same log.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    items: Mutex<Vec<Item>>,
    changed: watch::Sender<()>,
    step: watch::Sender<usize>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { items: Mutex::default(), changed: watch::Sender::new(()), step: watch::Sender::new(0) }))
    }

    pub(super) fn push(&self, channel: Channel, line: impl Into<Bytes>) {
        let line = line.into();
        let json = serde_json::from_slice(&line).unwrap_or_default();
        self.items().push(Item { channel, line, json });
        self.0.changed.send_replace(());
    }

    /// Waits until what has come is enough.
    pub(super) async fn until(&self, enough: impl Fn(&[Item]) -> bool) {
        let mut changed = self.0.changed.subscribe();
        while !enough(&self.items()) {
            // The sender lives as long as the log does.
            let _ = changed.changed().await;
        }
    }

    /// All that came.
    pub(crate) fn take(&self) -> Vec<Item> {
        std::mem::take(&mut self.items())
    }

    /// Notes which step of the script is under way, counted from 1.
    pub(super) fn at_step(&self, step: usize) {
        self.0.step.send_replace(step);
    }

    pub(super) fn step(&self) -> usize {
        *self.0.step.borrow()
    }

    fn items(&self) -> MutexGuard<'_, Vec<Item>> {
        self.0.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Item {
    /// A message or a request, as JSON.
    pub(super) fn message(&self) -> Option<&Value> {
        match self.channel {
            Channel::Turn(_) | Channel::Event | Channel::Request | Channel::Output | Channel::Lifecycle => Some(&self.json),
            Channel::Reply(_) | Channel::Stderr | Channel::Exit => None,
        }
    }

    /// The prompt that a `command_lifecycle` is about.
    pub(crate) fn command(&self) -> &str {
        self.json["command_uuid"].as_str().unwrap_or_default()
    }

    /// Whatever it is, as JSON.
    pub(super) fn json(&self) -> &Value {
        &self.json
    }
}
