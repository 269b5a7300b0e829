//! Tasks in the background.

use crate::wire::json::RawJson;

object! {
    /// The end of what a task wrote (reply to `get_task_output`, CLI 2.1.329).
    pub struct TaskOutput {
        /// The last 8 KiB of it.
        pub output: String = "output" required,
        /// How much it wrote, in bytes.
        pub total_bytes: u64 = "total_bytes" required,
        /// True when something was left out.
        pub truncated: bool = "truncated" required,
        /// The agent; then `output` is empty.
        pub task_id: Option<String> = "task_id" declared,
        /// Messages of an agent.
        pub messages: Option<TaskMessages> = "messages" declared,
        /// True when all that answers the request was sent.
        pub done: Option<bool> = "done" declared,
        /// The last message of the answer.
        pub last: Option<String> = "last" declared,
        /// True when more follow those that were sent.
        pub more: Option<bool> = "more" declared,
        /// What became of the wish to follow the agent.
        pub follow: Option<TaskFollow> = "follow" declared,
    }
}

object! {
    /// Whether something went into the background (reply to `background_tasks`, CLI 2.1.329).
    pub struct Backgrounded {
        /// False when the named tool call was not running in the foreground; `None` where none was named.
        pub backgrounded: Option<bool> = "backgrounded",
    }
}

object! {
    /// Messages of an agent (`messages`, CLI 2.1.329, declared, not seen).
    pub struct TaskMessages {
        /// The messages, as those of an agent in the foreground.
        pub frames: Vec<RawJson> = "frames" required declared,
        /// The message before these.
        pub after: Option<String> = "after" declared,
        /// The last of these.
        pub last: Option<String> = "last" declared,
        /// How many there are before these.
        pub earlier: Option<u64> = "earlier" declared,
        /// True when they come by themselves.
        pub live: Option<bool> = "live" declared,
        /// True when they replace what is known.
        pub reset: Option<bool> = "reset" declared,
    }
}

object! {
    /// What became of the wish to follow an agent (`follow`, CLI 2.1.329, declared, not seen).
    pub struct TaskFollow {
        /// What became of it.
        pub status: FollowStatus = "status" declared,
        /// Why.
        pub reason: Option<String> = "reason" declared,
        /// True when one may ask again.
        pub may_follow_again: Option<bool> = "may_follow_again" declared,
    }
}

open_enum! {
    /// What became of the wish to follow an agent (`status` of a `follow`).
    pub enum FollowStatus {
        Following = "following",
        Unavailable = "unavailable",
        FollowStopped = "follow_stopped",
    }
}
