//! The bodies of the fuzz targets: functions over bytes that panic when an invariant is broken.
//!
//! `fuzz/` calls them from libFuzzer; the unit tests call them with the committed seeds, so that
//! ordinary builds compile and run them.

#[cfg(feature = "session")]
mod choppy;
mod formats;
mod message;
mod protocol;
#[cfg(feature = "session")]
mod session;

pub use self::formats::codec;
#[cfg(feature = "recording")]
pub use self::formats::recording;
pub use self::message::message;
pub use self::protocol::protocol;
#[cfg(feature = "session")]
pub use self::session::session;

/// Takes bytes from the front; returns zeros when none are left.
pub(super) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    /// At most this many bytes.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests;
