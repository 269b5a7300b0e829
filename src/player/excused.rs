//! What of a report does not count, because of an injected fault.

use serde::{Deserialize, Serialize};

/// How much of what a report has does not count: the host could not do it, because a fault had ended
/// the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Excused {
    #[serde(default)]
    pub(super) divergences: usize,
    #[serde(default)]
    pub(super) left: usize,
}

impl Excused {
    pub(super) fn add(&mut self, other: Self) {
        self.divergences += other.divergences;
        self.left += other.left;
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
