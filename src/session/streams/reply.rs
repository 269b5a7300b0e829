//! The reply of a turn, block by block: what was streamed of each, and the whole block.
//!
//! A stream may break off and start over, or the reply may come without a stream. So every piece is
//! stored by message and block. The whole block (`assistant`) is authoritative: what it adds to the
//! pieces is reported. Pieces that no whole block confirms become void as soon as the CLI shows it.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::block::{Block, Kind, NO_INPUT, State, beyond, text_of};
use super::deltas::ContentDelta;
use crate::wire::stream::{ApiEvent, Delta};
use crate::wire::{AssistantMessage, ContentBlock, Message, StreamEvent};

/// Reads the messages of a turn, and reports how the reply of the main thread changes.
#[derive(Default)]
pub(super) struct Reply {
    /// In the order of the reply. Void blocks keep their place, because they may come back.
    blocks: Vec<Block>,
    /// How many blocks at the start are finally whole or gone, and how many of these are shown.
    settled: (usize, usize),
    /// The message being streamed, or streamed last.
    stream: Option<Streamed>,
    /// Counts the messages that were streamed.
    streams: u64,
    /// True if pieces are ignored.
    whole_only: bool,
}

struct Streamed {
    number: u64,
    message: Option<String>,
    /// Whether something indicated that it would not continue.
    given_up: bool,
    ended: bool,
}

/// Where the changes go.
type Out = VecDeque<ContentDelta>;

impl Reply {
    /// A reply that is read only by whole blocks.
    pub(super) fn of_whole_blocks() -> Self {
        Self { whole_only: true, ..Self::default() }
    }

    /// Reads the next message of the turn, of any type.
    pub(super) fn read(&mut self, message: &Message, out: &mut Out) {
        if message.parent_tool_use_id().is_none() {
            self.read_main(message, out);
            self.settle();
        }
    }

    fn read_main(&mut self, message: &Message, out: &mut Out) {
        if let Some(event) = message.as_stream_event() {
            if !self.whole_only {
                self.read_event(event, out);
            }
            return;
        }
        let retracted = message.retracts();
        if !retracted.is_empty() {
            let is_gone = |block: &Block| match &block.state {
                State::Whole(Some(uuid)) => retracted.contains(uuid),
                _ => false,
            };
            self.settled = (0, 0);
            self.take_out(is_gone, &State::Gone, out);
        }
        if let Some(assistant) = message.as_assistant() {
            self.read_whole(assistant, message.uuid().as_deref(), out);
        } else if message.frame().subtype().is_some_and(|subtype| subtype == "api_retry") {
            self.give_up_stream(out);
        }
    }

    fn read_event(&mut self, stream: &StreamEvent, out: &mut Out) {
        let message = stream.api_message_id.as_ref();
        match &stream.event {
            ApiEvent::MessageStart(start) => self.begin(start.message.id.as_ref().or(message), out),
            ApiEvent::ContentBlockStart(start) => {
                self.follow(message, out);
                self.start_block(start.index, start.content_block.as_ref(), out);
            }
            ApiEvent::ContentBlockDelta(delta) => {
                let (kind, piece) = match &delta.delta {
                    Delta::Text(delta) => (Kind::Text, &delta.text),
                    Delta::Thinking(delta) => (Kind::Thinking, &delta.thinking),
                    Delta::InputJson(delta) => (Kind::unnamed_tool(), &delta.partial_json),
                    _ => return,
                };
                self.follow(message, out);
                self.go_on(out);
                self.add_piece(delta.index, kind, piece, out);
            }
            ApiEvent::ContentBlockStop(stop) => {
                self.follow(message, out);
                self.close_block(stop.index, out);
            }
            ApiEvent::MessageStop(_) => {
                self.follow(message, out);
                if let Some(abandoned) = &stream.abandoned_blocks {
                    self.drop_from(abandoned.from_block_index.unwrap_or(0), &State::Gone, out);
                }
                self.stream.iter_mut().for_each(|stream| stream.ended = true);
            }
            ApiEvent::MessageDelta(_) | ApiEvent::Ping(_) | ApiEvent::Unknown(_) => {}
        }
    }

