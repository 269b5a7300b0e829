//! The stores of this crate keep the contracts, and the check finds stores that do not.
#![cfg(feature = "session")]

use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::store::{
    FolderSessionStore, InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry,
    conformance,
};
use claude_wire::transport::BoxFuture;
use serde_json::json;

#[tokio::test]
async fn the_store_in_memory_keeps_all_contracts() {
    let report = conformance::check(|| async { InMemorySessionStore::new() }).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (17, 0), "{report:?}");
}

#[tokio::test]
async fn the_store_in_a_folder_keeps_all_contracts() {
    let (root, count) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let make = || async {
        let folder = count.fetch_add(1, Ordering::Relaxed).to_string();
        FolderSessionStore::new(root.path().join(folder))
    };
    let report = conformance::check(make).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (17, 0), "{report:?}");
}

#[cfg(feature = "object-store")]
#[tokio::test]
async fn the_store_of_objects_keeps_all_contracts_but_has_no_summaries() {
    use std::sync::Arc;

    use claude_wire::store::ObjectSessionStore;
    use object_store::ObjectStore;
    use object_store::local::LocalFileSystem;
    use object_store::memory::InMemory;

    let (root, count) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    for is_local in [false, true] {
        for prefix in ["", "a/b"] {
            let make = || async {
                let folder = root.path().join(count.fetch_add(1, Ordering::Relaxed).to_string());
                let objects: Arc<dyn ObjectStore> = if is_local {
                    std::fs::create_dir(&folder).unwrap();
                    Arc::new(LocalFileSystem::new_with_prefix(folder).unwrap())
                } else {
                    Arc::new(InMemory::new())
                };
                ObjectSessionStore::new(objects, prefix)
            };
            let report = conformance::check(make).await.unwrap();
            assert_eq!(report.skipped, ["summaries are kept as they were folded"]);
            assert_eq!(report.kept.len(), 16);
        }
    }
}

#[cfg(feature = "object-store")]
#[tokio::test]
async fn objects_of_others_are_no_transcripts() {
    use std::sync::Arc;

    use claude_wire::store::ObjectSessionStore;
    use object_store::memory::InMemory;
    use object_store::{ObjectStore, ObjectStoreExt};

    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let store = ObjectSessionStore::new(objects.clone(), "s");
    let key = SessionKey::new("-repo", "id");
    objects.put(&"s/-repo/id/notes.txt".into(), "x".into()).await.unwrap();
    objects.put(&"s/-repo/id/sub/part-x.jsonl".into(), "x".into()).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap(), None);
    assert_eq!(store.list_sessions("-repo").await.unwrap(), []);
    assert_eq!(store.list_subkeys(&key).await.unwrap(), [""; 0]);
    store.delete(&key).await.unwrap();
    objects.head(&"s/-repo/id/notes.txt".into()).await.unwrap();
    store.load(&SessionKey::new("..", "id")).await.unwrap_err();
    store.load(&key.with_subpath("../x")).await.unwrap_err();
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

#[cfg(feature = "object-store")]
#[tokio::test]
async fn parts_keep_their_order_when_the_next_program_has_a_clock_that_is_behind() {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use claude_wire::store::ObjectSessionStore;
    use object_store::memory::InMemory;
    use object_store::{ObjectStore, ObjectStoreExt};

    let key = SessionKey::new("-repo", "id");
    let entry = |uuid: &str| SessionStoreEntry::from(json!({"uuid": uuid}));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for ahead in [0, 1, 300, 86_400] {
        let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let other = async |uuid: &str, seconds: u64| {
            let ms = (now + Duration::from_secs(seconds)).as_millis();
            let part = format!("s/-repo/id/part-{ms:013}-000007-x.jsonl");
            objects.put(&part.into(), format!("{}\n", entry(uuid)).into()).await.unwrap();
        };
        other("1", ahead).await;
        let store = ObjectSessionStore::new(objects.clone(), "s");
        for uuid in ["2", "3"] {
            store.append(&key, &[entry(uuid)]).await.unwrap();
        }
        let loaded = store.load(&key).await.unwrap().unwrap();
        assert_eq!(loaded, ["1", "2", "3"].map(entry), "{ahead} s ahead");
        // The other program goes on, and then this one again, which loads it first.
        other("4", 2 * ahead + 60).await;
        store.load(&key).await.unwrap();
        store.append(&key, &[entry("5")]).await.unwrap();
        let loaded = store.load(&key).await.unwrap().unwrap();
        assert_eq!(loaded, ["1", "2", "3", "4", "5"].map(entry), "{ahead} s ahead");
    }
}

/// A store with a fault, and only the required methods.
#[derive(Default)]
struct Faulty {
    stored: InMemorySessionStore,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Reversed,
    EmptyInsteadOfNone,
    NoSubpath,
    NoProject,
    Twice,
    Overwrites,
}

impl SessionStore for Faulty {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut entries = entries.to_vec();
            let key = self.key(key);
            match self.fault {
                Some(Fault::Reversed) => entries.reverse(),
                Some(Fault::Overwrites) if !entries.is_empty() => self.stored.delete(&key).await?,
                Some(Fault::Twice) => {
                    for entry in &mut entries {
                        let mut value = entry.to_value().unwrap();
                        if let Some(uuid) = value.as_object_mut().unwrap().remove("uuid") {
                            value["id"] = uuid;
                        }
                        *entry = value.into();
                    }
                }
                _ => {}
            }
            self.stored.append(&key, &entries).await
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async move {
            let loaded = self.stored.load(&self.key(key)).await?;
            Ok(match self.fault {
                Some(Fault::EmptyInsteadOfNone) => Some(loaded.unwrap_or_default()),
                Some(Fault::Twice) => loaded.map(|entries| {
                    let renamed = |entry: SessionStoreEntry| {
                        let mut value = entry.to_value().unwrap();
                        if let Some(id) = value.as_object_mut().unwrap().remove("id") {
                            value["uuid"] = id;
                        }
                        value.into()
                    };
                    entries.into_iter().map(renamed).collect()
                }),
                _ => loaded,
            })
        })
    }
}

impl Faulty {
    fn key(&self, key: &SessionKey) -> SessionKey {
        match self.fault {
            Some(Fault::NoSubpath) => key.session(),
            Some(Fault::NoProject) => SessionKey { project_key: String::new(), ..key.clone() },
            _ => key.clone(),
        }
    }
}

#[tokio::test]
async fn optional_methods_are_skipped() {
    let report = conformance::check(|| async { Faulty::default() }).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (9, 8), "{report:?}");
}

#[tokio::test]
async fn each_fault_is_found_and_named() {
    for (fault, contract) in [
        (Fault::Reversed, "entries are loaded in the order of one append"),
        (Fault::EmptyInsteadOfNone, "an unknown key is None"),
        (Fault::NoSubpath, "an unknown key is None"),
        (Fault::NoProject, "projects are apart"),
        (Fault::Twice, "an entry whose uuid is known is not added"),
        (Fault::Overwrites, "several appends keep their order"),
    ] {
        let make = || async { Faulty { fault: Some(fault), ..Faulty::default() } };
        let violation = conformance::check(make).await.unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}");
        assert!(violation.to_string().contains(contract), "{violation}");
    }
}
