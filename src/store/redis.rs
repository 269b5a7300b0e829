//! A store in Redis.

use std::fmt;

use redis::aio::ConnectionManager;
use redis::{FromRedisValue, Pipeline, RedisError, Script};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::jsonl;
use super::key::SessionKey;
use super::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry, each_uuid_once,
};
use super::summary::fold_session_summary;
use crate::transport::BoxFuture;

/// In the place of a session id: the sessions of a project, with the time of their last append.
const SESSIONS: &str = "__sessions";
/// In the place of a session id: the summaries of a project.
const SUMMARIES: &str = "__summaries";
/// In the place of a subpath: the subpaths of a session.
const SUBKEYS: &str = "__subkeys";
/// How often an append to a session is tried that others append to at the same time.
const ATTEMPTS: usize = 64;

/// Appends to a session together with its summary, or changes nothing and returns 0 if the summary
/// is not the one that was read.
///
/// Keys: the transcript, the times of the sessions, the summaries. Arguments: the session id, the
/// summary as it was read (empty: none), the data of the new one, the entries.
///
/// A session that another SDK has appended to has no summary that covers it, so it gets none: the
/// entries are then read for a list.
const APPEND: &str = r#"
local last = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0)
if last == 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
local known = redis.call('HGET', KEYS[3], ARGV[1]) or ''
if known ~= ARGV[2] then return 0 end
local covers = tonumber(string.match(known, '^{"mtime":(%d+)') or 0) == last
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now <= last then now = last + 1 end
local mtime = string.format('%.0f', now)
for at = 4, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[at]) end
redis.call('ZADD', KEYS[2], mtime, ARGV[1])
if covers then
  redis.call('HSET', KEYS[3], ARGV[1], '{"mtime":' .. mtime .. ',"data":' .. ARGV[3] .. '}')
else
  redis.call('HDEL', KEYS[3], ARGV[1])
end
return 1
"#;

/// A [`SessionStore`] in Redis (version 5 or later).
///
/// The keys are those of the example in the official Python SDK, so that both can share a store:
///
/// | key | type | what |
/// |---|---|---|
/// | `<prefix>:<project>:<session id>` | list | the entries |
/// | `<prefix>:<project>:<session id>:<subpath>` | list | the entries of a sub-agent |
/// | `<prefix>:<project>:<session id>:__subkeys` | set | the subpaths of the session |
/// | `<prefix>:<project>:__sessions` | sorted set | the sessions, by the time of their last append |
/// | `<prefix>:<project>:__summaries` | hash | the summaries: only here |
///
/// An append is atomic, also with its summary, and its time is that of the Redis server. An entry
/// that was appended twice is in the list twice, and is loaded once.
///
/// Nothing expires: set a time to live on the keys, or call [`delete`](SessionStore::delete). In a
/// cluster, all keys must be in one slot: write the prefix in braces, `{sessions}`.
///
/// The connection is yours: its address, password, TLS, and its time limits. Those of the crate
/// `redis` are short (half a second for an answer), which a transcript of many megabytes may take
/// longer than.
///
/// ```no_run
/// use claude_wire::store::RedisSessionStore;
///
/// # async fn example() -> Result<(), redis::RedisError> {
/// let client = redis::Client::open("redis://127.0.0.1/")?;
/// let store = RedisSessionStore::new(client.get_connection_manager().await?, "sessions");
/// # let _ = store;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisSessionStore {
    connection: ConnectionManager,
    /// Empty, or with a colon at its end.
    prefix: String,
}

impl RedisSessionStore {
    /// A store below a prefix, which may be empty. Colons at its end do not count.
    pub fn new(connection: ConnectionManager, prefix: impl AsRef<str>) -> Self {
        let prefix = match prefix.as_ref().trim_end_matches(':') {
            "" => String::new(),
            prefix => format!("{prefix}:"),
        };
        Self { connection, prefix }
    }

    /// The key of something in a project.
    fn of_project(&self, project_key: &str, what: &str) -> Result<String> {
        if project_key.is_empty() || project_key.contains(':') {
            return Err(no_name(project_key));
        }
        Ok(format!("{}{project_key}:{what}", self.prefix))
    }

    /// The key of the entries.
    fn list(&self, key: &SessionKey) -> Result<String> {
        let session = self.of_session(key)?;
        match key.subpath.as_deref() {
            None => Ok(session),
            Some(subpath) if subpath.is_empty() || subpath == SUBKEYS => Err(no_name(subpath)),
            Some(subpath) => Ok(format!("{session}:{subpath}")),
        }
    }

    fn subkeys(&self, key: &SessionKey) -> Result<String> {
        Ok(format!("{}:{SUBKEYS}", self.of_session(key)?))
    }

    fn of_session(&self, key: &SessionKey) -> Result<String> {
        let id = &*key.session_id;
        if id.is_empty() || id.starts_with("__") || id.contains(':') {
            return Err(no_name(id));
        }
        self.of_project(&key.project_key, id)
    }

    async fn ask<T: FromRedisValue>(&self, doing: &str, command: &redis::Cmd) -> Result<T> {
        let answer = command.query_async(&mut self.connection.clone()).await;
        answer.map_err(|error| failed(doing, error))
    }

