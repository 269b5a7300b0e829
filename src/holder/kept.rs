//! What a CLI wrote, and which of it its next owner gets. No I/O.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::transport::HeldTurn;
use crate::wire::control::PENDING_REQUESTS;
use crate::wire::{Frame, FrameKind, RawJson};

/// The lines of one CLI.
///
/// They are numbered by their place in `lines`: what is before `next` was sent to the owner, and is
/// kept for the one that follows.
#[derive(Default)]
pub(super) struct Kept {
    lines: VecDeque<Entry>,
    next: usize,
    /// The memory of all lines, and of those that were not sent.
    bytes: usize,
    unsent: usize,
    limit: usize,
    turn: Option<HeldTurn>,
    /// The number of the owner, from 1.
    owner: u64,
    /// Requests of the CLI that no owner has answered, in their order.
    open: BTreeMap<u64, (Bytes, Bytes)>,
    last_open: u64,
    handshake: Option<Handshake>,
    /// The last request to drop the prompt of the turn: its id on the wire, and the prompt.
    withdrawal: Option<(Bytes, String)>,
    /// Whether the CLI has answered a request.
    answered: bool,
}

struct Entry {
    tag: u8,
    line: Bytes,
    /// Whether it is only for the owner that is connected.
    for_owner: bool,
    /// Whether it is the result of the last turn.
    ends: bool,
}

impl Entry {
    fn new(tag: u8, line: Bytes) -> Self {
        Self { tag, line, for_owner: false, ends: false }
    }
}

/// The last `initialize` of an owner.
struct Handshake {
    owner: u64,
    request: Bytes,
    id: Bytes,
    /// The whole line.
    reply: Option<Bytes>,
}

/// The cost of a line in addition to its bytes.
const OVERHEAD: usize = size_of::<Entry>();

/// Where a line of the owner goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Goes {
    ToCli(Bytes),
    /// It is answered already.
    Nowhere,
}

