//! The ways to read a turn: texts, deltas, tool calls.

mod block;
mod deltas;
mod reply;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use self::deltas::Line;
pub use self::deltas::{ContentDelta, TextPiece};
use self::reply::Reply;
use super::error::Result;
use super::tool_blocks::{tool_results, tool_uses};
use super::turn::Turn;
use crate::wire::Message;
use crate::wire::content::{ToolResultBlock, ToolUseBlock};

/// A turn read as parts of messages, or as a selection of them.
///
/// A [`Stream`] with its own `next`. It ends with the turn; if the turn failed, the error comes
/// last, unless whole messages are read (see [`Turn`]). Dropping it drops the turn.
///
/// Cancel safe: a piece is removed only when it is returned.
#[must_use = "a stream does nothing until it is polled"]
pub struct Deltas<T> {
    turn: Turn,
    cut: Cut<T>,
    ready: VecDeque<T>,
    /// Adds a piece to the previous ones; whether there were others, which the reader has.
    gather: fn(&mut Vec<T>, T, bool),
    /// Whether the reader took a piece.
    taken: bool,
    /// Whether a failed result becomes an error. Not if the reader sees the result itself.
    strict: bool,
    /// Whether the turn has ended for the reader.
    ended: bool,
}

type Cut<T> = Box<dyn FnMut(&Message, &mut VecDeque<T>) + Send>;

impl<T> Deltas<T> {
    fn new(turn: Turn, cut: impl FnMut(&Message, &mut VecDeque<T>) + Send + 'static) -> Self {
        Self {
            turn,
            cut: Box::new(cut),
            ready: VecDeque::new(),
            gather: |all, piece, _| all.push(piece),
            taken: false,
            strict: true,
            ended: false,
        }
    }

    fn lenient(self) -> Self {
        Self { strict: false, ..self }
    }

    /// Returns the next piece; `None` at the end of the turn.
    ///
    /// # Errors
    /// Once, at the end, if the turn failed.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| self.poll_next_piece(cx)).await
    }

    /// Returns all pieces that were not taken before; if a reply started over, those that are kept. If
    /// it started over within pieces that were taken before, the list says so, as it is said while a
    /// reply is read ([`TextPiece::starts_over_at`], [`ContentDelta::Restart`]).
    ///
    /// # Errors
    /// If the turn failed; the pieces are lost then.
    ///
    /// # Cancel safety
    /// Dropping the future drops the pieces and their turn: a turn that was sent is interrupted,
    /// and the pieces read so far are lost.
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(piece) = poll_fn(|cx| self.poll_piece(cx)).await {
            (self.gather)(&mut all, piece?, self.taken);
        }
        Ok(all)
    }

    /// The next piece, for the reader.
    fn poll_next_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let piece = self.poll_piece(cx);
        self.taken |= matches!(piece, Poll::Ready(Some(Ok(_))));
        piece
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(piece)));
            }
            match std::task::ready!(self.turn.poll_message(cx)) {
                Some(Ok(message)) => (self.cut)(&message, &mut self.ready),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    // A turn that was steered has several results: the last one counts.
                    let first = !std::mem::replace(&mut self.ended, true);
                    let failed = self.turn.failure().filter(|_| self.strict && first);
                    return Poll::Ready(failed.map(Err));
                }
            }
        }
    }
}

impl Deltas<TextPiece> {
    /// Returns all pieces that were not taken before as one text; if a reply started over, the part
    /// that is kept. A text cannot say that it started over within pieces that were taken before:
    /// [`collect`](Self::collect) does.
    ///
    /// # Errors
    /// If the turn failed; the text is lost then.
    ///
    /// # Cancel safety
    /// Dropping the future drops the pieces and their turn: a turn that was sent is interrupted,
    /// and the pieces read so far are lost.
    pub async fn join(self) -> Result<String> {
        self.collect().await.map(|pieces| pieces.iter().map(TextPiece::as_str).collect())
    }
}

impl<T: Unpin> Stream for Deltas<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_piece(cx)
    }
}

impl<T> fmt::Debug for Deltas<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deltas").field("turn", &self.turn).finish_non_exhaustive()
    }
}

/// Ways to read a turn. Output of sub-agents is left out, except tool calls.
impl Turn {
    /// The text of each text block, once the block is complete.
    ///
    /// If the CLI withdraws a message that was already yielded, the next piece says what is kept
    /// ([`TextPiece::starts_over_at`]).
    pub fn text_content(self) -> Deltas<TextPiece> {
        self.one_line(Reply::of_whole_blocks(), text)
    }

    /// The thinking of each thinking block, as with [`text_content`](Self::text_content). Blocks
    /// with only a signature are left out.
    pub fn thinking_content(self) -> Deltas<TextPiece> {
        self.one_line(Reply::of_whole_blocks(), thinking)
    }

