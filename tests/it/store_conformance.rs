//! The stores of this crate keep the contracts, and the check finds stores that do not.
#![cfg(feature = "session")]

use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::store::{
    Error, FolderSessionStore, InMemorySessionStore, Result, SessionKey, SessionStore,
    SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry, conformance,
};
use claude_wire::transport::BoxFuture;
use serde_json::{Value, json};

#[tokio::test]
async fn the_store_in_memory_keeps_all_contracts() {
    let report = conformance::check(|| async { InMemorySessionStore::new() }).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (18, 0), "{report:?}");
}

#[tokio::test]
async fn the_store_in_a_folder_keeps_all_contracts() {
    let (root, count) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let make = || async {
        let folder = count.fetch_add(1, Ordering::Relaxed).to_string();
        FolderSessionStore::new(root.path().join(folder))
    };
    let report = conformance::check(make).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (18, 0), "{report:?}");
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
            assert_eq!(report.kept.len(), 17);
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

/// A store with a fault.
#[derive(Default)]
struct Faulty {
    stored: InMemorySessionStore,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Not one, but the optional methods are missing.
    OnlyRequired,
    Reversed,
    EmptyInsteadOfNone,
    NoSubpath,
    Overwrites,
    ClearedByNothing,
    AgentsInTheSession,
    NoProject,
    SessionsOfOthers,
    Seconds,
    AgentsListed,
    DeletesNothing,
    DeletesNoSubpaths,
    DeletesAllWithASubpath,
    OneSubkey,
    ItselfAsASubkey,
    SummaryOfTheLastAppend,
    OldSummary,
    SummaryStays,
    SummaryOfAgents,
    CreatedByNothing,
    Twice,
    Rounds,
    EncodedSubkeys,
}

/// The entries, each changed.
fn each(entries: Vec<SessionStoreEntry>, change: fn(&mut Value)) -> Vec<SessionStoreEntry> {
    let changed = |entry: SessionStoreEntry| {
        let mut value = entry.to_value().unwrap();
        change(&mut value);
        value.into()
    };
    entries.into_iter().map(changed).collect()
}

