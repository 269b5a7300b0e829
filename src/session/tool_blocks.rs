//! The calls of tools in a message, and their results.

use crate::wire::content::{ToolResultBlock, ToolUseBlock};
use crate::wire::{ContentBlock, Message, UserMessage};

pub(super) fn tool_uses(message: &Message) -> impl Iterator<Item = &ToolUseBlock> {
    message
        .as_assistant()
        .into_iter()
        .flat_map(|assistant| &assistant.message.content)
        .filter_map(ContentBlock::as_tool_use)
}

pub(super) fn tool_results(message: &Message) -> impl Iterator<Item = &ToolResultBlock> {
    message.as_user().into_iter().flat_map(UserMessage::tool_results)
}
