//! Past sessions in a store.

use std::collections::HashMap;
use std::future::poll_fn;
use std::path::Path;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::calls::{Calls, LOAD_TIMEOUT};
use super::error::Error as StoreError;
use super::jsonl;
use super::key::SessionKey;
use super::memory::now_ms;
use super::session_store::{SessionStore, SessionStoreEntry};
use super::summary::{fold_session_summary, info_of};
use crate::common::{parse_millis, rfc3339_millis};
use crate::history::{
    self, Error, ForkSessionOptions, Page, Result, SearchHit, SearchResults, SessionInfo,
    SessionList, SessionMessages, Transcript, check_id,
};
use crate::wire::RawJson;

/// How many sessions are loaded at a time.
const AT_ONCE: usize = 16;

/// The sessions of one project in a store: what [`History`](crate::history::History) does with
/// those on disk.
///
/// Each call to the store has a time limit, [`load_timeout`](Self::load_timeout). A store cannot
/// archive: [`SessionInfo::archived`] is always false.
///
/// ```
/// use std::sync::Arc;
///
/// use claude_wire::history::Page;
/// use claude_wire::store::{InMemorySessionStore, StoredSessions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> claude_wire::history::Result<()> {
/// let store = Arc::new(InMemorySessionStore::new());
/// let sessions = StoredSessions::of_directory(store, "/srv/shop");
/// for session in &sessions.list_sessions(Page::first(10)).await? {
///     println!("{} {}", session.session_id, session.summary);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StoredSessions<S> {
    store: S,
    project_key: String,
    /// The directory to name for a session that names none.
    directory: Option<String>,
    limit: Duration,
}

/// A session that may be in a list.
struct Slot {
    id: String,
    mtime: u64,
    /// From its summary; `None` if the entries must be read.
    info: Option<SessionInfo>,
}

impl<S: SessionStore> StoredSessions<S> {
    /// The sessions that ran in this directory, which need not exist here. Those of other worktrees
    /// of its repository are other projects.
    ///
    /// The project is that of a CLI in the environment of this program: as for
    /// [`History::new`](crate::history::History::new), `CLAUDE_CODE_PROJECT_DIR_NAME` replaces the
    /// key of every directory if `CLAUDE_CONFIG_DIR` is set too. For a session that has its own
    /// environment, use [`of_project`](Self::of_project).
    pub fn of_directory(store: S, directory: impl AsRef<Path>) -> Self {
        let directory = directory.as_ref();
        let project = history::project_of(directory, |name| std::env::var_os(name));
        Self {
            directory: Some(history::directory_text(directory)),
            ..Self::of_project(store, project)
        }
    }

    /// The sessions with this [`project_key`](SessionKey::project_key).
    pub fn of_project(store: S, project_key: impl Into<String>) -> Self {
        Self { store, project_key: project_key.into(), directory: None, limit: LOAD_TIMEOUT }
    }

