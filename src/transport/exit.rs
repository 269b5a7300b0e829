//! How the other side ended, and how long it may take to.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

/// How the last line of a replay's report begins. It tells a session that the exit code is the
/// replay's and not a CLI's.
pub(crate) const REPLAY_REPORT: &str = "replay: played=";

/// How the CLI ended: with a code, or by a signal.
///
/// CLI 2.1.329 catches SIGTERM and SIGHUP and exits with 143 and 129, so of the common signals only
/// SIGKILL appears as a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, if the process ended by itself.
    pub code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
}

impl Exit {
    /// An end with an exit code.
    pub const fn from_code(code: i32) -> Self {
        Self { code: Some(code), signal: None }
    }

    /// An end by a signal.
    pub const fn from_signal(signal: i32) -> Self {
        Self { code: None, signal: Some(signal) }
    }

    /// Whether the exit code is 0. This says nothing about a turn: a failed last turn exits with 1,
    /// and an interrupted one with 0.
    pub const fn success(&self) -> bool {
        matches!(self.code, Some(0))
    }

    /// The exit code of a replay that ended because its input differed from the recording.
    pub const DIVERGED: i32 = 70;

    /// The name of the signal that ended it, such as `SIGKILL`; also `None` if its number is not
    /// the same on every Unix.
    pub fn signal_name(&self) -> Option<&'static str> {
        self.signal.and_then(signal_name)
    }
}

/// `exit code 1`, `signal 9 (SIGKILL)`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(signal)) => match signal_name(signal) {
                Some(name) => write!(f, "signal {signal} ({name})"),
                None => write!(f, "signal {signal}"),
            },
            (None, None) => f.write_str("unknown exit status"),
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Self { code: status.code(), signal }
    }
}

/// The signals whose numbers are the same on every Unix.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// Grace periods for shutdown: after the end of input comes SIGTERM, then SIGKILL.
///
/// Shutdown takes at most the sum of both, plus the moment that the kernel needs.
///
/// A CLI 2.1.329 that was killed (SIGKILL) while it wrote its configuration leaves
/// `.claude.json.lock` behind. The next CLI to write waits until that is ten seconds old, and
/// ignores SIGTERM meanwhile. After a kill, a clean shutdown may therefore need longer grace
/// periods than the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// From the end of input to SIGTERM; 5 s by default. A CLI in the middle of a turn finishes
    /// the turn first.
    pub grace_after_eof: Duration,
    /// From SIGTERM to SIGKILL; 2 s by default. CLI 2.1.329 takes 30 ms, and 1.6 s while a tool
    /// runs.
    pub grace_after_sigterm: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            grace_after_eof: Duration::from_secs(5),
            grace_after_sigterm: Duration::from_secs(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_it_ended() {
        assert_eq!(Exit::from_code(1).to_string(), "exit code 1");
        assert_eq!(Exit::from_signal(9).to_string(), "signal 9 (SIGKILL)");
        assert_eq!(Exit::from_signal(64).to_string(), "signal 64");
        assert_eq!(Exit { code: None, signal: None }.to_string(), "unknown exit status");
    }

    #[test]
    fn only_code_zero_is_success() {
        assert!(Exit::from_code(0).success());
        assert!(!Exit::from_code(1).success());
        assert!(!Exit::from_signal(15).success());
    }

    #[cfg(unix)]
    #[test]
    fn reads_a_wait_status() {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(Exit::from(ExitStatus::from_raw(7 << 8)), Exit::from_code(7));
        assert_eq!(Exit::from(ExitStatus::from_raw(9)), Exit::from_signal(9));
    }
}
