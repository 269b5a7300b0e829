//! Background tasks.

use crate::wire::json::RawJson;

object! {
    /// The end of a task's output (reply to `get_task_output`, CLI 2.1.329).
    pub struct TaskOutput {
        /// The last 8 KiB of it.
        pub output: String = "output" required,
        /// The size of the output, in bytes.
        pub total_bytes: u64 = "total_bytes" required,
        /// True if something was left out.
        pub truncated: bool = "truncated" required,
        /// The agent; then `output` is empty.
        pub task_id: Option<String> = "task_id" declared,
        /// Messages of an agent.
        pub messages: Option<TaskMessages> = "messages" declared,
        /// True if everything that answers the request was sent.
        pub done: Option<bool> = "done" declared,
        /// The last message of the answer.
        pub last: Option<String> = "last" declared,
        /// True if more follow those that were sent.
        pub more: Option<bool> = "more" declared,
        /// What happened to the request to follow the agent.
        pub follow: Option<TaskFollow> = "follow" declared,
    }
}

object! {
    /// Whether something was moved to the background (reply to `background_tasks`, CLI 2.1.329).
    pub struct Backgrounded {
        /// False if the named tool call was not running in the foreground; `None` if none was
        /// named.
        pub backgrounded: Option<bool> = "backgrounded",
    }
}

object! {
    /// Messages of an agent (`messages`, CLI 2.1.329, declared, not seen).
    pub struct TaskMessages {
        /// The messages, in the form of those of an agent in the foreground.
        pub frames: Vec<RawJson> = "frames" required declared,
        /// The message before these.
        pub after: Option<String> = "after" declared,
        /// The last of these.
        pub last: Option<String> = "last" declared,
        /// How many there are before these.
        pub earlier: Option<u64> = "earlier" declared,
        /// True if they are sent automatically.
        pub live: Option<bool> = "live" declared,
        /// True if they replace the known ones.
        pub reset: Option<bool> = "reset" declared,
    }
}

object! {
    /// What happened to the request to follow an agent (`follow`, CLI 2.1.329, declared, not seen).
    pub struct TaskFollow {
        /// What happened to it.
        pub status: FollowStatus = "status" declared,
        /// Why.
        pub reason: Option<String> = "reason" declared,
        /// True if it is worth asking again.
        pub may_follow_again: Option<bool> = "may_follow_again" declared,
    }
}

open_enum! {
    /// What happened to the request to follow an agent (`status` of a `follow`).
    pub enum FollowStatus {
        Following = "following",
        Unavailable = "unavailable",
        FollowStopped = "follow_stopped",
    }
}