    /// How long one call to the store may take (default: 60 seconds).
    #[must_use]
    pub fn load_timeout(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The sessions, the last changed first, by the clock of the store.
    ///
    /// If the store has summaries, they are used. Sessions without one, and those that were changed
    /// after it was written, are loaded, at most 16 at a time, and only as many as the page needs. A
    /// store with summaries and without [`list_sessions`](SessionStore::list_sessions) lists what
    /// has a summary.
    ///
    /// What could not be loaded is in [`skipped`](SessionList::skipped); the list is complete except
    /// for these.
    ///
    /// # Errors
    /// If the store can list neither sessions nor summaries, or a list failed.
    pub async fn list_sessions(&self, page: Page) -> Result<SessionList> {
        let slots = self.slots().await.map_err(Error::store)?;
        let wanted = page.limit().map_or(usize::MAX, |limit| page.offset.saturating_add(limit));
        let mut list = SessionList::default();
        let mut slots = slots.into_iter().peekable();
        while list.sessions.len() < wanted && slots.peek().is_some() {
            let next = slots.by_ref().take(AT_ONCE.min(wanted - list.sessions.len()));
            for info in together(next.map(|slot| self.filled(slot))).await {
                match info {
                    Ok(info) => list.sessions.extend(info),
                    Err(error) => list.skipped.push(error),
                }
            }
        }
        list.sessions = page.of(list.sessions.into_iter()).collect();
        Ok(list)
    }

    /// What a list says about one session. `None` if a list leaves it out: it has nothing to show,
    /// or is that of a sub-agent. It was last modified when its last entry with a time was written,
    /// or, without one, now.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or the store failed.
    pub async fn get_session_info(&self, session_id: &str) -> Result<Option<SessionInfo>> {
        let entries = self.load(session_id).await?;
        let time =
            |entry: &SessionStoreEntry| parse_millis(&entry.pointer("/timestamp")?.as_str()?);
        let last = entries.iter().rev().find_map(time);
        let last = last.unwrap_or_else(|| i64::try_from(now_ms()).unwrap_or(i64::MAX));
        Ok(self.info(session_id, &entries, last))
    }

    /// The messages of a session, as
    /// [`History::get_session_messages`](crate::history::History::get_session_messages) returns
    /// them.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or the store failed.
    pub async fn get_session_messages(
        &self,
        session_id: &str,
        page: Page,
    ) -> Result<SessionMessages> {
        let transcript = transcript(self.load(session_id).await?);
        let messages = transcript.messages(page);
        Ok(SessionMessages { messages, skipped: transcript.skipped().to_vec() })
    }

    /// The ids of a session's sub-agents, also of those that sub-agents or workflows started, each
    /// once. Empty for a session without any, and for one that does not exist.
    ///
    /// # Errors
    /// If the id is not a uuid, or the store has no list of them or failed.
    pub async fn list_subagents(&self, session_id: &str) -> Result<Vec<String>> {
        let subpaths = self.subpaths(session_id).await?;
        let mut ids: Vec<String> = Vec::new();
        for id in subpaths.iter().filter_map(|subpath| agent_of(subpath)) {
            if ids.iter().all(|known| known != id) {
                ids.push(id.to_owned());
            }
        }
        Ok(ids)
    }

    /// The messages of a sub-agent, as
    /// [`History::get_subagent_messages`](crate::history::History::get_subagent_messages) returns
    /// them. A store without a list of sub-agents is asked for `subagents/agent-<id>`.
    ///
    /// # Errors
    /// If the session id is not a uuid, no such session or sub-agent exists, or the store failed.
    pub async fn get_subagent_messages(
        &self,
        session_id: &str,
        agent_id: &str,
        page: Page,
    ) -> Result<SessionMessages> {
        let subpath = match self.subpaths(session_id).await {
            Ok(subpaths) => {
                let found = subpaths.into_iter().find(|path| agent_of(path) == Some(agent_id));
                found.ok_or_else(|| no_agent(session_id, agent_id))?
            }
            Err(error) if is_unsupported(&error) => format!("subagents/agent-{agent_id}"),
            Err(error) => return Err(error),
        };
        let key = self.key(session_id)?.with_subpath(subpath);
        let loaded = self.entries(&key).await?.ok_or_else(|| no_agent(session_id, agent_id))?;
        let transcript = transcript(loaded);
        let messages = transcript.agent_messages(page);
        Ok(SessionMessages { messages, skipped: transcript.skipped().to_vec() })
    }

    /// The messages whose text contains this one, as
    /// [`History::search_sessions`](crate::history::History::search_sessions) returns them. The
    /// sessions are loaded one after the other, until the page is full.
    ///
    /// # Errors
    /// If the text is empty, the store can list neither sessions nor summaries, or a list failed.
    pub async fn search_sessions(&self, text: &str, page: Page) -> Result<SearchResults> {
        let wanted = history::search_text(text)?;
        let list = self.list_sessions(Page::all()).await?;
        let mut results = SearchResults { hits: Vec::new(), skipped: list.skipped };
        let end = page.limit().map_or(usize::MAX, |limit| page.offset.saturating_add(limit));
        for session in list.sessions {
            if results.hits.len() >= end {
                break;
            }
            match self.get_session_messages(&session.session_id, Page::all()).await {
                Ok(messages) => results.hits.extend(messages.into_iter().filter_map(|message| {
                    let excerpt = history::excerpt(&message.text(), &wanted)?;
                    Some(SearchHit { session: session.clone(), message, excerpt })
                })),
                Err(error) => results.skipped.push(error),
            }
        }
        results.hits = page.of(results.hits.into_iter()).collect();
        Ok(results)
    }

    /// Gives a session a title, without white space around it. The last title counts.
    ///
    /// # Errors
    /// If the title is empty, the id is not a uuid, no such session exists, or the store failed.
    pub async fn rename_session(&self, session_id: &str, title: &str) -> Result<()> {
        self.add(session_id, &history::title_entry(session_id, title)?).await
    }

    /// Gives a session a tag, or removes it with `None`. The last tag counts. The tag is cleaned as
    /// [`History::tag_session`](crate::history::History::tag_session) says.
    ///
    /// # Errors
    /// If nothing of the tag is left, the id is not a uuid, no such session exists, or the store
    /// failed.
    pub async fn tag_session(&self, session_id: &str, tag: Option<&str>) -> Result<()> {
        self.add(session_id, &history::tag_entry(session_id, tag)?).await
    }

    /// Deletes a session with its sub-agents. What does not exist is deleted already.
    ///
    /// # Errors
    /// If the id is not a uuid, or the store does not delete or failed.
    pub async fn delete_session(&self, session_id: &str) -> Result<()> {
        let key = self.key(session_id)?;
        let delete = || self.store.delete(&key);
        let deleted = self.calls().within(format!("delete {key}"), delete).await;
        deleted.map_err(Error::store)
    }

    /// Copies a conversation under a new id, and returns the id. See
    /// [`History::fork_session`](crate::history::History::fork_session).
    ///
    /// # Errors
    /// If an id is not a uuid, no such session exists, it has no such message or none at all, or
    /// the store failed.
    pub async fn fork_session(
        &self,
        session_id: &str,
        options: &ForkSessionOptions,
    ) -> Result<String> {
        let key = self.key(session_id)?;
        let entries = self.load(session_id).await?;
        let info = info_of(&fold_session_summary(None, &key, &entries), None);
        let title = info.and_then(|info| info.custom_title.or(info.first_prompt));
        let fork = transcript(entries).fork(session_id, options, title.as_deref())?;
        // Cannot fail: they were just written.
        let entries: Result<Vec<_>, _> = fork.lines.into_iter().map(RawJson::parse).collect();
        let entries = entries.map_err(Error::store)?;
        self.append(&self.key(&fork.session_id)?, &entries).await?;
        Ok(fork.session_id)
    }

    fn calls(&self) -> Calls<'_> {
        Calls { store: &self.store, limit: self.limit }
    }

