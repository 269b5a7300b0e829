//! What the driver does for the session's store.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Driver, Error};
use crate::history::{PROJECT_NAME, project_key, project_name};
use crate::protocol::TurnId;
use crate::session::mailbox::Mailbox;
use crate::store::{CONFIG_DIR, Conversation, Found, Home, Mirror, restore};
use crate::transport::{BoxFuture, Launch, PathMap, there};
use crate::wire::control::ControlFrame;
use crate::wire::{Frame, FrameKind, Outcome};

impl Driver {
    /// Takes the entries that are for the store.
    pub(super) fn mirror(&mut self, outcome: &Outcome) {
        let Outcome::Control(frame) = outcome else { return };
        if frame.kind() == FrameKind::TranscriptMirror
            && self.shared.setup.store.is_some()
            && let Some(ControlFrame::TranscriptMirror(entries)) = ControlFrame::of(frame)
            && let Some(mirror) = self.start_mirror()
        {
            mirror.add(entries);
        }
    }

    /// The way to the store, if the session has one.
    fn start_mirror(&mut self) -> Option<&mut Mirror> {
        let store = self.shared.setup.store.as_ref()?;
        let shared = &self.shared;
        let mirror = self.mirror.get_or_insert_with(|| {
            let transport = &shared.setup.transport;
            let map = || transport.path_map().cloned().unwrap_or_default();
            let files = transport.runs_here().then(map);
            let shared = Arc::clone(shared);
            let report = Arc::new(move |error| shared.report_mirror(error));
            Box::new(Mirror::start(store.as_ref().clone(), files, report))
        });
        Some(mirror)
    }

    /// Sends what waits. `done` is dropped after it.
    pub(super) fn flush_mirror(&self, done: Option<oneshot::Sender<()>>) {
        if let Some(mirror) = &self.mirror {
            mirror.jobs().flush(done);
        }
    }

    /// A result sends what waits, and the reader of its turn gets it after that. It does not wait
    /// long, and the session goes on meanwhile.
    pub(super) fn hold_result(&self, turn: Option<TurnId>, frame: &Frame) {
        let Some(mirror) = self.mirror.as_ref().filter(|_| frame.kind() == FrameKind::Result)
        else {
            return;
        };
        let Some(mailbox) = turn.and_then(|turn| self.turns.get(&turn)) else {
            return mirror.jobs().flush(None);
        };
        if let Some(flushed) = mirror.flush_for_result() {
            let hold = Mailbox::hold(mailbox);
            tokio::spawn(async move {
                flushed.await;
                drop(hold);
            });
        }
    }

    /// Finds out where the CLI of the next launch has its conversation. What a store has is loaded
    /// into a temporary configuration folder first.
    pub(super) fn find_home(
        &mut self,
        conversation: Option<Conversation>,
        mut launch: Launch,
    ) -> BoxFuture<'static, Result<(Launch, Home), Error>> {
        let shared = Arc::clone(&self.shared);
        let (setup, known) = (&shared.setup, shared.home().clone());
        // What this session, or that from which it was forked, has begun is where it was begun.
        let is_elsewhere =
            matches!(known, Home::Unknown) || conversation != shared.options().conversation();
        let store = setup.store.clone().filter(|_| is_elsewhere);
        if store.is_some() && conversation.is_some() && !setup.transport.runs_here() {
            let text = "the conversation is not loaded from the session store, because the transport \
                        does not say that its CLI sees the files of this machine (`shared_files` of \
                        a launcher): the CLI resumes what its own configuration folder has";
            shared.warn("store_not_loaded", text.to_owned());
        }
        let store = store.filter(|_| setup.transport.runs_here());
        let env = setup.transport.environment(&launch);
        let named = project_name(|name| env.get(OsStr::new(name)).cloned());
        let map = setup.transport.path_map().cloned();
        let wanted = store.zip(conversation);
        let mirror = wanted.as_ref().and_then(|_| self.start_mirror());
        let jobs = mirror.map(|mirror| mirror.jobs().clone());
        let (Some((options, conversation)), Some(jobs)) = (wanted, jobs) else {
            into_home(&mut launch, &known, map.as_ref(), named.is_some());
            return Box::pin(std::future::ready(Ok((launch, known))));
        };
        let (done, flushed) = oneshot::channel();
        jobs.flush(Some(done));
        Box::pin(async move {
            // This session may have written to that conversation.
            let _ = flushed.await;
            let cwd = launch.cwd.clone().or_else(|| std::env::current_dir().ok());
            let cwd = there(map.as_ref(), &cwd.unwrap_or_default());
            let is_named = named.is_some();
            let project = named.unwrap_or_else(|| project_key(cwd));
            let (store, limit) = (&*options.store, options.load_timeout);
            let found = restore(store, conversation, project, env, map.clone(), limit).await;
            let (id, home) = match found.map_err(Error::store)? {
                Found::Nothing => return Ok((launch, Home::Own)),
                Found::Here { id, transcripts, lacking, warning } => {
                    shared.warn("store_lacks_messages", warning);
                    let named = |path: &PathBuf| there(map.as_ref(), path);
                    jobs.repair(transcripts.iter().map(named).collect(), lacking).await;
                    (id, Home::Own)
                }
                Found::Restored(id, restored) => (id, Home::Restored(Arc::new(restored))),
            };
            for arg in launch.args.iter_mut().filter(|arg| *arg == "--continue") {
                *arg = format!("--resume={id}").into();
            }
            into_home(&mut launch, &home, map.as_ref(), is_named);
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
fn into_home(launch: &mut Launch, home: &Home, map: Option<&PathMap>, is_named: bool) {
    let Some(folder) = home.folder() else { return };
    let mut env = std::mem::take(&mut launch.env).set(CONFIG_DIR, there(map, folder));
    if !is_named {
        env = env.remove(PROJECT_NAME);
    }
    launch.env = env;
}
