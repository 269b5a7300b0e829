//! The contracts that a session store must keep, as a check that you can run on yours.
//!
//! The first fourteen are those of the official Python SDK, in its order; four follow that
//! sessions rely on as well.
//!
//! ```
//! use claude_wire::store::{InMemorySessionStore, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), conformance::Violation> {
//! let report = conformance::check(|| async { InMemorySessionStore::new() }).await?;
//! assert_eq!(report.skipped, [""; 0]);
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::error::{Error, Result};
use super::key::SessionKey;
use super::session_store::{SessionStore, SessionStoreEntry};
use super::summary::fold_session_summary;

/// Milliseconds since 1970 are more than this; seconds are less.
const MILLISECONDS: u64 = 1_000_000_000_000;

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// The contracts that the store keeps.
    pub kept: Vec<&'static str>,
    /// The contracts of optional methods that the store does not have.
    pub skipped: Vec<&'static str>,
}

/// A contract that a store does not keep.
pub struct Violation {
    contract: &'static str,
    what: String,
}

impl Violation {
    /// The contract, in words.
    pub fn contract(&self) -> &'static str {
        self.contract
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store does not keep the contract {:?}: {}", self.contract, self.what)
    }
}

debug_is_message!(Violation);

impl std::error::Error for Violation {}

/// Why a contract is not kept.
struct Broken(String);

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self(format!("a call failed: {error}"))
    }
}

type Kept = Result<(), Broken>;

/// Which optional methods a store has.
struct Has {
    sessions: bool,
    summaries: bool,
    delete: bool,
    subkeys: bool,
}

impl Has {
    async fn probe(store: &impl SessionStore) -> Self {
        fn has<T>(result: Result<T>) -> bool {
            !result.is_err_and(|error| error.is_unsupported())
        }
        let nothing = SessionKey::new("never-appended-project", "never-appended");
        Self {
            sessions: has(store.list_sessions(&nothing.project_key).await),
            summaries: has(store.list_session_summaries(&nothing.project_key).await),
            delete: has(store.delete(&nothing).await),
            subkeys: has(store.list_subkeys(&nothing).await),
        }
    }
}

/// Checks a store against all contracts. `make` is called once for each, and must return an empty
/// store; for a database, one with a new prefix. Methods that return
/// [`Error::unsupported`] are skipped, and so is what needs them.
///
/// # Errors
/// With the first contract that the store does not keep.
pub async fn check<S, F, Made>(make: F) -> Result<ConformanceReport, Violation>
where
    S: SessionStore,
    F: Fn() -> Made,
    Made: Future<Output = S>,
{
    let has = Has::probe(&make().await).await;
    let mut report = ConformanceReport::default();
    macro_rules! contract {
        ($name:literal, $needs:expr, $check:expr) => {
            if $needs {
                let store = make().await;
                $check(&store, &has)
                    .await
                    .map_err(|Broken(what)| Violation { contract: $name, what })?;
                report.kept.push($name);
            } else {
                report.skipped.push($name);
            }
        };
    }
    contract!("entries are loaded in the order of one append", true, one_append);
    contract!("an unknown key is None", true, unknown_key);
    contract!("several appends keep their order", true, several_appends);
    contract!("an append of nothing changes nothing", true, append_of_nothing);
    contract!("a subpath is stored apart from its session", true, subpath_apart);
    contract!("projects are apart", true, projects_apart);
    contract!("list_sessions has the sessions of the project", has.sessions, sessions_listed);
    contract!("list_sessions has no subpaths", has.sessions, no_subpaths_listed);
    contract!("a deleted session is None", has.delete, deleted);
    contract!("delete of a session deletes its subpaths", has.delete, deleted_with_subpaths);
    contract!("delete of a subpath deletes nothing else", has.delete, deleted_subpath);
    contract!("list_subkeys has the subpaths of the session", has.subkeys, subkeys_listed);
    contract!("list_subkeys does not have the session itself", has.subkeys, no_main_in_subkeys);
    contract!("summaries are kept as they were folded", has.summaries, summaries);
    contract!("an append of nothing creates nothing", true, nothing_created);
    contract!("an entry whose uuid is known is not added", true, known_uuid);
    contract!("any JSON comes back equal", true, any_json);
    contract!("list_subkeys has subpaths as they were appended", has.subkeys, any_subpath);
    Ok(report)
}

