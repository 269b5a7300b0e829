//! What is taken out of a recording before it is written.

use crate::recording::{Event, EventKind, Header, Hider, Redaction, Redactor, Root};

/// Folders become variables; secrets become placeholders, unless that was turned off.
#[derive(Debug)]
pub(super) struct Filter {
    hider: Hider,
    redactor: Option<Redactor>,
    /// The version that the CLI told of itself.
    version: Option<String>,
}

impl Filter {
    /// Secrets too. Begins with the header.
    pub(super) fn redacting(redaction: &Redaction, header: &mut Header) -> Self {
        let hider = Hider::new(redaction.roots(), header);
        let mut redactor = Redactor::new(redaction);
        redactor.header(header);
        Self { hider, redactor: Some(redactor), version: None }
    }

    /// Folders only.
    pub(super) fn hiding(roots: &[Root], header: &mut Header) -> Self {
        Self { hider: Hider::new(roots, header), redactor: None, version: None }
    }

    /// Takes in an event; those that are ready to be written are handed on. One may wait for the end of a text.
    pub(super) fn push(&mut self, mut event: Event, ready: &mut Vec<Event>) {
        if self.version.is_none() {
            self.version = version_in(&event);
        }
        self.hider.event(&mut event);
        match &mut self.redactor {
            Some(redactor) => {
                redactor.push(event);
                ready.extend(std::iter::from_fn(|| redactor.next()));
            }
            None => ready.push(event),
        }
    }

    /// The version that the CLI told of itself, if it has.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether events wait.
    pub(super) fn is_holding(&self) -> bool {
        self.redactor.as_ref().is_some_and(Redactor::is_holding)
    }

    /// Hands on what waits.
    pub(super) fn finish(&mut self, ready: &mut Vec<Event>) {
        if let Some(redactor) = &mut self.redactor {
            redactor.finish();
            ready.extend(std::iter::from_fn(|| redactor.next()));
        }
    }

    /// How often something was taken out so far, if secrets are.
    pub(super) fn redactions(&self) -> Option<u64> {
        let redactor = self.redactor.as_ref()?;
        Some(self.hider.hidden() + redactor.counts().values().sum::<u64>())
    }
}

/// `"claude_code_version":"2.1.329"`: in the first message of a session.
fn version_in(event: &Event) -> Option<String> {
    const NAME: &[u8] = b"\"claude_code_version\":\"";
    let EventKind::Out(line) = &event.kind else { return None };
    let rest = &line.bytes()[memchr::memmem::find(line.bytes(), NAME)? + NAME.len()..];
    let version = &rest[..memchr::memchr(b'"', rest)?];
    let plain = version.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    (plain && version.len() <= 32).then(|| String::from_utf8_lossy(version).into_owned())
}
