//! Redaction of a recording before it is written.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::recording::{Event, EventKind, Header, Hider, Redaction, Redactor, Root};

/// Folders become variables; secrets become placeholders, unless that is turned off.
#[derive(Debug)]
pub(super) struct Filter {
    redactor: Redactor,
    /// Whether replacements are counted.
    counts: bool,
    /// The version that the CLI reported.
    version: Option<String>,
}

impl Filter {
    /// Replaces secrets too. Begins with the header.
    pub(super) fn redacting(redaction: &Redaction, header: &mut Header) -> Self {
        let hider = Hider::new(redaction.roots(), header);
        Self::new(hider, |hider| Redactor::new(redaction).hiding(hider), true, header)
    }

    /// Replaces folders only.
    pub(super) fn hiding(roots: &[Root], header: &mut Header) -> Self {
        Self::new(Hider::new(roots, header), Redactor::only_hiding, false, header)
    }

    fn new(
        hider: Hider,
        redactor: impl FnOnce(Hider) -> Redactor,
        counts: bool,
        header: &mut Header,
    ) -> Self {
        hider.name_all(header);
        let mut redactor = redactor(hider);
        redactor.header(header);
        Self { redactor, counts, version: None }
    }

    /// Adds an event.
    pub(super) fn push(&mut self, event: Event) {
        if self.version.is_none() {
            self.version = version_in(&event);
        }
        self.redactor.push(event);
    }

    /// Passes on the events that can be written. Some may wait for the end of a text.
    pub(super) fn ready(&mut self, ready: &mut Vec<Event>) {
        self.redactor.ready(ready);
    }

    /// The version that the CLI reported, if it has.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether events wait.
    pub(super) fn is_holding(&self) -> bool {
        self.redactor.is_holding()
    }

    /// Passes on the waiting events.
    pub(super) fn finish(&mut self, ready: &mut Vec<Event>) {
        self.redactor.finish(ready);
    }

    /// The number of replacements so far, if secrets are replaced.
    pub(super) fn redactions(&self) -> Option<u64> {
        self.counts.then(|| self.redactor.counts().values().sum())
    }
}

/// `"claude_code_version":"2.1.329"`: in the first message of a session.
fn version_in(event: &Event) -> Option<String> {
    const NAME: &[u8] = b"\"claude_code_version\":\"";
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));
    let EventKind::Out(line) = &event.kind else { return None };
    let rest = &line.bytes()[FINDER.find(line.bytes())? + NAME.len()..];
    let version = &rest[..memchr::memchr(b'"', rest)?];
    let plain = version
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    (plain && version.len() <= 32).then(|| String::from_utf8_lossy(version).into_owned())
}
