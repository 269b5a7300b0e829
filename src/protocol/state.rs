//! The state of a connection, and why it ended.

use std::fmt;

/// The state of a session's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// No CLI is running or being started: the next query starts one.
    #[default]
    Down,
    /// A CLI is being started and has not answered the handshake yet.
    Starting,
    /// The CLI runs and waits for a prompt.
    Ready,
    /// A turn runs, or its settings are being applied.
    Busy,
    /// A turn that has ended for its reader (dropped, or a time limit exceeded) is being ended in
    /// the CLI too. The next prompt waits for that.
    Draining,
    /// The CLI is being ended, or is about to exit. A session that was stopped, and that holds its
    /// conversation, is also here while its store gets the rest of it, or while a launch still takes
    /// it.
    Ending,
    /// The session was stopped, and its CLI has ended. This state is final.
    Stopped,
}

/// Why a CLI ended, or was never reached.
///
/// What the host did takes precedence: a CLI that exits with code 1 after the end of its input, as
/// it does if its last turn was an error, has not crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndCause {
    /// `stop` of the session was called.
    Stopped,
    /// The last handle and the last turn were dropped.
    Dropped,
    /// The next query needs another launch: one with its options, or with the session's after such
    /// a query.
    Relaunched,
    /// `restart` of the session was called.
    Restarted,
    /// The conversation was to be cleared, and the CLI did not confirm that.
    Cleared,
    /// A setting of one query could not be restored, so that the next query needs another process.
    SettingStuck,
    /// The CLI did not answer the handshake within `initialize_timeout`.
    HandshakeTimeout,
    /// The CLI did not end an interrupted turn within `drain_timeout`.
    DrainTimeout,
    /// The CLI refused the handshake, reported instead of a reply why it will not start, or does
    /// not support what the session requires.
    Refused,
    /// The CLI went on with a conversation that another session has, and this one is exclusive.
    Owned,
    /// This program has left the holder of the CLI, which runs on.
    Left,
    /// The transport could not be opened: there was no process.
    NotStarted,
    /// The CLI closed its standard input or output but kept running, or it answered no probe of a
    /// supervisor, or was not started in the time of one; and was ended for that.
    HungUp,
    /// The CLI exited by itself with code 0.
    Exited,
    /// The CLI ended by itself in any other way: with another code, by a signal, or in an unknown
    /// way.
    Crashed,
    /// The runtime was shut down while the session ran.
    RuntimeGone,
    /// The task of the session panicked: a defect of this crate or of the transport.
    Panicked,
}

impl EndCause {
    /// True if and only if the host caused the end: the session was stopped, dropped, restarted or
    /// cleared, the CLI is relaunched with other options, or was left to its holder.
    pub fn is_wanted(self) -> bool {
        matches!(
            self,
            Self::Stopped
                | Self::Dropped
                | Self::Relaunched
                | Self::Restarted
                | Self::Cleared
                | Self::SettingStuck
                | Self::Left
        )
    }

    /// True if and only if the CLI ended by itself and not with code 0.
    pub fn is_crash(self) -> bool {
        self == Self::Crashed
    }

    /// True if and only if the CLI exceeded a time limit.
    pub fn is_time_limit(self) -> bool {
        matches!(self, Self::HandshakeTimeout | Self::DrainTimeout)
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "the session was stopped",
            Self::Dropped => "the last handle was dropped",
            Self::Relaunched => "the next query needs another launch",
            Self::Restarted => "the session was restarted",
            Self::Cleared => "the conversation was cleared",
            Self::SettingStuck => "a setting of one query could not be restored",
            Self::Owned => "another session has the conversation",
            Self::Left => "this program has left the holder of the CLI",
            Self::HandshakeTimeout => "the CLI did not answer the handshake in time",
            Self::DrainTimeout => "the CLI did not end an interrupted turn in time",
            Self::Refused => "the CLI refused to start",
            Self::NotStarted => "the CLI could not be started",
            Self::HungUp => "the CLI closed a pipe but kept running",
            Self::Exited => "the CLI exited by itself",
            Self::Crashed => "the CLI crashed",
            Self::RuntimeGone => "the runtime was shut down",
            Self::Panicked => "the task of the session panicked",
        })
    }
}
