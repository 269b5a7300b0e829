//! A conversation goes from one session to the next as soon as the first one has ended.
#![cfg(all(feature = "session", target_os = "linux"))]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claude_wire::protocol::Phase;
use claude_wire::session::{Exclusive, Restart};
use claude_wire::store::{
    InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry,
};
use claude_wire::supervisor::{Backoff, ChildSpec, ChildState, Supervisor};
use claude_wire::transport::{BoxFuture, Connection, Error, Exit, Launch, Memory, Transport};
use claude_wire::{Session, SessionBuilder};
use serde_json::json;

use crate::support::cli::{SESSION, cli};

/// A CLI in memory, whose transcripts are files of this machine.
struct Here(Memory);

impl Transport for Here {
    fn open(&self, launch: Launch) -> BoxFuture<'_, std::result::Result<Connection, Error>> {
        self.0.open(launch)
    }

    fn runs_here(&self) -> bool {
        true
    }
}

/// A store that needs this time for what it gets.
struct Slow(InMemorySessionStore, Duration);

impl SessionStore for Slow {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // A store that is slow: the time is what is tested.
            tokio::time::sleep(self.1).await;
            self.0.append(key, entries).await
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        self.0.load(key)
    }
}

/// The folder of a test, and the store of its sessions, if they have one.
#[derive(Clone)]
struct Place(Arc<tempfile::TempDir>, Option<Arc<Slow>>);

impl Place {
    fn new(store_takes: Option<Duration>) -> Self {
        let store = store_takes.map(|time| Arc::new(Slow(InMemorySessionStore::new(), time)));
        Self(Arc::new(tempfile::tempdir().unwrap()), store)
    }

    /// A session that goes on with the conversation. Its CLI reports an entry for each prompt, and
    /// one at its end, as the real one does.
    fn builder(&self) -> SessionBuilder {
        let transport = Here(cli(|_, mut cli| async move {
            let entry = |word: &str| {
                let path = format!("/home/me/.claude/projects/-repo/{SESSION}.jsonl");
                json!({"type": "transcript_mirror", "filePath": path, "entries": [{"type": word}]})
            };
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                let text = line["message"]["content"].as_str().unwrap();
                cli.write(entry(text)).await;
                cli.turn(line["uuid"].as_str().unwrap(), text).await;
            }
            cli.write(entry("end")).await;
            Exit::from_code(0)
        }));
        let config = self.0.path().to_str().unwrap();
        let builder = Session::builder().transport(transport).env("CLAUDE_CONFIG_DIR", config);
        match &self.1 {
            Some(store) => builder.session_store(store.clone()),
            None => builder,
        }
    }

    fn start(&self) -> Session {
        self.builder().resume(SESSION).exclusive(Exclusive::Refuse).start().unwrap()
    }

    fn leases(&self) -> usize {
        leases(self.0.path())
    }

    /// What the store has.
    fn stored(&self) -> Vec<String> {
        let entries =
            self.1.iter().flat_map(|store| store.0.get_entries(&SessionKey::new("-repo", SESSION)));
        let word = |entry: SessionStoreEntry| {
            entry.pointer("/type").unwrap().as_str().unwrap().into_owned()
        };
        entries.map(word).collect()
    }

    /// A session has stopped: another one may have all of its conversation.
    fn is_free(&self) {
        assert_eq!(self.leases(), 0);
        if self.1.is_some() {
            assert_eq!(self.stored().last().map(String::as_str), Some("end"));
        }
    }
}

fn leases(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let count = |file: std::path::PathBuf| match file.is_dir() {
        true => leases(&file),
        false => usize::from(file.extension().is_some_and(|end| end == "lease")),
    };
    files.map(count).sum()
}

const STORES: [Option<Duration>; 3] = [None, Some(Duration::ZERO), Some(Duration::from_millis(5))];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_that_a_session_has_stopped_finds_its_conversation_free() {
    for store in STORES {
        let place = Place::new(store);
        for round in 0..20 {
            let session = place.start();
            assert_eq!(session.query("one").text().await.unwrap(), "one");
            assert_eq!(place.leases(), 1);
            if round % 2 == 0 {
                session.stop().await.unwrap();
            } else {
                let mut state = session.watch();
                let stopping = session.clone();
                let stop = tokio::spawn(async move { stopping.stop().await });
                state.wait_for(|state| state.phase == Phase::Stopped).await.unwrap();
                place.is_free();
                stop.await.unwrap().unwrap();
            }
            place.is_free();
        }
    }
}

/// The end takes longer than a session that is not about to end is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_waits_for_one_of_its_program_that_ends_and_for_no_other() {
    for is_dropped in [false, true] {
        let place = Place::new(Some(Duration::from_millis(300)));
        let first = place.start();
        assert_eq!(first.query("one").text().await.unwrap(), "one");
        let refused = place.start().query("two").text().await.unwrap_err();
        assert!(refused.is_owned(), "{refused}");
        if is_dropped {
            drop(first);
        } else {
            tokio::spawn(async move { first.stop().await });
        }
        let next = place.start();
        assert_eq!(next.query("two").text().await.unwrap(), "two", "dropped: {is_dropped}");
        assert!(place.stored().contains(&"end".to_owned()), "dropped: {is_dropped}");
        next.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_is_not_refused_by_itself() {
    for store in STORES {
        let place = Place::new(store);
        let make = place.clone();
        let spec = ChildSpec::new("a", move || make.builder())
            .resume(SESSION)
            .conversation(Restart::Resume)
            .idle_after(Duration::from_millis(1));
        let supervisor = Supervisor::builder()
            .intensity(usize::MAX, Duration::from_secs(1))
            .backoff(Backoff::none())
            .child(spec)
            .start()
            .await
            .unwrap();
        let child = supervisor.session(&"a".to_owned()).unwrap();
        for round in 0..20 {
            assert_eq!(child.query("one").await.unwrap().text().await.unwrap(), "one");
            if round % 2 == 0 {
                child.wait_for(ChildState::Resting).await.unwrap();
            } else {
                // It may come to rest before.
                let session = child.session().await.unwrap();
                session.stop().await.unwrap();
            }
        }
        supervisor.stop().await;
        assert_eq!(place.leases(), 0);
    }
}
