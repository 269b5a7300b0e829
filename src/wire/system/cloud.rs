//! Sessions that run in the cloud, and their workers.

object! {
    /// The state of a session in the cloud changed (`system` / `cloud_session_delta`, CLI 2.1.329,
    /// declared, not seen).
    pub struct CloudSessionDelta {
        /// Counts these messages from 1; a lower number than the last is stale.
        pub seq: u64 = "seq" declared,
        /// The fields of `cloud_session` that changed.
        pub changed: Vec<String> = "changed" required declared,
        /// The whole state; it replaces the one before.
        pub cloud_session: Box<CloudSession> = "cloud_session" declared,
    }
}

object! {
    /// The state of a session in the cloud (`cloud_session`, CLI 2.1.329, declared, not seen).
    pub struct CloudSession: raw {
        /// The session.
        pub id: String = "id" declared,
        /// Its page, for a person.
        pub view_url: String = "view_url" declared,
        /// The machine bound to it.
        pub device: CloudDevice = "device" declared,
        /// How its files reach this machine.
        pub directory_sync: DirectorySync = "directory_sync" declared,
        /// The version of this format.
        pub client_version: u64 = "client_version" declared,
        /// Settings that did not take effect there.
        pub not_applied: Vec<NotApplied> = "not_applied" declared,
        /// The machine that serves its tools.
        pub host: Option<CloudHost> = "host" declared,
        /// Whether this machine serves its tools.
        pub serving: Option<CloudServing> = "serving" declared,
        /// The stream to it.
        pub connection: Option<CloudConnection> = "connection" declared,
        /// How often its conversation was rewound.
        pub rewinds: Option<u64> = "rewinds" v2_1_332 declared,
        /// The calls that this machine serves.
        pub calls: Option<CloudCalls> = "calls" declared,
        /// Texts for the user.
        pub notices: Vec<CloudNotice> = "notices" declared,
    }
}

object! {
    /// The machine that is bound to a session in the cloud (`device`, CLI 2.1.329, declared, not
    /// seen).
    pub struct CloudDevice {
        /// `bound` or `unbound`.
        pub status: String = "status" declared,
        /// The machine.
        pub device_id: Option<String> = "device_id" declared,
        /// Its name for display.
        pub display_name: Option<String> = "display_name" declared,
        /// Why none is bound.
        pub reason: Option<String> = "reason" declared,
        /// The same, in words.
        pub message: Option<String> = "message" declared,
    }
}

object! {
    /// How the files of a session in the cloud reach this machine (`directory_sync`, CLI 2.1.329,
    /// declared, not seen).
    pub struct DirectorySync {
        /// Its progress.
        pub state: SyncState = "state" declared,
        /// Why it stopped.
        pub reason: Option<String> = "reason" declared,
        /// The same, in words.
        pub message: Option<String> = "message" declared,
        /// State of the first upload.
        pub first_upload: Option<String> = "first_upload" declared,
        /// How many files are in sync.
        pub synced_files: Option<u64> = "synced_files" declared,
        /// True if another window of this machine does it.
        pub other_window: Option<bool> = "other_window" declared,
        /// True if it is paused.
        pub muted: Option<bool> = "muted" declared,
        /// True if it began with an upload.
        pub started_from_upload: Option<bool> = "started_from_upload" declared,
        /// Which way files go.
        pub direction: Option<SyncDirection> = "direction" declared,
        /// What keeps them in sync.
        pub file_mode: FileMode = "file_mode" declared,
        /// Where that was decided.
        pub file_mode_source: String = "file_mode_source" declared,
    }
}

open_enum! {
    /// The progress of a synchronisation of files (`state` of a `directory_sync`).
    pub enum SyncState {
        Off = "off",
        Seeding = "seeding",
        Armed = "armed",
        Stopped = "stopped",
    }
}

open_enum! {
    /// Which way files go (`direction` of a `directory_sync`).
    pub enum SyncDirection {
        TwoWay = "two_way",
        UploadOnly = "upload_only",
    }
}

open_enum! {
    /// What keeps files in sync (`file_mode`).
    pub enum FileMode {
        ContainerSync = "container_sync",
        DeviceTools = "device_tools",
        Unspecified = "unspecified",
    }
}

