//! Token counts while a turn runs.

use std::collections::HashMap;

use crate::wire::stream::ApiEvent;
use crate::wire::usage::Usage;
use crate::wire::{Body, Message};

/// Counts of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// Input tokens that did not come from a cache.
    pub input: u64,
    /// Output tokens, including thinking.
    pub output: u64,
    /// Input tokens read from the cache.
    pub cache_read: u64,
    /// Input tokens written to the cache.
    pub cache_creation: u64,
}

impl Tokens {
    pub(super) fn plus(self, more: Self) -> Self {
        self.each(more, u64::saturating_add)
    }

    pub(super) fn minus(self, less: Self) -> Self {
        self.each(less, u64::saturating_sub)
    }

    fn each(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            input: join(self.input, other.input),
            output: join(self.output, other.output),
            cache_read: join(self.cache_read, other.cache_read),
            cache_creation: join(self.cache_creation, other.cache_creation),
        }
    }
}

impl From<&Usage> for Tokens {
    fn from(usage: &Usage) -> Self {
        Self {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_input_tokens,
            cache_creation: usage.cache_creation_input_tokens,
        }
    }
}

/// Counts the tokens of messages as they arrive, before the result; sub-agents included.
///
/// One message of the model may have many lines, each of which repeats its usage, so that a sum
/// over lines would be too high. Here each message (`message.id`) counts once, with the latest
/// count of each kind. The output of a message is complete only with partial messages: without them
/// CLI 2.1.329 reports what was known when the message began. The exact numbers come with the
/// result: [`Turn::spending`](super::Turn::spending).
///
/// ```
/// use claude_wire::session::TokenTally;
/// use claude_wire::{Replay, Session};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let replay = Replay::open("recordings/2.1.332/partial-messages.jsonl")?;
/// let session = Session::builder()
///     .include_partial_messages(true)
///     .allowed_tools(["Bash"])
///     .transport(replay)
///     .start()?;
/// let mut tally = TokenTally::default();
/// let mut turn = session.query("Print two lines");
/// while let Some(message) = turn.next().await {
///     tally.add(&message?);
/// }
/// assert_eq!(tally.total().output, 40);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct TokenTally(HashMap<String, Tokens>);

impl TokenTally {
    /// Adds the next message, of any type.
    pub fn add(&mut self, message: &Message) {
        let (id, usage) = match message.body() {
            Body::Assistant(assistant) => (&assistant.message.id, &assistant.message.usage),
            Body::StreamEvent(stream) => match &stream.event {
                ApiEvent::MessageStart(start) => (&start.message.id, &start.message.usage),
                ApiEvent::MessageDelta(delta) => (&stream.api_message_id, &delta.usage),
                _ => return,
            },
            _ => return,
        };
        if let (Some(id), Some(usage)) = (id, usage) {
            let known = self.0.entry(id.clone()).or_default();
            // The last event of a message contains only its output; the rest reads as 0.
            *known = known.each(usage.into(), |known, now| if now == 0 { known } else { now });
        }
    }

    /// Returns the tokens of all messages so far.
    pub fn total(&self) -> Tokens {
        self.0.values().copied().fold(Tokens::default(), Tokens::plus)
    }
}