    async fn change(&self, doing: &str, commands: &Pipeline) -> Result<()> {
        let answer = commands.query_async(&mut self.connection.clone()).await;
        answer.map_err(|error| failed(doing, error))
    }

    async fn append_to_session(
        &self,
        key: &SessionKey,
        entries: &[SessionStoreEntry],
    ) -> Result<()> {
        let project = &*key.project_key;
        let keys = [
            self.list(key)?,
            self.of_project(project, SESSIONS)?,
            self.of_project(project, SUMMARIES)?,
        ];
        let doing = format!("append to {key}");
        let script = Script::new(APPEND);
        for _ in 0..ATTEMPTS {
            let read = redis::Cmd::hget(&keys[2], &key.session_id);
            let known: String = self.ask::<Option<_>>(&doing, &read).await?.unwrap_or_default();
            let previous = summary(&key.session_id, &known);
            let folded = fold_session_summary(previous.as_ref(), key, entries);
            let mut call = script.prepare_invoke();
            for key in &keys {
                call.key(key);
            }
            call.arg(&key.session_id).arg(&known).arg(Value::Object(folded.data).to_string());
            for entry in entries {
                call.arg(entry.as_bytes());
            }
            let appended = call.invoke_async(&mut self.connection.clone()).await;
            if appended.map_err(|error| failed(&doing, error))? {
                return Ok(());
            }
        }
        Err(Error::new(format!(
            "could not {doing}: others appended to it {ATTEMPTS} times meanwhile"
        )))
    }
}

impl SessionStore for RedisSessionStore {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let list = self.list(key)?;
            let Some(subpath) = &key.subpath else {
                return match entries {
                    [] => Ok(()),
                    entries => self.append_to_session(key, entries).await,
                };
            };
            if entries.is_empty() {
                return Ok(());
            }
            let entries: Vec<&[u8]> = entries.iter().map(|entry| entry.as_bytes()).collect();
            let mut both = redis::pipe();
            both.atomic().rpush(list, entries).ignore().sadd(self.subkeys(key)?, subpath).ignore();
            self.change(&format!("append to {key}"), &both).await
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async move {
            let read = redis::Cmd::lrange(self.list(key)?, 0, -1);
            let entries: Vec<Vec<u8>> = self.ask(&format!("load {key}"), &read).await?;
            if entries.is_empty() {
                return Ok(None);
            }
            let entries = entries.into_iter().filter_map(|entry| jsonl::entry(entry, key));
            Ok(Some(each_uuid_once(entries)))
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        Box::pin(async move {
            let key = self.of_project(project_key, SESSIONS)?;
            let read = redis::Cmd::zrange_withscores(key, 0, -1);
            let doing = format!("list the sessions of {project_key}");
            let listed: Vec<(String, f64)> = self.ask(&doing, &read).await?;
            // A time in milliseconds is exact in a float for the next hundred thousand years.
            let entry =
                |(session_id, mtime)| SessionStoreListEntry { session_id, mtime: mtime as u64 };
            Ok(listed.into_iter().map(entry).collect())
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        Box::pin(async move {
            let read = redis::Cmd::hgetall(self.of_project(project_key, SUMMARIES)?);
            let doing = format!("list the summaries of {project_key}");
            let listed: Vec<(String, String)> = self.ask(&doing, &read).await?;
            Ok(listed.iter().filter_map(|(id, text)| summary(id, text)).collect())
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let doing = format!("delete {key}");
            let (list, subkeys) = (self.list(key)?, self.subkeys(key)?);
            let mut all = redis::pipe();
            all.atomic().del(list).ignore();
            if let Some(subpath) = &key.subpath {
                all.srem(subkeys, subpath).ignore();
                return self.change(&doing, &all).await;
            }
            let subpaths: Vec<String> = self.ask(&doing, &redis::Cmd::smembers(&subkeys)).await?;
            for subpath in subpaths {
                all.del(self.list(&key.with_subpath(subpath))?).ignore();
            }
            all.del(subkeys).ignore();
            let sessions = self.of_project(&key.project_key, SESSIONS)?;
            let summaries = self.of_project(&key.project_key, SUMMARIES)?;
            all.zrem(sessions, &key.session_id).ignore().hdel(summaries, &key.session_id).ignore();
            self.change(&doing, &all).await
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let read = redis::Cmd::smembers(self.subkeys(key)?);
            self.ask(&format!("list the sub-agents of {key}"), &read).await
        })
    }
}

impl fmt::Debug for RedisSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisSessionStore({:?})", self.prefix)
    }
}

/// A summary as it is stored. `None` for one that is not readable, and for the empty text.
fn summary(session_id: &str, text: &str) -> Option<SessionSummaryEntry> {
    #[derive(Deserialize)]
    struct Stored {
        mtime: u64,
        data: Map<String, Value>,
    }
    let Stored { mtime, data } = serde_json::from_str(text).ok()?;
    Some(SessionSummaryEntry { session_id: session_id.to_owned(), mtime, data })
}

fn no_name(name: &str) -> Error {
    Error::new(format!(
        "{name:?} cannot be part of a Redis key: it is empty, has a colon, or is a name of the store"
    ))
}

fn failed(doing: &str, error: RedisError) -> Error {
    Error::caused(format!("{doing} in Redis"), error)
}