object! {
    /// A setting that did not take effect (an item of `not_applied`, CLI 2.1.329, declared, not
    /// seen).
    pub struct NotApplied {
        /// The setting.
        pub name: String = "name" declared,
        /// What happened to it.
        pub kind: NotAppliedKind = "kind" declared,
    }
}

open_enum! {
    /// What happened to a setting that did not take effect (`kind`).
    pub enum NotAppliedKind {
        Lost = "lost",
        Kept = "kept",
        Preference = "preference",
    }
}

object! {
    /// The machine that serves the tools of a session in the cloud (`host`, CLI 2.1.329, declared,
    /// not seen).
    pub struct CloudHost {
        /// The machine.
        pub handle: String = "handle" declared,
        /// The folder that it works in.
        pub working_dir: String = "working_dir" declared,
        /// Its operating system.
        pub platform: String = "platform" declared,
        /// The version of the CLI there.
        pub cli_version: Option<String> = "cli_version" declared,
    }
}

object! {
    /// Whether this machine serves the tools of a session in the cloud (`serving`, CLI 2.1.329,
    /// declared, not seen).
    pub struct CloudServing {
        /// Whether it does.
        pub state: Option<ServingState> = "state" declared,
        /// Why, or why not.
        pub reason: Option<String> = "reason" declared,
        /// The rules that apply to it.
        pub policy: Option<ServingPolicy> = "policy" declared,
        /// How the calls arrive.
        pub channel: Option<ServingChannel> = "channel" declared,
    }
}

open_enum! {
    /// Whether a machine serves tools (`state` of `serving`).
    pub enum ServingState {
        On = "on",
        Off = "off",
        Pending = "pending",
        Revoked = "revoked",
    }
}

open_enum! {
    /// The rules that apply to serving tools (`policy` of `serving`).
    pub enum ServingPolicy {
        Parity = "parity",
        Interim = "interim",
    }
}

open_enum! {
    /// How the calls arrive (`channel` of `serving`).
    pub enum ServingChannel {
        Session = "session",
        BridgeOnly = "bridge_only",
    }
}

open_enum! {
    /// The stream to a session in the cloud (`connection`).
    pub enum CloudConnection {
        Connecting = "connecting",
        Live = "live",
        Reconnecting = "reconnecting",
    }
}

object! {
    /// The calls that a machine serves for a session in the cloud (`calls`, CLI 2.1.329, declared,
    /// not seen).
    pub struct CloudCalls {
        /// Those that run or wait.
        pub live: Vec<LiveCall> = "live" required declared,
        /// Those that have ended.
        pub recent: Vec<EndedCall> = "recent" required declared,
    }
}

object! {
    /// A call that a machine serves now (an item of `live`, CLI 2.1.329, declared, not seen).
    pub struct LiveCall {
        /// The call.
        pub call_id: String = "call_id" declared,
        /// The tool.
        pub tool: String = "tool" declared,
        /// Whether it runs.
        pub state: Option<LiveCallState> = "state" declared,
        /// Since when, in milliseconds since 1970.
        pub since: f64 = "since" declared,
        /// The question that it waits for.
        pub ask_id: Option<String> = "ask_id" declared,
        /// When the question expires, in milliseconds since 1970.
        pub lapses_at: Option<f64> = "lapses_at" declared,
        /// True if the automatic check may answer.
        pub classifier_eligible: Option<bool> = "classifier_eligible" declared,
    }
}

open_enum! {
    /// Whether a call runs (`state` of a live call).
    pub enum LiveCallState {
        Running = "running",
        Asked = "asked",
    }
}

object! {
    /// A call that has ended (an item of `recent`, CLI 2.1.329, declared, not seen).
    pub struct EndedCall {
        /// The call.
        pub call_id: String = "call_id" declared,
        /// The tool.
        pub tool: String = "tool" declared,
        /// How it ended.
        pub ended: Option<CallEnd> = "ended" declared,
        /// A code for it.
        pub code: Option<String> = "code" declared,
        /// When, in milliseconds since 1970.
        pub at: f64 = "at" declared,
    }
}

open_enum! {
    /// How a call ended (`ended`).
    pub enum CallEnd {
        Completed = "completed",
        Denied = "denied",
        Withdrawn = "withdrawn",
        Refused = "refused",
        Failed = "failed",
    }
}

