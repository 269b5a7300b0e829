//! A conversation is resumed from a store, elsewhere than where it began.
#![cfg(all(feature = "session", unix))]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::history::project_key;
use claude_wire::session::{Restart, SessionBuilder};
use claude_wire::store::{
    Error, InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry,
    SessionStoreListEntry,
};
use claude_wire::transport::{
    BoxFuture, Connection, Error as TransportError, Exit, Launch, Launcher, Memory, PathMap,
    Transport,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Launches, SESSION, cli, serving};
use crate::support::read::{ended_well, warnings};

/// A CLI on this machine, for which folders may have other names.
pub(crate) struct Here(pub(crate) Memory, pub(crate) Option<Launcher>);

impl Transport for Here {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, TransportError>> {
        self.0.open(launch)
    }

    fn runs_here(&self) -> bool {
        true
    }

    fn path_map(&self) -> Option<&PathMap> {
        self.1.as_ref()?.path_map()
    }
}

/// A directory to work in, and a configuration folder.
pub(crate) struct Place {
    pub(crate) root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work", "config"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root.path().join("config")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.config().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn key(&self) -> SessionKey {
        SessionKey::new(project_key(self.root.path().join("work")), SESSION)
    }

    pub(crate) fn builder(
        &self,
        transport: Memory,
        store: &Arc<impl SessionStore>,
    ) -> SessionBuilder {
        self.with(Here(transport, None), store)
    }

    pub(crate) fn with(&self, transport: Here, store: &Arc<impl SessionStore>) -> SessionBuilder {
        Session::builder()
            .transport(transport)
            .cwd(self.root.path().join("work"))
            .env("CLAUDE_CONFIG_DIR", self.config().to_string_lossy())
            .session_store(store.clone())
    }
}

pub(crate) fn entry(uuid: &str) -> SessionStoreEntry {
    json!({"type": "user", "uuid": uuid, "message": {"content": "a\nb"}}).into()
}

async fn stored(key: &SessionKey) -> Arc<InMemorySessionStore> {
    let store = Arc::new(InMemorySessionStore::new());
    store.append(key, &[entry("1"), entry("2")]).await.unwrap();
    store
}

/// The configuration folder of a launch.
pub(crate) fn config_of(launch: &Launch) -> PathBuf {
    let mut all = launch.env.overrides();
    let found = all.find(|(name, _)| *name == "CLAUDE_CONFIG_DIR");
    PathBuf::from(found.and_then(|(_, value)| value).unwrap())
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{:?}: {error}", path.as_ref()))
}

/// A CLI that calls `look` with its configuration folder when it starts, and then serves.
fn looking(
    look: impl Fn(&Launch, &Path) + Send + Sync + 'static,
) -> (Memory, Arc<Mutex<Vec<PathBuf>>>) {
    let folders = Arc::<Mutex<Vec<PathBuf>>>::default();
    let seen = folders.clone();
    let transport = cli(move |launch, mut cli| {
        let folder = config_of(&launch);
        look(&launch, &folder);
        seen.lock().unwrap().push(folder);
        async move { cli.serve().await }
    });
    (transport, folders)
}

