//! A store in an object store: S3 and what is like it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::error::{Error, Result};
use super::jsonl;
use super::key::{SessionKey, is_below};
use super::memory::now_ms;
use super::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, each_uuid_once,
};
use crate::common::lock;
use crate::transport::BoxFuture;

/// How many parts are read at a time.
const AT_ONCE: usize = 8;
/// Of how many transcripts the time of the last part is remembered.
const REMEMBERED: usize = 10_000;

/// A [`SessionStore`] in whatever the crate [`object_store`] supports: S3, Google Cloud Storage,
/// Azure, a local folder, memory.
///
/// An object cannot be appended to, so each append is an object:
/// `<prefix>/<project>/<session id>/part-<ms>-<number>-<random>.jsonl`, and for a sub-agent below
/// that, in a folder of its subpath. `ms` is the time in milliseconds since 1970, by the clock of
/// the program, but more than that of any part that is there when the program first loads the
/// transcript or appends to it: a program that takes over may have a clock that is behind. A
/// transcript is its parts in the order of their names, each uuid once.
///
/// It has no summaries: an object that several programs change would lose updates.
///
/// ```
/// use std::sync::Arc;
///
/// use claude_wire::store::ObjectSessionStore;
/// use object_store::memory::InMemory;
///
/// let store = ObjectSessionStore::new(Arc::new(InMemory::new()), "sessions");
/// # let _ = store;
/// ```
#[derive(Clone)]
pub struct ObjectSessionStore {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// By transcript, the time in the name of its last part.
    last: Arc<Mutex<HashMap<Path, u64>>>,
    parts: Arc<AtomicU64>,
}

impl ObjectSessionStore {
    /// A store below a prefix, which may be empty.
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: impl AsRef<str>) -> Self {
        let prefix = Path::from(prefix.as_ref());
        Self { objects, prefix, last: Arc::default(), parts: Arc::default() }
    }

    fn project(&self, project_key: &str) -> Result<Path> {
        Ok(self.prefix.clone().join(name(project_key)?))
    }

    fn folder(&self, key: &SessionKey) -> Result<Path> {
        let mut folder = self.project(&key.project_key)?.join(name(&key.session_id)?);
        if let Some(subpath) = &key.subpath {
            for part in subpath.split(['/', '\\']) {
                folder = folder.join(name(part)?);
            }
        }
        Ok(folder)
    }

    /// The place of the next part: later ones are greater.
    async fn next_part(&self, key: &SessionKey) -> Result<Path> {
        let folder = self.folder(key)?;
        let is_known = lock(&self.last).contains_key(&folder);
        if !is_known {
            self.parts(key).await?;
        }
        let at = self.seen(&folder, |last| now_ms().max(last.saturating_add(1)));
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let random = uuid::Uuid::new_v4();
        Ok(folder.join(format!("part-{at:013}-{number:06}-{}.jsonl", random.simple())))
    }

    /// Notes the time of a part: what `time` makes of the last one.
    fn seen(&self, folder: &Path, time: impl Fn(u64) -> u64) -> u64 {
        let mut last = lock(&self.last);
        if last.len() >= REMEMBERED
            && !last.contains_key(folder)
            && let Some(other) = last.keys().next().cloned()
        {
            last.remove(&other);
        }
        let last = last.entry(folder.clone()).or_default();
        *last = time(*last);
        *last
    }

    /// The parts of one transcript, in order.
    async fn parts(&self, key: &SessionKey) -> Result<Vec<Path>> {
        let folder = self.folder(key)?;
        let listed = self.objects.list_with_delimiter(Some(&folder)).await;
        let listed = listed.map_err(|error| failed("list", &folder, error))?;
        let parts = listed.objects.into_iter();
        let parts = parts.filter_map(|object| Some((written_at(&object)?, object.location)));
        let (times, mut parts): (Vec<_>, Vec<_>) = parts.unzip();
        let newest = times.into_iter().max().unwrap_or_default();
        self.seen(&folder, |last| last.max(newest));
        parts.sort();
        Ok(parts)
    }

    /// All parts below a folder.
    async fn below(&self, folder: &Path) -> Result<Vec<ObjectMeta>> {
        let listed: Vec<_> = self
            .objects
            .list(Some(folder))
            .try_collect()
            .await
            .map_err(|error| failed("list", folder, error))?;
        Ok(listed.into_iter().filter(|object| written_at(object).is_some()).collect())
    }

    async fn read(&self, part: Path, key: &SessionKey) -> Result<Vec<SessionStoreEntry>> {
        let read = async { self.objects.get(&part).await?.bytes().await };
        let bytes = read.await.map_err(|error| failed("read", &part, error))?;
        Ok(jsonl::entries(bytes.into(), key))
    }
}

