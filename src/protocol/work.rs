//! Work during which a CLI may be silent for any time: tools and compaction.

use std::time::Duration;

use crate::wire::{Cursor, Frame, FrameKind};

/// What the CLI is known to be doing.
#[derive(Debug, Default)]
pub(super) struct Work {
    tools: Vec<Tool>,
    compacts: bool,
}

/// A called tool that has no result yet.
#[derive(Debug)]
struct Tool {
    id: String,
    /// The call of the sub-agent that called it; empty for the main conversation.
    parent: String,
    /// The message that it was called in.
    message: String,
}

impl Work {
    pub(super) fn is_under_way(&self) -> bool {
        self.compacts || !self.tools.is_empty()
    }

    /// Records what a line says about it.
    pub(super) fn note(&mut self, frame: &Frame) {
        match frame.kind() {
            FrameKind::Assistant => self.answered(frame),
            FrameKind::User => blocks(frame).for_each(|block| self.close(&block)),
            FrameKind::StreamEvent if frame.parent_tool_use_id().is_none() => self.compacts = false,
            FrameKind::Result if frame.ends_turn() => *self = Self::default(),
            FrameKind::Result => self.close(&frame.root()),
            FrameKind::System => match frame.subtype().as_deref() {
                Some("status") => {
                    let status = frame.field("status");
                    let status = status.as_ref().and_then(|status| status.as_str());
                    self.compacts = status.as_deref() == Some("compacting");
                }
                Some("compact_boundary") => self.compacts = false,
                _ => {}
            },
            _ => {}
        }
    }

    fn answered(&mut self, frame: &Frame) {
        let parent = frame.parent_tool_use_id().unwrap_or_default();
        let message = frame.payload().map(|message| text(&message, "id")).unwrap_or_default();
        if parent.is_empty() {
            self.compacts = false;
        }
        // The API accepts no further message of a conversation until each of its calls has a
        // result.
        self.tools.retain(|tool| tool.parent != *parent || tool.message == message);
        for block in blocks(frame) {
            self.close(&block);
            let id = text(&block, "id");
            // Calls of the CLI and of the API: `server_tool_use`, `mcp_tool_use`.
            if !id.is_empty() && text(&block, "type").ends_with("tool_use") {
                let (parent, message) = (parent.to_string(), message.clone());
                self.tools.push(Tool { id, parent, message });
            }
        }
    }

    /// A result ends its call and everything that a sub-agent had under way in it.
    fn close(&mut self, block: &Cursor<'_>) {
        let id = text(block, "tool_use_id");
        if !id.is_empty() {
            self.tools.retain(|tool| tool.id != id && tool.parent != id);
        }
    }
}

/// How long the CLI waits before it retries an API request (`api_retry`), at most one hour.
pub(super) fn retry_delay(frame: &Frame) -> Duration {
    if frame.kind() != FrameKind::System || frame.subtype().as_deref() != Some("api_retry") {
        return Duration::ZERO;
    }
    let delay = frame.field("retry_delay_ms").and_then(|delay| delay.text().parse::<f64>().ok());
    let seconds = delay.unwrap_or(0.0).clamp(0.0, 3_600_000.0) / 1000.0;
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn blocks(frame: &Frame) -> impl Iterator<Item = Cursor<'_>> {
    let content = frame.payload().and_then(|message| message.get("content"));
    content.into_iter().flat_map(|content| content.items())
}

fn text(of: &Cursor<'_>, name: &str) -> String {
    of.get(name).and_then(|value| value.string()).map(String::from).unwrap_or_default()
}
