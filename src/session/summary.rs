//! A whole turn, read to its end.

use std::future::IntoFuture;

use super::error::{Error, Result};
use super::result_context::ResultContext;
use super::spending::Spending;
use super::streams::{tool_results, tool_uses};
use super::turn::Turn;
use crate::transport::BoxFuture;
use crate::wire::content::{ToolResultBlock, ToolUseBlock};
use crate::wire::message::ApiErrorKind;
use crate::wire::{ContentBlock, Message, ResultMessage, TurnOutcome};

/// What a turn has come to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// The result, which is the last message.
    pub result: ResultMessage,
    /// What the last message says of a call of the API that failed (`error` of an assistant message, CLI 2.1.329).
    pub api_error: Option<ApiErrorKind>,
    /// The text of all text blocks of the main thread, in order. Messages that the CLI has withdrawn
    /// ([`Message::retracts`]) are left out.
    pub texts: Vec<String>,
    /// The thinking of all thinking blocks of the main thread, in order, as with `texts`.
    pub thinking: Vec<String>,
    /// The tool calls in order, each with its result; sub-agents included. Of a message that was
    /// withdrawn only those that had run by then.
    pub tool_calls: Vec<ToolCall>,
    /// What the turn has used: its own share of the running totals of the result.
    pub spending: Spending,
    /// How many messages the turn had.
    pub messages: usize,
    context: ResultContext,
}

/// A tool call and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolCall {
    /// The call.
    pub call: ToolUseBlock,
    /// Its result; `None` when the turn ended before one came.
    pub result: Option<ToolResultBlock>,
}

impl Summary {
    /// The final text: that of the result, or where the result has none, all texts together.
    pub fn text(&self) -> String {
        self.result.result.clone().unwrap_or_else(|| self.texts.concat())
    }

    /// How the turn ended. [`Aborted`](TurnOutcome::Aborted) also where the CLI only says that it
    /// failed, after this session had asked it to end the turn.
    pub fn outcome(&self) -> TurnOutcome {
        self.context.outcome(&self.result, self.api_error.as_ref())
    }

    pub(super) fn error(&self) -> Option<Error> {
        self.context.error(&self.result, self.api_error.as_ref())
    }
}

/// A summary in the making. What was said keeps its message, for the CLI may withdraw it.
#[derive(Default)]
struct Collected {
    said: Vec<Said>,
    messages: usize,
}

/// What one message said.
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

    /// What has run has run, whatever becomes of the message that called it.
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

/// Reading a turn to its end. What has been read of it before is not read again, but how it ended is reported all the same.
impl Turn {
    /// The final text.
    ///
    /// # Errors
    /// When the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
    pub async fn text(self) -> Result<String> {
        let summary = self.collect_summary().await?;
        match summary.error() {
            Some(error) => Err(error),
            None => Ok(summary.text()),
        }
    }

    /// The text of the result; `None` where a result has none.
    ///
    /// # Errors
    /// When the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
    pub async fn final_text(mut self) -> Result<Option<String>> {
        let result = self.read_result().await?;
        self.error_of(&result).map_or(Ok(result.result), Err)
    }

    /// The result, also of a turn that failed: see [`ResultMessage::outcome`].
    ///
    /// # Errors
    /// When the turn ended without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
    pub async fn final_result(mut self) -> Result<ResultMessage> {
        self.read_result().await
    }

    /// Everything in one: the result, the texts, the tool calls paired with their results. Also of a turn that failed.
    ///
    /// # Errors
    /// When the turn ended without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
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

    /// Runs the turn for what it does, and drops what it says.
    ///
    /// # Errors
    /// When the turn failed, with or without a result.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
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

/// Awaiting a turn reads it to its end: [`collect_summary`](Turn::collect_summary), with a failed turn as an error. The same as for
/// [`query`](crate::query).
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
/// Dropping the future drops the turn: one that has been sent is interrupted, and what it has said is gone.
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
