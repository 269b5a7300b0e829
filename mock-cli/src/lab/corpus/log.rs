//! A log of what reaches the host, and waiting for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use claude_wire::transport::Exit;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::pattern::Pattern;
use crate::session_host::lock;

/// Where something reached the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// A message of a turn, counted from 1.
    Turn(usize),
    /// An event outside the turns of a session. Sessions are counted from 1: two sessions do not
    /// wait for each other.
    Event(usize),
    /// A request of the CLI.
    Request,
    /// The outcome of a request of the host, counted from 1.
    Reply(usize),
    /// A line of stdout, if there is no session.
    Output,
    /// A `command_lifecycle` on stdout: its position among the other lines depends on when its
    /// prompt is written.
    Lifecycle,
    /// A line of stderr, as `{"stderr": "..."}`.
    Stderr,
    /// How a process ended: `{"exit": {"code": 0, "signal": null}}`, or `{"exit": null}` if it is
    /// not known.
    Exit,
    /// What `stop()` returns for it, as `{"stopped": ...}`.
    Stop,
}

/// One thing that reached the host.
#[derive(Debug, Clone)]
pub struct Item {
    pub channel: Channel,
    /// The line from the wire if it came from there; otherwise in the form of its [`Channel`].
    pub line: Bytes,
    json: Value,
}

/// The log of one run. Clones are the same log.
#[derive(Debug, Clone)]
pub struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    items: Mutex<Vec<Item>>,
    lost: AtomicU64,
    changed: watch::Sender<()>,
    step: watch::Sender<usize>,
}

impl Default for Log {
    fn default() -> Self {
        let inner = Inner {
            items: Mutex::default(),
            lost: AtomicU64::new(0),
            changed: watch::Sender::new(()),
            step: watch::Sender::new(0),
        };
        Self(Arc::new(inner))
    }
}

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&self, channel: Channel, line: impl Into<Bytes>) {
        let line = line.into();
        let json = serde_json::from_slice(&line).unwrap_or_default();
        self.items().push(Item { channel, line, json });
        self.0.changed.send_replace(());
    }

    pub(super) fn stderr(&self, line: &str) {
        self.push(Channel::Stderr, json!({"stderr": line}).to_string());
    }

    pub(super) fn exit(&self, exit: Option<Exit>) {
        self.push(Channel::Exit, json!({"exit": exit.map(ended)}).to_string());
    }

    pub(super) fn stopped(&self, exit: Option<Exit>) {
        self.push(Channel::Stop, json!({"stopped": exit.map(ended)}).to_string());
    }

    /// Waits until what has come satisfies the condition.
    pub(super) async fn until(&self, enough: impl Fn(&[Item]) -> bool) {
        let mut changed = self.0.changed.subscribe();
        while !enough(&self.items()) {
            // The sender lives as long as the log does.
            let _ = changed.changed().await;
        }
    }

    /// Waits until a message that fits has come, if there is one to wait for.
    pub(super) async fn until_message(&self, pattern: Option<&Pattern>) {
        if let Some(pattern) = pattern {
            let fits = |item: &Item| item.message().is_some_and(|message| pattern.fits(message));
            self.until(|items| items.iter().any(fits)).await;
        }
    }

    /// The ids of the background tasks that were started, in order.
    pub(super) fn tasks(&self) -> Vec<String> {
        let items = self.items();
        let started = items.iter().filter(|item| item.json["subtype"] == "task_started");
        started.filter_map(|item| item.json["task_id"].as_str().map(str::to_owned)).collect()
    }

    /// All items so far.
    pub fn take(&self) -> Vec<Item> {
        std::mem::take(&mut self.items())
    }

    /// Notes that the host was too slow and missed this many events.
    pub(super) fn lost(&self, events: u64) {
        self.0.lost.fetch_add(events, Ordering::Relaxed);
    }

    /// An error if events were lost and the log is incomplete.
    pub(super) fn is_whole(&self) -> Result<(), String> {
        match self.0.lost.load(Ordering::Relaxed) {
            0 => Ok(()),
            lost => Err(format!("the host was too slow: {lost} events are lost")),
        }
    }

    /// Notes the current step of the script, counted from 1.
    pub(super) fn at_step(&self, step: usize) {
        self.0.step.send_replace(step);
    }

    pub(in crate::lab) fn step(&self) -> usize {
        *self.0.step.borrow()
    }

    fn items(&self) -> MutexGuard<'_, Vec<Item>> {
        lock(&self.0.items)
    }
}

impl Item {
    /// A message or a request, as JSON.
    pub(super) fn message(&self) -> Option<&Value> {
        match self.channel {
            Channel::Turn(_)
            | Channel::Event(_)
            | Channel::Request
            | Channel::Output
            | Channel::Lifecycle => Some(&self.json),
            Channel::Reply(_) | Channel::Stderr | Channel::Exit | Channel::Stop => None,
        }
    }

    /// The prompt that a `command_lifecycle` is about.
    pub fn command(&self) -> &str {
        self.json["command_uuid"].as_str().unwrap_or_default()
    }

    /// Any value, as JSON.
    pub(super) fn json(&self) -> &Value {
        &self.json
    }
}

fn ended(exit: Exit) -> Value {
    json!({"code": exit.code, "signal": exit.signal})
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn ends_and_stderr_are_logged_as_json() {
        let log = Log::new();
        log.stderr("a \"line\"");
        [Some(Exit::from_code(143)), Some(Exit::from_signal(9)), None]
            .into_iter()
            .for_each(|exit| log.exit(exit));
        log.stopped(Some(Exit::from_code(0)));
        let items = log.take();
        let written: Vec<&str> =
            items.iter().map(|item| std::str::from_utf8(&item.line).unwrap()).collect();
        let expected = [
            r#"{"stderr":"a \"line\""}"#,
            r#"{"exit":{"code":143,"signal":null}}"#,
            r#"{"exit":{"code":null,"signal":9}}"#,
            r#"{"exit":null}"#,
            r#"{"stopped":{"code":0,"signal":null}}"#,
        ];
        assert_eq!(written, expected);
        assert_eq!(items[1].json()["exit"]["code"], 143);
    }

    #[test]
    fn a_log_that_lacks_events_says_so() {
        let log = Log::new();
        assert_eq!(log.is_whole(), Ok(()));
        log.lost(2);
        log.lost(3);
        assert_eq!(log.is_whole(), Err("the host was too slow: 5 events are lost".to_owned()));
    }
}