object! {
    /// A text for the user (an item of `notices`, CLI 2.1.329, declared, not seen).
    pub struct CloudNotice {
        /// Identifies the text.
        pub key: String = "key" declared,
        /// The text.
        pub text: String = "text" declared,
    }
}

object! {
    /// Which questions of an earlier worker are still open (`system` / `inherited_asks_settled`,
    /// CLI 2.1.329, declared, not seen). All others are over.
    pub struct InheritedAsksSettled {
        /// The requests that can still be answered.
        pub kept_request_ids: Vec<String> = "kept_request_ids" required declared,
    }
}

object! {
    /// A call that was allowed too late will not run (`system` / `late_allow_not_run`, CLI 2.1.329,
    /// declared, not seen).
    pub struct LateAllowNotRun {
        /// The request that was answered.
        pub request_id: String = "request_id" declared,
        /// The call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// Why.
        pub reason: NotRunReason = "reason" declared,
    }
}

open_enum! {
    /// Why a call that was allowed too late does not run (`reason`).
    pub enum NotRunReason {
        TurnRunning = "turn_running",
        CardOpen = "card_open",
        CallGone = "call_gone",
        InvalidAnswer = "invalid_answer",
        Limited = "limited",
        Stopped = "stopped",
        Declined = "declined",
        AskedAgain = "asked_again",
        Withdrawn = "withdrawn",
        Expired = "expired",
        NotRun = "not_run",
    }
}

object! {
    /// A worker in the cloud accepts turns that a client started (`system` /
    /// `turn_handoff_available`, CLI 2.1.329, declared, not seen).
    pub struct TurnHandoffAvailable {
        /// The version of the format.
        pub v: u64 = "v" declared,
        /// The tools whose calls it accepts.
        pub tools: Vec<String> = "tools" required declared,
        /// The worker; each start has a higher number.
        pub worker_epoch: u64 = "worker_epoch" declared,
        /// True if it waits for files that are still being staged.
        pub staged_files: Option<bool> = "staged_files" declared,
        /// True if it appends prompts without a query first.
        pub no_query_first: Option<bool> = "no_query_first" declared,
        /// True if two messages may share an id.
        pub shared_message_id: Option<bool> = "shared_message_id" declared,
        /// True if it reads `relay_marker`.
        pub relay_marker: Option<bool> = "relay_marker" declared,
        /// True if it accepts files for its home folder.
        pub home_files: Option<bool> = "home_files" declared,
        /// True if it reads `file_names`.
        pub file_names: Option<bool> = "file_names" declared,
        /// True if it writes the files of calls that were already answered.
        pub carried_writes: Option<bool> = "carried_writes" declared,
        /// True if it has rebuilt the conversation before it reads a request.
        pub hydrates_carried_lines: Option<bool> = "hydrates_carried_lines" declared,
        /// True if it reads `requires_rewind_request_id`.
        pub requires_rewind_request_id: Option<bool> = "requires_rewind_request_id" declared,
        /// True if it answers `comparison_fork`.
        pub comparison_fork: Option<bool> = "comparison_fork" declared,
    }
}

object! {
    /// Facts about a session in the cloud (`system` / `session_metadata`, CLI 2.1.329, declared,
    /// not seen).
    pub struct SessionMetadata {
        /// The facts that changed.
        pub metadata: SessionFacts = "metadata" declared,
    }
}

object! {
    /// Facts about a session (`metadata`, CLI 2.1.329, declared, not seen).
    pub struct SessionFacts: raw {
        /// What the session has published; the whole list.
        pub artifacts: Vec<Artifact> = "artifacts" declared,
    }
}

object! {
    /// Something that a session has published (an item of `artifacts`, CLI 2.1.329, declared, not
    /// seen).
    pub struct Artifact {
        /// Where it is.
        pub url: String = "url" declared,
        /// Its title.
        pub title: Option<String> = "title" declared,
        /// Its icon.
        pub favicon: Option<String> = "favicon" declared,
        /// What it is.
        pub kind: String = "kind" declared,
        /// When it changed last, ISO 8601.
        pub updated_at: String = "updated_at" declared,
    }
}
