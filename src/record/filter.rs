//! What is taken out of a recording before it is written.

use crate::recording::{Event, Header, Hider, Redaction, Redactor, Root};

/// Folders become variables; secrets become placeholders, unless that was turned off.
#[derive(Debug)]
pub(super) struct Filter {
    hider: Hider,
    redactor: Option<Redactor>,
}

impl Filter {
    /// Secrets too. Begins with the header.
    pub(super) fn redacting(redaction: &Redaction, header: &mut Header) -> Self {
        let hider = Hider::new(redaction.roots(), header);
        let mut redactor = Redactor::new(redaction);
        redactor.header(header);
        Self { hider, redactor: Some(redactor) }
    }

    /// Folders only.
    pub(super) fn hiding(roots: &[Root], header: &mut Header) -> Self {
        Self { hider: Hider::new(roots, header), redactor: None }
    }

    pub(super) fn redacts(&self) -> bool {
        self.redactor.is_some()
    }

    pub(super) fn event(&mut self, event: &mut Event) {
        self.hider.event(event);
        if let Some(redactor) = &mut self.redactor {
            redactor.event(event);
        }
    }

    /// How often something was taken out so far.
    pub(super) fn redactions(&self) -> u64 {
        let redacted = self.redactor.iter().flat_map(|redactor| redactor.counts().values());
        self.hider.hidden() + redacted.sum::<u64>()
    }
}
