//! The redaction of a whole recording.

use std::collections::BTreeMap;

use super::redaction::Redaction;
use super::redactor::Redactor;
use crate::recording::file::Recording;
use crate::recording::vars::{Hider, Root};

impl Redaction {
    /// Replaces everything that should not be in a shared recording, and returns how often for each
    /// kind.
    ///
    /// The sum is added to the header's `redactions`. A second run finds nothing.
    pub fn scrub(&self, recording: &mut Recording) -> BTreeMap<&'static str, u64> {
        Redactor::new(self).hiding(Hider::new(self.roots(), &recording.header)).recording(recording)
    }
}

/// [`Redaction::scrub`] with only these roots.
pub fn scrub(recording: &mut Recording, roots: &[Root]) -> BTreeMap<&'static str, u64> {
    roots.iter().cloned().fold(Redaction::new(), Redaction::root).scrub(recording)
}

/// Makes these folders variables and replaces nothing else.
pub(crate) fn hide(recording: &mut Recording, roots: &[Root]) {
    Redactor::only_hiding(Hider::new(roots, &recording.header)).recording(recording);
}
