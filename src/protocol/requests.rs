//! Pending requests in both directions.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::failure::{Failure, Refusal};
use super::io::{CallbackId, RequestId, TurnId};
use super::machine::Setting;
use crate::wire::control::is_refusal;
use crate::wire::{Frame, RawJson};

/// Why a request was sent, which determines where its reply goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Caller(RequestId),
    Initialize,
    /// Sent by the machine before a prompt is written.
    Apply,
    /// Sent by the machine after the turn.
    Restore,
    /// Sent by the machine after the handshake: repeats what the caller set in the previous
    /// process.
    MakeAgain(Setting),
    /// Sent by the machine for a turn that drains.
    Interrupt,
    /// Sent by the machine for this turn, which drains, and for what was written for it under this
    /// uuid, which the CLI may not have begun.
    Withdraw(TurnId, String),
}

/// The host's unanswered requests, in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pending: BTreeMap<u64, Pending>,
    last: u64,
}

#[derive(Debug)]
struct Pending {
    purpose: Purpose,
    limit: Duration,
    deadline: Option<Instant>,
}

impl Outgoing {
    /// Registers a request and returns its id for the wire, which is never reused.
    pub(super) fn register(&mut self, now: Instant, purpose: Purpose, limit: Duration) -> String {
        self.last += 1;
        self.pending
            .insert(self.last, Pending { purpose, limit, deadline: now.checked_add(limit) });
        wire_id(self.last)
    }

    pub(super) fn complete(&mut self, id: &str) -> Option<Purpose> {
        let number =
            id.strip_prefix(PREFIX)?.parse().ok().filter(|number| wire_id(*number) == id)?;
        self.pending.remove(&number).map(|pending| pending.purpose)
    }

    /// Removes a caller's request and returns its id on the wire.
    pub(super) fn cancel(&mut self, request: RequestId) -> Option<String> {
        let number = *self
            .pending
            .iter()
            .find(|(_, pending)| pending.purpose == Purpose::Caller(request))?
            .0;
        self.pending.remove(&number);
        Some(wire_id(number))
    }

    /// Removes overdue requests and returns the purpose, id on the wire and limit of each.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<(Purpose, String, Duration)> {
        let is_due = |pending: &Pending| pending.deadline.is_some_and(|at| at <= now);
        let due = self.pending.iter().filter(|(_, pending)| is_due(pending));
        let due = due
            .map(|(number, pending)| (pending.purpose.clone(), wire_id(*number), pending.limit))
            .collect();
        self.pending.retain(|_, pending| !is_due(pending));
        due
    }

    /// Removes all requests of this connection.
    pub(super) fn clear(&mut self) -> Vec<Purpose> {
        std::mem::take(&mut self.pending).into_values().map(|pending| pending.purpose).collect()
    }

    pub(super) fn release_room(&mut self) {
        // An empty map keeps a node with room for 11 requests.
        if self.pending.is_empty() {
            self.pending = BTreeMap::new();
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pending.values().filter_map(|pending| pending.deadline).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

const PREFIX: &str = "cw-";

fn wire_id(number: u64) -> String {
    format!("{PREFIX}{number}")
}

/// The maximum number of open requests of the CLI. Each is a task in the host; a CLI that sends
/// more is not waiting for answers.
pub(super) const MAX_INCOMING: usize = 1024;

/// The CLI's requests that the host has not answered, by the id as the CLI spelt it.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pending: HashMap<CallbackId, RawJson>,
    by_id: HashMap<Bytes, CallbackId>,
    next: u64,
    /// True if a request was refused since the last accepted one.
    refusing: bool,
}

/// The outcome of registering a request of the CLI.
pub(super) enum Registered {
    New(CallbackId),
    /// A request with this id is already open.
    Repeated,
    /// Too many requests are open: [`MAX_INCOMING`].
    Full {
        /// True if this has not been reported yet.
        is_news: bool,
    },
}

impl Incoming {
    pub(super) fn register(&mut self, id: RawJson) -> Registered {
        if self.by_id.contains_key(id.bytes()) {
            return Registered::Repeated;
        }
        if self.pending.len() >= MAX_INCOMING {
            return Registered::Full { is_news: !std::mem::replace(&mut self.refusing, true) };
        }
        self.refusing = false;
        self.next += 1;
        let callback = CallbackId(self.next);
        self.by_id.insert(id.bytes().clone(), callback);
        self.pending.insert(callback, id);
        Registered::New(callback)
    }

    pub(super) fn complete(&mut self, callback: CallbackId) -> Option<RawJson> {
        let id = self.pending.remove(&callback)?;
        self.by_id.remove(id.bytes());
        Some(id)
    }

    pub(super) fn release_room(&mut self) {
        self.pending.shrink_to_fit();
        self.by_id.shrink_to_fit();
    }

    /// Forgets the request with this id.
    pub(super) fn cancel(&mut self, id: &RawJson) -> Option<CallbackId> {
        let callback = self.by_id.remove(id.bytes())?;
        self.pending.remove(&callback);
        Some(callback)
    }

    pub(super) fn clear(&mut self) -> Vec<CallbackId> {
        self.by_id.clear();
        let mut all: Vec<_> = self.pending.drain().map(|(callback, _)| callback).collect();
        all.sort_unstable();
        all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

/// Parses a `control_response`: the id that it answers, and the answer.
pub(super) fn reply(frame: &Frame) -> Option<(String, Result<Option<RawJson>, Failure>)> {
    let response = frame.payload()?;
    let id = response.get("request_id")?.string()?.into_owned();
    let text = |name| response.get(name).and_then(|value| value.string()).map(String::from);
    let (subtype, error) = (text("subtype").unwrap_or_default(), text("error"));
    let result = if is_refusal(&subtype, error.is_some()) {
        let error = error.unwrap_or_else(|| "no reason given".into());
        Err(Failure::Refused(Refusal { error, code: text("error_code") }))
    } else {
        Ok(response.get("response").filter(|value| !value.is_null()).map(|value| value.raw()))
    };
    Some((id, result))
}