    /// A message begins. If the previous one has not ended, the reply starts over.
    fn begin(&mut self, message: Option<&String>, out: &mut Out) {
        self.give_up_stream(out);
        if message.is_some() {
            // Abandoned parts of it do not come back.
            let is_again = |block: &&mut Block| {
                block.state == State::Void && block.message.as_ref() == message
            };
            let (settled, _) = self.settled;
            let again = self.blocks[settled..].iter_mut().filter(is_again);
            again.for_each(|block| block.state = State::Gone);
        }
        self.streams += 1;
        self.stream = Some(Streamed {
            number: self.streams,
            message: message.cloned(),
            given_up: false,
            ended: false,
        });
    }

    /// An event of this message. If its start was missing, the event starts it.
    fn follow(&mut self, message: Option<&String>, out: &mut Out) {
        match &mut self.stream {
            Some(stream) if !stream.ended && may_be_same(stream.message.as_ref(), message) => {
                if stream.message.is_none() && message.is_some() {
                    stream.message = message.cloned();
                    let of_stream = |block: &&mut Block| block.stream == Some(stream.number);
                    let blocks = self.blocks.iter_mut().filter(of_stream);
                    blocks.for_each(|block| block.message = message.cloned());
                }
            }
            _ => self.begin(message, out),
        }
    }

    /// A piece came: if the stream was given up, it still continues.
    fn go_on(&mut self, out: &mut Out) {
        let Some(stream) = self.stream.as_mut().filter(|stream| stream.given_up) else { return };
        stream.given_up = false;
        let is_void = |block: &Block| block.state == State::Void;
        if let Some(first) = self.first_streamed(is_void) {
            self.cut(first, out);
            let number = self.number();
            let of_stream = |block: &&mut Block| block.stream == number && is_void(block);
            let blocks = self.blocks.iter_mut().filter(of_stream);
            blocks.for_each(|block| block.state = State::Open);
            self.show(first, out);
        }
    }

    fn start_block(&mut self, place: u64, block: Option<&ContentBlock>, out: &mut Out) {
        // A block that starts again voids all blocks after it.
        let is_again = |block: &Block| block.place == place && block.is_unconfirmed();
        if self.first_streamed(is_again).is_some() {
            self.drop_from(place, &State::Gone, out);
        }
        let at = self.push(place, block.map_or(Kind::Other, Kind::of), true, out);
        match block {
            Some(ContentBlock::Text(block)) => self.append(at, &block.text, out),
            Some(ContentBlock::Thinking(block)) => self.append(at, &block.thinking, out),
            _ => {}
        }
    }

    fn add_piece(&mut self, place: u64, kind: Kind, piece: &str, out: &mut Out) {
        let known = self.last_streamed(|block| block.place == place && block.kind.is_like(&kind));
        let at = match known {
            Some(at) if self.blocks[at].state == State::Open => at,
            // A late piece: the whole block came before it.
            Some(at) if self.blocks[at].announced && !self.blocks[at].closed => return,
            _ => self.push(place, kind, false, out),
        };
        self.append(at, piece, out);
    }

    fn close_block(&mut self, place: u64, out: &mut Out) {
        let is_here = |block: &Block| block.place == place && !block.closed;
        let Some(at) = self.last_streamed(is_here) else { return };
        self.blocks[at].closed = true;
        if self.blocks[at].state == State::Open {
            if self.blocks[at].kind.is_tool() && self.blocks[at].text.is_empty() {
                self.append(at, NO_INPUT, out);
            }
            self.stop(at, out);
        }
    }

    /// Reads a message of whole blocks.
    fn read_whole(&mut self, assistant: &AssistantMessage, uuid: Option<&str>, out: &mut Out) {
        let message = assistant.message.id.as_ref();
        let is_streamed =
            self.stream.as_ref().is_none_or(|stream| may_be_same(stream.message.as_ref(), message));
        let is_known = || {
            let is_of_it =
                |block: &Block| block.state != State::Gone && block.message.as_ref() == message;
            self.blocks.iter().rev().any(is_of_it)
        };
        // A new message without a stream: the one being streamed is given up.
        if !is_streamed && !is_known() {
            self.give_up_stream(out);
        }
        for block in &assistant.message.content {
            let (kind, text) = (Kind::of(block), text_of(block));
            let state = State::Whole(uuid.map(String::from));
            match self.find_streamed(message, &kind, &text) {
                Some(at) => self.confirm(at, message, kind, text, state, out),
                None => self.insert(is_streamed, message, kind, text, state, out),
            }
        }
    }