#[tokio::test]
async fn the_cli_gets_the_conversation_and_the_settings_of_its_configuration_folder() {
    let place = Place::new();
    for (name, text) in [
        ("settings.json", r#"{"model":"opus","env":{"A":"b","CLAUDE_CONFIG_DIR":"/x"}}"#),
        (".credentials.json", r#"{"claudeAiOauth":{"accessToken":"a","refreshToken":"r"}}"#),
        (".claude.json", r#"{"userID":"me"}"#),
        ("CLAUDE.md", "Be kind."),
        ("agents/reviewer.md", "You review."),
        ("projects/-other/x.jsonl", "{}"),
    ] {
        place.write(name, text);
    }
    let key = place.key();
    let store = stored(&key).await;
    let agent = key.with_subpath("subagents/agent-1");
    let metadata = |n: u32| json!({"type": "agent_metadata", "agentType": "x", "n": n}).into();
    store.append(&agent, &[metadata(1), entry("3"), metadata(2)]).await.unwrap();

    let project = key.project_key.clone();
    let (transport, folders) = looking(move |launch, folder| {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder), 0o700);
        assert!(launch.args.contains(&format!("--resume={SESSION}").into()), "{:?}", launch.args);
        let project = folder.join("projects").join(&project);
        let main = project.join(format!("{SESSION}.jsonl"));
        assert_eq!(mode(&main), 0o600);
        assert_eq!(read(main), format!("{}\n{}\n", entry("1"), entry("2")));
        let agent = project.join(SESSION).join("subagents");
        assert_eq!(read(agent.join("agent-1.jsonl")), format!("{}\n", entry("3")));
        let metadata: Value = serde_json::from_str(&read(agent.join("agent-1.meta.json"))).unwrap();
        assert_eq!(metadata, json!({"agentType": "x", "n": 2}));
        assert_eq!(read(folder.join("settings.json")), r#"{"model":"opus","env":{"A":"b"}}"#);
        let credentials = read(folder.join(".credentials.json"));
        assert_eq!(credentials, r#"{"claudeAiOauth":{"accessToken":"a"}}"#);
        assert_eq!(mode(&folder.join(".credentials.json")), 0o600);
        assert_eq!(read(folder.join(".claude.json")), r#"{"userID":"me"}"#);
        assert_eq!(read(folder.join("CLAUDE.md")), "Be kind.");
        assert_eq!(read(folder.join("agents/reviewer.md")), "You review.");
        assert!(!folder.join("projects/-other").exists());
    });
    let session = place.builder(transport, &store).resume(SESSION).start().unwrap();
    let events = session.events();
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    ended_well(&session).await;
    assert_eq!(warnings(events).await, [""; 0]);
    let folders = folders.lock().unwrap().clone();
    assert!(matches!(&folders[..], [folder] if !folder.exists()), "{folders:?}");
    // What was linked is still there.
    assert_eq!(read(place.config().join("agents/reviewer.md")), "You review.");
}

/// `CLAUDE_CODE_PROJECT_DIR_NAME` counts only together with `CLAUDE_CONFIG_DIR`, which the temporary
/// folder brings.
#[tokio::test]
async fn the_name_for_the_folder_of_the_project_is_the_key_where_it_counts() {
    const NAME: &str = "CLAUDE_CODE_PROJECT_DIR_NAME";
    for (has_folder, name, counts) in
        [(true, "team", true), (true, "a/b", false), (false, "team", false)]
    {
        let place = Place::new();
        let project = if counts { name.to_owned() } else { place.key().project_key };
        let store = stored(&SessionKey::new(project.clone(), SESSION)).await;
        let launches = Launches::default();
        let noted = launches.clone();
        let (transport, _) = looking(move |launch, folder| {
            noted.note(launch.clone());
            let path = folder.join("projects").join(&project).join(format!("{SESSION}.jsonl"));
            assert!(path.exists(), "{}", path.display());
        });
        let builder = place.builder(transport, &store).env(NAME, name).resume(SESSION);
        let builder = if has_folder {
            builder
        } else {
            let home = place.root.path().to_string_lossy().into_owned();
            builder.env("CLAUDE_CONFIG_DIR", "").env("HOME", home)
        };
        let session = builder.start().unwrap();
        // The second launch goes to the same folder.
        for _ in 0..2 {
            session.query("go").text().await.unwrap();
            session.restart(Restart::Resume).await.unwrap();
        }
        ended_well(&session).await;
        assert_eq!(launches.len(), 3);
        for launch in launches.all() {
            let given: BTreeMap<_, _> = launch.env.overrides().collect();
            let value = given.get(OsStr::new(NAME)).copied().flatten();
            assert_eq!(value, counts.then(|| OsStr::new(name)), "{has_folder} {name}");
        }
    }
}

#[tokio::test]
async fn a_store_that_the_cli_cannot_be_given_is_not_skipped_silently() {
    let place = Place::new();
    let key = place.key();
    let store = stored(&key).await;
    // How many warnings a CLI elsewhere is worth: only what is to be loaded.
    type Begin = fn(SessionBuilder) -> SessionBuilder;
    let begins: [(Begin, usize); 3] = [
        (|builder| builder.resume(SESSION), 1),
        (|builder| builder.continue_conversation(true), 1),
        (|builder| builder, 0),
    ];
    for (begin, expected) in begins {
        let launches = Launches::default();
        // As a launcher without `shared_files`.
        let builder = Session::builder().transport(serving(&launches));
        let builder = builder.cwd(place.root.path().join("work")).session_store(store.clone());
        let session = begin(builder).start().unwrap();
        let events = session.events();
        for _ in 0..2 {
            session.query("go").text().await.unwrap();
        }
        ended_well(&session).await;
        let warnings = warnings(events).await;
        assert_eq!(warnings.len(), expected, "{warnings:?}");
        for warning in warnings {
            assert!(warning.contains("not loaded from the session store"), "{warning}");
            assert!(warning.contains("shared_files"), "{warning}");
        }
    }
}

#[tokio::test]
async fn continue_resumes_the_newest_conversation_that_is_not_of_a_sub_agent() {
    let place = Place::new();
    let store = Arc::new(InMemorySessionStore::new());
    let newest = "6f1a3e52-0000-4000-8000-000000000002";
    let side = json!({"type": "user", "uuid": "s", "isSidechain": true}).into();
    for (id, entry) in [
        (SESSION, entry("old")),
        (newest, entry("new")),
        ("6f1a3e52-0000-4000-8000-000000000003", side),
        ("not-an-id", entry("named")),
    ] {
        let key = SessionKey { session_id: id.into(), ..place.key() };
        store.append(&key, &[entry]).await.unwrap();
    }
    let launches = Launches::default();
    let session =
        place.builder(serving(&launches), &store).continue_conversation(true).start().unwrap();
    session.query("go").text().await.unwrap();
    ended_well(&session).await;
    assert_eq!(launches.flag(0, "--resume").as_deref(), Some(newest));
    assert!(!launches.args(0).contains(&"--continue".to_owned()));
    assert_ne!(config_of(&launches.all()[0]), place.config());
}

#[tokio::test]
async fn what_the_store_does_not_have_is_looked_for_by_the_cli_itself() {
    let place = Place::new();
    let store = Arc::new(InMemorySessionStore::new());
    for (continues, arg) in [(false, format!("--resume={SESSION}")), (true, "--continue".into())] {
        let launches = Launches::default();
        let builder = place.builder(serving(&launches), &store);
        let session = match continues {
            true => builder.continue_conversation(true).start().unwrap(),
            false => builder.resume(SESSION).start().unwrap(),
        };
        session.query("go").text().await.unwrap();
        ended_well(&session).await;
        assert!(launches.args(0).contains(&arg), "{:?}", launches.args(0));
        assert_eq!(config_of(&launches.all()[0]), place.config());
    }
}

/// A store that cannot be read.
enum Broken {
    Fails,
    Hangs,
    Panics,
}

impl SessionStore for Broken {
    fn append<'a>(
        &'a self,
        _: &'a SessionKey,
        _: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(Error::new("no connection")) })
    }

    fn load<'a>(
        &'a self,
        _: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async {
            match self {
                Self::Fails => Err(Error::new("no connection")),
                Self::Hangs => std::future::pending().await,
                Self::Panics => panic!("a bug of the store"),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read_fails_the_launch_and_says_why() {
    let place = Place::new();
    for (store, part) in [
        (Broken::Fails, "no connection"),
        (Broken::Hangs, "longer than 5s"),
        (Broken::Panics, "the store panicked"),
    ] {
        let (launches, store) = (Launches::default(), Arc::new(store));
        let builder = place.builder(serving(&launches), &store).resume(SESSION);
        let session = builder.load_timeout(Duration::from_secs(5)).start().unwrap();
        let error = session.query("go").text().await.unwrap_err();
        assert!(error.is_store() && error.is_start(), "{error}");
        for part in [part, SESSION, "resume"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(launches.len(), 0);
        session.stop().await.unwrap();
    }
    // The store has no list.
    let store = Arc::new(Broken::Fails);
    let builder = place.builder(serving(&Launches::default()), &store);
    let session = builder.continue_conversation(true).start().unwrap();
    let error = session.query("go").text().await.unwrap_err();
    assert!(error.is_store() && error.to_string().contains("`list_sessions`"), "{error}");
    session.stop().await.unwrap();
}

#[tokio::test]
async fn a_cli_that_crashed_and_a_fork_stay_in_the_folder() {
    let place = Place::new();
    let store = stored(&place.key()).await;
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let process = noted.note(launch);
        async move {
            if process > 0 {
                return cli.serve().await;
            }
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, "one").await;
            cli.prompt().await;
            Exit::from_code(1)
        }
    });
    let session = place.builder(transport, &store).resume(SESSION).start().unwrap();
    assert_eq!(session.query("go").text().await.unwrap(), "one");
    session.query("crash").text().await.unwrap_err();
    // A load would give it less than its folder has.
    store.clear();
    assert_eq!(session.query("again").text().await.unwrap(), "again");
    let fork = session.fork().unwrap();
    assert_eq!(fork.query("fork").text().await.unwrap(), "fork");
    let folders: Vec<_> = launches.all().iter().map(config_of).collect();
    assert_eq!(folders.len(), 3);
    assert!(folders.iter().all(|folder| *folder == folders[0]), "{folders:?}");
    ended_well(&session).await;
    assert!(folders[0].exists(), "the fork still uses it");
    ended_well(&fork).await;
    assert!(!folders[0].exists());
}

#[tokio::test]
async fn a_conversation_that_began_here_is_forked_here() {
    let place = Place::new();
    let store = stored(&place.key()).await;
    let launches = Launches::default();
    let session = place.builder(serving(&launches), &store).start().unwrap();
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    let fork = session.fork().unwrap();
    assert_eq!(fork.query("fork").text().await.unwrap(), "fork");
    assert!(launches.all().iter().all(|launch| config_of(launch) == place.config()));
    ended_well(&session).await;
    ended_well(&fork).await;
}

/// A store that can be read, but not written.
struct ReadOnly(Arc<InMemorySessionStore>);

impl SessionStore for ReadOnly {
    fn append<'a>(
        &'a self,
        _: &'a SessionKey,
        _: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(Error::new("read only")) })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        self.0.load(key)
    }

    fn list_subkeys<'a>(&'a self, _: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        let paths = ["../../escaped", "/tmp/escaped", "", "subagents/agent-1"];
        Box::pin(async move { Ok(paths.map(String::from).to_vec()) })
    }

    fn list_sessions<'a>(
        &'a self,
        project: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        self.0.list_sessions(project)
    }
}

