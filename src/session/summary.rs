//! A whole turn, read to its end.

use std::future::IntoFuture;

use super::error::{Error, Result};
use super::result_context::ResultContext;
use super::spending::Spending;
use super::tool_blocks::{tool_results, tool_uses};
use super::turn::Turn;
use crate::transport::BoxFuture;
use crate::wire::content::{ToolResultBlock, ToolUseBlock};
use crate::wire::message::ApiErrorKind;
use crate::wire::{ContentBlock, Message, ResultMessage, TurnOutcome};

/// The outcome of a whole turn.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// The result, which is the last message.
    pub result: ResultMessage,
    /// What the last message says about a failed API call (`error` of an assistant message, CLI
    /// 2.1.329).
    pub api_error: Option<ApiErrorKind>,
    /// The text of all text blocks of the main thread, in order, without messages that the CLI
    /// withdrew ([`Message::retracts`]).
    pub texts: Vec<String>,
    /// The thinking of all thinking blocks of the main thread, in order, as with `texts`.
    pub thinking: Vec<String>,
    /// The tool calls in order, each with its result; sub-agents included. Of a withdrawn message
    /// only those that had run by then.
    pub tool_calls: Vec<ToolCall>,
    /// What the turn has used: its share of the running totals of the result.
    pub spending: Spending,
    /// How many messages the turn had.
    pub messages: usize,
    context: ResultContext,
}

/// A tool call and its result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolCall {
    /// The call.
    pub call: ToolUseBlock,
    /// Its result; `None` if the turn ended before one came.
    pub result: Option<ToolResultBlock>,
}

impl Summary {
    /// Returns the final text: that of the result, or if it has none, all texts together.
    pub fn text(&self) -> String {
        self.result.result.clone().unwrap_or_else(|| self.texts.concat())
    }

    /// Returns how the turn ended. [`Aborted`](TurnOutcome::Aborted) also if the CLI only reports a
    /// failure after this session had asked it to end the turn.
    pub fn outcome(&self) -> TurnOutcome {
        self.context.outcome(&self.result, self.api_error.as_ref())
    }

    pub(super) fn error(&self) -> Option<Error> {
        self.context.error(&self.result, self.api_error.as_ref())
    }
}

/// A summary under construction. Texts keep their message, because the CLI may withdraw it.
#[derive(Default)]
struct Collected {
    said: Vec<Said>,
    messages: usize,
}

/// The content of one message.
struct Said {
    uuid: Option<String>,
    texts: Vec<String>,
    thinking: Vec<String>,
    tool_calls: Vec<ToolCall>,
}

impl Collected {
    fn add(&mut self, message: &Message) {
        self.messages += 1;
        if !message.retracts().is_empty() {
            self.retract(message.retracts());
        }
        if let Some(assistant) = message.as_assistant() {
            let is_main = assistant.parent_tool_use_id.is_none();
            let blocks = || assistant.message.content.iter().filter(|_| is_main);
            self.said.push(Said {
                uuid: message.uuid().map(String::from),
                texts: blocks().filter_map(ContentBlock::as_text).map(String::from).collect(),
                thinking: blocks()
                    .filter_map(ContentBlock::as_thinking)
                    .map(String::from)
                    .collect(),
                tool_calls: tool_uses(message)
                    .map(|call| ToolCall { call: call.clone(), result: None })
                    .collect(),
            });
        }
        for result in tool_results(message) {
            let mut calls = self.said.iter_mut().flat_map(|said| &mut said.tool_calls).rev();
            if let Some(known) = calls.find(|known| known.call.id == result.tool_use_id) {
                known.result = Some(result.clone());
            }
        }
    }

    /// A tool that ran is kept, even if the message that called it is withdrawn.
    fn retract(&mut self, uuids: &[String]) {
        let is_gone =
            |said: &&mut Said| said.uuid.as_ref().is_some_and(|uuid| uuids.contains(uuid));
        for said in self.said.iter_mut().filter(is_gone) {
            said.texts.clear();
            said.thinking.clear();
            said.tool_calls.retain(|call| call.result.is_some());
        }
    }

    fn into_summary(self) -> Summary {
        let mut summary = Summary { messages: self.messages, ..Summary::default() };
        for said in self.said {
            summary.texts.extend(said.texts);
            summary.thinking.extend(said.thinking);
            summary.tool_calls.extend(said.tool_calls);
        }
        summary
    }
}

/// Reading a turn to its end. What was already read is not read again, but how it ended is still
/// reported.
impl Turn {
    /// Returns the final text.
    ///
    /// # Errors
    /// If the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn text(self) -> Result<String> {
        let summary = self.collect_summary().await?;
        match summary.error() {
            Some(error) => Err(error),
            None => Ok(summary.text()),
        }
    }

    /// Returns the text of the result; `None` if the result has none.
    ///
    /// # Errors
    /// If the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn final_text(mut self) -> Result<Option<String>> {
        let result = self.read_result().await?;
        self.error_of(&result).map_or(Ok(result.result), Err)
    }

    /// Returns the result, also of a failed turn: see [`ResultMessage::outcome`].
    ///
    /// # Errors
    /// If the turn ended without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn final_result(mut self) -> Result<ResultMessage> {
        self.read_result().await
    }

    /// Returns everything: the result, the texts, the tool calls paired with their results. Also
    /// for a failed turn.
    ///
    /// # Errors
    /// If the turn ended without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn collect_summary(mut self) -> Result<Summary> {
        let mut collected = Collected::default();
        while let Some(message) = self.next().await {
            collected.add(&message?);
        }
        let mut summary = collected.into_summary();
        summary.result = self.ended()?;
        summary.api_error = self.api_error();
        summary.context = self.context();
        summary.spending = self.spending().unwrap_or_default();
        Ok(summary)
    }

    /// Runs the turn for its effects, and drops its output.
    ///
    /// # Errors
    /// If the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn drain(mut self) -> Result<()> {
        let result = self.read_result().await?;
        self.error_of(&result).map_or(Ok(()), Err)
    }

    pub(super) async fn read_result(&mut self) -> Result<ResultMessage> {
        while let Some(message) = self.next().await {
            message?;
        }
        self.ended()
    }
}

/// Awaiting a turn reads it to its end, like [`collect_summary`](Turn::collect_summary), but a
/// failed turn is an error. The same holds for [`query`](crate::query).
///
/// ```
/// use claude_wire::{Scenario, Session, reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> claude_wire::Result<()> {
/// # let cli = Scenario::new().on_prompt("Hello", reply().text("Hi!"));
/// let session = Session::builder().transport(cli).start()?;
/// assert_eq!(session.query("Hello").await?.text(), "Hi!");
/// # Ok(()) }
/// ```
///
/// # Cancel safety
/// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is lost.
impl IntoFuture for Turn {
    type Output = Result<Summary>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let summary = self.collect_summary().await?;
            summary.error().map_or(Ok(summary), Err)
        })
    }
}
