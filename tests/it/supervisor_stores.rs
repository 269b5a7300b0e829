//! What the store of a child has, when the child is down and is ended or started again.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use claude_wire::Session;
use claude_wire::store::{
    Error, InMemorySessionStore, Result, SessionKey, SessionStore, SessionStoreEntry,
};
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, OnLimit, Supervisor, SupervisorEvent,
};
use claude_wire::transport::{BoxFuture, Exit, Memory};
use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::broadcast::Receiver;

use crate::store_resume::{Here, Place, config_of, entry, read};
use crate::supervisor_support::{SECOND, noted, text};
use crate::support::cli::{Launches, SESSION};
/// A store whose appends take this long, and which stores nothing if it fails.
struct Slow {
    stored: InMemorySessionStore,
    takes: Duration,
    fails: bool,
}

impl Slow {
    fn new(takes: Duration, fails: bool) -> Arc<Self> {
        Arc::new(Self { stored: InMemorySessionStore::new(), takes, fails })
    }
}

impl SessionStore for Slow {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            match self.fails {
                true => Err(Error::new("disk full")),
                false => self.stored.append(key, entries).await,
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

/// How a child goes down, and does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Down {
    Waiting,
    Quarantined,
    Failed,
    Denied,
}

const DOWN: [Down; 4] = [Down::Waiting, Down::Quarantined, Down::Failed, Down::Denied];

impl Down {
    fn state(self) -> ChildState {
        match self {
            Self::Waiting => ChildState::Restarting,
            Self::Quarantined => ChildState::Quarantined,
            Self::Failed => ChildState::Failed,
            Self::Denied => ChildState::Degraded,
        }
    }
}

/// A CLI that sends an entry for its first prompt, and then goes down. Later launches serve, except
/// that the next one of a child that is to fail refuses its options.
fn reporting(down: Down, place: &Place, launches: &Launches) -> Memory {
    let key = place.key();
    noted(launches, move |number, mut cli| {
        let path = format!("/home/me/.claude/projects/{}/{SESSION}.jsonl", key.project_key);
        async move {
            match number {
                0 => {}
                1 if down == Down::Failed => {
                    cli.complain("error: unknown option '--x'\n").await;
                    return Exit::from_code(1);
                }
                _ => return cli.serve().await,
            }
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            let entries = json!([{"type": "user", "uuid": "last"}]);
            cli.write(json!({"type": "transcript_mirror", "filePath": path, "entries": entries}))
                .await;
            if down == Down::Denied {
                cli.write(json!({"type": "assistant", "message": {"id": "m", "role": "assistant",
                    "model": "<synthetic>", "content": [{"type": "text", "text": "no login"}]},
                    "error": "authentication_failed", "parent_tool_use_id": null,
                    "session_id": SESSION, "uuid": "a"}))
                    .await;
                cli.write(json!({"type": "result", "subtype": "success", "is_error": true,
                    "result": "no login", "session_id": SESSION, "terminal_reason": "api_error",
                    "uuid": "r", "user_message_uuids": [uuid]}))
                    .await;
            }
            Exit::from_code(1)
        }
    })
}

/// A supervisor whose child has gone down in this way, after it resumed a conversation of the store.
async fn down(down: Down, place: &Place, store: &Arc<Slow>, launches: &Launches) -> Supervisor {
    let transport = Arc::new(Here(reporting(down, place, launches), None));
    let (work, config) = (place.root.path().join("work"), place.config());
    store.stored.append(&place.key(), &[entry("first")]).await.unwrap();
    let store = store.clone();
    let make = move || {
        Session::builder()
            .transport(transport.clone())
            .cwd(work.clone())
            .env("CLAUDE_CONFIG_DIR", config.to_string_lossy())
            .session_store(store.clone())
    };
    let builder = match down {
        Down::Quarantined => Supervisor::builder()
            .intensity(0, SECOND)
            .on_limit(OnLimit::Quarantine(36_000 * SECOND)),
        Down::Failed => Supervisor::builder().backoff(Backoff::none()),
        Down::Waiting | Down::Denied => {
            Supervisor::builder().backoff(Backoff::new(36_000 * SECOND, 36_000 * SECOND))
        }
    };
    let child = ChildSpec::new("a", make).resume(SESSION);
    let supervisor = builder.child(child).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    a.query("go").await.unwrap().text().await.unwrap_err();
    a.wait_for(down.state()).await.unwrap();
    supervisor
}

/// Reads until the child is gone, and returns where transcripts are kept if a warning says so.
async fn until_gone(events: &mut Receiver<SupervisorEvent<String>>) -> Option<String> {
    let mut kept = None;
    loop {
        match events.recv().await.unwrap() {
            SupervisorEvent::Warning(_, text) => {
                kept = text.split_once("kept in ").map(|(_, at)| at.to_owned()).or(kept);
            }
            SupervisorEvent::Gone(_) => return kept,
            _ => {}
        }
    }
}

fn stored(store: &Slow, place: &Place) -> usize {
    store.stored.get_entries(&place.key()).len()
}

/// As for a child that is up: its last entries are stored, or have failed.
#[tokio::test(start_paused = true)]
async fn a_child_that_is_down_has_given_its_store_all_when_the_stop_returns() {
    for how in DOWN {
        for end in ["terminate", "stop", "last handle"] {
            for (takes, fails) in [(0, false), (20, false), (2, true)] {
                let what = format!("{how:?}, {end}, {takes} s, {fails}");
                let (place, launches) = (Place::new(), Launches::default());
                let store = Slow::new(SECOND * takes, fails);
                let supervisor = down(how, &place, &store, &launches).await;
                let mut events = supervisor.events();
                match end {
                    "terminate" => supervisor.terminate_session(&"a".to_owned()).await.unwrap(),
                    "stop" => drop(supervisor.stop().await),
                    _ => drop(supervisor),
                }
                let heard = until_gone(&mut events);
                let kept = match end {
                    "last handle" => heard.await,
                    _ => heard.now_or_never().expect("it is gone"),
                };
                let expected = if fails { 1 } else { 2 };
                assert_eq!(stored(&store, &place), expected, "{what}");
                assert_eq!(kept.is_some(), fails, "{what}: the transcripts are kept");
                if let Some(kept) = kept {
                    let kept = std::path::Path::new(&kept);
                    assert!(kept.exists(), "{what}");
                    std::fs::remove_dir_all(kept.parent().unwrap()).unwrap();
                }
            }
        }
    }
}

/// What goes on with a conversation of the store waits for the last entries.
#[tokio::test(start_paused = true)]
async fn a_child_that_is_woken_goes_on_with_all_that_its_store_was_given() {
    for takes in [0, 1, 20] {
        let (place, launches) = (Place::new(), Launches::default());
        let store = Slow::new(SECOND * takes, false);
        let supervisor = down(Down::Denied, &place, &store, &launches).await;
        let a = supervisor.session(&"a".to_owned()).unwrap();
        assert_eq!(text(&a, "again").await, "again");
        let launch = &launches.all()[1];
        let folder = config_of(launch).join("projects");
        let file = folder.join(place.key().project_key).join(format!("{SESSION}.jsonl"));
        let transcript = read(file);
        assert!(transcript.contains("\"last\""), "{takes} s: {transcript}");
        supervisor.stop().await;
    }
}