impl SessionStore for ObjectSessionStore {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(());
            }
            let part = self.next_part(key).await?;
            let written = self.objects.put(&part, jsonl::lines(entries).into()).await;
            written.map(drop).map_err(|error| failed("write", &part, error))
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async move {
            let parts = self.parts(key).await?;
            if parts.is_empty() {
                return Ok(None);
            }
            let reads = parts.into_iter().map(|part| self.read(part, key));
            let read: Vec<_> =
                futures_util::stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
            Ok(Some(each_uuid_once(read.into_iter().flatten())))
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        Box::pin(async move {
            let project = self.project(project_key)?;
            let mut sessions = BTreeMap::new();
            for part in self.below(&project).await? {
                let Some(time) = written_at(&part) else { continue };
                let names = names_below(&project, &part.location);
                // Deeper ones are of sub-agents.
                if let [session, _] = &names[..] {
                    let mtime = sessions.entry(session.clone()).or_insert(time);
                    *mtime = time.max(*mtime);
                }
            }
            let entry = |(session_id, mtime)| SessionStoreListEntry { session_id, mtime };
            Ok(sessions.into_iter().map(entry).collect())
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let parts = match key.subpath {
                Some(_) => self.parts(key).await?,
                None => {
                    let parts = self.below(&self.folder(key)?).await?;
                    parts.into_iter().map(|part| part.location).collect()
                }
            };
            for part in parts {
                match self.objects.delete(&part).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(failed("delete", &part, error)),
                }
            }
            Ok(())
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let session = self.folder(&key.session())?;
            let mut subpaths = BTreeSet::new();
            for part in self.below(&session).await? {
                let names = names_below(&session, &part.location);
                if let Some((_, folders)) = names.split_last()
                    && !folders.is_empty()
                {
                    subpaths.insert(folders.join("/"));
                }
            }
            Ok(subpaths.into_iter().collect())
        })
    }
}

impl fmt::Debug for ObjectSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectSessionStore({} in {})", self.prefix, self.objects)
    }
}

/// The names as they were given: those of objects have some characters percent-encoded.
fn names_below(folder: &Path, object: &Path) -> Vec<String> {
    let names = object.prefix_match(folder).into_iter().flatten();
    names.map(|name| decoded(name.as_ref())).collect()
}

/// The text without percent-encoding. What is not one stays as it is.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// When a part was written, by its name; `None` for another object.
fn written_at(object: &ObjectMeta) -> Option<u64> {
    let name = object.location.filename()?.strip_prefix("part-")?.strip_suffix(".jsonl")?;
    name.split('-').next()?.parse().ok()
}

/// The name of a part of a path, if it is one.
fn name(text: &str) -> Result<&str> {
    match is_below(text) && !text.contains(['/', '\\']) {
        true => Ok(text),
        false => Err(Error::new(format!("{text:?} cannot be part of the name of an object"))),
    }
}

fn failed(doing: &str, place: &Path, error: object_store::Error) -> Error {
    Error::caused(format!("{doing} {place}"), error)
}
