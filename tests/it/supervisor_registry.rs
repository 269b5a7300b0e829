//! Registries that call the supervisor, or panic.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex, OnceLock};

use claude_wire::supervisor::{ExitReason, LocalRegistry, SessionRef, SessionRegistry, Supervisor};

use crate::supervisor_support::{SECOND, spec, text};
use crate::support::cli::Launches;

/// Looks at the supervisor in each of its methods, by everything that does not wait.
#[derive(Default)]
struct Curious {
    names: LocalRegistry<String>,
    supervisor: OnceLock<Supervisor>,
    seen: Mutex<Vec<(&'static str, usize)>>,
}

impl Curious {
    fn look(&self, from: &'static str) {
        let Some(supervisor) = self.supervisor.get() else { return };
        let known = supervisor.count().specs;
        supervisor.health();
        supervisor.spending();
        // These call the registry, which must not go on forever.
        if from == "register" || from == "unregister" {
            supervisor.snapshot();
            assert_eq!(supervisor.list().len(), known);
            let _ = supervisor.session(&"no one".to_owned()).unwrap_err();
        }
        self.seen.lock().unwrap().push((from, known));
    }
}

impl SessionRegistry<String> for Curious {
    fn register(&self, key: &String, session: SessionRef) -> bool {
        self.look("register");
        self.names.register(key, session)
    }

    fn unregister(&self, key: &String) {
        self.look("unregister");
        self.names.unregister(key);
    }

    fn lookup(&self, key: &String) -> Option<SessionRef> {
        self.look("lookup");
        self.names.lookup(key)
    }

    fn keys(&self) -> Vec<String> {
        self.look("keys");
        self.names.keys()
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_may_look_at_its_supervisor() {
    let launches = Launches::default();
    let registry = Arc::new(Curious::default());
    let supervisor = Supervisor::builder()
        .registry(registry.clone())
        .child(spec("a", &launches))
        .start()
        .await
        .unwrap();
    assert!(registry.supervisor.set(supervisor.clone()).is_ok());
    let b = supervisor.start_session(spec("b", &launches)).await.unwrap();
    assert_eq!(text(&b, "hello").await, "hello");
    assert!(supervisor.start_session(spec("b", &launches)).await.unwrap_err().is_duplicate());
    supervisor.terminate_session(&"b".to_owned()).await.unwrap();
    assert!(supervisor.session(&"b".to_owned()).unwrap_err().is_not_found());
    assert_eq!(supervisor.list().len(), 1);
    assert_eq!(supervisor.stop().await, ExitReason::Stopped);
    let seen = registry.seen.lock().unwrap();
    for (method, children) in [("register", 1), ("lookup", 2), ("unregister", 1), ("keys", 1)] {
        assert!(seen.contains(&(method, children)), "{method}: {seen:?}");
    }
}

/// Panics when this key is added.
struct Panics(LocalRegistry<String>);

impl SessionRegistry<String> for Panics {
    fn register(&self, key: &String, session: SessionRef) -> bool {
        assert_ne!(key, "b", "this key is not taken");
        self.0.register(key, session)
    }

    fn unregister(&self, key: &String) {
        self.0.unregister(key);
    }

    fn lookup(&self, key: &String) -> Option<SessionRef> {
        self.0.lookup(key)
    }

    fn keys(&self) -> Vec<String> {
        self.0.keys()
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_panics_ends_the_supervisor_and_no_one_waits_for_it() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .registry(Arc::new(Panics(LocalRegistry::new())))
        .child(spec("a", &launches))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let waits = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.finished().await }
    });
    let error = supervisor.start_session(spec("b", &launches)).await.unwrap_err();
    assert!(error.is_stopped(), "{error}");
    assert_eq!(waits.await.unwrap(), ExitReason::Panicked);
    assert_eq!(supervisor.stop().await, ExitReason::Panicked);
    let asked = tokio::time::timeout(SECOND, a.query("hello")).await.unwrap();
    assert!(asked.unwrap_err().is_stopped());
    assert!(supervisor.list().is_empty());
}

/// Its names are free for the next one.
#[test]
fn a_supervisor_whose_runtime_ends_leaves_no_names_in_a_shared_registry() {
    let registry: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
    for round in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let children = [spec("a", &Launches::default()), spec("b", &Launches::default())];
        let builder = Supervisor::builder().registry(registry.clone()).children(children);
        let supervisor = runtime.block_on(builder.start()).unwrap();
        assert_eq!(registry.keys().len(), 2, "{round}");
        drop(runtime);
        assert!(registry.keys().is_empty(), "{round}: {:?}", registry.keys());
        assert_eq!(supervisor.count().specs, 0);
    }
}