#[tokio::test]
async fn transcripts_that_the_store_did_not_get_are_kept() {
    let place = Place::new();
    place.write(".credentials.json", "{}");
    place.write("agents/x.md", "x");
    let key = place.key();
    let store = Arc::new(ReadOnly(stored(&key).await));
    let transport = cli(move |launch, mut cli| {
        let folder = config_of(&launch).join("projects").join(&key.project_key);
        let file = folder.join(format!("{SESSION}.jsonl"));
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            let path = file.to_string_lossy();
            cli.write(
                json!({"type": "transcript_mirror", "filePath": path, "entries": [{"uuid": "4"}]}),
            )
            .await;
            cli.turn(&uuid, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = place.builder(transport, &store).resume(SESSION).start().unwrap();
    let events = session.events();
    assert_eq!(session.query("go").text().await.unwrap(), "done");
    ended_well(&session).await;
    let warnings = warnings(events).await;
    let skipped = warnings.iter().filter(|it| it.contains("not a path below its session")).count();
    assert_eq!((skipped, warnings.len()), (3, 6), "{warnings:#?}");
    for (warning, then) in warnings[3..].iter().zip(["sent again", "its own disk"]) {
        assert!(warning.contains("read only") && warning.contains(then), "{warnings:#?}");
    }
    let kept = warnings[5].rsplit_once("kept in ").unwrap().1;
    let projects = PathBuf::from(kept);
    let file = projects.join(&place.key().project_key).join(format!("{SESSION}.jsonl"));
    assert!(read(file).contains("\"uuid\":\"1\""));
    let root = projects.parent().unwrap();
    let left: Vec<OsString> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["projects"]);
    assert_eq!(read(place.config().join("agents/x.md")), "x");
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_reported_and_hang_nothing() {
    let place = Place::new();
    fs::create_dir(place.config().join("settings.json")).unwrap();
    let pipe = place.config().join(".claude.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let store = stored(&place.key()).await;
    let (transport, _) = looking(|_, folder| assert!(!folder.join("settings.json").exists()));
    let session = place.builder(transport, &store).resume(SESSION).start().unwrap();
    let events = session.events();
    session.query("go").text().await.unwrap();
    ended_well(&session).await;
    let warnings = warnings(events).await;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, name) in warnings.iter().zip(["settings.json", ".claude.json"]) {
        assert!(warning.contains(name) && warning.contains("not a regular file"), "{warning}");
    }
}

#[tokio::test]
async fn a_cli_on_another_machine_looks_in_its_own_folder() {
    let place = Place::new();
    let store = stored(&place.key()).await;
    let launches = Launches::default();
    let session = Session::builder()
        .transport(serving(&launches))
        .env("CLAUDE_CONFIG_DIR", "/there")
        .session_store(store)
        .resume(SESSION)
        .start()
        .unwrap();
    session.query("go").text().await.unwrap();
    ended_well(&session).await;
    assert_eq!(config_of(&launches.all()[0]), Path::new("/there"));
    assert_eq!(launches.flag(0, "--resume").as_deref(), Some(SESSION));
}
