//! The stores of this crate keep the contracts, and the check finds stores that do not.
#![cfg(feature = "session")]

use claude_wire::store::{
    InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry, conformance,
};
use claude_wire::transport::BoxFuture;

#[tokio::test]
async fn the_store_in_memory_keeps_all_contracts() {
    let report = conformance::check(|| async { InMemorySessionStore::new() }).await.unwrap();
    assert_eq!((report.kept.len(), report.skipped.len()), (17, 0), "{report:?}");
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
