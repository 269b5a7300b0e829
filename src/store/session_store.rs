//! The trait of a session store.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::key::SessionKey;
use crate::transport::BoxFuture;
use crate::wire::RawJson;

/// One entry of a transcript: an open JSON object with a `type`, mostly with a `uuid` and a
/// `timestamp`. A store keeps it as it is.
pub type SessionStoreEntry = RawJson;

/// A session of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStoreListEntry {
    /// The id of the session.
    pub session_id: String,
    /// When the store last wrote it, in milliseconds since 1970, by the clock of the store.
    pub mtime: u64,
}

/// The summary of a session, as [`fold_session_summary`](super::fold_session_summary) makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSummaryEntry {
    /// The id of the session.
    pub session_id: String,
    /// When the store wrote this summary, in milliseconds since 1970: the same clock as that of
    /// [`SessionStoreListEntry::mtime`]. A store sets it.
    pub mtime: u64,
    /// The state of the summary. A store keeps it as it is.
    pub data: Map<String, Value>,
}

/// A copy of transcripts outside the CLI's configuration folder.
///
/// [`append`](Self::append) and [`load`](Self::load) are required. The others are optional: a store
/// without them has the default, which returns [`Error::unsupported`].
///
/// The SDK deletes nothing from a store: only your program calls [`delete`](Self::delete). How long
/// a store keeps what it has is its own matter.
///
/// [`conformance`](super::conformance) checks an implementation.
///
/// ```
/// use claude_wire::store::{Error, Result, SessionKey, SessionStore, SessionStoreEntry};
/// use claude_wire::transport::BoxFuture;
///
/// struct Database;
///
/// impl SessionStore for Database {
///     fn append<'a>(
///         &'a self,
///         key: &'a SessionKey,
///         entries: &'a [SessionStoreEntry],
///     ) -> BoxFuture<'a, Result<()>> {
///         Box::pin(async move {
///             // insert each entry, unless its uuid is known for this key
/// #           let _ = (key, entries);
///             Ok(())
///         })
///     }
///
///     fn load<'a>(
///         &'a self,
///         key: &'a SessionKey,
///     ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
///         Box::pin(async move { Err(Error::new(format!("cannot read {key}: no connection"))) })
///     }
/// }
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Adds entries to the end of a transcript, in order. Without entries it does nothing.
    ///
    /// A session calls it after the CLI wrote the entries to its own disk, and never twice at the
    /// same time, unless a call took longer than a minute and was dropped. An entry with a `uuid`
    /// that this transcript has already is to be left out: a failed call is repeated, later also with
    /// more entries, and the first one may have stored a part. Entries without a `uuid` are always
    /// added.
    ///
    /// # Errors
    /// If the entries could not be stored.
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>>;

    /// All entries of a transcript, in order; `None` if it was never written. They must be equal as
    /// JSON to those that were appended, not byte by byte.
    ///
    /// # Errors
    /// If the transcript could not be read.
    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>>;

    /// The sessions of a project, in any order, without sub-agents.
    ///
    /// # Errors
    /// If they could not be read, or the store has no such list.
    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        let _ = project_key;
        Box::pin(async { Err(Error::unsupported("list_sessions")) })
    }

    /// The summaries of the sessions of a project, in any order. A store that has them updates them
    /// in [`append`](Self::append), by [`fold_session_summary`](super::fold_session_summary), for
    /// keys without a subpath; two appends to one session must not lose one of the updates.
    ///
    /// # Errors
    /// If they could not be read, or the store has none.
    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        let _ = project_key;
        Box::pin(async { Err(Error::unsupported("list_session_summaries")) })
    }

    /// Deletes a session together with its sub-agents, or with a subpath only that transcript. What
    /// does not exist is deleted already.
    ///
    /// # Errors
    /// If it could not be deleted, or the store never deletes.
    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        let _ = key;
        Box::pin(async { Err(Error::unsupported("delete")) })
    }

    /// The subpaths of a session, in any order: its sub-agents. The subpath of `key` does not
    /// count.
    ///
    /// # Errors
    /// If they could not be read, or the store has no such list.
    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        let _ = key;
        Box::pin(async { Err(Error::unsupported("list_subkeys")) })
    }
}

impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        (**self).append(key, entries)
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        (**self).load(key)
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        (**self).list_sessions(project_key)
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        (**self).list_session_summaries(project_key)
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        (**self).delete(key)
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        (**self).list_subkeys(key)
    }
}

/// The uuid of an entry, by which a repeated one is recognised.
pub(super) fn entry_uuid(entry: &SessionStoreEntry) -> Option<String> {
    entry.pointer("/uuid")?.as_str().map(|uuid| uuid.into_owned()).filter(|uuid| !uuid.is_empty())
}

/// The entries, of those with the same uuid only the first.
#[cfg(any(feature = "object-store", feature = "redis"))]
pub(super) fn each_uuid_once(
    entries: impl Iterator<Item = SessionStoreEntry>,
) -> Vec<SessionStoreEntry> {
    let mut uuids = std::collections::HashSet::new();
    entries.filter(|entry| entry_uuid(entry).is_none_or(|uuid| uuids.insert(uuid))).collect()
}
