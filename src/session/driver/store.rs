//! What the driver does for the session's store.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Driver, Error};
use crate::history::{PROJECT_NAME, project_key, project_name};
use crate::store::{CONFIG_DIR, Conversation, Home, Mirror, restore};
use crate::transport::{BoxFuture, Launch};
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
                    let warn = Box::new(move |text| shared.warn("store_not_reached", text));
                    Box::new(Mirror::start(store.as_ref().clone(), warn))
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

    /// Finds out where the CLI of the next launch has its conversation. What a store has is loaded
    /// into a temporary configuration folder first.
    pub(super) fn find_home(
        &self,
        conversation: Option<Conversation>,
        mut launch: Launch,
        env: BTreeMap<OsString, OsString>,
    ) -> BoxFuture<'static, Result<(Launch, Home), Error>> {
        let (setup, known) = (&self.shared.setup, self.shared.home().clone());
        // What this session, or that from which it was forked, has begun is where it was begun.
        let is_elsewhere =
            matches!(known, Home::Unknown) || conversation != self.shared.options().conversation();
        let store = setup.store.clone().filter(|_| is_elsewhere);
        if store.is_some() && conversation.is_some() && !setup.transport.runs_here() {
            let text = "the conversation is not loaded from the session store, because the transport \
                        does not say that its CLI sees the files of this machine (`shared_files` of \
                        a launcher): the CLI resumes what its own configuration folder has";
            self.shared.warn("store_not_loaded", text.to_owned());
        }
        let store = store.filter(|_| setup.transport.runs_here());
        let named = project_name(|name| env.get(OsStr::new(name)).cloned());
        let (Some(options), Some(conversation)) = (store, conversation) else {
            into_home(&mut launch, &known, named.is_some());
            return Box::pin(std::future::ready(Ok((launch, known))));
        };
        let (done, flushed) = oneshot::channel();
        self.flush_mirror(Some(done));
        Box::pin(async move {
            // This session may have written to that conversation.
            let _ = flushed.await;
            let cwd = launch.cwd.clone().or_else(|| std::env::current_dir().ok());
            let is_named = named.is_some();
            let project = named.unwrap_or_else(|| project_key(cwd.unwrap_or_default()));
            let (store, limit) = (&*options.store, options.load_timeout);
            let found = restore(store, conversation, project, env, limit).await;
            let Some((id, restored)) = found.map_err(Error::store)? else {
                return Ok((launch, Home::Own));
            };
            for arg in launch.args.iter_mut().filter(|arg| *arg == "--continue") {
                *arg = format!("--resume={id}").into();
            }
            let home = Home::Restored(Arc::new(restored));
            into_home(&mut launch, &home, is_named);
            Ok((launch, home))
        })
    }

    /// The CLI that runs now has its transcripts here.
    pub(super) fn moved(&mut self, home: Home) {
        if let Home::Restored(restored) = &home
            && !self.restored.iter().any(|known| Arc::ptr_eq(known, restored))
        {
            for warning in &restored.warnings {
                self.shared.warn("store_partly_loaded", warning.clone());
            }
            self.restored.push(restored.clone());
        }
        *self.shared.home() = match home {
            Home::Unknown => Home::Own,
            home => home,
        };
    }

    /// Waits until the store has all, or it was given up. Then the temporary folders are removed.
    pub(super) async fn leave_store(&mut self) {
        let Some(mirror) = self.mirror.take() else { return self.leave_home() };
        if !mirror.close().await {
            for restored in &self.restored {
                let kept = restored.keep_transcripts();
                self.shared.warn(
                    "transcripts_kept",
                    format!(
                        "the session store does not have all of the conversation: its transcripts \
                         are kept in {}",
                        kept.display()
                    ),
                );
            }
        }
        self.leave_home();
    }

    fn leave_home(&mut self) {
        self.restored.clear();
        *self.shared.home() = Home::Unknown;
    }
}

/// Sends a launch to the temporary configuration folder, if there is one. `is_named` says whether the
/// name in the environment counts for the folder of the project: it would do so only there otherwise.
fn into_home(launch: &mut Launch, home: &Home, is_named: bool) {
    let Some(folder) = home.folder() else { return };
    let mut env = std::mem::take(&mut launch.env).set(CONFIG_DIR, folder);
    if !is_named {
        env = env.remove(PROJECT_NAME);
    }
    launch.env = env;
}
