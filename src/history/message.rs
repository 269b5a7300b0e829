//! The messages of a past conversation.

use std::fmt;

use super::chain::{agent_conversation, conversation};
use super::error::Result;
use super::first_prompt::texts;
use super::folders::History;
use super::lines::SkippedLine;
use super::page::Page;
use super::transcript::{Entry, EntryKind, Transcript};
use crate::wire::{Frame, JsonError, Message, RawJson};

/// A message of a past conversation, as the transcript has it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionMessage {
    /// Who wrote it.
    pub role: Role,
    /// The message's own id.
    pub uuid: String,
    /// The session it belongs to.
    pub session_id: String,
    /// When it was written, in the format of RFC 3339.
    pub timestamp: Option<String>,
    /// Of a sub-agent's message: the call of the tool that started the sub-agent.
    pub parent_tool_use_id: Option<String>,
    /// Of a sub-agent's message: the sub-agent that started this one, if it was not the session.
    pub parent_agent_id: Option<String>,
    entry: RawJson,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The user, or a tool whose result it is.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// As in the `type` of a message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The messages of a past conversation, and what could not be read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SessionMessages {
    /// The messages, in the order of the conversation.
    pub messages: Vec<SessionMessage>,
    /// The lines of the transcript that were left out.
    pub skipped: Vec<SkippedLine>,
}

impl IntoIterator for SessionMessages {
    type Item = SessionMessage;
    type IntoIter = std::vec::IntoIter<SessionMessage>;

    fn into_iter(self) -> Self::IntoIter {
        self.messages.into_iter()
    }
}

impl<'a> IntoIterator for &'a SessionMessages {
    type Item = &'a SessionMessage;
    type IntoIter = std::slice::Iter<'a, SessionMessage>;

    fn into_iter(self) -> Self::IntoIter {
        self.messages.iter()
    }
}

impl History {
    /// The messages of a session, in the order of the conversation: the branch that was written
    /// last, with all tool calls that ran in parallel. Messages of sub-agents and of the CLI itself
    /// are left out; the summary of a compacted conversation is not.
    ///
    /// The transcript is read in pieces; what is not part of the conversation is not kept.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or the transcript cannot be read.
    pub fn get_session_messages(&self, session_id: &str, page: Page) -> Result<SessionMessages> {
        let (path, _) = self.find(session_id)?;
        let transcript = Transcript::read(path)?;
        let messages = transcript.messages(page);
        Ok(SessionMessages { messages, skipped: transcript.skipped().to_vec() })
    }
}

impl Transcript {
    /// The messages of a session, as [`History::get_session_messages`] returns them.
    pub fn messages(&self, page: Page) -> Vec<SessionMessage> {
        let chain = conversation(&self.entries).into_iter().map(|at| &self.entries[at]);
        let visible = chain.filter(|e| e.is_turn() && !e.meta && !e.side_chain && !e.team);
        page.of(visible).map(SessionMessage::of).collect()
    }

    /// The messages of a sub-agent, as
    /// [`History::get_subagent_messages`] returns them. A session store keeps
    /// the metadata of the sub-agent among the lines, as an entry `agent_metadata`.
    pub fn agent_messages(&self, page: Page) -> Vec<SessionMessage> {
        let parent = self.agent.as_ref();
        let text = |pointer| Some(parent?.pointer(pointer)?.as_str()?.into_owned());
        let not_empty = |text: &String| !text.is_empty();
        let tool_use = text("/toolUseId").filter(not_empty);
        let agent = text("/parentAgentId").filter(not_empty);
        let chain = agent_conversation(&self.entries).into_iter().map(|at| &self.entries[at]);
        let messages = chain.filter(|entry| entry.is_turn()).map(|entry| SessionMessage {
            parent_tool_use_id: tool_use.clone(),
            parent_agent_id: agent.clone(),
            ..SessionMessage::of(entry)
        });
        page.of(messages).collect()
    }
}

impl SessionMessage {
    fn of(entry: &Entry) -> Self {
        Self {
            role: if entry.kind == EntryKind::User { Role::User } else { Role::Assistant },
            uuid: entry.uuid.clone(),
            session_id: entry.text("/sessionId").unwrap_or_default(),
            timestamp: entry.timestamp.clone(),
            parent_tool_use_id: None,
            parent_agent_id: None,
            entry: entry.json.clone(),
        }
    }

    /// The message in the form of the Messages API: `role`, `content` and more.
    pub fn message(&self) -> Option<RawJson> {
        self.entry.pointer("/message")
    }

    /// The whole entry of the transcript.
    pub fn entry(&self) -> &RawJson {
        &self.entry
    }

    /// The text of the message: its text blocks, joined.
    pub fn text(&self) -> String {
        texts(&self.entry).concat()
    }

    /// The message as the CLI writes it to its output, so that its content is typed.
    ///
    /// # Errors
    /// If the entry has no `message`.
    pub fn to_message(&self) -> Result<Message, JsonError> {
        let message =
            self.message().map_or_else(|| "null".into(), |message| message.text().into_owned());
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let parent = self.parent_tool_use_id.as_deref().map_or("null".into(), quoted);
        let line = format!(
            r#"{{"type":"{}","message":{message},"parent_tool_use_id":{parent},"session_id":{},"uuid":{}}}"#,
            self.role,
            quoted(&self.session_id),
            quoted(&self.uuid),
        );
        Frame::parse(line).map(Message::new)
    }
}
