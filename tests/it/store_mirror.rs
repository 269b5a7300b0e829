//! Entries of the transcript reach the session's store, in order; a store that fails stops nothing,
//! and loses nothing.
#![cfg(feature = "session")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::session::{Events, Phase, SessionBuilder, SessionEvent};
use claude_wire::store::{
    Error, InMemorySessionStore, MirrorFailure, Result, SessionKey, SessionStore,
    SessionStoreEntry, SessionStoreFlush,
};
use claude_wire::transport::{BoxFuture, Exit, Memory};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::cli::{FakeCli, SESSION, cli};
use crate::support::read::{ended_well, warnings};

/// A store that never answers.
struct Silent;

impl SessionStore for Silent {
    fn append<'a>(
        &'a self,
        _: &'a SessionKey,
        _: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(std::future::pending())
    }

    fn load<'a>(
        &'a self,
        _: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(std::future::pending())
    }
}

/// Each flush waits for one append, not for one of each transcript: that of the result, that at the
/// end of the CLI, and the last one.
#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_delays_the_end_only_so_long() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = next_prompt(&mut cli).await.unwrap();
        for agent in 1..=20 {
            let path =
                format!("/home/me/.claude/projects/-repo/{SESSION}/subagents/agent-{agent}.jsonl");
            cli.write(mirror(&path, json!([entry("1")]))).await;
        }
        cli.turn(&uuid, "done").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = builder(transport, &Arc::new(Silent)).start().unwrap();
    session.query("go").text().await.unwrap();
    let began = Instant::now();
    session.stop().await.unwrap();
    assert!(began.elapsed() <= Duration::from_secs(180), "{:?}", began.elapsed());
}

fn main_key() -> SessionKey {
    SessionKey::new("-repo", SESSION)
}

fn mirror(path: &str, entries: Value) -> Value {
    json!({"type": "transcript_mirror", "filePath": path, "entries": entries})
}

fn main_path() -> String {
    format!("/home/me/.claude/projects/-repo/{SESSION}.jsonl")
}

fn entry(uuid: &str) -> Value {
    json!({"type": "user", "uuid": uuid, "sessionId": SESSION})
}

/// A CLI that sends, for each prompt, an entry whose uuid is the prompt's text, and then its turn.
fn mirroring() -> Memory {
    cli(|_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = next_prompt(&mut cli).await {
            cli.write(mirror(&main_path(), json!([entry(&text)]))).await;
            cli.turn(&uuid, &text).await;
        }
        // As the CLI does at its end.
        cli.write(mirror(&main_path(), json!([{"type": "cost-state"}]))).await;
        Exit::from_code(0)
    })
}

async fn next_prompt(cli: &mut FakeCli) -> Option<(String, String)> {
    let line = cli.read().await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some((text(&line["uuid"]), text(&line["message"]["content"])))
}

fn builder(transport: Memory, store: &Arc<impl SessionStore>) -> SessionBuilder {
    Session::builder().transport(transport).session_store(store.clone())
}

/// A word for each entry: its uuid, or its type.
fn words(entries: &[SessionStoreEntry]) -> Vec<String> {
    let word = |entry: &SessionStoreEntry| {
        let word = entry.pointer("/uuid").or_else(|| entry.pointer("/type"));
        word.unwrap().as_str().unwrap().into_owned()
    };
    entries.iter().map(word).collect()
}

