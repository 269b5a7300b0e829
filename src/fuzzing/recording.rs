//! Files that claim to be recordings.

use crate::recording::{Integrity, Recording};

/// A file.
///
/// Holds: reading never panics; what was read can be written, and what was written reads as the same, is sealed, and stays as it is.
pub fn recording(data: &[u8]) {
    let Ok(read) = Recording::from_bytes(data) else { return };
    let written = read.to_bytes();
    let again = match Recording::from_bytes(&written) {
        Ok(again) => again,
        Err(error) => panic!("what was written cannot be read: {error}"),
    };
    assert_eq!(again.header, read.header);
    assert_eq!(again.events, read.events);
    assert_eq!(again.integrity(), &Integrity::Sealed);
    assert_eq!(again.to_bytes(), written);
}
