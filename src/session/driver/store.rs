//! What the driver does for the session's store.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Driver;
use crate::session::events::SessionEvent;
use crate::store::Mirror;
use crate::wire::control::ControlFrame;
use crate::wire::{FrameKind, Outcome};

impl Driver {
    /// Takes the entries that are for the store. A result sends what waits.
    pub(super) fn mirror(&mut self, outcome: &Outcome) {
        let Some(store) = &self.shared.setup.store else { return };
        match outcome {
            Outcome::Control(frame) if frame.kind() == FrameKind::TranscriptMirror => {
                let Some(ControlFrame::TranscriptMirror(entries)) = ControlFrame::of(frame) else {
                    return;
                };
                let shared = &self.shared;
                let mirror = self.mirror.get_or_insert_with(|| {
                    let shared = Arc::clone(shared);
                    let warn = move |text: String| {
                        tracing::warn!("{text}");
                        shared.publish(SessionEvent::Warning(text));
                    };
                    Box::new(Mirror::start(store.as_ref().clone(), Box::new(warn)))
                });
                mirror.add(entries);
            }
            Outcome::Message(frame) if frame.kind() == FrameKind::Result => self.flush_mirror(None),
            _ => {}
        }
    }

    /// Sends what waits. Without a mirror nothing does, and `done` is called at once.
    pub(super) fn flush_mirror(&self, done: Option<oneshot::Sender<()>>) {
        match &self.mirror {
            Some(mirror) => mirror.flush(done),
            None => drop(done.map(|done| done.send(()))),
        }
    }

    /// Waits until the store has all, or it was given up.
    pub(super) async fn close_mirror(&mut self) {
        if let Some(mirror) = self.mirror.take() {
            mirror.close().await;
        }
    }
}