    /// Returns which of the streamed blocks this is.
    fn find_streamed(&self, message: Option<&String>, kind: &Kind, text: &str) -> Option<usize> {
        let number = self.number();
        let candidates = || {
            let (settled, _) = self.settled;
            let unsettled = (settled..).zip(&self.blocks[settled..]);
            unsettled.filter(|(at, block)| {
                let may_be_it = match block.state {
                    State::Open => true,
                    State::Void => !self.has_come_whole(*at),
                    State::Whole(_) | State::Gone => false,
                };
                may_be_it
                    && block.kind.is_like(kind)
                    && may_be_same(block.message.as_ref(), message)
            })
        };
        if let Kind::Tool { id: wanted, .. } = kind {
            let called = |wanted: &str| {
                candidates()
                    .find(|(_, block)| matches!(&block.kind, Kind::Tool { id, .. } if id == wanted))
            };
            return called(wanted).or_else(|| called("")).map(|(at, _)| at);
        }
        // Of the blocks with a part of this text: one that is not void, of the last stream, with
        // all of the text; otherwise the first without a stop. If there is none, the pieces were
        // wrong.
        let is_open = |block: &Block| block.state == State::Open;
        let rank = |at: usize, block: &Block| {
            let (of_last, has_all) = (block.stream == number, block.text == text);
            (is_open(block), of_last, has_all, block.closed == has_all, Reverse(at))
        };
        let best = candidates()
            .filter(|(_, block)| text.starts_with(&block.text))
            .max_by_key(|(at, block)| rank(*at, block));
        best.or_else(|| candidates().find(|(_, block)| is_open(block))).map(|(at, _)| at)
    }

    /// Whether the message of this block was started again by whole blocks.
    fn has_come_whole(&self, at: usize) -> bool {
        let message = self.blocks[at].message.as_ref();
        self.blocks[at + 1..].iter().any(|block| {
            block.stream.is_none() && block.is_live() && block.message.as_ref() == message
        })
    }

    /// A streamed block is whole.
    fn confirm(
        &mut self,
        at: usize,
        message: Option<&String>,
        kind: Kind,
        text: String,
        state: State,
        out: &mut Out,
    ) {
        let block = &self.blocks[at];
        let rest = beyond(&kind, &block.text, &text);
        let is_same = block.state == State::Open && (!kind.is_tool() || block.kind == kind);
        let rest = rest.filter(|_| is_same);
        if rest.is_none() {
            self.cut(at, out);
        }
        let block = &mut self.blocks[at];
        block.state = state;
        block.kind = kind;
        block.message = block.message.take().or_else(|| message.cloned());
        match rest {
            Some("") if block.stopped => {}
            Some(rest) => {
                self.append(at, rest, out);
                self.stop(at, out);
            }
            None => {
                block.text = text;
                block.stopped = true;
                self.show(at, out);
            }
        }
    }

    /// A whole block without any streamed piece.
    fn insert(
        &mut self,
        is_streamed: bool,
        message: Option<&String>,
        kind: Kind,
        text: String,
        state: State,
        out: &mut Out,
    ) {
        // It comes late if the next message is already being streamed.
        let is_open = |block: &Block| block.state == State::Open;
        let next = if is_streamed { None } else { self.first_streamed(is_open) };
        let at = next.unwrap_or(self.blocks.len());
        self.cut(at, out);
        let block = Block {
            message: message.cloned(),
            stream: None,
            place: 0,
            kind,
            text,
            state,
            announced: false,
            closed: true,
            stopped: true,
        };
        self.blocks.insert(at, block);
        self.show(at, out);
    }

    /// Begins a block of the stream.
    fn push(&mut self, place: u64, kind: Kind, announced: bool, out: &mut Out) -> usize {
        let at = self.blocks.len();
        self.blocks.push(Block {
            message: self.stream.as_ref().and_then(|stream| stream.message.clone()),
            stream: self.number(),
            place,
            kind,
            text: String::new(),
            state: State::Open,
            announced,
            closed: false,
            stopped: false,
        });
        self.show(at, out);
        at
    }