fn rename(value: &mut Value, from: &str, to: &str) {
    if let Some(field) = value.as_object_mut().unwrap().remove(from) {
        value[to] = field;
    }
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
                Some(Fault::ClearedByNothing) if entries.is_empty() => {
                    self.stored.delete(&key).await?;
                }
                Some(Fault::CreatedByNothing)
                    if entries.is_empty() && self.stored.load(&key).await?.is_none() =>
                {
                    entries.push(json!({"type": "begun"}).into());
                }
                Some(Fault::AgentsInTheSession) if key.subpath.is_some() => {
                    self.stored.append(&key.session(), &entries).await?;
                }
                Some(Fault::Twice) => entries = each(entries, |entry| rename(entry, "uuid", "id")),
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
                Some(Fault::Twice) => {
                    loaded.map(|entries| each(entries, |entry| rename(entry, "id", "uuid")))
                }
                Some(Fault::Rounds) => loaded.map(|entries| {
                    each(entries, |entry| {
                        if let Some(big) = entry.get("big").and_then(Value::as_f64) {
                            entry["big"] = big.into();
                        }
                    })
                }),
                _ => loaded,
            })
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        Box::pin(async move {
            self.has("list_sessions")?;
            let project = self.key(&SessionKey::new(project_key, "")).project_key;
            let mut sessions = self.stored.list_sessions(&project).await?;
            match self.fault {
                Some(Fault::Seconds) => sessions.iter_mut().for_each(|it| it.mtime /= 1000),
                Some(Fault::SessionsOfOthers) if sessions.len() > 1 => {
                    sessions.extend(self.stored.list_sessions("other").await?);
                }
                Some(Fault::AgentsListed) => {
                    for key in self.stored.keys() {
                        if key.project_key == project && key.subpath.is_some() {
                            let session_id = format!("{key}");
                            sessions.push(SessionStoreListEntry { session_id, mtime: u64::MAX });
                        }
                    }
                }
                _ => {}
            }
            Ok(sessions)
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        Box::pin(async move {
            self.has("list_session_summaries")?;
            let mut summaries = self.stored.list_session_summaries(project_key).await?;
            let agents = self.stored.keys().iter().any(|key| key.subpath.is_some());
            for summary in &mut summaries {
                match self.fault {
                    Some(Fault::SummaryOfTheLastAppend) => drop(summary.data.remove("created_at")),
                    Some(Fault::OldSummary) => summary.mtime -= 1000,
                    Some(Fault::SummaryOfAgents) if agents => {
                        summary.data.insert("custom_title".into(), "agent".into());
                    }
                    _ => {}
                }
            }
            if self.fault == Some(Fault::SummaryStays)
                && summaries.is_empty()
                && !self.stored.keys().is_empty()
                && project_key == "proj"
            {
                let (session_id, data) = ("sess".into(), Default::default());
                summaries.push(SessionSummaryEntry { session_id, mtime: u64::MAX, data });
            }
            Ok(summaries)
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.has("delete")?;
            let session = key.session();
            match self.fault {
                Some(Fault::DeletesNothing) => Ok(()),
                Some(Fault::DeletesAllWithASubpath) => self.stored.delete(&session).await,
                Some(Fault::DeletesNoSubpaths) if key.subpath.is_none() => {
                    let mut agents = Vec::new();
                    for subpath in self.stored.list_subkeys(key).await? {
                        let agent = key.with_subpath(subpath);
                        agents.push((self.stored.get_entries(&agent), agent));
                    }
                    self.stored.delete(key).await?;
                    for (entries, agent) in agents {
                        self.stored.append(&agent, &entries).await?;
                    }
                    Ok(())
                }
                _ => self.stored.delete(&self.key(key)).await,
            }
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            self.has("list_subkeys")?;
            let mut subkeys = self.stored.list_subkeys(&self.key(key)).await?;
            match self.fault {
                Some(Fault::OneSubkey) => subkeys.truncate(1),
                Some(Fault::ItselfAsASubkey)
                    if subkeys.is_empty() && self.stored.load(key).await?.is_some() =>
                {
                    subkeys.push(String::new());
                }
                Some(Fault::EncodedSubkeys) => {
                    subkeys.iter_mut().for_each(|subkey| *subkey = subkey.replace('~', "%7E"));
                }
                _ => {}
            }
            Ok(subkeys)
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

    fn has(&self, method: &'static str) -> Result<()> {
        match self.fault {
            Some(Fault::OnlyRequired) => Err(Error::unsupported(method)),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn optional_methods_are_skipped() {
    let make = || async { Faulty { fault: Some(Fault::OnlyRequired), ..Faulty::default() } };
    let report = conformance::check(make).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (9, 9), "{report:?}");
}

#[tokio::test]
async fn each_fault_is_found_and_named() {
    let (deleted, summaries) =
        ("a deleted session is None", "summaries are kept as they were folded");
    let listed = "list_sessions has the sessions of the project";
    let faults = [
        (Fault::Reversed, "entries are loaded in the order of one append"),
        (Fault::EmptyInsteadOfNone, "an unknown key is None"),
        (Fault::NoSubpath, "an unknown key is None"),
        (Fault::Overwrites, "several appends keep their order"),
        (Fault::ClearedByNothing, "an append of nothing changes nothing"),
        (Fault::AgentsInTheSession, "a subpath is stored apart from its session"),
        (Fault::NoProject, "projects are apart"),
        (Fault::SessionsOfOthers, listed),
        (Fault::Seconds, listed),
        (Fault::AgentsListed, "list_sessions has no subpaths"),
        (Fault::DeletesNothing, deleted),
        (Fault::DeletesNoSubpaths, "delete of a session deletes its subpaths"),
        (Fault::DeletesAllWithASubpath, "delete of a subpath deletes nothing else"),
        (Fault::OneSubkey, "list_subkeys has the subpaths of the session"),
        (Fault::ItselfAsASubkey, "list_subkeys does not have the session itself"),
        (Fault::SummaryOfTheLastAppend, summaries),
        (Fault::OldSummary, summaries),
        (Fault::SummaryStays, summaries),
        (Fault::SummaryOfAgents, summaries),
        (Fault::CreatedByNothing, "an append of nothing creates nothing"),
        (Fault::Twice, "an entry whose uuid is known is not added"),
        (Fault::Rounds, "any JSON comes back equal"),
        (Fault::EncodedSubkeys, "list_subkeys has subpaths as they were appended"),
    ];
    for (fault, contract) in faults {
        let make = || async { Faulty { fault: Some(fault), ..Faulty::default() } };
        let violation = conformance::check(make).await.unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}: {violation}");
        assert!(violation.to_string().contains(contract), "{violation}");
    }
    let report = conformance::check(|| async { Faulty::default() }).await.unwrap();
    assert_eq!(report.skipped, [""; 0]);
    for contract in report.kept {
        assert!(faults.iter().any(|(_, named)| *named == contract), "{contract}");
    }
}
