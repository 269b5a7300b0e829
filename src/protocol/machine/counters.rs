//! What is counted.

/// How many lines of the CLI went where nobody reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Lines of abandoned turns.
    pub drained: u64,
    /// Text that was not a frame; blank lines are not counted.
    pub noise: u64,
    /// Lines that looked like frames but were none, over-long ones and a truncated tail included.
    pub malformed: u64,
    /// Replies that nobody waited for.
    pub stray_replies: u64,
    /// `keep_alive` frames.
    pub keep_alives: u64,
    /// Requests of the CLI that repeated one under way.
    pub repeated_requests: u64,
    /// Requests of the CLI that were refused, since 1024 others were open.
    pub refused_requests: u64,
    /// Cancellations by the CLI of a request that was not under way: mostly, its answer was on the way.
    pub stray_cancels: u64,
}
