//! The state of a session, to query and to watch.

use std::path::PathBuf;

use super::kept_reply::KeptReply;
use super::spending::SpendingMeter;
use crate::protocol::{Counters, EndCause, Phase};
use crate::transport::Exit;
use crate::wire::usage::RateLimitInfo;

/// What a session is doing, and what happened to its CLIs so far.
///
/// [`Session::state`](super::Session::state) returns the current state,
/// [`Session::watch`](super::Session::watch) every change of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionState {
    /// The state of the connection.
    pub phase: Phase,
    /// The process id of the running CLI, if it has a process.
    pub pid: Option<u32>,
    /// How many prompts wait behind the running turn, or for the CLI. The running turn itself is
    /// [`Phase::Busy`].
    pub queued: usize,
    /// How often a launch of the CLI was attempted: each launch has one [`ConnectionEnd`].
    pub launches: u64,
    /// How many of them crashed: [`EndCause::is_crash`].
    pub crashes: u64,
    /// How the last ended launch ended. It is kept while the next one runs.
    pub last_end: Option<ConnectionEnd>,
    /// Whether the API refused the key or the login
    /// ([`TurnOutcome::is_auth`](crate::wire::TurnOutcome::is_auth)) in the last turn that failed.
    /// The CLI goes on, and so does the session: only another key or login helps. False again after a
    /// turn that succeeded, and when a CLI is launched.
    pub auth_failed: bool,
}

impl SessionState {
    /// True if and only if the running CLI has answered the handshake and is not being ended.
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Busy | Phase::Draining)
    }
}

/// How one launch of the CLI ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionEnd {
    /// Why it ended.
    pub cause: EndCause,
    /// How the process ended, if there was one and its end is known.
    pub exit: Option<Exit>,
    /// Its process id.
    pub pid: Option<u32>,
    /// Whether the CLI had answered the handshake. One that exits before mostly does so because of
    /// its configuration.
    pub was_ready: bool,
    /// Whether it was launched for one query, whose options differ from the session's. If it was not
    /// ready, only that query has failed: the next one needs no restart, also without
    /// [`Reconnect::OnDemand`](super::Reconnect::OnDemand).
    pub of_query: bool,
    /// The number of the launch, from 1.
    pub launch: u64,
}

/// What a handle can read without waiting for the driver.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    pub(super) session_id: Option<String>,
    /// The working directory of the CLI, as last reported.
    pub(super) cwd: Option<PathBuf>,
    pub(super) counters: Counters,
    pub(super) connected: bool,
    /// The reply to the last handshake.
    pub(super) server_info: Option<KeptReply>,
    pub(super) meter: SpendingMeter,
    /// Boxed: most sessions have none, and it is large.
    pub(super) rate_limit: Option<Box<RateLimitInfo>>,
}