impl Kept {
    /// `limit`: how many bytes may wait, and how many are kept.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(super) fn turn(&self) -> Option<&HeldTurn> {
        self.turn.as_ref()
    }

    /// Whether the CLI has started: what it writes then does not say why it will not.
    pub(super) fn has_run(&self) -> bool {
        self.answered
    }

    /// Whether more output of the CLI may be read.
    pub(super) fn has_room(&self) -> bool {
        self.unsent < self.limit
    }

    /// There is a new owner, which gets what it needs.
    pub(super) fn attach(&mut self) {
        self.owner += 1;
        // What was sent and is of no turn is not for this owner; how the CLI is doing is.
        let (has_turn, mut sent) = (self.turn.is_some(), self.next);
        self.lines.retain(|entry| {
            let was_sent = sent > 0;
            sent = sent.saturating_sub(1);
            let is_output = matches!(entry.tag, b'o' | b'O' | b'r');
            !entry.for_owner && (has_turn || !was_sent || !is_output)
        });
        self.next = 0;
        let has_exit = self.lines.back().is_some_and(|entry| entry.tag == b'x');
        let exit = if has_exit { self.lines.pop_back() } else { None };
        let open: Vec<_> = self.open.values().map(|(_, line)| line.clone()).collect();
        for line in open {
            self.lines.push_back(Entry { for_owner: true, ..Entry::new(b'o', line) });
        }
        self.lines.extend(exit);
        self.bytes = self.lines.iter().map(cost).sum();
        self.unsent = self.bytes;
    }

    /// Returns the next line for the owner, with its letter.
    pub(super) fn next(&mut self) -> Option<(u8, Bytes)> {
        let entry = self.lines.get(self.next)?;
        self.next += 1;
        self.unsent -= cost(entry);
        let next = (entry.tag, entry.line.clone());
        self.drop_oldest();
        Some(next)
    }

    /// The owner did not get the last of the lines that were for it.
    pub(super) fn take_back(&mut self, lines: usize) {
        for _ in 0..lines.min(self.next) {
            self.next -= 1;
            self.unsent += self.lines.get(self.next).map_or(0, cost);
        }
    }

    /// Whether the owner has had everything.
    pub(super) fn is_sent(&self) -> bool {
        self.next == self.lines.len()
    }

    /// Adds something else than a line of the output.
    pub(super) fn push(&mut self, tag: u8, line: Bytes) {
        self.add(Entry::new(tag, line));
    }

    /// The CLI has written a line.
    pub(super) fn written(&mut self, line: Bytes) {
        let Ok(frame) = Frame::parse(line.clone()) else { return self.push(b'o', line) };
        let id = frame.request_id().map(|id| id.bytes().clone());
        let mut entry = Entry::new(b'o', line.clone());
        match (frame.kind(), id) {
            (FrameKind::ControlRequest, Some(id)) => {
                self.last_open += 1;
                self.open.insert(self.last_open, (id, line));
                entry.for_owner = true;
            }
            (FrameKind::ControlCancelRequest, Some(id)) => {
                self.open.retain(|_, (open, _)| *open != id);
                entry.for_owner = true;
            }
            (FrameKind::ControlResponse, Some(id)) => {
                self.answered = true;
                if let Some((_, uuid)) = self.withdrawal.take_if(|(asked, _)| *asked == id)
                    && drops_prompt(&frame)
                {
                    self.withdrawn(|turn| *turn == uuid);
                }
                let Some(own) = self.own_id(&id) else {
                    tracing::debug!("a reply to a request of a former owner was dropped");
                    return;
                };
                entry.line = without_requests(replaced(&line, &id, &own));
                entry.for_owner = true;
                if let Some(handshake) = self.handshake.as_mut().filter(|it| it.id == own) {
                    handshake.reply = Some(entry.line.clone());
                }
            }
            (FrameKind::CommandLifecycle, _) if is(&frame.json(), "/state", "cancelled") => {
                self.withdrawn(|turn| frame.answers(turn));
            }
            _ => entry.ends = self.ends_turn(&frame),
        }
        self.add(entry);
    }

    /// The owner has written a line for the CLI.
    pub(super) fn asked(&mut self, line: Bytes) -> Goes {
        let Ok(frame) = Frame::parse(line.clone()) else { return Goes::ToCli(line) };
        let Some(id) = frame.request_id().map(|id| id.bytes().clone()) else {
            if frame.kind() == FrameKind::User {
                self.prompted(&frame);
            }
            return Goes::ToCli(line);
        };
        match frame.kind() {
            FrameKind::ControlResponse => {
                self.open.retain(|_, (open, _)| *open != id);
                return Goes::ToCli(line);
            }
            FrameKind::ControlRequest => {
                let request = frame.payload().map(|request| request.raw());
                if let Some(request) = request {
                    if is(&request, "/subtype", "initialize")
                        && self.shook_hands(request.bytes(), &id)
                    {
                        return Goes::Nowhere;
                    }
                    self.note_withdrawal(&request, &id);
                }
            }
            _ => {}
        }
        Goes::ToCli(replaced(&line, &id, &self.wire_id(&id)))
    }

    /// Notes the handshake of the owner. Returns whether it is answered already: the CLI has had the
    /// same one of a former owner. Repeated, it would cancel a hook that is being called. An owner
    /// that repeats its own wants just that.
    fn shook_hands(&mut self, request: &Bytes, id: &Bytes) -> bool {
        let known = self.handshake.take();
        let known = known.filter(|known| known.request == *request && known.owner != self.owner);
        let reply = known.and_then(|known| {
            let reply = known.reply?;
            Some(replaced(
                &reply,
                &Frame::parse(reply.clone()).ok()?.request_id()?.bytes().clone(),
                id,
            ))
        });
        if let Some(line) = reply.clone() {
            self.add(Entry { for_owner: true, ..Entry::new(b'o', line) });
        }
        let is_answered = reply.is_some();
        let (owner, request, id) = (self.owner, request.clone(), id.clone());
        self.handshake = Some(Handshake { owner, request, id, reply });
        is_answered
    }

    /// A prompt begins a turn, unless one runs: then it is a message for that.
    fn prompted(&mut self, prompt: &Frame) {
        let asks = prompt.field("shouldQuery").is_none_or(|asks| asks.as_bytes() != b"false");
        if !asks || self.turn.as_ref().is_some_and(|turn| !turn.ended) {
            return;
        }
        self.turn = prompt.uuid().map(HeldTurn::new);
        // The former turn is over, and the owner goes on.
        let sent: usize = self.lines.drain(..self.next).map(|entry| cost(&entry)).sum();
        self.bytes -= sent;
        self.next = 0;
        self.lines.iter_mut().for_each(|entry| entry.ends = false);
    }

    /// Notes a request to drop the prompt of the turn.
    fn note_withdrawal(&mut self, request: &RawJson, id: &Bytes) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.ended) else { return };
        if is(request, "/subtype", "cancel_async_message")
            && is(request, "/message_uuid", &turn.uuid)
        {
            self.withdrawal = Some((self.wire_id(id), turn.uuid.clone()));
        }
    }

    /// The CLI has dropped a prompt that it had not begun: there will be no result for it. (It says so
    /// of a turn that was interrupted as well, after its result.)
    fn withdrawn(&mut self, names: impl FnOnce(&str) -> bool) {
        self.turn.take_if(|turn| !turn.ended && names(&turn.uuid));
    }

    /// Notes whether this line is the result of the last turn.
    fn ends_turn(&mut self, frame: &Frame) -> bool {
        let Some(turn) = self.turn.as_mut().filter(|turn| !turn.ended) else { return false };
        let is_for_us = || !frame.names_prompts() && !frame.is_unprompted();
        turn.ended = frame.ends_turn() && (frame.answers(&turn.uuid) || is_for_us());
        turn.ended
    }

    fn add(&mut self, entry: Entry) {
        self.bytes += cost(&entry);
        self.unsent += cost(&entry);
        self.lines.push_back(entry);
        self.drop_oldest();
    }

    /// Drops lines that were sent, if there are too many.
    fn drop_oldest(&mut self) {
        while self.bytes > self.limit && self.next > 0 {
            let Some(entry) = self.lines.pop_front() else { return };
            self.next -= 1;
            self.bytes -= cost(&entry);
            if let Some(turn) = self.turn.as_mut().filter(|_| !entry.for_owner) {
                turn.missing += 1;
            }
            if entry.ends {
                // What is left is not a turn.
                self.turn = None;
            }
        }
    }

    /// The id of a request of this owner on the wire.
    fn wire_id(&self, id: &Bytes) -> Bytes {
        match (self.owner, id.strip_suffix(b"\"")) {
            (2.., Some(id)) => [id, format!("/{}\"", self.owner).as_bytes()].concat().into(),
            _ => id.clone(),
        }
    }

    /// The id that this owner gave a request, if it has made it.
    fn own_id(&self, id: &Bytes) -> Option<Bytes> {
        if self.owner < 2 {
            return Some(id.clone());
        }
        let own = id.strip_suffix(format!("/{}\"", self.owner).as_bytes())?;
        Some([own, b"\""].concat().into())
    }
}

