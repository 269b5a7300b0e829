//! A conversation does not go on without what a store did not get of it.
#![cfg(all(feature = "session", unix))]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claude_wire::Session;
use claude_wire::history::project_key;
use claude_wire::store::{
    Error, InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry,
};
use claude_wire::transport::{BoxFuture, Exit, Launcher, Memory};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::store_resume::{Here, Place, config_of, entry, read};
use crate::support::cli::{Launches, SESSION, cli, serving};
use crate::support::read::{ended_well, warnings};

fn entries(uuids: &[&str]) -> Vec<SessionStoreEntry> {
    uuids.iter().map(|uuid| entry(uuid)).collect()
}

/// The uuid of each entry, or its type.
fn words(entries: &[SessionStoreEntry]) -> Vec<String> {
    let word = |entry: &SessionStoreEntry| {
        let word = entry.pointer("/uuid").or_else(|| entry.pointer("/type"));
        word.unwrap().as_str().unwrap().into_owned()
    };
    entries.iter().map(word).collect()
}

impl Place {
    /// The transcript with this key in the configuration folder.
    fn transcript(&self, key: &SessionKey) -> PathBuf {
        let project = self.config().join("projects").join(&key.project_key);
        match &key.subpath {
            None => project.join(format!("{}.jsonl", key.session_id)),
            Some(subpath) => project.join(&key.session_id).join(format!("{subpath}.jsonl")),
        }
    }

    fn write_transcript(&self, key: &SessionKey, entries: &[SessionStoreEntry]) {
        let path = self.transcript(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
        fs::write(path, lines).unwrap();
    }
}

#[tokio::test]
async fn a_resume_does_not_go_on_from_a_shorter_copy() {
    let record: SessionStoreEntry = json!({"type": "api-request", "uuid": "r"}).into();
    let title: SessionStoreEntry = json!({"type": "custom-title", "uuid": "t"}).into();
    type Ids = &'static [&'static str];
    // Local, stored, whether the local one is used, what is stored then, and the warning.
    let cases: [(Ids, Ids, bool, Ids, &str); 10] = [
        (&["1", "2"], &["1", "2"], false, &["1", "2"], ""),
        (&["1"], &["1", "2"], false, &["1", "2"], ""),
        (&[], &["1", "2"], false, &["1", "2"], ""),
        (&["1", "2", "r"], &["1", "2"], false, &["1", "2"], ""),
        (&["1", "2", "3"], &["1", "2"], true, &["1", "2", "3"], "lacks 1 messages"),
        (&["1", "2", "r", "3"], &["1"], true, &["1", "2", "r", "3"], "gets them now"),
        (&["1", "2"], &["1", "t"], true, &["1", "t", "2"], "gets them now"),
        (&["1", "2"], &[], true, &["1", "2"], "lacks 2 messages"),
        (&["1", "2", "3"], &["1", "3"], true, &["1", "3"], "cannot be repaired"),
        (&["1", "2", "3"], &["1", "2", "4"], false, &["1", "2", "4"], "has others"),
    ];
    for (local, stored, is_local, then, warning) in cases {
        for continues in [false, true] {
            if continues && stored.is_empty() {
                continue;
            }
            let place = Place::new();
            let key = place.key();
            let made = |uuids: &[&str]| -> Vec<SessionStoreEntry> {
                let made = |uuid: &&str| match *uuid {
                    "r" => record.clone(),
                    "t" => title.clone(),
                    uuid => entry(uuid),
                };
                uuids.iter().map(made).collect()
            };
            if !local.is_empty() {
                place.write_transcript(&key, &made(local));
            }
            let store = Arc::new(InMemorySessionStore::new());
            store.append(&key, &made(stored)).await.unwrap();
            let launches = Launches::default();
            let builder = place.builder(serving(&launches), &store);
            let session = match continues {
                true => builder.continue_conversation(true).start().unwrap(),
                false => builder.resume(SESSION).start().unwrap(),
            };
            let events = session.events();
            session.query("go").text().await.unwrap();
            let case = format!("{local:?} {stored:?} {continues}");
            assert_eq!(launches.flag(0, "--resume").as_deref(), Some(SESSION), "{case}");
            let is_own = config_of(&launches.all()[0]) == place.config();
            assert_eq!(is_own, is_local, "{case}");
            assert_eq!(words(&store.get_entries(&key)), then, "{case}");
            ended_well(&session).await;
            match &warnings(events).await[..] {
                [] => assert_eq!(warning, "", "{case}"),
                [text] => {
                    assert!(!warning.is_empty() && text.contains(warning), "{case}: {text}");
                    let path = place.transcript(&key).display().to_string();
                    assert!(text.contains(&path), "{case}: {text}");
                }
                more => panic!("{case}: {more:?}"),
            }
        }
    }
}

#[tokio::test]
async fn sub_agents_are_repaired_with_their_conversation() {
    let place = Place::new();
    let key = place.key();
    let agent = |n: u32| key.with_subpath(format!("subagents/agent-{n}"));
    place.write_transcript(&key, &entries(&["1", "2"]));
    place.write_transcript(&agent(1), &entries(&["a", "b"]));
    place.write_transcript(&agent(2), &entries(&["c"]));
    fs::write(place.transcript(&agent(2)).with_extension("meta.json"), "{\"n\":2}").unwrap();
    let store = Arc::new(InMemorySessionStore::new());
    store.append(&key, &entries(&["1"])).await.unwrap();
    store.append(&agent(1), &entries(&["a"])).await.unwrap();
    // What the store has of a file is not sent again.
    fs::write(place.transcript(&agent(1)).with_extension("meta.json"), "{\"n\":1}").unwrap();
    let metadata = json!({"type": "agent_metadata", "n": 1}).into();
    store.append(&agent(1), &[metadata]).await.unwrap();
    let session =
        place.builder(serving(&Launches::default()), &store).resume(SESSION).start().unwrap();
    session.query("go").text().await.unwrap();
    for (key, expected) in [
        (key.clone(), &["1", "2"][..]),
        (agent(1), &["a", "agent_metadata", "b"]),
        (agent(2), &["c", "agent_metadata"]),
    ] {
        assert_eq!(words(&store.get_entries(&key)), expected, "{key}");
    }
    ended_well(&session).await;
}

