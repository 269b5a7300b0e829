//! Loads a conversation from a store, for a CLI that is to resume it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::calls::Calls;
use super::error::{Error, Result};
use super::home::{Restored, Transcript, config_folder};
use super::key::{SessionKey, is_below};
use super::local::{self, Compared, Local};
use super::session_store::SessionStore;
use crate::common::is_uuid;
use crate::transport::PathMap;

/// The conversation to resume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conversation {
    /// The one with this id.
    Id(String),
    /// The newest one of the project.
    Newest,
}

/// What a store has of a conversation: its id, and its transcript.
struct Loaded {
    id: String,
    main: Transcript,
}

/// Where the conversation is with which a CLI is to go on.
pub(crate) enum Found {
    /// Not in the store: the CLI looks for it.
    Nothing,
    /// In the CLI's own configuration folder, which has messages that the store does not have.
    Here {
        id: String,
        /// The transcripts from which the store gets what it lacks.
        transcripts: Vec<PathBuf>,
        /// How many messages of the first one it lacks.
        lacking: u64,
        warning: String,
    },
    /// In a new configuration folder, as the store has it.
    Restored(String, Restored),
}

/// Finds a conversation, and writes what the store has of it into a new configuration folder. `env`
/// is the environment of the CLI, `map` the names of folders there, `limit` the time limit of each
/// call to the store.
///
/// A store may have less than the CLI's own transcript, if an append has failed. The shorter copy is
/// not used then.
pub(crate) async fn restore(
    store: &dyn SessionStore,
    conversation: Conversation,
    project: String,
    env: BTreeMap<OsString, OsString>,
    map: Option<PathMap>,
    limit: Duration,
) -> Result<Found> {
    let calls = Calls { store, limit };
    let (id, mut transcripts) = match conversation {
        Conversation::Id(id) if !is_uuid(id.as_bytes()) => return Ok(Found::Nothing),
        Conversation::Id(id) => {
            let loaded = calls.one(&project, id.clone()).await?;
            (id, loaded.map(|loaded| loaded.main).into_iter().collect())
        }
        Conversation::Newest => match calls.newest(&project).await? {
            Some(Loaded { id, main }) => (id, vec![main]),
            None => return Ok(Found::Nothing),
        },
    };
    let key = SessionKey::new(&project, &id);
    let mut skipped = Vec::new();
    let local = match config_folder(&env, map.as_ref()) {
        Some(config) => {
            let stored = transcripts.first().map(|main: &Transcript| main.entries.clone());
            local::find(config, key.clone(), stored.unwrap_or_default()).await
        }
        None => Ok(None),
    };
    let local = local.unwrap_or_else(|error| {
        skipped.push(format!("{error}: it is not compared with what the session store has"));
        None
    });
    if let Some(Local { compared, paths }) = local {
        let Compared { lacking, has_later, has_others, .. } = compared;
        let path = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let lacks =
            format!("the session store lacks {lacking} messages of {key}, which {path} has");
        if lacking > 0 && has_others {
            skipped.push(format!(
                "{lacks}; it has others that are not there, so the CLI goes on with what the store \
                 has"
            ));
        } else if lacking > 0 {
            let then = match has_later {
                true => "it has later ones, so it cannot be repaired",
                false => "it gets them now",
            };
            let warning = format!("{lacks}: the CLI goes on from there; {then}");
            let transcripts = if has_later { Vec::new() } else { paths };
            return Ok(Found::Here { id, transcripts, lacking: lacking as u64, warning });
        }
    }
    if transcripts.is_empty() {
        return Ok(Found::Nothing);
    }
    let (agents, left_out) = calls.agents(&key).await?;
    transcripts.extend(agents);
    skipped.extend(left_out);
    let write = move || {
        let mut restored = Restored::write(&env, map.as_ref(), &project, &id, &transcripts)?;
        restored.warnings.extend(skipped);
        Ok(Found::Restored(id, restored))
    };
    let written: std::io::Result<_> =
        tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(error.into()));
    written.map_err(|error| {
        Error::caused("write the conversation of the session store to a temporary folder", error)
    })
}

impl Calls<'_> {
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
        Ok(loaded.map(|main| Loaded { id, main }))
    }

    /// The newest conversation that is not one of a sub-agent.
    async fn newest(&self, project: &str) -> Result<Option<Loaded>> {
        let list = || self.store.list_sessions(project);
        let mut sessions = self.within(format!("list the sessions of {project}"), list).await?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.mtime));
        for session in sessions {
            let Some(loaded) = self.one(project, session.session_id).await? else { continue };
            let side = loaded.main.entries.first().and_then(|first| first.pointer("/isSidechain"));
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
