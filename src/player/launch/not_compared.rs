//! What a replay does not compare of a command line, and why.
//!
//! `docs/stand-in.md` has this list as a table; a test compares the two.

/// Why a flag is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// An id that an SDK makes.
    Id,
    /// It changes which lines are written, and how, but not what is said. A replay writes the
    /// recorded lines.
    Output,
    /// It announces what comes in `initialize`, where it is compared.
    Announcement,
}

/// The flags that are not compared, by long name.
pub(super) const NOT_COMPARED: [(&str, Why); 17] = [
    ("--await-claim", Why::Announcement),
    ("--await-initialize", Why::Announcement),
    ("--correlation-id", Why::Id),
    ("--debug", Why::Output),
    ("--debug-file", Why::Output),
    ("--debug-to-stderr", Why::Output),
    ("--include-hook-events", Why::Output),
    ("--include-partial-messages", Why::Output),
    ("--initialize-fields", Why::Announcement),
    ("--input-format", Why::Output),
    ("--managed-settings-in-initialize", Why::Announcement),
    ("--parent-session-id", Why::Id),
    ("--print", Why::Output),
    ("--replay-user-messages", Why::Output),
    ("--session-id", Why::Id),
    ("--session-mirror", Why::Output),
    ("--verbose", Why::Output),
];

/// Whether a flag of a session is left out of the comparison.
pub(super) fn is_left_out(flag: &str) -> bool {
    NOT_COMPARED.iter().any(|(name, _)| *name == flag)
}

/// A flag that is compared only where both launches have it: what a recording without it was
/// written in is the CLI's own choice.
pub(super) fn is_shown_by_both(flag: &str) -> bool {
    flag == "--output-format"
}