fn main_key() -> SessionKey {
    SessionKey::new("proj", "sess")
}

fn agent(number: u32) -> SessionKey {
    main_key().with_subpath(format!("subagents/agent-{number}"))
}

fn entry(fields: Value) -> SessionStoreEntry {
    let mut entry = json!({"type": "x"});
    if let (Some(entry), Value::Object(fields)) = (entry.as_object_mut(), fields) {
        entry.extend(fields);
    }
    entry.into()
}

fn numbered(number: u32) -> SessionStoreEntry {
    entry(json!({"n": number}))
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Kept {
    if holds { Ok(()) } else { Err(Broken(what())) }
}

fn equal<T: PartialEq + fmt::Debug>(what: &str, got: T, expected: T) -> Kept {
    ensure(got == expected, || format!("{what}: expected {expected:?}, got {got:?}"))
}

fn values(entries: &[SessionStoreEntry]) -> Result<Vec<Value>, Broken> {
    let value = |entry: &SessionStoreEntry| {
        entry.to_value().map_err(|error| Broken(format!("an entry that is not JSON: {error}")))
    };
    entries.iter().map(value).collect()
}

async fn has_entries(
    store: &impl SessionStore,
    key: &SessionKey,
    expected: &[SessionStoreEntry],
) -> Kept {
    let loaded = store.load(key).await?;
    let loaded = loaded.ok_or_else(|| Broken(format!("{key} was appended, and is None")))?;
    equal(&format!("the entries of {key}"), values(&loaded)?, values(expected)?)
}

async fn is_none(store: &impl SessionStore, key: &SessionKey) -> Kept {
    let loaded = store.load(key).await?;
    ensure(loaded.is_none(), || format!("{key} does not exist, and loads {loaded:?}"))
}

async fn sessions(store: &impl SessionStore, project: &str) -> Result<Vec<String>, Broken> {
    let sessions = store.list_sessions(project).await?.into_iter();
    let mut ids: Vec<_> = sessions.map(|session| session.session_id).collect();
    ids.sort();
    Ok(ids)
}

async fn subkeys(store: &impl SessionStore, key: &SessionKey) -> Result<Vec<String>, Broken> {
    let mut subkeys = store.list_subkeys(key).await?;
    subkeys.sort();
    Ok(subkeys)
}

async fn one_append(store: &impl SessionStore, _: &Has) -> Kept {
    let entries = [entry(json!({"uuid": "b", "n": 1})), entry(json!({"uuid": "a", "n": 2}))];
    store.append(&main_key(), &entries).await?;
    has_entries(store, &main_key(), &entries).await
}

async fn unknown_key(store: &impl SessionStore, _: &Has) -> Kept {
    is_none(store, &SessionKey::new("proj", "nope")).await?;
    store.append(&main_key(), &[numbered(1)]).await?;
    is_none(store, &main_key().with_subpath("nope")).await
}

async fn several_appends(store: &impl SessionStore, _: &Has) -> Kept {
    let entries: Vec<_> =
        ["z", "a", "m", "b"].iter().map(|uuid| entry(json!({"uuid": uuid}))).collect();
    for part in [&entries[..1], &entries[1..3], &entries[3..]] {
        store.append(&main_key(), part).await?;
    }
    has_entries(store, &main_key(), &entries).await
}

async fn append_of_nothing(store: &impl SessionStore, _: &Has) -> Kept {
    store.append(&main_key(), &[numbered(1)]).await?;
    store.append(&main_key(), &[]).await?;
    has_entries(store, &main_key(), &[numbered(1)]).await
}

async fn subpath_apart(store: &impl SessionStore, _: &Has) -> Kept {
    store.append(&main_key(), &[numbered(1)]).await?;
    store.append(&agent(1), &[numbered(2)]).await?;
    has_entries(store, &main_key(), &[numbered(1)]).await?;
    has_entries(store, &agent(1), &[numbered(2)]).await
}

async fn projects_apart(store: &impl SessionStore, has: &Has) -> Kept {
    for project in ["A", "B"] {
        store.append(&SessionKey::new(project, "s1"), &[entry(json!({"from": project}))]).await?;
    }
    for project in ["A", "B"] {
        let expected = [entry(json!({"from": project}))];
        has_entries(store, &SessionKey::new(project, "s1"), &expected).await?;
        if has.sessions {
            equal("the sessions of a project", sessions(store, project).await?, vec!["s1".into()])?;
        }
    }
    Ok(())
}

async fn sessions_listed(store: &impl SessionStore, _: &Has) -> Kept {
    for (project, session) in [("proj", "a"), ("proj", "b"), ("other", "c")] {
        store.append(&SessionKey::new(project, session), &[numbered(1)]).await?;
    }
    let expected = vec!["a".to_owned(), "b".to_owned()];
    equal("the sessions of a project", sessions(store, "proj").await?, expected)?;
    for session in store.list_sessions("proj").await? {
        ensure(session.mtime > MILLISECONDS, || {
            format!("mtime {} is not in milliseconds since 1970", session.mtime)
        })?;
    }
    equal("an unknown project", sessions(store, "never-appended-project").await?, vec![])
}

async fn no_subpaths_listed(store: &impl SessionStore, _: &Has) -> Kept {
    store.append(&main_key(), &[numbered(1)]).await?;
    store.append(&agent(1), &[numbered(1)]).await?;
    equal("the sessions", sessions(store, "proj").await?, vec!["sess".into()])
}

async fn deleted(store: &impl SessionStore, _: &Has) -> Kept {
    store.delete(&SessionKey::new("proj", "never-written")).await?;
    store.append(&main_key(), &[numbered(1)]).await?;
    store.delete(&main_key()).await?;
    is_none(store, &main_key()).await
}

async fn deleted_with_subpaths(store: &impl SessionStore, has: &Has) -> Kept {
    let others = [SessionKey::new("proj", "sess2"), SessionKey::new("other-proj", "sess")];
    for key in [main_key(), agent(1), agent(2)].iter().chain(&others) {
        store.append(key, &[numbered(1)]).await?;
    }
    store.delete(&main_key()).await?;
    for key in [main_key(), agent(1), agent(2)] {
        is_none(store, &key).await?;
    }
    for key in others {
        has_entries(store, &key, &[numbered(1)]).await?;
    }
    if has.subkeys {
        equal("the subpaths", subkeys(store, &main_key()).await?, vec![])?;
    }
    if has.sessions {
        equal("the sessions", sessions(store, "proj").await?, vec!["sess2".into()])?;
    }
    Ok(())
}

async fn deleted_subpath(store: &impl SessionStore, has: &Has) -> Kept {
    for key in [main_key(), agent(1), agent(2)] {
        store.append(&key, &[numbered(1)]).await?;
    }
    store.delete(&agent(1)).await?;
    is_none(store, &agent(1)).await?;
    has_entries(store, &agent(2), &[numbered(1)]).await?;
    has_entries(store, &main_key(), &[numbered(1)]).await?;
    if has.subkeys {
        let expected = vec!["subagents/agent-2".into()];
        equal("the subpaths", subkeys(store, &main_key()).await?, expected)?;
    }
    Ok(())
}

async fn subkeys_listed(store: &impl SessionStore, _: &Has) -> Kept {
    let other = SessionKey::new("proj", "other-sess").with_subpath("subagents/agent-x");
    for key in [main_key(), agent(1), agent(2), other] {
        store.append(&key, &[numbered(1)]).await?;
    }
    let expected = vec!["subagents/agent-1".into(), "subagents/agent-2".into()];
    equal("the subpaths", subkeys(store, &main_key()).await?, expected)
}

async fn no_main_in_subkeys(store: &impl SessionStore, _: &Has) -> Kept {
    store.append(&main_key(), &[numbered(1)]).await?;
    equal("the subpaths", subkeys(store, &main_key()).await?, vec![])?;
    let unknown = SessionKey::new("proj", "never-appended");
    equal("the subpaths of an unknown session", subkeys(store, &unknown).await?, vec![])
}

async fn summaries(store: &impl SessionStore, has: &Has) -> Kept {
    let at = |second: u32| format!("2024-01-01T00:00:0{second}.000Z");
    let titled = |second, title| entry(json!({"timestamp": at(second), "customTitle": title}));
    let plain = |second| entry(json!({"timestamp": at(second)}));
    store.append(&main_key(), &[titled(0, "first"), plain(1)]).await?;
    store.append(&main_key(), &[titled(2, "second")]).await?;
    store.append(&SessionKey::new("other", "elsewhere"), &[plain(0)]).await?;
    let folded = fold_session_summary(
        None,
        &main_key(),
        &[titled(0, "first"), plain(1), titled(2, "second")],
    );

    let by_id = async || -> Result<BTreeMap<String, _>, Broken> {
        let summaries = store.list_session_summaries("proj").await?.into_iter();
        Ok(summaries.map(|summary| (summary.session_id.clone(), summary)).collect())
    };
    let listed = by_id().await?;
    equal("the summaries", listed.keys().cloned().collect(), vec!["sess".to_owned()])?;
    let summary = &listed["sess"];
    equal("the data of the summary", &summary.data, &folded.data)?;
    ensure(summary.mtime > MILLISECONDS, || {
        format!("mtime {} is not in milliseconds since 1970", summary.mtime)
    })?;
    if has.sessions {
        for session in store.list_sessions("proj").await? {
            ensure(summary.mtime >= session.mtime, || {
                format!(
                    "the summary is of {}, before its session in list_sessions: {}",
                    summary.mtime, session.mtime
                )
            })?;
        }
    }
    let refolded = fold_session_summary(Some(summary), &main_key(), &[plain(3)]);
    equal("a summary that is folded again", refolded.mtime, summary.mtime)?;
    store.append(&agent(1), &[titled(9, "agent")]).await?;
    equal("the summary after an append to a subpath", &by_id().await?["sess"].data, &summary.data)?;
    let unknown = store.list_session_summaries("never-appended-project").await?;
    equal("the summaries of an unknown project", unknown, vec![])?;
    if has.delete {
        store.delete(&main_key()).await?;
        equal("the summaries of a deleted session", by_id().await?.len(), 0)?;
    }
    Ok(())
}

async fn nothing_created(store: &impl SessionStore, has: &Has) -> Kept {
    store.append(&main_key(), &[]).await?;
    if has.sessions {
        equal("the sessions", sessions(store, "proj").await?, vec![])?;
    }
    is_none(store, &main_key()).await
}

async fn known_uuid(store: &impl SessionStore, _: &Has) -> Kept {
    let (one, two) = (entry(json!({"uuid": "1"})), entry(json!({"uuid": "2"})));
    let without = numbered(1);
    store.append(&main_key(), &[one.clone(), without.clone()]).await?;
    store.append(&main_key(), &[one.clone(), two.clone(), without.clone()]).await?;
    store.append(&agent(1), std::slice::from_ref(&one)).await?;
    has_entries(store, &main_key(), &[one.clone(), without.clone(), two, without]).await?;
    has_entries(store, &agent(1), &[one]).await
}

async fn any_json(store: &impl SessionStore, _: &Has) -> Kept {
    let entries = [
        entry(
            json!({"text": "a\nb\r\n\u{2028}\u{0}\"\\ \u{1f600}", "": {"a": [null, true, -1.5]}}),
        ),
        entry(json!({"big": 9_007_199_254_740_993_u64, "deep": [[[[[[[[{"x": []}]]]]]]]]})),
        entry(json!({"long": "x".repeat(200_000)})),
    ];
    store.append(&main_key(), &entries).await?;
    has_entries(store, &main_key(), &entries).await
}

async fn any_subpath(store: &impl SessionStore, _: &Has) -> Kept {
    let names = ["pr\u{fc}fer", "\u{65e5}\u{1f600}", "~a", "a#b", "50%", "%C3%BC%2F", "[a]", "a b"];
    let mut expected = names.map(|name| format!("subagents/{name}/agent-{name}"));
    for subpath in &expected {
        let key = main_key().with_subpath(subpath);
        store.append(&key, &[entry(json!({"of": subpath}))]).await?;
    }
    expected.sort();
    let listed = subkeys(store, &main_key()).await?;
    equal("the subpaths", &listed, &expected.to_vec())?;
    for subpath in listed {
        let expected = [entry(json!({"of": subpath}))];
        has_entries(store, &main_key().with_subpath(subpath), &expected).await?;
    }
    Ok(())
}
