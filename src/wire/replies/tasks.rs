//! Tasks in the background.

object! {
    /// The end of what a task wrote (reply to `get_task_output`, CLI 2.1.329).
    pub struct TaskOutput {
        /// The last 8 KiB of it.
        pub output: String = "output" required,
        /// How much it wrote, in bytes.
        pub total_bytes: u64 = "total_bytes" required,
        /// True when something was left out.
        pub truncated: bool = "truncated" required,
    }
}

object! {
    /// Whether something went into the background (reply to `background_tasks`, CLI 2.1.329).
    pub struct Backgrounded {
        /// False when the named tool call was not running in the foreground; `None` where none was named.
        pub backgrounded: Option<bool> = "backgrounded",
    }
}
