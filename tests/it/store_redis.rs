//! The store in Redis keeps the contracts on a real server, and shares it with the store of the
//! official Python SDK's example.
#![cfg(all(feature = "redis", unix))]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::history::Page;
use claude_wire::store::{
    RedisSessionStore, SessionKey, SessionStore, SessionStoreEntry, StoredSessions, conformance,
};
use redis::aio::ConnectionManager;
use serde_json::json;
use tempfile::TempDir;

use crate::history_support::{id, prompt};

/// A server with nothing in it, at a socket in a folder.
struct Server {
    child: Child,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(folder.path().join("socket"))
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a redis-server on PATH (Debian: redis-server)");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        assert!(lines.any(|line| line.contains("ready to accept connections")
            || line.contains("Ready to accept connections")));
        // The server goes on when no one reads its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, folder }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    async fn connect(&self) -> ConnectionManager {
        let client = redis::Client::open(format!("redis+unix://{}", self.socket().display()));
        client.unwrap().get_connection_manager().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn entry(uuid: &str, fields: serde_json::Value) -> SessionStoreEntry {
    let mut entry = prompt("p");
    entry["uuid"] = json!(uuid);
    entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    entry.into()
}

#[tokio::test]
#[ignore = "needs a redis-server on PATH"]
async fn the_store_in_redis_keeps_all_contracts() {
    let server = Server::start();
    let connection = server.connect().await;
    let count = AtomicUsize::new(0);
    for braces in [false, true] {
        let make = || async {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let prefix = if braces { format!("{{p{number}}}") } else { format!("a:p{number}::") };
            RedisSessionStore::new(connection.clone(), prefix)
        };
        let report = conformance::check(make).await.unwrap();
        assert_eq!((report.kept.len(), report.skipped.len()), (18, 0), "{report:?}");
    }
}

#[tokio::test]
#[ignore = "needs a redis-server on PATH"]
async fn the_keys_in_redis_are_those_of_the_official_example() {
    let server = Server::start();
    let mut raw = server.connect().await;
    let store = RedisSessionStore::new(raw.clone(), "transcripts:");
    let key = SessionKey::new("-repo", id(1));
    store.append(&key, &[entry("1", json!({}))]).await.unwrap();
    store.append(&key.with_subpath("subagents/agent-a"), &[entry("2", json!({}))]).await.unwrap();
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut raw).await.unwrap();
    keys.sort();
    let session = format!("transcripts:-repo:{}", id(1));
    assert_eq!(
        keys,
        [
            session.clone(),
            format!("{session}:__subkeys"),
            format!("{session}:subagents/agent-a"),
            "transcripts:-repo:__sessions".into(),
            "transcripts:-repo:__summaries".into(),
        ]
    );

    // The example appends: it knows no summaries.
    let theirs = |title: &str| json!({"type": "custom-title", "customTitle": title}).to_string();
    let append = async |id: &str, title: &str, mtime: u64| {
        let mut raw = raw.clone();
        let mut both = redis::pipe();
        both.atomic()
            .rpush(format!("transcripts:-repo:{id}"), theirs(title))
            .ignore()
            .zadd("transcripts:-repo:__sessions", id, mtime)
            .ignore();
        let () = both.query_async(&mut raw).await.unwrap();
    };
    let far = 4_000_000_000_000;
    append(&id(1), "Theirs", far).await;
    append(&id(2), "Only theirs", far - 1).await;
    let shared = Arc::new(store.clone());
    let sessions = StoredSessions::of_project(shared.clone(), "-repo");
    let titles = async || {
        let list = sessions.list_sessions(Page::all()).await.unwrap();
        list.into_iter().map(|info| info.summary).collect::<Vec<_>>()
    };
    assert_eq!(titles().await, ["Theirs", "Only theirs"]);
    // An append on top of it has no summary that covers it, and the list is still right.
    store.append(&key, &[entry("3", json!({"tag": "x"}))]).await.unwrap();
    assert_eq!(store.list_session_summaries("-repo").await.unwrap(), []);
    assert_eq!(titles().await, ["Theirs", "Only theirs"]);
    let times: Vec<u64> =
        store.list_sessions("-repo").await.unwrap().iter().map(|session| session.mtime).collect();
    assert_eq!(times, [far - 1, far + 1], "later appends have later times");
    // They delete: a summary that is left over does not count.
    store.delete(&key).await.unwrap();
    store.append(&key, &[entry("4", json!({"customTitle": "Ours"}))]).await.unwrap();
    let mut drop_session = redis::pipe();
    drop_session.del(&session).ignore().zrem("transcripts:-repo:__sessions", id(1)).ignore();
    let () = drop_session.query_async(&mut raw).await.unwrap();
    store.append(&key, &[entry("5", json!({}))]).await.unwrap();
    let [summary] = &store.list_session_summaries("-repo").await.unwrap()[..] else { panic!() };
    assert_eq!(summary.data.get("custom_title"), None);
}

#[tokio::test]
#[ignore = "needs a redis-server on PATH"]
async fn appends_of_several_programs_to_one_session_lose_no_summary() {
    let server = Server::start();
    let key = SessionKey::new("-repo", id(1));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6 {
        let store = RedisSessionStore::new(server.connect().await, "");
        let key = key.clone();
        writers.spawn(async move {
            for n in 0..10 {
                let field = format!("{}Title", ["custom", "ai"][writer % 2]);
                let entry = entry(&format!("{writer}-{n}"), json!({field: format!("{writer}")}));
                store.append(&key, &[entry]).await.unwrap();
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    let store = RedisSessionStore::new(server.connect().await, "");
    let entries = store.load(&key).await.unwrap().unwrap();
    assert_eq!(entries.len(), 60);
    let folded = claude_wire::store::fold_session_summary(None, &key, &entries);
    let [summary] = &store.list_session_summaries("-repo").await.unwrap()[..] else { panic!() };
    assert_eq!(summary.data, folded.data);
}

#[tokio::test]
#[ignore = "needs a redis-server on PATH"]
async fn names_that_would_be_other_keys_are_refused() {
    let server = Server::start();
    let store = RedisSessionStore::new(server.connect().await, "s");
    for (project, session) in [
        ("", "x"),
        ("a:b", "x"),
        ("a", ""),
        ("a", "x:y"),
        ("a", "__sessions"),
        ("a", "__summaries"),
    ] {
        let key = SessionKey::new(project, session);
        let error = store.append(&key, &[entry("1", json!({}))]).await.unwrap_err();
        assert!(error.to_string().contains("cannot be part of a Redis key"), "{error}");
        store.load(&key).await.unwrap_err();
        store.delete(&key).await.unwrap_err();
    }
    let key = SessionKey::new("a", id(1));
    store.append(&key.with_subpath("__subkeys"), &[entry("1", json!({}))]).await.unwrap_err();
    assert_eq!(store.list_sessions("a").await.unwrap(), []);
}

#[tokio::test]
#[ignore = "needs a redis-server on PATH"]
async fn a_server_that_is_gone_is_an_error_that_names_the_transcript() {
    let server = Server::start();
    let store = RedisSessionStore::new(server.connect().await, "s");
    let key = SessionKey::new("-repo", id(1));
    store.append(&key, &[entry("1", json!({}))]).await.unwrap();
    drop(server);
    let error = store.load(&key).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("could not load {key} in Redis")), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
