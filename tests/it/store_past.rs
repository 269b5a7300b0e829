//! The sessions of a store are listed, read and changed as those on disk are.
#![cfg(feature = "session")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claude_wire::history::{ForkSessionOptions, Page, SessionInfo, project_key};
use claude_wire::store::{
    Error, ImportSessionToStoreOptions, InMemorySessionStore, Result, SessionKey, SessionStore,
    SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry, StoredSessions,
    import_session_to_store,
};
use claude_wire::transport::BoxFuture;
use serde_json::{Value, json};

use crate::history_support::{Config, id, prompt, reply, text, user, with};

/// A store with or without the optional methods, which counts its calls.
#[derive(Default)]
struct Store {
    stored: InMemorySessionStore,
    no_summaries: bool,
    no_list: bool,
    no_subkeys: bool,
    /// The session that cannot be loaded.
    broken: Option<String>,
    hangs: bool,
    /// Entries come back with their fields in another order.
    reorders: bool,
    /// What is added to the times of the sessions in the list.
    later: u64,
    appends: std::sync::Mutex<Vec<usize>>,
    loads: AtomicUsize,
    at_once: AtomicUsize,
    most: AtomicUsize,
}

impl SessionStore for Store {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        self.appends.lock().unwrap().push(entries.len());
        self.stored.append(key, entries)
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async move {
            self.loads.fetch_add(1, Ordering::Relaxed);
            let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            tokio::task::yield_now().await;
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            if self.hangs {
                std::future::pending::<()>().await;
            }
            if self.broken.as_ref() == Some(&key.session_id) {
                return Err(Error::new("disk full"));
            }
            let mut loaded = self.stored.load(key).await?;
            for entry in loaded.iter_mut().flatten().filter(|_| self.reorders) {
                let Value::Object(fields) = entry.to_value().unwrap() else { panic!("{entry:?}") };
                *entry = Value::from_iter(fields.into_iter().rev()).into();
            }
            Ok(loaded)
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        Box::pin(async move {
            if self.no_list {
                return Err(Error::unsupported("list_sessions"));
            }
            let mut listed = self.stored.list_sessions(project_key).await?;
            listed.iter_mut().for_each(|session| session.mtime += self.later);
            Ok(listed)
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        match self.no_summaries {
            true => Box::pin(async { Err(Error::unsupported("list_session_summaries")) }),
            false => self.stored.list_session_summaries(project_key),
        }
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        self.stored.delete(key)
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        match self.no_subkeys {
            true => Box::pin(async { Err(Error::unsupported("list_subkeys")) }),
            false => self.stored.list_subkeys(key),
        }
    }
}

/// Copies the sessions of a directory into a store, the last changed last.
async fn import(config: &Config, sessions: &[u64], store: &impl SessionStore) {
    for n in sessions {
        let options = ImportSessionToStoreOptions::default();
        import_session_to_store(&config.history(), &id(*n), store, &options).await.unwrap();
    }
}

/// Transcripts that a list shows in different ways, or not at all.
fn transcripts() -> Vec<Vec<Value>> {
    let titled = |title| json!({"type": "custom-title", "customTitle": title});
    let tag = |tag| json!({"type": "tag", "tag": tag});
    let meta = with(prompt("meta"), &[("isMeta", json!(true))]);
    let result = user(2, None, json!([{"type": "tool_result", "content": "r"}]));
    let command = "<command-name>/init</command-name> all";
    let branch = |branch| with(prompt("b"), &[("gitBranch", json!(branch))]);
    let mut transcripts = vec![
        vec![prompt("Hello\nthere")],
        vec![prompt(&"long ".repeat(100)), json!({"type": "ai-title", "aiTitle": "By the CLI"})],
        vec![prompt("p"), titled("one"), titled("two"), tag("a"), tag("b")],
        vec![prompt("p"), tag("a"), tag("")],
        vec![meta, result, prompt(command), prompt("<tick>"), prompt("typed at last")],
        vec![prompt(command)],
        vec![prompt("p"), json!({"type": "last-prompt", "lastPrompt": "the last"})],
        vec![prompt("p"), json!({"type": "summary", "summary": "in short"})],
        vec![branch("main"), branch("topic")],
        vec![prompt("p"), json!({"type": "relocated", "relocatedCwd": "/moved"})],
        vec![json!({"type": "mode"}), with(prompt("no directory"), &[("cwd", Value::Null)])],
        // Not in a list.
        vec![with(prompt("p"), &[("isSidechain", json!(true))])],
        vec![json!({"type": "mode"})],
    ];
    // A store keeps entries with the same uuid once.
    for (n, line) in (1..).zip(transcripts.iter_mut().flatten()) {
        if line.get("uuid").is_some() {
            line["uuid"] = json!(id(n));
        }
    }
    transcripts
}

#[tokio::test]
async fn a_store_lists_what_the_disk_lists() {
    let config = Config::new();
    let directory = config.directory("w");
    let transcripts = transcripts();
    let all: Vec<u64> = (0..transcripts.len() as u64).collect();
    for n in &all {
        config.write(&directory, *n, &transcripts[*n as usize]);
    }
    let on_disk = config.history().directory(&directory).list_sessions(Page::all()).unwrap();
    assert_eq!(on_disk.sessions.len(), transcripts.len() - 2);
    for no_summaries in [false, true] {
        let store = Arc::new(Store { no_summaries, ..Store::default() });
        import(&config, &all, &store).await;
        store.loads.store(0, Ordering::Relaxed);
        let sessions = StoredSessions::of_directory(store.clone(), &directory);
        let comparable = |info: &SessionInfo| {
            let mut info = info.clone();
            info.last_modified = 0;
            info.file_size = info.file_size.filter(|_| no_summaries);
            info
        };
        let of_disk: Vec<_> = on_disk.sessions.iter().map(comparable).collect();
        for page in [Page::all(), Page::first(3), Page { offset: 4, limit: Some(5) }] {
            let list = sessions.list_sessions(page).await.unwrap();
            assert!(list.skipped.is_empty());
            assert!(
                list.sessions.is_sorted_by(|one, other| one.last_modified >= other.last_modified)
            );
            let listed: Vec<_> = list.sessions.iter().map(comparable).collect();
            let end = page.limit.map_or(of_disk.len(), |limit| page.offset + limit);
            assert_eq!(listed, of_disk[page.offset..end], "{page:?}, {no_summaries}");
        }
        assert_eq!(store.loads.load(Ordering::Relaxed) == 0, !no_summaries);
        // One by one, with the time of the last entry.
        for expected in &on_disk.sessions {
            let info = sessions.get_session_info(&expected.session_id).await.unwrap().unwrap();
            let mut expected = expected.clone();
            expected.last_modified = info.last_modified;
            assert_eq!(info, expected);
        }
        let last = sessions.get_session_info(&id(0)).await.unwrap().unwrap().last_modified;
        assert_eq!(last, 1_795_224_001_000);
        assert_eq!(sessions.get_session_info(&id(12)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_page_loads_as_few_sessions_as_it_needs() {
    let key = |n| SessionKey::new(project_key("/w"), id(n));
    for (no_summaries, later) in [(true, 0), (false, 1)] {
        let store = Arc::new(Store { no_summaries, later, ..Store::default() });
        for n in 0..100 {
            let line = if n % 2 == 0 { prompt("p") } else { json!({"type": "mode"}) };
            store.append(&key(n), &[line.into()]).await.unwrap();
        }
        let sessions = StoredSessions::of_directory(store.clone(), "/w");
        let page = sessions.list_sessions(Page { offset: 2, limit: Some(3) }).await.unwrap();
        let ids: Vec<_> = page.sessions.iter().map(|info| info.session_id.clone()).collect();
        assert_eq!(ids, [id(94), id(92), id(90)], "those with nothing to show do not count");
        let loads = store.loads.swap(0, Ordering::Relaxed);
        // Summaries that are older than their sessions do not count.
        assert!((10..=16).contains(&loads), "{loads}");
        assert_eq!(sessions.list_sessions(Page::all()).await.unwrap().sessions.len(), 50);
        assert_eq!(store.loads.load(Ordering::Relaxed), 100);
        assert_eq!(store.most.load(Ordering::Relaxed), 16);
    }
}

#[tokio::test]
async fn what_a_store_cannot_load_is_reported_and_the_others_are_listed() {
    let broken = Some(id(2));
    let store = Arc::new(Store { no_summaries: true, broken, ..Store::default() });
    for n in 0..5 {
        store.append(&SessionKey::new("-w", id(n)), &[prompt("needle").into()]).await.unwrap();
    }
    let sessions = StoredSessions::of_project(store, "-w");
    let list = sessions.list_sessions(Page::all()).await.unwrap();
    assert_eq!(list.sessions.len(), 4);
    let [error] = &list.skipped[..] else { panic!("{list:?}") };
    assert!(error.is_store());
    let message = error.to_string();
    assert!(message.contains(&format!("could not load -w/{}", id(2))), "{message}");
    assert!(message.contains("disk full"), "{message}");
    let found = sessions.search_sessions("NEEDLE", Page::first(3)).await.unwrap();
    assert_eq!((found.hits.len(), found.skipped.len()), (3, 1));
    assert_eq!(found.hits[0].excerpt, "needle");
    assert!(sessions.search_sessions(" ", Page::all()).await.unwrap_err().is_invalid_value());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_not_waited_for() {
    let store = Arc::new(Store { hangs: true, no_summaries: true, ..Store::default() });
    store.append(&SessionKey::new("-w", id(1)), &[prompt("p").into()]).await.unwrap();
    let sessions = StoredSessions::of_project(store, "-w");
    let error = sessions.get_session_info(&id(1)).await.unwrap_err();
    assert!(error.is_store() && error.to_string().contains("60s"), "{error}");
    let sessions = sessions.load_timeout(Duration::from_secs(2));
    let list = sessions.list_sessions(Page::all()).await.unwrap();
    assert!(list.skipped[0].to_string().contains("2s"), "{list:?}");
}

#[tokio::test]
async fn a_store_without_any_list_is_an_error() {
    let store = Arc::new(Store { no_summaries: true, no_list: true, ..Store::default() });
    let sessions = StoredSessions::of_project(store, "-w");
    let error = sessions.list_sessions(Page::all()).await.unwrap_err();
    assert!(error.is_store() && error.to_string().contains("list_sessions"), "{error}");
    // With summaries only, those are listed.
    let store = Arc::new(Store { no_list: true, ..Store::default() });
    store.append(&SessionKey::new("-w", id(1)), &[prompt("p").into()]).await.unwrap();
    let sessions = StoredSessions::of_project(store, "-w");
    assert_eq!(sessions.list_sessions(Page::all()).await.unwrap().sessions.len(), 1);
    sessions.rename_session(&id(1), "New").await.unwrap();
    assert!(sessions.rename_session(&id(2), "New").await.unwrap_err().is_not_found());
}

/// A session with sub-agents, on disk. Returns the folder of the sub-agents.
fn with_agents(config: &Config, directory: &Path) -> std::path::PathBuf {
    let lines = [user(1, None, json!("question")), reply(2, 1, "m1", text("answer"))];
    let path = config.write(directory, 1, &lines);
    let agents = path.with_extension("").join("subagents");
    fs::create_dir_all(agents.join("workflows/run-1")).unwrap();
    let line = |n| with(user(n, None, json!("do")), &[("isSidechain", json!(true))]);
    fs::write(agents.join("agent-a.jsonl"), format!("{}\n", line(3))).unwrap();
    fs::write(agents.join("agent-a.meta.json"), r#"{"type":"x","toolUseId":"t1"}"#).unwrap();
    let nested = agents.join("workflows/run-1/agent-b.jsonl");
    fs::write(&nested, format!("{}\n\nnot json\n{}", line(4), r#"{"torn"#)).unwrap();
    fs::write(nested.with_file_name("agent-b.meta.json"), "not json").unwrap();
    fs::write(nested.with_file_name("journal.jsonl"), "{\"type\":\"step\"}\n").unwrap();
    agents
}

#[tokio::test]
async fn an_imported_session_has_its_sub_agents_and_their_metadata() {
    let config = Config::new();
    let directory = config.directory("w");
    with_agents(&config, &directory);
    let store = Arc::new(Store::default());
    let options = ImportSessionToStoreOptions::default();
    let imported =
        import_session_to_store(&config.history(), &id(1), &store, &options).await.unwrap();
    let key = SessionKey::new(project_key(&directory), id(1));
    let nested = key.with_subpath("subagents/workflows/run-1/agent-b");
    let counts = [
        (key.clone(), 2),
        (key.with_subpath("subagents/agent-a"), 2),
        (nested.clone(), 1),
        (key.with_subpath("subagents/workflows/run-1/journal"), 1),
    ];
    assert_eq!(imported.transcripts, counts);
    let skipped: Vec<_> = imported.skipped.iter().map(|(_, line)| line.to_string()).collect();
    assert!(imported.skipped.iter().all(|(of, _)| *of == nested));
    let torn = "line 4 is cut off: the CLI is writing it, or ended while it did";
    assert_eq!(skipped, ["line 3 is not a JSON object", torn]);

    let (history, sessions) =
        (config.history(), StoredSessions::of_directory(store.clone(), &directory));
    assert_eq!(sessions.list_subagents(&id(1)).await.unwrap(), ["a", "b"]);
    assert_eq!(history.list_subagents(&id(1)).unwrap(), ["a", "b"]);
    for agent in ["a", "b"] {
        let stored = sessions.get_subagent_messages(&id(1), agent, Page::all()).await.unwrap();
        let on_disk = history.get_subagent_messages(&id(1), agent, Page::all()).unwrap();
        let of_tool = |messages: &claude_wire::history::SessionMessages| {
            let [message] = &messages.messages[..] else { panic!("{messages:?}") };
            (message.uuid.clone(), message.parent_tool_use_id.clone())
        };
        assert_eq!(of_tool(&stored), of_tool(&on_disk));
        assert_eq!(of_tool(&stored).1.is_some(), agent == "a");
    }
    let error = sessions.get_subagent_messages(&id(1), "c", Page::all()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    // A store without a list of them is asked for the usual place.
    let plain = Arc::new(Store { no_subkeys: true, ..Store::default() });
    import(&config, &[1], &plain).await;
    let plain = StoredSessions::of_directory(plain, &directory);
    let found = plain.get_subagent_messages(&id(1), "a", Page::all()).await.unwrap();
    assert_eq!(found.messages.len(), 1);
    assert!(plain.list_subagents(&id(1)).await.unwrap_err().is_store());

    // Again: nothing is there twice, not even what has no uuid.
    import(&config, &[1], &store).await;
    for (key, count) in counts {
        assert_eq!(store.stored.get_entries(&key).len() as u64, count, "{key}");
    }

    let alone = Arc::new(Store::default());
    let options = options.include_subagents(false);
    import_session_to_store(&config.history(), &id(1), &alone, &options).await.unwrap();
    assert_eq!(alone.stored.keys(), [key]);
}

#[tokio::test]
async fn a_repeated_import_keeps_what_was_changed_in_the_store() {
    let title = |title: &str| json!({"type": "custom-title", "customTitle": title, "n": 1});
    let tag = |tag: &str| json!({"type": "tag", "tag": tag, "n": 1});
    let (question, answer) = (user(1, None, json!("q")), reply(2, 1, "m1", text("a")));
    for (reorders, batch_size) in [(false, 500), (false, 1), (true, 2)] {
        let config = Config::new();
        let directory = config.directory("w");
        let store = Arc::new(Store { reorders, ..Store::default() });
        let sessions = StoredSessions::of_directory(store.clone(), &directory);
        let key = SessionKey::new(project_key(&directory), id(1));
        let options = ImportSessionToStoreOptions::default().batch_size(batch_size);
        // The title, the tag, and how many entries the store has.
        let import = async |lines: &[Value]| {
            config.write(&directory, 1, lines);
            let history = config.history();
            let imported =
                import_session_to_store(&history, &id(1), &store, &options).await.unwrap();
            assert_eq!(imported.transcripts, [(key.clone(), lines.len() as u64)]);
            let info = sessions.get_session_info(&id(1)).await.unwrap().unwrap();
            (info.custom_title.unwrap(), info.tag, store.stored.get_entries(&key).len())
        };
        let got = |title: &str, tag: &str, entries| {
            (title.to_owned(), Some(tag.to_owned()).filter(|tag| !tag.is_empty()), entries)
        };
        let mut lines = vec![question.clone(), title("A"), tag("a"), answer.clone()];
        assert_eq!(import(&lines).await, got("A", "a", 4));
        assert_eq!(import(&lines).await, got("A", "a", 4));
        sessions.rename_session(&id(1), "B").await.unwrap();
        sessions.tag_session(&id(1), Some("b")).await.unwrap();
        assert_eq!(import(&lines).await, got("B", "b", 6));
        sessions.tag_session(&id(1), None).await.unwrap();
        assert_eq!(import(&lines).await, got("B", "", 7));
        // What was changed on disk since counts, also if it is what was there before.
        lines.extend([title("C"), title("A")]);
        assert_eq!(import(&lines).await, got("A", "", 9));
        assert_eq!(import(&lines).await, got("A", "", 9));
        lines.push(tag("a"));
        assert_eq!(import(&lines).await, got("A", "a", 10));
    }
}

#[tokio::test]
async fn an_import_of_a_store_that_cannot_be_loaded_fails() {
    let config = Config::new();
    let directory = config.directory("w");
    config.write(&directory, 1, &[prompt("p"), json!({"type": "tag", "tag": "a"})]);
    let store = Store { broken: Some(id(1)), ..Store::default() };
    let options = ImportSessionToStoreOptions::default();
    let imported = import_session_to_store(&config.history(), &id(1), &store, &options).await;
    let error = imported.unwrap_err();
    assert!(error.is_store() && error.to_string().contains("disk full"), "{error}");
    assert_eq!(*store.appends.lock().unwrap(), [0_usize; 0]);
}

#[tokio::test]
async fn an_import_appends_in_batches_and_keeps_the_order() {
    let config = Config::new();
    let directory = config.directory("w");
    let lines: Vec<_> = (1..=1203).map(|n| user(n, None, json!("p"))).collect();
    config.write(&directory, 1, &lines);
    let long: Vec<_> = (1..=5).map(|n| user(n, None, json!("x".repeat(400_000)))).collect();
    config.write(&directory, 2, &long);
    for (session, batch_size, sizes) in [
        (1, 500, &[500, 500, 203][..]),
        (1, 0, &[500, 500, 203]),
        (1, 1000, &[1000, 203]),
        (2, 500, &[3, 2]),
        (2, 2, &[2, 2, 1]),
    ] {
        let store = Store::default();
        let options = ImportSessionToStoreOptions::default().batch_size(batch_size);
        import_session_to_store(&config.history(), &id(session), &store, &options).await.unwrap();
        assert_eq!(*store.appends.lock().unwrap(), sizes);
        let stored =
            store.stored.get_entries(&SessionKey::new(project_key(&directory), id(session)));
        let expected = if session == 1 { &lines } else { &long };
        let stored: Vec<_> = stored.iter().map(|entry| entry.to_value().unwrap()).collect();
        assert_eq!(&stored, expected);
    }
    let options = ImportSessionToStoreOptions::default();
    for (session, wrong) in [(id(9), "no session"), ("../x".into(), "not a uuid")] {
        let store = Store::default();
        let imported = import_session_to_store(&config.history(), &session, &store, &options).await;
        let message = imported.unwrap_err().to_string();
        assert!(message.contains(wrong), "{message}");
    }
}

#[tokio::test]
async fn sessions_of_a_store_are_renamed_tagged_forked_and_deleted() {
    let store = Arc::new(Store::default());
    let sessions = StoredSessions::of_project(store.clone(), "-w");
    let key = SessionKey::new("-w", id(1));
    let lines = [user(1, None, json!("question")), reply(2, 1, "m1", text("answer"))];
    store.append(&key, &lines.map(Into::into)).await.unwrap();

    sessions.rename_session(&id(1), "  The {shop} \"x\" ").await.unwrap();
    sessions.tag_session(&id(1), Some("do\u{200b}ne")).await.unwrap();
    let info = sessions.get_session_info(&id(1)).await.unwrap().unwrap();
    assert_eq!(info.custom_title.as_deref(), Some("The {shop} \"x\""));
    assert_eq!(info.tag.as_deref(), Some("done"));
    for entry in &store.stored.get_entries(&key)[2..] {
        let entry = entry.to_value().unwrap();
        assert!(entry["uuid"].is_string() && entry["timestamp"].is_string(), "{entry}");
        assert_eq!(entry["sessionId"], id(1));
    }
    sessions.tag_session(&id(1), None).await.unwrap();
    let listed = sessions.list_sessions(Page::all()).await.unwrap().sessions;
    assert_eq!((listed[0].tag.as_deref(), &*listed[0].summary), (None, "The {shop} \"x\""));
    assert!(sessions.tag_session(&id(1), Some("\u{200b}")).await.unwrap_err().is_invalid_value());

    let options = ForkSessionOptions::default().up_to_message_id(id(1));
    let fork = sessions.fork_session(&id(1), &options).await.unwrap();
    let messages = sessions.get_session_messages(&fork, Page::all()).await.unwrap();
    assert_eq!(messages.messages[0].text(), "question");
    assert_eq!((messages.messages.len(), &messages.messages[0].session_id), (1, &fork));
    let info = sessions.get_session_info(&fork).await.unwrap().unwrap();
    assert_eq!(info.custom_title.as_deref(), Some("The {shop} \"x\" (fork)"));

    sessions.delete_session(&id(1)).await.unwrap();
    sessions.delete_session(&id(1)).await.unwrap();
    let ids: Vec<_> = sessions.list_sessions(Page::all()).await.unwrap().into_iter().collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ids[0].session_id, fork);
}

#[tokio::test]
async fn ids_that_are_wrong_or_unknown_are_errors() {
    let sessions = StoredSessions::of_project(Arc::new(InMemorySessionStore::new()), "-w");
    let fork = ForkSessionOptions::default();
    for wrong in ["", "x", "../x"] {
        assert!(sessions.get_session_info(wrong).await.unwrap_err().is_invalid_id());
        assert!(sessions.list_subagents(wrong).await.unwrap_err().is_invalid_id());
        assert!(sessions.rename_session(wrong, "t").await.unwrap_err().is_invalid_id());
        assert!(sessions.delete_session(wrong).await.unwrap_err().is_invalid_id());
        assert!(sessions.fork_session(wrong, &fork).await.unwrap_err().is_invalid_id());
    }
    let unknown = id(7);
    let messages = sessions.get_session_messages(&unknown, Page::all()).await;
    assert!(messages.unwrap_err().is_not_found());
    assert!(sessions.get_session_info(&unknown).await.unwrap_err().is_not_found());
    assert!(sessions.rename_session(&unknown, "t").await.unwrap_err().is_not_found());
    assert!(sessions.tag_session(&unknown, None).await.unwrap_err().is_not_found());
    assert!(sessions.fork_session(&unknown, &fork).await.unwrap_err().is_not_found());
    assert_eq!(sessions.list_subagents(&unknown).await.unwrap(), [""; 0]);
    assert_eq!(sessions.list_sessions(Page::all()).await.unwrap().sessions, []);
}
