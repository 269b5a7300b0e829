//! How long a shutdown may take.

use std::time::Duration;

/// Grace periods for shutdown: after the end of input comes SIGTERM, then SIGKILL.
///
/// Shutdown takes at most the sum of both, and the moment that the kernel needs.
///
/// A CLI 2.1.329 that was killed (SIGKILL) while it wrote its configuration leaves `.claude.json.lock` behind, and the next one to write waits
/// until that is ten seconds old, deaf to SIGTERM. After a kill, an end in order may therefore need more than the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// From the end of input to SIGTERM; 5 s by default. A CLI in mid-turn finishes the turn first.
    pub grace_after_eof: Duration,
    /// From SIGTERM to SIGKILL; 2 s by default. CLI 2.1.329 takes 30 ms, and 1.6 s while a tool runs.
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
