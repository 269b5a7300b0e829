//! Where the fields of a line are that route it, and the text of a delta.

/// The spans of the routing fields; an absent field is an empty span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) kind: Span,
    pub(super) subtype: Span,
    pub(super) uuid: Span,
    pub(super) session_id: Span,
    pub(super) request_id: Span,
    pub(super) prompt_uuid: Span,
    pub(super) prompt_uuids: Span,
    pub(super) parent: Span,
    /// `message`, `event`, `request` or `response`, as the type has it.
    pub(super) payload: Span,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    const NONE: Self = Self { start: 0, end: 0 };

    /// A part of a line, which is at most 4 GiB long.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
}

/// A delta in a line of the usual shape: its spans, without those that every such line has in the
/// same place or does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) kind: DeltaKind,
    /// The string, with its quotes.
    pub(super) text: Span,
    /// Whether the string has no escapes.
    pub(super) is_plain: bool,
    pub(super) uuid: Span,
    pub(super) session_id: Span,
    pub(super) parent: Span,
    /// `api_message_id`, if it is there.
    pub(super) message: Span,
    /// Whether the line has another field than those that every delta has, or one of them with
    /// another type of value.
    pub(super) has_more: bool,
}

/// The kinds of deltas that are one string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeltaKind {
    Text,
    Thinking,
    InputJson,
}

impl DeltaKind {
    pub(super) const ALL: [Self; 3] = [Self::Text, Self::Thinking, Self::InputJson];

    /// The `type` of the delta.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text_delta",
            Self::Thinking => "thinking_delta",
            Self::InputJson => "input_json_delta",
        }
    }

    /// The field with its string.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking => "thinking",
            Self::InputJson => "partial_json",
        }
    }
}

impl Spans {
    pub(super) const NONE: Self = Self {
        kind: Span::NONE,
        subtype: Span::NONE,
        uuid: Span::NONE,
        session_id: Span::NONE,
        request_id: Span::NONE,
        prompt_uuid: Span::NONE,
        prompt_uuids: Span::NONE,
        parent: Span::NONE,
        payload: Span::NONE,
    };

    #[inline]
    pub(super) fn slot(&mut self, key: &[u8]) -> Option<&mut Span> {
        match key {
            b"type" => Some(&mut self.kind),
            b"subtype" => Some(&mut self.subtype),
            b"uuid" => Some(&mut self.uuid),
            b"session_id" => Some(&mut self.session_id),
            b"request_id" => Some(&mut self.request_id),
            b"user_message_uuid" | b"command_uuid" => Some(&mut self.prompt_uuid),
            b"user_message_uuids" => Some(&mut self.prompt_uuids),
            b"parent_tool_use_id" => Some(&mut self.parent),
            _ => None,
        }
    }
}