    /// The text as it is written. If the CLI sends no partial messages (an option), or none
    /// for a block, the text comes block by block.
    ///
    /// When a block is complete, the text that its pieces lacked follows. When the reply starts
    /// over because the API's stream broke off, the next piece says what is kept
    /// ([`TextPiece::starts_over_at`]); [`collect`](Deltas::collect) and [`join`](Deltas::join)
    /// remove the rest.
    pub fn text_deltas(self) -> Deltas<TextPiece> {
        self.one_line(Reply::default(), text)
    }

    /// The thinking as it is written, as with [`text_deltas`](Self::text_deltas).
    pub fn thinking_deltas(self) -> Deltas<TextPiece> {
        self.one_line(Reply::default(), thinking)
    }

    /// All pieces of the reply as it is written: text, thinking and tool input, with their blocks.
    /// Blocks that were not streamed come in one piece, as with [`text_deltas`](Self::text_deltas).
    /// If a reply starts over, [`ContentDelta::Restart`] says so.
    pub fn content_deltas(self) -> Deltas<ContentDelta> {
        let mut reply = Reply::default();
        let pieces = Deltas::new(self, move |message, ready| reply.read(message, ready));
        Deltas { gather: ContentDelta::gather, ..pieces }
    }

    /// Each tool call of the model, sub-agents included.
    pub fn tool_uses(self) -> Deltas<ToolUseBlock> {
        Deltas::new(self, |message, ready| ready.extend(tool_uses(message).cloned()))
    }

    /// The results of one tool, by the name that the model uses, such as `Bash` or
    /// `mcp__server__tool`; sub-agents included.
    pub fn tool_results_by_name(self, name: impl Into<String>) -> Deltas<ToolResultBlock> {
        let name = name.into();
        let mut calls = HashMap::new();
        Deltas::new(self, move |message, ready| {
            calls.extend(tool_uses(message).map(|call| (call.id.clone(), call.name == name)));
            ready.extend(
                tool_results(message)
                    .filter(|result| calls.get(&result.tool_use_id) == Some(&true))
                    .cloned(),
            );
        })
    }

    /// The messages of one type: a `type` of the wire such as `assistant`, `tool_use` for those
    /// that call a tool, or `text_delta` for those that contain one.
    pub fn filter_type(self, kind: impl Into<String>) -> Deltas<Message> {
        let kind = kind.into();
        let wanted = move |message: &Message| match &*kind {
            "tool_use" => tool_uses(message).next().is_some(),
            "text_delta" => message.text_delta().is_some(),
            kind => message.frame().kind_name() == kind,
        };
        Deltas::new(self, move |message, ready| {
            ready.extend(wanted(message).then(|| message.clone()))
        })
        .lenient()
    }

    /// The stream events of one type, such as `message_start` or `content_block_delta`.
    pub fn filter_event_type(self, kind: impl Into<String>) -> Deltas<Message> {
        let kind = kind.into();
        let wanted = move |message: &Message| {
            message.as_stream_event().is_some_and(|event| event.event.event_type() == kind)
        };
        Deltas::new(self, move |message, ready| {
            ready.extend(wanted(message).then(|| message.clone()))
        })
        .lenient()
    }

    /// All messages; calls `look` with each one in passing.
    pub fn tap(self, mut look: impl FnMut(&Message) + Send + 'static) -> Deltas<Message> {
        Deltas::new(self, move |message, ready| {
            look(message);
            ready.push_back(message.clone());
        })
        .lenient()
    }

    /// All messages; calls `look` with each tool call in passing, sub-agents included.
    pub fn on_tool_use(
        self,
        mut look: impl FnMut(&ToolUseBlock) + Send + 'static,
    ) -> Deltas<Message> {
        self.tap(move |message| tool_uses(message).for_each(&mut look))
    }

    fn one_line(
        self,
        mut reply: Reply,
        pick: fn(ContentDelta) -> Option<String>,
    ) -> Deltas<TextPiece> {
        let (mut line, mut deltas) = (Line::default(), VecDeque::new());
        let pieces = Deltas::new(self, move |message, ready| {
            reply.read(message, &mut deltas);
            line.take(&mut deltas, pick, ready);
        });
        Deltas { gather: TextPiece::gather, ..pieces }
    }
}

fn text(delta: ContentDelta) -> Option<String> {
    match delta {
        ContentDelta::Text { text, .. } => Some(text),
        _ => None,
    }
}

fn thinking(delta: ContentDelta) -> Option<String> {
    match delta {
        ContentDelta::Thinking { thinking, .. } => Some(thinking),
        _ => None,
    }
}
