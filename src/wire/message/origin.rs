//! Where a message comes from.

use crate::wire::decode::{At, Decode, Sink};
use crate::wire::json::{Kind, RawJson, Reader};

object! {
    /// Where a message comes from (`origin`, CLI 2.1.329). The kind decides which fields are set.
    pub struct Origin: raw {
        /// Who or what sent it.
        pub kind: OriginKind = "kind",
        /// The MCP server of a `channel`.
        pub server: Option<String> = "server" declared,
        /// The sender: a `peer` or an `observer`.
        pub from: Option<String> = "from" declared,
        /// How the peer runs: `bypass` or `prompting`.
        pub from_mode: Option<String> = "fromMode" declared,
        /// The peer's name.
        pub name: Option<String> = "name" declared,
        /// The peer's session.
        pub from_session: Option<String> = "fromSession" declared,
        /// The sender's task.
        pub sender_task_id: Option<String> = "senderTaskId" declared,
        /// What the peer wrote.
        pub body: Option<RawJson> = "body" declared,
        /// The peer's process id, if it was verified.
        pub verified_peer_pid: Option<u64> = "verifiedPeerPid" declared,
        /// What a `task-notification` is about, such as `scheduled-trigger`.
        pub subkind: Option<String> = "subkind" declared,
        /// Why a trigger fired.
        pub fire_reason: Option<String> = "fireReason" declared,
        /// The task's run.
        pub run_id: Option<String> = "runId",
        /// What caused the notification, such as `session-task`.
        pub producer: Option<String> = "producer",
        /// True on a report that the automatic check blocked or could not judge.
        pub flagged: Option<bool> = "flagged" declared,
        /// True on the report of a sub-agent to its parent.
        pub handback: Option<bool> = "handback" declared,
        /// What the CLI wrote above the report.
        pub handback_note: Option<String> = "handbackNote" declared,
        /// The report as the model reads it.
        pub handback_report_text: Option<String> = "handbackReportText" declared,
        /// The sub-agent's call that sent the report.
        pub handback_tool_use_id: Option<String> = "handbackToolUseId" declared,
        /// The spoken request that a note belongs to; for a `voice-call`.
        pub request_uuid: Option<String> = "requestUuid" declared,
        /// The message that a note answers; for a `voice-call`.
        pub in_reply_to_uuid: Option<String> = "inReplyToUuid" declared,
        /// When a note was said, ISO 8601; for a `voice-call`.
        pub said_at: Option<String> = "saidAt" declared,
        /// How a message came in, according to the server.
        pub inbound_origin: Option<String> = "inbound_origin" declared,
        /// The messages of a peer that are joined in one prompt.
        pub members: Vec<OriginMember> = "members" declared,
        /// `mcp-task` if a task of an MCP server ended.
        pub task_kind: Option<String> = "taskKind" declared,
    }
}

object! {
    /// One of several messages of a peer (an item of `members`, CLI 2.1.329, declared, not seen).
    pub struct OriginMember {
        /// What it says.
        pub body: String = "body" declared,
    }
}

open_enum! {
    /// Who or what sent a message (`origin.kind`).
    pub enum OriginKind {
        Human = "human",
        Channel = "channel",
        Peer = "peer",
        /// A task of the session ended; the CLI started the turn by itself.
        TaskNotification = "task-notification",
        Coordinator = "coordinator",
        Unclassified = "unclassified",
        Observer = "observer",
        AutoContinuation = "auto-continuation",
        ObserverActivity = "observer-activity",
        /// What was said in a call.
        VoiceCall = "voice-call",
    }
}

/// An origin without a kind has no meaning: it counts as absent, and not as a defect.
pub(in crate::wire) fn stated_origin(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Option<Origin>> {
    if reader.kind() != Kind::Object {
        return sink.wrong(at, "an object", reader);
    }
    let value = reader.skip();
    value.get("kind")?.string()?;
    Origin::decode(&mut value.reader(), at, sink).map(Some)
}
