//! The store in a folder, when programs stop and files are missing or broken.
#![cfg(feature = "session")]

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::history::Page;
use claude_wire::store::{
    FolderSessionStore, SessionKey, SessionStore, SessionStoreEntry, StoredSessions,
};
use serde_json::json;

fn key(n: usize) -> SessionKey {
    SessionKey::new("-repo", format!("0a1b2c3d-0000-4000-8000-{n:012}"))
}

fn prompt(uuid: &str, text: &str) -> SessionStoreEntry {
    json!({"type": "user", "uuid": uuid, "parentUuid": null, "message": {"content": text}}).into()
}

fn file(root: &Path, key: &SessionKey, extension: &str) -> PathBuf {
    root.join(&key.project_key).join(&key.session_id).with_extension(extension)
}

/// By summary: the first prompt of each session, sorted.
async fn first_prompts(store: &FolderSessionStore) -> Vec<String> {
    let summaries = store.list_session_summaries("-repo").await.unwrap().into_iter();
    let first = |data: &serde_json::Map<_, serde_json::Value>| data.get("first_prompt").cloned();
    let mut firsts: Vec<_> = summaries
        .map(|summary| first(&summary.data).and_then(|first| Some(first.as_str()?.to_owned())))
        .map(Option::unwrap_or_default)
        .collect();
    firsts.sort();
    firsts
}

#[tokio::test]
async fn a_folder_is_the_same_store_for_the_next_program() {
    let root = tempfile::tempdir().unwrap();
    let key = SessionKey::new("-repo", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f");
    let entry = |uuid: &str| SessionStoreEntry::from(json!({"type": "user", "uuid": uuid}));
    let store = || FolderSessionStore::new(root.path());
    store().append(&key, &[entry("1")]).await.unwrap();
    // A program that ended in the middle of a line.
    let file = root.path().join("-repo").join(format!("{}.jsonl", key.session_id));
    let mut text = std::fs::read(&file).unwrap();
    text.extend(br#"{"type":"user","uuid":"2","mess"#);
    std::fs::write(&file, text).unwrap();
    let loaded = store().load(&key).await.unwrap().unwrap();
    assert_eq!(loaded, [entry("1")]);
    store().append(&key, &[entry("1"), entry("2")]).await.unwrap();
    let loaded = store().load(&key).await.unwrap().unwrap();
    assert_eq!(loaded, [entry("1"), entry("2")]);
    for (project, session) in [("..", "x"), ("a", "../x"), ("", "x"), ("a/b", "x")] {
        let error = store().append(&SessionKey::new(project, session), &[entry("1")]).await;
        assert!(error.unwrap_err().to_string().contains("cannot be the name"));
    }
    store().load(&key.with_subpath("../../x")).await.unwrap_err();
}

#[tokio::test]
async fn an_append_is_stored_although_its_summary_is_not() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderSessionStore::new(root.path());
    let title = || json!({"type": "custom-title", "customTitle": "T"}).into();
    for n in 0..2 {
        store.append(&key(n), &[json!({"type": "mode"}).into()]).await.unwrap();
        // It cannot be replaced.
        let summary = file(root.path(), &key(n), "summary.json");
        fs::remove_file(&summary).unwrap();
        fs::create_dir(&summary).unwrap();
        fs::write(summary.join("x"), "").unwrap();
        store.append(&key(n), &[prompt("1", "First"), title()]).await.unwrap();
        assert_eq!(first_prompts(&store).await.last().unwrap(), "First");
        fs::remove_dir_all(&summary).unwrap();
        assert_eq!(first_prompts(&store).await.last().unwrap(), "First");
        // For the same program, and for the next one.
        let store = if n == 0 { store.clone() } else { FolderSessionStore::new(root.path()) };
        store.append(&key(n), &[prompt("1", "First"), prompt("2", "Second")]).await.unwrap();
        assert!(summary.is_file());
        let loaded = store.load(&key(n)).await.unwrap().unwrap();
        assert_eq!(loaded.len(), 4, "{loaded:?}");
    }
    assert_eq!(first_prompts(&store).await, ["First", "First"]);
}

#[tokio::test]
async fn a_summary_that_is_old_or_cannot_be_read_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderSessionStore::new(root.path());
    for n in 0..3 {
        store.append(&key(n), &[prompt("1", &format!("First of {n}"))]).await.unwrap();
    }
    fs::write(file(root.path(), &key(0), "summary.json"), "{\"first_pr").unwrap();
    fs::remove_file(file(root.path(), &key(1), "summary.json")).unwrap();
    // As one that was written before the transcript.
    let old = file(root.path(), &key(2), "summary.json");
    fs::write(&old, "{}").unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    let firsts = ["First of 0", "First of 1", "First of 2"];
    assert_eq!(first_prompts(&store).await, firsts);
    let sessions = StoredSessions::of_project(store.clone(), "-repo");
    let list = sessions.list_sessions(Page::all()).await.unwrap();
    assert_eq!((list.sessions.len(), list.skipped.len()), (3, 0));
    // An append writes it whole.
    for (n, first) in firsts.iter().enumerate() {
        store.append(&key(n), &[prompt("2", "Second")]).await.unwrap();
        let summary = fs::read_to_string(file(root.path(), &key(n), "summary.json")).unwrap();
        assert!(summary.contains(first), "{summary}");
    }
    assert_eq!(first_prompts(&store).await, firsts);
}

#[tokio::test]
async fn many_sessions_are_remembered() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderSessionStore::new(root.path());
    for n in 0..200 {
        store.append(&key(n), &[prompt("1", "x")]).await.unwrap();
    }
    for n in 0..200 {
        // With the same length: only who reads the file again takes "2" for known.
        let transcript = file(root.path(), &key(n), "jsonl");
        let text = fs::read_to_string(&transcript).unwrap();
        fs::write(&transcript, text.replace("\"uuid\":\"1\"", "\"uuid\":\"2\"")).unwrap();
        store.append(&key(n), &[prompt("2", "x"), prompt("1", "x")]).await.unwrap();
        let loaded = store.load(&key(n)).await.unwrap().unwrap();
        assert_eq!(loaded, [prompt("2", "x"), prompt("2", "x")], "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_several_sessions_at_once_lose_nothing() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderSessionStore::new(root.path());
    let appends = (0..200).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            store.append(&key(n % 10), &[prompt(&n.to_string(), "x")]).await.unwrap();
        })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap();
    }
    for n in 0..10 {
        let loaded = store.load(&key(n)).await.unwrap().unwrap();
        let mut uuids: Vec<usize> = loaded
            .iter()
            .map(|entry| entry.pointer("/uuid").unwrap().as_str().unwrap().parse().unwrap())
            .collect();
        uuids.sort();
        assert_eq!(uuids, (0..200).filter(|it| it % 10 == n).collect::<Vec<_>>());
    }
}