fn cost(entry: &Entry) -> usize {
    entry.line.len() + OVERHEAD
}

/// Whether there is this text at this place.
fn is(json: &RawJson, pointer: &str, text: &str) -> bool {
    json.pointer(pointer).is_some_and(|it| it.as_str().as_deref() == Some(text))
}

/// Whether a reply says that a prompt was dropped.
fn drops_prompt(reply: &Frame) -> bool {
    let cancelled = reply.json().pointer("/response/response/cancelled");
    cancelled.is_some_and(|it| it.as_bytes() == b"true")
}

/// A reply without the requests that wait for the host. The owner gets them from here, each once: it
/// may have answered one before the reply comes, and an owner before it when the reply was kept.
fn without_requests(mut reply: Bytes) -> Bytes {
    for list in PENDING_REQUESTS {
        let Ok(frame) = Frame::parse(reply.clone()) else { return reply };
        let value = frame.payload().and_then(|response| response.get(list));
        if let Some(value) = value {
            reply = replaced(&reply, value.raw().bytes(), &Bytes::from_static(b"[]"));
        }
    }
    reply
}

/// The line with another value in place of this part of it.
fn replaced(line: &Bytes, part: &Bytes, with: &Bytes) -> Bytes {
    let start = (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize);
    let Some((before, rest)) = start.and_then(|start| line.split_at_checked(start)) else {
        return line.clone();
    };
    let after = rest.get(part.len()..).unwrap_or_default();
    [before, with, after].concat().into()
}

#[cfg(test)]
mod tests;