/// A store that can be written to only while it is open.
struct Gated {
    stored: InMemorySessionStore,
    is_open: watch::Sender<bool>,
    /// Whether an append to the closed store fails; otherwise it waits.
    fails: bool,
}

impl Gated {
    fn closed(fails: bool) -> Arc<Self> {
        let stored = InMemorySessionStore::new();
        Arc::new(Self { stored, is_open: watch::Sender::new(false), fails })
    }

    fn open(&self) {
        self.is_open.send_replace(true);
    }
}

impl SessionStore for Gated {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if self.fails && !*self.is_open.borrow() {
                return Err(Error::new("read only"));
            }
            let mut is_open = self.is_open.subscribe();
            is_open.wait_for(|is_open| *is_open).await.unwrap();
            self.stored.append(key, entries).await
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        self.stored.load(key)
    }
}

/// A CLI with its transcript in this file, which it calls `named`. It sends the prompt's text as an
/// entry, with this many bytes if it is a letter.
fn writing(file: PathBuf, named: PathBuf, bytes: usize) -> Memory {
    cli(move |_, mut cli| {
        let (file, named) = (file.clone(), named.clone());
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (uuid, prompt) = (text(&line["uuid"]), text(&line["message"]["content"]));
                let mut lines = fs::read_to_string(&file).unwrap_or_default();
                let is_letter = prompt.starts_with(char::is_alphabetic);
                let pad = "x".repeat(if is_letter { bytes } else { 0 });
                let value = json!({"type": "user", "uuid": prompt, "pad": pad});
                lines += &format!("{value}\n");
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, lines).unwrap();
                cli.write(json!({
                    "type": "transcript_mirror", "filePath": named.to_str(), "entries": [value],
                }))
                .await;
                cli.turn(&uuid, "done").await;
            }
            Exit::from_code(0)
        }
    })
}

#[tokio::test]
async fn a_store_that_cannot_be_repaired_yet_gets_nothing_later_before() {
    gets_nothing_later_before(false).await;
}

#[tokio::test]
async fn a_transcript_is_read_by_the_name_that_it_has_here() {
    gets_nothing_later_before(true).await;
}

async fn gets_nothing_later_before(is_mapped: bool) {
    let place = Place::new();
    let root = if is_mapped { Path::new("/other/root") } else { place.root.path() };
    let key = SessionKey::new(project_key(root.join("work")), SESSION);
    place.write_transcript(&key, &entries(&["1", "2"]));
    let store = Gated::closed(true);
    store.stored.append(&key, &entries(&["1"])).await.unwrap();
    let file = place.transcript(&key);
    let named = root.join(file.strip_prefix(place.root.path()).unwrap());
    let transport = writing(file, named, 0);
    let launcher = Launcher::new("env").map_path(place.root.path(), root);
    let builder = place.with(Here(transport, is_mapped.then_some(launcher)), &store);
    let session = builder.resume(SESSION).start().unwrap();
    let events = session.events();
    assert_eq!(session.query("3").text().await.unwrap(), "done");
    session.flush_store().await;
    assert_eq!(words(&store.stored.get_entries(&key)), ["1"]);
    store.open();
    assert_eq!(session.query("4").text().await.unwrap(), "done");
    session.flush_store().await;
    assert_eq!(words(&store.stored.get_entries(&key)), ["1", "2", "3", "4"]);
    ended_well(&session).await;
    let warnings = warnings(events).await;
    assert!(warnings[0].contains("lacks 1 messages"), "{warnings:?}");
    assert!(warnings[1..].iter().all(|it| it.contains("read only")), "{warnings:?}");
    assert!(warnings[1..].iter().all(|it| it.contains("sent again")), "{warnings:?}");
}

#[tokio::test]
async fn what_does_not_fit_into_memory_is_read_from_the_transcript() {
    for is_here in [true, false] {
        let place = Place::new();
        let key = place.key();
        let store = Gated::closed(false);
        // With each letter, 33 MiB wait.
        let file = place.transcript(&key);
        let transport = writing(file.clone(), file, 33 * 1024 * 1024);
        let builder = match is_here {
            true => place.builder(transport, &store),
            false => Session::builder().transport(transport).session_store(store.clone()),
        };
        let session = builder.start().unwrap();
        let events = session.events();
        for text in ["a", "b", "3"] {
            assert_eq!(session.query(text).text().await.unwrap(), "done");
        }
        store.open();
        session.flush_store().await;
        assert_eq!(session.query("4").text().await.unwrap(), "done");
        session.flush_store().await;
        let expected: &[&str] = if is_here { &["a", "b", "3", "4"] } else { &["a", "4"] };
        assert_eq!(words(&store.stored.get_entries(&key)), expected);
        ended_well(&session).await;
        let warnings = warnings(events).await;
        let reason = if is_here { "64 MiB" } else { "cannot be read here" };
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("2 entries"), "{warnings:?}");
        assert!(warnings[0].contains(reason), "{warnings:?}");
        assert_eq!(read(place.transcript(&key)).lines().count(), 4);
    }
}
