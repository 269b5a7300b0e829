//! What a session is doing, to ask and to watch.

use std::path::PathBuf;

use super::spending::Spending;
use crate::protocol::{Counters, EndCause, Phase};
use crate::transport::Exit;
use crate::wire::RawJson;
use crate::wire::usage::RateLimitInfo;

/// What a session is doing, and what has become of its CLIs so far.
///
/// [`Session::state`](super::Session::state) gives it as it is now, [`Session::watch`](super::Session::watch)
/// each change of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionState {
    /// Where the connection stands.
    pub phase: Phase,
    /// The process id of the CLI that runs, where there is a process.
    pub pid: Option<u32>,
    /// How many prompts wait behind the turn that runs, or for the CLI. That turn itself is
    /// [`Phase::Busy`].
    pub queued: usize,
    /// How often a CLI was launched, or was to be: each launch has one [`ConnectionEnd`].
    pub launches: u64,
    /// How many of them crashed: [`EndCause::is_crash`].
    pub crashes: u64,
    /// How the last launch that has ended did. It stays while the next one runs.
    pub last_end: Option<ConnectionEnd>,
}

impl SessionState {
    /// True if and only if a CLI runs that has answered the handshake, and is not being ended.
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Busy | Phase::Draining)
    }
}

/// How one launch of the CLI has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionEnd {
    /// Why it ended.
    pub cause: EndCause,
    /// How the process ended, where there was one and its end is known.
    pub exit: Option<Exit>,
    /// The process id that it had.
    pub pid: Option<u32>,
    /// Had the CLI answered the handshake? One that dies before mostly does so for its configuration.
    pub was_ready: bool,
    /// The number of the launch, from 1.
    pub launch: u64,
}

/// What a handle can ask without waiting for the driver.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    pub(super) session_id: Option<String>,
    /// Where the CLI works, as it said last.
    pub(super) cwd: Option<PathBuf>,
    pub(super) counters: Counters,
    pub(super) connected: bool,
    /// The reply to the last handshake.
    pub(super) server_info: Option<RawJson>,
    pub(super) spending: Spending,
    /// Boxed: most sessions have none, and it is large.
    pub(super) rate_limit: Option<Box<RateLimitInfo>>,
}