#[tokio::test(start_paused = true)]
async fn each_entry_reaches_the_store_in_order() {
    let store = Arc::new(InMemorySessionStore::new());
    let session = builder(mirroring(), &store).start().unwrap();
    let events = session.events();
    for (text, expected) in [("one", &["one"][..]), ("two", &["one", "two"])] {
        assert_eq!(session.query(text).text().await.unwrap(), text);
        session.flush_store().await;
        assert_eq!(words(&store.get_entries(&main_key())), expected);
    }
    ended_well(&session).await;
    assert_eq!(words(&store.get_entries(&main_key())), ["one", "two", "cost-state"]);
    assert_eq!(warnings(events).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_cli_is_asked_for_its_entries() {
    let store = Arc::new(InMemorySessionStore::new());
    let transport = cli(|launch, mut cli| async move {
        assert!(launch.args.contains(&"--session-mirror".into()), "{:?}", launch.args);
        cli.serve().await
    });
    let session = builder(transport, &store).start().unwrap();
    assert_eq!(session.query("hi").text().await.unwrap(), "hi");
    session.flush_store().await;
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn sub_agents_have_keys_below_their_session() {
    let store = Arc::new(InMemorySessionStore::new());
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        let folder = format!("C:\\me\\.claude\\projects\\C--repo\\{SESSION}");
        for (path, uuid) in [
            (format!("{folder}.jsonl"), "main"),
            (format!("{folder}\\subagents\\agent-1.jsonl"), "agent"),
            (format!("{folder}.jsonl"), "main 2"),
            (format!("{folder}\\subagents\\flows\\agent-2.jsonl"), "deep"),
        ] {
            cli.write(mirror(&path, json!([entry(uuid)]))).await;
        }
        cli.turn(&uuid, "done").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = builder(transport, &store).start().unwrap();
    session.query("go").text().await.unwrap();
    ended_well(&session).await;
    let main = SessionKey::new("C--repo", SESSION);
    for (key, expected) in [
        (main.clone(), &["main", "main 2"][..]),
        (main.with_subpath("subagents/agent-1"), &["agent"]),
        (main.with_subpath("subagents/flows/agent-2"), &["deep"]),
    ] {
        assert_eq!(words(&store.get_entries(&key)), expected, "{key}");
    }
    assert_eq!(store.keys().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn entries_of_another_file_are_reported() {
    let store = Arc::new(InMemorySessionStore::new());
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(mirror("/tmp/elsewhere.jsonl", json!([entry("x"), entry("y")]))).await;
        cli.turn(&uuid, "done").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = builder(transport, &store).start().unwrap();
    let events = session.events();
    session.query("go").text().await.unwrap();
    ended_well(&session).await;
    let warnings = warnings(events).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("2 entries did not reach the session store"), "{warnings:?}");
    assert!(warnings[0].contains("/tmp/elsewhere.jsonl"), "{warnings:?}");
    assert_eq!(store.keys(), []);
}

/// What a store does at one append.
#[derive(Clone, Copy)]
enum Step {
    Works,
    Fails,
    /// Stores the first entry, then fails.
    Tears,
    Hangs,
    /// Works, after this many milliseconds.
    Takes(u64),
    Panics,
    /// Panics before there is a future.
    PanicsAtOnce,
    /// Hangs, and panics when it is given up.
    PanicsAtLast,
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("a bug of the store");
    }
}

/// A store that does as it is instructed at each append, and then works.
struct Scripted {
    stored: InMemorySessionStore,
    steps: Vec<Step>,
    calls: AtomicUsize,
    /// How many entries the largest append had.
    largest: AtomicUsize,
}

impl Scripted {
    fn new(steps: &[Step]) -> Arc<Self> {
        let (stored, calls, largest) = Default::default();
        Arc::new(Self { stored, steps: steps.to_vec(), calls, largest })
    }
}

impl SessionStore for Scripted {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(entries.len(), Ordering::Relaxed);
        let step = self.steps.get(call).unwrap_or(&Step::Works);
        assert!(!matches!(step, Step::PanicsAtOnce), "a bug of the store");
        Box::pin(async move {
            match step {
                Step::Works => self.stored.append(key, entries).await,
                Step::Fails => Err(Error::new("disk full")),
                Step::Tears => {
                    self.stored.append(key, &entries[..1]).await?;
                    Err(Error::new("connection lost"))
                }
                Step::Hangs => std::future::pending().await,
                Step::Takes(millis) => {
                    tokio::time::sleep(Duration::from_millis(*millis)).await;
                    self.stored.append(key, entries).await
                }
                Step::Panics | Step::PanicsAtOnce => panic!("a bug of the store"),
                Step::PanicsAtLast => {
                    let _bug = PanicsInDrop;
                    std::future::pending().await
                }
            }
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        self.stored.load(key)
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_append_is_repeated_and_nothing_is_stored_twice() {
    for steps in [
        &[Step::Fails][..],
        &[Step::Fails, Step::Fails],
        &[Step::Tears, Step::Tears],
        &[Step::Panics, Step::Fails],
        &[Step::PanicsAtOnce, Step::PanicsAtOnce],
    ] {
        let store = Scripted::new(steps);
        let session = builder(mirroring(), &store).start().unwrap();
        let events = session.events();
        for text in ["one", "two"] {
            assert_eq!(session.query(text).text().await.unwrap(), text);
        }
        ended_well(&session).await;
        assert_eq!(words(&store.stored.get_entries(&main_key())), ["one", "two", "cost-state"]);
        assert_eq!(warnings(events).await, [""; 0]);
    }
}

/// Everyone who learns that the session has ended may read its store: who stops it later, or watches it.
#[tokio::test(start_paused = true)]
async fn all_who_learn_of_the_end_find_everything_in_the_store() {
    for millis in [0, 1, 500, 15_000] {
        let store = Scripted::new(&[Step::Takes(20_000); 3]);
        let session = builder(mirroring(), &store).start().unwrap();
        assert_eq!(session.query("one").text().await.unwrap(), "one");
        let all = || words(&store.stored.get_entries(&main_key())) == ["one", "cost-state"];
        let later = async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            session.stop().await.unwrap();
            assert!(all(), "a stop after {millis} ms");
        };
        let watching = async {
            let mut state = session.watch();
            state.wait_for(|state| state.phase == Phase::Stopped).await.unwrap();
            assert!(all(), "a watch next to a stop after {millis} ms");
        };
        let (stopped, (), ()) = tokio::join!(session.stop(), later, watching);
        assert!(all() && stopped.unwrap().is_some());
    }
}

/// What the store of a session that ends did not get.
async fn mirror_errors(mut events: Events) -> Vec<MirrorFailure> {
    let mut errors = Vec::new();
    while let Some(event) = events.next().await {
        if let SessionEvent::MirrorError(error) = event {
            errors.push(error);
        }
    }
    errors
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_in_the_middle_gets_all_later_and_in_order() {
    use Step::{Fails, Hangs, PanicsAtOnce, Tears, Works};
    for (steps, reports) in [
        (&[Works, Fails, Fails, Fails][..], 1),
        (&[Fails; 6], 1),
        (&[Fails; 9], 2),
        (&[Works, Tears, Fails, PanicsAtOnce, Hangs], 1),
        (&[Hangs, Hangs, Hangs], 2),
    ] {
        let store = Scripted::new(steps);
        let session = builder(mirroring(), &store).start().unwrap();
        let events = session.events();
        for text in ["one", "two", "three"] {
            assert_eq!(session.query(text).text().await.unwrap(), text);
            session.flush_store().await;
        }
        ended_well(&session).await;
        let stored = words(&store.stored.get_entries(&main_key()));
        assert_eq!(stored, ["one", "two", "three", "cost-state"]);
        let errors = mirror_errors(events).await;
        assert_eq!(errors.len(), reports, "{errors:?}");
        assert!(errors.iter().all(|error| error.is_sent_again), "{errors:?}");
        assert_eq!(errors[0].key, Some(main_key()));
        assert_eq!(errors[0].entries, 1);
        assert_eq!(errors[reports - 1].entries, reports as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_store_never_got_is_reported_at_the_end() {
    let store = Scripted::new(&[Step::Fails; 100]);
    let session = builder(mirroring(), &store).start().unwrap();
    let events = session.events();
    for text in ["one", "two"] {
        assert_eq!(session.query(text).text().await.unwrap(), text);
    }
    ended_well(&session).await;
    let errors = mirror_errors(events).await;
    let (last, others) = errors.split_last().unwrap();
    assert!(others.iter().all(|error| error.is_sent_again), "{errors:?}");
    assert!(!last.is_sent_again);
    let text = last.to_string();
    for part in [&*format!("3 entries of -repo/{SESSION}"), "disk full", "its own disk"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_is_read_when_the_store_has_its_turn() {
    for millis in [0, 10, 900] {
        for flush in [SessionStoreFlush::Batched, SessionStoreFlush::Eager] {
            let store = Scripted::new(&[Step::Takes(millis); 2]);
            let session = builder(mirroring(), &store).session_store_flush(flush).start().unwrap();
            for (text, expected) in [("one", &["one"][..]), ("two", &["one", "two"])] {
                assert_eq!(session.query(text).text().await.unwrap(), text);
                let stored = words(&store.stored.get_entries(&main_key()));
                assert_eq!(stored, expected, "{millis} ms, {flush:?}");
            }
            ended_well(&session).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_append_does_not_hold_the_result() {
    let store = Scripted::new(&[Step::Fails; 6]);
    let session = builder(mirroring(), &store).start().unwrap();
    let begin = Instant::now();
    for text in ["one", "two"] {
        assert_eq!(session.query(text).text().await.unwrap(), text);
        assert_eq!(store.stored.get_entries(&main_key()).len(), 0);
    }
    // The second one comes while the first one is tried again.
    assert!(begin.elapsed() < Duration::from_millis(100), "{:?}", begin.elapsed());
    ended_well(&session).await;
    assert_eq!(words(&store.stored.get_entries(&main_key())), ["one", "two", "cost-state"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_delays_one_turn_by_a_second_and_loses_nothing() {
    let store = Scripted::new(&[Step::Hangs]);
    let session = builder(mirroring(), &store).start().unwrap();
    let events = session.events();
    let begin = Instant::now();
    for text in ["one", "two", "three"] {
        assert_eq!(session.query(text).text().await.unwrap(), text);
        assert!(begin.elapsed() < Duration::from_millis(1100), "{text}: {:?}", begin.elapsed());
    }
    session.flush_store().await;
    assert!(begin.elapsed() >= Duration::from_secs(60), "{:?}", begin.elapsed());
    assert_eq!(words(&store.stored.get_entries(&main_key())), ["one", "two", "three"]);
    ended_well(&session).await;
    let warnings = warnings(events).await;
    assert!(matches!(&warnings[..], [warning] if warning.contains("60s")), "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_that_ends_the_mirror_is_reported() {
    let store = Scripted::new(&[Step::PanicsAtLast]);
    let session = builder(mirroring(), &store).start().unwrap();
    let events = session.events();
    assert_eq!(session.query("one").text().await.unwrap(), "one");
    session.flush_store().await;
    let begin = Instant::now();
    for text in ["two", "three"] {
        assert_eq!(session.query(text).text().await.unwrap(), text);
    }
    assert_eq!(begin.elapsed(), Duration::ZERO, "no result waits for it");
    session.stop().await.unwrap();
    let errors = mirror_errors(events).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].key.is_none() && !errors[0].is_sent_again, "{errors:?}");
    assert!(errors[0].to_string().contains("has ended"), "{errors:?}");
}

/// A CLI that sends this many entries in one frame at its first prompt.
fn sending(count: usize) -> Memory {
    cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        let entries: Vec<_> = (0..count).map(|n| entry(&n.to_string())).collect();
        cli.write(mirror(&main_path(), json!(entries))).await;
        cli.turn(&uuid, "done").await;
        cli.drain().await;
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_store_goes_to_it_in_parts() {
    for (steps, calls) in [(&[][..], 3), (&[Step::Works, Step::Hangs], 4)] {
        let store = Scripted::new(steps);
        let session = builder(sending(1200), &store).start().unwrap();
        assert_eq!(session.query("go").text().await.unwrap(), "done");
        ended_well(&session).await;
        let numbers: Vec<_> = (0..1200).map(|n| n.to_string()).collect();
        assert_eq!(words(&store.stored.get_entries(&main_key())), numbers);
        assert_eq!(store.largest.load(Ordering::Relaxed), 500);
        assert_eq!(store.calls.load(Ordering::Relaxed), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn entries_wait_for_the_result_unless_they_are_many_or_the_flush_is_eager() {
    for (flush, count, calls, all) in [
        (SessionStoreFlush::Batched, 500, 0, 1),
        (SessionStoreFlush::Batched, 501, 2, 2),
        (SessionStoreFlush::Eager, 1, 1, 1),
    ] {
        let store = Scripted::new(&[]);
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let transport = cli(move |_, mut cli| {
            let gate = gate.clone();
            async move {
                cli.handshake().await;
                let (uuid, _) = cli.prompt().await;
                let entries: Vec<_> = (0..count).map(|n| entry(&n.to_string())).collect();
                cli.write(mirror(&main_path(), json!(entries))).await;
                gate.notified().await;
                cli.turn(&uuid, "done").await;
                cli.drain().await;
                Exit::from_code(0)
            }
        });
        let session = builder(transport, &store).session_store_flush(flush).start().unwrap();
        let query = tokio::spawn({
            let session = session.clone();
            async move { session.query("go").text().await }
        });
        // The clock only moves on when nothing else can.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(store.calls.load(Ordering::Relaxed), calls, "{flush:?} {count}");
        go.notify_one();
        assert_eq!(query.await.unwrap().unwrap(), "done");
        session.flush_store().await;
        assert_eq!(store.calls.load(Ordering::Relaxed), all, "{flush:?} {count}");
        assert_eq!(store.stored.get_entries(&main_key()).len(), count);
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_crashes_leaves_what_it_reported_in_the_store() {
    let store = Arc::new(InMemorySessionStore::new());
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.prompt().await;
        cli.write(mirror(&main_path(), json!([entry("half")]))).await;
        Exit::from_code(1)
    });
    let session = builder(transport, &store).start().unwrap();
    session.query("go").text().await.unwrap_err();
    session.flush_store().await;
    assert_eq!(words(&store.get_entries(&main_key())), ["half"]);
    session.stop().await.unwrap();
    session.flush_store().await;
}

#[test]
fn options_that_leave_nothing_for_a_store_are_rejected() {
    let store = Arc::new(InMemorySessionStore::new());
    let builder = || Session::builder().session_store(store.clone());
    let error = builder().file_checkpointing(true).start().unwrap_err();
    assert!(error.to_string().contains("file_checkpointing"), "{error}");
    let error = builder().no_session_persistence(true).start().unwrap_err();
    assert!(error.to_string().contains("no_session_persistence"), "{error}");
    builder().session_mirror(false).start().unwrap();
}
