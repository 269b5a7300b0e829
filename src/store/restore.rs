//! Loads a conversation from a store, for a CLI that is to resume it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::error::{Error, Result};
use super::home::{Restored, Transcript};
use super::key::{SessionKey, is_below};
use super::mirror::guarded;
use super::session_store::SessionStore;
use crate::common::is_uuid;

/// The conversation to resume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conversation {
    /// The one with this id.
    Id(String),
    /// The newest one of the project.
    Newest,
}

/// What a store has of a conversation: its id, and its transcripts.
struct Loaded {
    id: String,
    transcripts: Vec<Transcript>,
}

/// Writes a conversation into a new configuration folder. Returns its id and that folder; `None` if
/// the store does not have the conversation. `env` is the environment of the CLI, `limit` the time
/// limit of each call to the store.
pub(crate) async fn restore(
    store: &dyn SessionStore,
    conversation: Conversation,
    project: String,
    env: BTreeMap<OsString, OsString>,
    limit: Duration,
) -> Result<Option<(String, Restored)>> {
    let calls = Calls { store, limit };
    let found = match conversation {
        Conversation::Id(id) => calls.one(&project, id).await?,
        Conversation::Newest => calls.newest(&project).await?,
    };
    let Some(Loaded { id, mut transcripts }) = found else { return Ok(None) };
    let (agents, skipped) = calls.agents(&SessionKey::new(&project, &id)).await?;
    transcripts.extend(agents);
    let write = move || {
        let mut restored = Restored::write(&env, &project, &id, &transcripts)?;
        restored.warnings.extend(skipped);
        Ok((id, restored))
    };
    let written: std::io::Result<_> =
        tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(error.into()));
    written.map(Some).map_err(|error| {
        Error::caused("write the conversation of the session store to a temporary folder", error)
    })
}

/// The calls to a store, each with a time limit.
pub(super) struct Calls<'a> {
    pub(super) store: &'a dyn SessionStore,
    pub(super) limit: Duration,
}

impl Calls<'_> {
    /// `what` completes "could not". An error says it too, but for a method that the store does not
    /// have.
    pub(super) async fn within<T, F>(&self, what: String, call: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        match tokio::time::timeout(self.limit, guarded(call)).await {
            Ok(Err(error)) if !error.is_unsupported() => Err(Error::caused(what, error)),
            Ok(result) => result,
            Err(_) => {
                Err(Error::timeout(format!("the session store could not {what}: it"), self.limit))
            }
        }
    }

    async fn load(&self, key: &SessionKey) -> Result<Option<Transcript>> {
        let loaded = self.within(format!("load {key}"), || self.store.load(key)).await?;
        let entries = loaded.filter(|entries| !entries.is_empty());
        let subpath = key.subpath.clone();
        Ok(entries.map(|entries| Transcript { subpath, entries }))
    }

    /// A store may have other names than ids, which would become names of files.
    async fn one(&self, project: &str, id: String) -> Result<Option<Loaded>> {
        if !is_uuid(id.as_bytes()) {
            return Ok(None);
        }
        let loaded = self.load(&SessionKey::new(project, &id)).await?;
        Ok(loaded.map(|main| Loaded { id, transcripts: vec![main] }))
    }

    /// The newest conversation that is not one of a sub-agent.
    async fn newest(&self, project: &str) -> Result<Option<Loaded>> {
        let list = || self.store.list_sessions(project);
        let mut sessions = self.within(format!("list the sessions of {project}"), list).await?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.mtime));
        for session in sessions {
            let Some(loaded) = self.one(project, session.session_id).await? else { continue };
            let first = loaded.transcripts.first().and_then(|main| main.entries.first());
            let side = first.and_then(|first| first.pointer("/isSidechain"));
            if side.is_none_or(|side| side.as_bytes() != b"true") {
                return Ok(Some(loaded));
            }
        }
        Ok(None)
    }

    /// The transcripts of the sub-agents, and warnings about those that were left out.
    async fn agents(&self, session: &SessionKey) -> Result<(Vec<Transcript>, Vec<String>)> {
        let list = || self.store.list_subkeys(session);
        let subpaths = match self.within(format!("list the sub-agents of {session}"), list).await {
            Err(error) if error.is_unsupported() => return Ok(Default::default()),
            subpaths => subpaths?,
        };
        let mut subpaths = subpaths;
        subpaths.sort();
        subpaths.dedup();
        let (mut agents, mut skipped) = (Vec::new(), Vec::new());
        for subpath in subpaths {
            if is_below(&subpath) {
                agents.extend(self.load(&session.with_subpath(subpath)).await?);
            } else {
                skipped.push(format!(
                    "the session store has a transcript of {session} that is not resumed: \
                     {subpath:?} is not a path below its session"
                ));
            }
        }
        Ok((agents, skipped))
    }
}
