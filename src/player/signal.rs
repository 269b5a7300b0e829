//! Signals to the CLI, by their names in a recording.

use crate::transport::Exit;

/// A signal that the CLI can catch. SIGKILL is not one: there the player just ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGHUP.
    Hangup,
    /// SIGINT.
    Interrupt,
    /// SIGTERM, and its equivalent in memory.
    Terminate,
}

impl Signal {
    /// The signal of this name in a recording, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Hangup, Self::Interrupt, Self::Terminate]
            .into_iter()
            .find(|signal| signal.name() == name)
    }

    /// Its name in a recording.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// How CLI 2.1.329 ends on it: it catches all three.
    pub(super) const fn exit(self) -> Exit {
        Exit::from_code(match self {
            Self::Hangup => 129,
            Self::Interrupt => 0,
            Self::Terminate => 143,
        })
    }
}

/// The number of a signal, if it is the same on every Unix.
pub(super) fn number(name: &str) -> Option<i32> {
    Some(match name {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGQUIT" => 3,
        "SIGILL" => 4,
        "SIGTRAP" => 5,
        "SIGABRT" => 6,
        "SIGFPE" => 8,
        "SIGKILL" => 9,
        "SIGSEGV" => 11,
        "SIGPIPE" => 13,
        "SIGALRM" => 14,
        "SIGTERM" => 15,
        _ => return None,
    })
}
