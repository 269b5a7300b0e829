//! Lines of transcripts, and what tools leave behind.

use crate::wire::decode::{At, Decode, Sink};
use crate::wire::json::{Kind, RawJson};

object! {
    /// What lines of a transcript have in common (an item of `entries` of a `transcript_mirror`, CLI
    /// 2.1.332). The rest depends on the type, and is in `raw`.
    pub struct TranscriptRow: raw {
        /// The kind of line, such as `user` or `attachment`.
        pub kind: String = "type",
        /// The line.
        pub uuid: Option<String> = "uuid",
        /// The line before.
        pub parent_uuid: Option<String> = "parentUuid",
        /// The session.
        pub session_id: Option<String> = "sessionId",
        /// When it was written, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// True for the line of a sub-agent.
        pub is_sidechain: Option<bool> = "isSidechain",
        /// Where the line is from, such as `local`.
        pub row_source: Option<String> = "rowSource" v2_1_332,
        /// When its prompt was sent, in milliseconds since 1970.
        pub sent_at_ms: Option<f64> = "sentAtMs" v2_1_332,
    }
}

impl TranscriptRow {
    /// Reads a line of a transcript. Fields that are missing or of the wrong type are empty.
    pub fn of(entry: &RawJson) -> Self {
        Self::decode(&mut entry.cursor().reader(), &At::Root, &mut Sink::default())
            .unwrap_or_default()
    }
}

object! {
    /// A scheduled prompt, as the tool that made it reports it (`tool_use_result`, CLI 2.1.329).
    pub struct ScheduledPrompt: raw {
        /// Names it.
        pub id: String = "id",
        /// When it runs, in words.
        pub human_schedule: String = "humanSchedule",
        /// True when it runs again and again.
        pub recurring: bool = "recurring",
        /// True when it outlives the session.
        pub durable: Option<bool> = "durable",
        /// When it runs next, in milliseconds since 1970.
        pub next_fire_at: Option<f64> = "nextFireAt",
        /// How old it gets before it ends, in milliseconds; 0 for never.
        pub max_age_ms: Option<f64> = "maxAgeMs" v2_1_332 declared,
        /// How many others run once, at the same time.
        pub other_one_shots: Option<RawJson> = "otherOneShots" declared,
    }
}

impl ScheduledPrompt {
    /// The scheduled prompt, if a `tool_use_result` is one.
    pub fn of(result: &RawJson) -> Option<Self> {
        let value = result.cursor();
        (value.get("humanSchedule")?.kind() == Kind::String)
            .then(|| Self::decode(&mut value.reader(), &At::Root, &mut Sink::default()))?
    }
}
