//! The numbers of the format: its version, and how long a line may be.

use crate::wire::DEFAULT_MAX_LINE;

/// The newest format version, and the one that is written.
pub const FORMAT_VERSION: u32 = 1;

/// The longest line of a recording or a capture, in bytes without its line break: the longest line
/// that crosses a pipe ([`DEFAULT_MAX_LINE`](crate::wire::DEFAULT_MAX_LINE)), and 64 KiB for the
/// envelope.
///
/// A longer line is refused when it is read or written, before it is kept in memory.
pub const MAX_RECORDED_LINE: usize = DEFAULT_MAX_LINE + 64 * 1024;

/// How many bytes the values of variables may add to a recording of this size.
pub(super) fn room_for_values(size: usize) -> usize {
    size.max(DEFAULT_MAX_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_add_as_much_as_a_large_recording_has() {
        for (size, room) in [(0, DEFAULT_MAX_LINE), (DEFAULT_MAX_LINE, DEFAULT_MAX_LINE)] {
            assert_eq!(room_for_values(size), room);
        }
        assert_eq!(room_for_values(3 * DEFAULT_MAX_LINE), 3 * DEFAULT_MAX_LINE);
    }
}