    fn key(&self, session_id: &str) -> Result<SessionKey> {
        check_id("session id", session_id)?;
        Ok(SessionKey::new(&self.project_key, session_id))
    }

    /// The entries of a transcript, if there are any.
    async fn entries(&self, key: &SessionKey) -> Result<Option<Vec<SessionStoreEntry>>> {
        let loaded = self.calls().within(format!("load {key}"), || self.store.load(key)).await;
        Ok(loaded.map_err(Error::store)?.filter(|entries| !entries.is_empty()))
    }

    /// The entries of a session that exists.
    async fn load(&self, session_id: &str) -> Result<Vec<SessionStoreEntry>> {
        let loaded = self.entries(&self.key(session_id)?).await?;
        loaded.ok_or_else(|| self.no_session(session_id))
    }

    fn no_session(&self, session_id: &str) -> Error {
        Error::not_found(format!(
            "the store has no session {session_id} of {}: `list_sessions` has those that exist",
            self.project_key
        ))
    }

    async fn append(&self, key: &SessionKey, entries: &[SessionStoreEntry]) -> Result<()> {
        let append = || self.store.append(key, entries);
        self.calls().within(format!("append to {key}"), append).await.map_err(Error::store)
    }

    /// Adds a line to a session that exists, with a uuid and a time.
    async fn add(&self, session_id: &str, line: &str) -> Result<()> {
        if !self.exists(session_id).await? {
            return Err(self.no_session(session_id));
        }
        let fields = line.strip_suffix('}').unwrap_or(line);
        let (uuid, now) = (Uuid::new_v4(), rfc3339_millis(SystemTime::now()));
        let entry = RawJson::parse(format!(r#"{fields},"uuid":"{uuid}","timestamp":"{now}"}}"#));
        // Cannot fail: the line is an object with fields.
        let entry = entry.map_err(Error::store)?;
        self.append(&self.key(session_id)?, &[entry]).await
    }

    async fn exists(&self, session_id: &str) -> Result<bool> {
        match self.listed().await.map_err(Error::store)? {
            Some(listed) => Ok(listed.contains_key(session_id)),
            None => Ok(self.entries(&self.key(session_id)?).await?.is_some()),
        }
    }

    async fn subpaths(&self, session_id: &str) -> Result<Vec<String>> {
        let key = self.key(session_id)?;
        let list = || self.store.list_subkeys(&key);
        let listed = self.calls().within(format!("list the sub-agents of {key}"), list).await;
        listed.map_err(Error::store)
    }

    /// The sessions with their times; `None` if the store has no list.
    async fn listed(&self) -> Result<Option<HashMap<String, u64>>, StoreError> {
        let project = &self.project_key;
        let list = || self.store.list_sessions(project);
        let listed = self.calls().within(format!("list the sessions of {project}"), list).await;
        let listed = supported(listed)?;
        let time = |session: super::SessionStoreListEntry| (session.session_id, session.mtime);
        Ok(listed.map(|listed| listed.into_iter().map(time).collect()))
    }

    /// The sessions, the last changed first. Without those whose summary shows that they are not
    /// in a list.
    async fn slots(&self) -> Result<Vec<Slot>, StoreError> {
        let project = &self.project_key;
        let list = || self.store.list_session_summaries(project);
        let summaries = self.calls().within(format!("list the summaries of {project}"), list).await;
        let summaries = supported(summaries)?;
        let mut listed = self.listed().await?;
        if summaries.is_none() && listed.is_none() {
            return Err(StoreError::unsupported("list_sessions"));
        }
        let mut slots = Vec::new();
        for summary in summaries.into_iter().flatten() {
            if let Some(listed) = &mut listed {
                // Deleted, or changed since.
                if listed.get(&summary.session_id).is_none_or(|mtime| summary.mtime < *mtime) {
                    continue;
                }
                listed.remove(&summary.session_id);
            }
            let info = info_of(&summary, self.directory.as_deref());
            let slot =
                |info| Slot { id: summary.session_id, mtime: summary.mtime, info: Some(info) };
            slots.extend(info.map(slot));
        }
        let without = listed.into_iter().flatten();
        slots.extend(without.map(|(id, mtime)| Slot { id, mtime, info: None }));
        slots.sort_by(|one, other| (other.mtime, &other.id).cmp(&(one.mtime, &one.id)));
        Ok(slots)
    }

    async fn filled(&self, slot: Slot) -> Result<Option<SessionInfo>> {
        if slot.info.is_some() {
            return Ok(slot.info);
        }
        // Ids of other programs are left to them.
        let Ok(key) = self.key(&slot.id) else { return Ok(None) };
        let entries = self.entries(&key).await?.unwrap_or_default();
        Ok(self.info(&slot.id, &entries, i64::try_from(slot.mtime).unwrap_or(i64::MAX)))
    }

    /// What a list says about these entries.
    fn info(&self, id: &str, entries: &[SessionStoreEntry], modified: i64) -> Option<SessionInfo> {
        let text = jsonl::lines(entries);
        let lines = text.split_inclusive(|byte| *byte == b'\n').map(|line| line.trim_ascii_end());
        SessionInfo::from_lines(id, lines, modified, self.directory.as_deref())
    }
}

fn transcript(entries: Vec<SessionStoreEntry>) -> Transcript {
    Transcript::from_lines(entries.iter().map(|entry| entry.as_bytes().to_vec()))
}

/// The id of the sub-agent whose transcript has this subpath.
fn agent_of(subpath: &str) -> Option<&str> {
    let below = subpath.strip_prefix("subagents/")?;
    below.rsplit('/').next()?.strip_prefix("agent-")
}

fn no_agent(session_id: &str, agent_id: &str) -> Error {
    Error::not_found(format!(
        "the store has no sub-agent {agent_id:?} of session {session_id}: `list_subagents` has \
         those that exist"
    ))
}

fn is_unsupported(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|it| it.downcast_ref::<StoreError>());
    source.is_some_and(StoreError::is_unsupported)
}

/// `None` if the store does not have the method.
fn supported<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Err(error) if error.is_unsupported() => Ok(None),
        result => result.map(Some),
    }
}

/// The outputs of all futures, which run at the same time.
async fn together<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|cx| {
        for (future, output) in &mut running {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) {
            Poll::Ready(running.drain(..).filter_map(|(_, output)| output).collect())
        } else {
            Poll::Pending
        }
    })
    .await
}