    fn number(&self) -> Option<u64> {
        self.stream.as_ref().map(|stream| stream.number)
    }

    /// The first matching block of the stream among those that are not settled.
    fn first_streamed(&self, is_it: impl Fn(&Block) -> bool) -> Option<usize> {
        let (number, (settled, _)) = (self.number()?, self.settled);
        let mut unsettled = self.blocks[settled..].iter();
        let found = unsettled.position(|block| block.stream == Some(number) && is_it(block))?;
        Some(settled + found)
    }

    fn last_streamed(&self, is_it: impl Fn(&Block) -> bool) -> Option<usize> {
        let number = self.number()?;
        self.blocks.iter().rposition(|block| block.stream == Some(number) && is_it(block))
    }

    /// Voids what is being streamed, except whole blocks.
    fn give_up_stream(&mut self, out: &mut Out) {
        if let Some(stream) = self.stream.as_mut().filter(|stream| !stream.ended) {
            stream.given_up = true;
            self.drop_from(0, &State::Void, out);
        }
    }

    /// Voids the blocks of the stream from this place on, except whole ones.
    fn drop_from(&mut self, place: u64, state: &State, out: &mut Out) {
        let number = self.number();
        let is_gone = |block: &Block| {
            number.is_some()
                && block.stream == number
                && block.place >= place
                && block.is_unconfirmed()
        };
        self.take_out(is_gone, state, out);
    }

    fn take_out(&mut self, is_gone: impl Fn(&Block) -> bool, state: &State, out: &mut Out) {
        let (settled, _) = self.settled;
        let is_live = |block: &Block| block.is_live() && is_gone(block);
        let first = self.blocks[settled..].iter().position(is_live).map(|first| settled + first);
        first.iter().for_each(|first| self.cut(*first, out));
        for block in self.blocks[settled..].iter_mut().filter(|block| is_gone(block)) {
            block.state = state.clone();
        }
        first.iter().for_each(|first| self.show(*first, out));
    }

    /// Adds to a block. What the reader has seen after it is sent again.
    fn append(&mut self, at: usize, piece: &str, out: &mut Out) {
        if piece.is_empty() {
            return;
        }
        let index = self.index(at);
        let is_last = !self.blocks[at + 1..].iter().any(Block::is_shown);
        self.cut(at + 1, out);
        self.blocks[at].text.push_str(piece);
        out.extend(self.blocks[at].kind.delta(index, piece));
        if !is_last {
            self.show(at + 1, out);
        }
    }

    fn stop(&mut self, at: usize, out: &mut Out) {
        self.blocks[at].stopped = true;
        out.push_back(ContentDelta::BlockStop { index: self.index(at) });
    }

    /// Voids what the reader has seen from here on.
    fn cut(&self, at: usize, out: &mut Out) {
        if self.blocks[at..].iter().any(Block::is_shown) {
            out.push_back(ContentDelta::Restart { index: self.index(at) });
        }
    }

    /// Shows all blocks from here on.
    fn show(&self, from: usize, out: &mut Out) {
        let live = self.blocks[from..].iter().filter(|block| block.is_live());
        for (index, block) in (self.index(from)..).zip(live) {
            out.extend(block.deltas(index));
        }
    }

    /// The index of a block in the reply: void blocks do not count.
    fn index(&self, at: usize) -> usize {
        let (settled, live) = if at < self.settled.0 { (0, 0) } else { self.settled };
        live + self.blocks[settled..at].iter().filter(|block| block.is_live()).count()
    }

    /// Counts what is settled by now, so that messages of a long turn do not become more expensive.
    fn settle(&mut self) {
        let (settled, live) = &mut self.settled;
        while let Some(block) = self.blocks.get(*settled).filter(|block| !block.is_unconfirmed()) {
            *live += usize::from(block.is_live());
            *settled += 1;
        }
    }
}

/// Whether both name the same message; a missing name matches any.
fn may_be_same(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_none() || other.is_none() || one == other
}
