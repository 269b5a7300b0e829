//! The last line of a recording: its number of events and its digest.

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::object::{members, value};

/// Whether a recording is complete and unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Integrity {
    /// It was made in memory and has not been in a file.
    InMemory,
    /// The footer agrees with everything before it.
    Sealed,
    /// There is no footer: the recorder was cut off.
    Truncated {
        /// Bytes of a last, partial line that were dropped.
        dropped: usize,
    },
    /// The footer does not match: the file was changed after it was sealed.
    Edited {
        /// The number of events the footer names.
        events: u64,
        /// The number of events there are.
        found: u64,
    },
}

/// Count and digest of what has been written so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seal {
    events: u64,
    sha256: Sha256,
    /// The digest is taken from the file, at the end.
    only_counts: bool,
}

impl Seal {
    pub(super) fn header(&mut self, line: &[u8]) {
        self.sha256.update(line);
    }

    /// Leaves the digest to [`rehash`](Self::rehash).
    #[cfg(feature = "player")]
    pub(super) fn only_count(&mut self) {
        self.only_counts = true;
    }

    /// How many lines there are so far, the header among them.
    pub(super) fn lines(&self) -> usize {
        usize::try_from(self.events).unwrap_or(usize::MAX).saturating_add(1)
    }

    pub(super) fn event(&mut self, line: &[u8]) {
        self.events += 1;
        if !self.only_counts {
            self.sha256.update(line);
        }
    }

    /// Takes in everything that was written.
    #[cfg(feature = "player")]
    pub(super) fn rehash(&mut self, file: &mut impl std::io::Read) -> std::io::Result<()> {
        self.sha256 = Sha256::new();
        let mut chunk = vec![0; 1 << 16];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(read) => self.sha256.update(&chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn footer(&self) -> Footer {
        let digest = self.sha256.clone().finalize();
        Footer {
            events: self.events,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// The last line: `{"end":{"events":10,"sha256":"..."}}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Footer {
    pub(super) events: u64,
    pub(super) sha256: String,
}

impl Footer {
    /// The correct footer after these bytes.
    pub(super) fn of(before: &[u8], events: u64) -> Self {
        Seal { events, sha256: Sha256::new_with_prefix(before), ..Seal::default() }.footer()
    }

    /// Reads a line that may be the footer; `None` if it is something else.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let members = members(line).unwrap_or_default();
        match members.iter().find(|(key, _)| key == "end") {
            Some((key, raw)) => value(key, raw, "{\"events\":N,\"sha256\":\"...\"}").map(Some),
            None => Ok(None),
        }
    }

    /// The footer's line with its line break.
    pub(super) fn line(&self) -> Bytes {
        // A digest consists of hexadecimal digits: there is nothing to escape.
        format!("{{\"end\":{{\"events\":{},\"sha256\":\"{}\"}}}}\n", self.events, self.sha256)
            .into()
    }
}
