//! What a connection's faults have left for later.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The session of the CLI behind.
    pub(super) session: String,
    /// What comes later, by when, in microseconds from the start.
    later: BTreeMap<(u64, u64), Later>,
    count: u64,
    /// Replies that wait for a cancellation, by the request.
    pub(super) kept: HashMap<String, Bytes>,
    /// Requests of the CLI that are cancelled when they are answered.
    pub(super) racing: BTreeSet<String>,
    /// Requests that the CLI behind did not make.
    pub(super) invented: BTreeSet<String>,
}

/// What comes later.
#[derive(Clone, Debug)]
pub(super) enum Later {
    Line(Bytes),
    /// The reply to this request, unless it was written.
    Kept(String),
    /// A line, and then again each time this many microseconds have passed.
    Every(Bytes, u64),
}

impl Pending {
    /// Lets something come this many microseconds after `now`.
    pub(super) fn put_later(&mut self, now: u64, us: u64, later: Later) {
        self.count += 1;
        self.later.insert((now.saturating_add(us.max(1)), self.count), later);
    }

    /// When something comes next.
    pub(super) fn due(&self) -> Option<u64> {
        self.later.keys().next().map(|(at, _)| *at)
    }

    /// The next line that is due at `now`.
    pub(super) fn next(&mut self, now: u64) -> Option<Bytes> {
        while self.due().is_some_and(|at| at <= now) {
            match self.later.pop_first()?.1 {
                Later::Line(line) => return Some(line),
                Later::Kept(id) => {
                    if let Some(line) = self.kept.remove(&id) {
                        return Some(line);
                    }
                }
                Later::Every(line, us) => {
                    self.put_later(now, us, Later::Every(line.clone(), us));
                    return Some(line);
                }
            }
        }
        None
    }

    /// Nothing comes later.
    pub(super) fn clear(&mut self) {
        self.later.clear();
    }

    /// A request that the CLI behind does not know of.
    pub(super) fn invent(&mut self, request: Value) -> Value {
        self.count += 1;
        let id = format!("injected-{}", self.count);
        self.invented.insert(id.clone());
        json!({"type": "control_request", "request_id": id, "request": request})
    }
}
