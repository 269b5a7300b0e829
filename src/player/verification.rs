//! Whether a handle verifies itself when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::report::Report;

/// Of the handle that a user made it is on; of its clones it is off, and what they see and do counts
/// for it.
#[derive(Debug, Default)]
pub(super) struct Verification {
    whose: Whose,
    shared: Arc<Shared>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Whose {
    /// The handle's own, when it is dropped.
    #[default]
    Handle,
    /// A clone's, or turned off.
    NoOne,
}

/// What all clones share.
#[derive(Debug, Default)]
struct Shared {
    /// Whether it was opened, or given to a session.
    used: AtomicBool,
    /// Whether its user has the report.
    seen: AtomicBool,
    /// Whether the session that owns the handle reports what is left.
    taken: AtomicBool,
}

impl Clone for Verification {
    fn clone(&self) -> Self {
        Self { whose: Whose::NoOne, shared: self.shared.clone() }
    }
}

impl Verification {
    pub(super) fn turn_off(&mut self) {
        self.whose = Whose::NoOne;
    }

    /// It is the transport of a connection.
    pub(super) fn note_use(&self) {
        self.shared.used.store(true, Ordering::Relaxed);
    }

    /// Its user has the report.
    pub(super) fn note_report(&self) {
        self.shared.seen.store(true, Ordering::Relaxed);
    }

    /// A session has it.
    pub(super) fn note_taken(&self) {
        self.note_use();
        if self.whose == Whose::Handle {
            self.shared.taken.store(true, Ordering::Relaxed);
        }
    }

    /// What the session that has this handle must report.
    pub(super) fn unfinished(&self, report: impl FnOnce() -> Report) -> Option<String> {
        if self.whose != Whose::Handle || self.shared.seen.load(Ordering::Relaxed) {
            return None;
        }
        Some(report()).filter(|report| !report.is_met()).map(|report| report.to_string())
    }

    /// For the drop of the handle. One that nothing opened is verified as well: a test that plays
    /// nothing proves nothing.
    ///
    /// # Panics
    /// With the report, if the handle verifies itself and something differed or is left.
    pub(super) fn verify(&self, report: impl FnOnce() -> Report) {
        let [used, seen, taken] = [&self.shared.used, &self.shared.seen, &self.shared.taken]
            .map(|flag| flag.load(Ordering::Relaxed));
        if self.whose != Whose::Handle || seen || taken || std::thread::panicking() {
            return;
        }
        let report = report();
        let unused = match used {
            true => "",
            false => "nothing opened it, and a test that never uses it proves nothing\n",
        };
        assert!(
            report.is_met(),
            "{unused}{report}\n(this handle verifies when it is dropped; `unverified()` turns that off)"
        );
    }
}
