//! The children of a supervisor: added, removed, found by their names, and stopped with it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::supervisor::{
    Backoff, ChildKind, ChildSpec, ChildState, ExitReason, LocalRegistry, SessionRef,
    SessionRegistry, Supervisor, SupervisorEvent,
};
use claude_wire::{Session, SessionBuilder};
use serde_json::json;

use crate::supervisor_support::{SECOND, kill, mortal, spec, text, with};
use crate::support::cli::{Launches, SESSION, echo};
use crate::support::read::read;

#[tokio::test(start_paused = true)]
async fn children_are_added_and_removed_while_it_runs() {
    let launches = Launches::default();
    let supervisor = Supervisor::<(&str, u32)>::builder().max_sessions(2).start().await.unwrap();
    let spec = |id| ChildSpec::new(("user", id), with(mortal(&launches)));
    let user = supervisor.start_session(spec(42)).await.unwrap();
    assert_eq!(user.query("one").await.unwrap().text().await.unwrap(), "one");
    // By name and by the handle of the session: the same turns, read in the same way.
    let by_name = supervisor.session(&("user", 42)).unwrap().query("two").await.unwrap();
    let by_handle = user.session().await.unwrap().query("two");
    for turn in [by_name, by_handle] {
        let turn = read(turn).await;
        assert_eq!(turn.kinds(), ["system", "assistant", "result"]);
        assert_eq!(turn.text(), "two");
    }
    let error = supervisor.start_session(spec(42)).await.unwrap_err();
    assert!(error.is_duplicate() && error.to_string().contains(r#"("user", 42)"#), "{error}");
    supervisor.start_session(spec(43)).await.unwrap();
    let error = supervisor.start_session(spec(44)).await.unwrap_err();
    assert!(error.is_full() && error.to_string().contains("2 sessions"), "{error}");
    assert_eq!(supervisor.count().specs, 2);
    // From another task, by a clone of the handle: asked for its effect alone.
    let handle = supervisor.clone();
    let drained = tokio::spawn(async move {
        handle.session(&("user", 43)).unwrap().query("three").await.unwrap().drain().await
    });
    drained.await.unwrap().unwrap();
    // It is forgotten, with its reference, and is never restarted.
    let removed = supervisor.session(&("user", 43)).unwrap();
    let launched = launches.len();
    supervisor.terminate_session(&("user", 43)).await.unwrap();
    assert!(removed.query("four").await.unwrap_err().is_stopped());
    tokio::time::sleep(600 * SECOND).await;
    assert_eq!((removed.state(), launches.len()), (ChildState::Stopped, launched));
    let error = supervisor.session(&("user", 43)).unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains(r#"known keys: ("user", 42)"#),
        "{error}"
    );
    assert!(supervisor.terminate_session(&("user", 43)).await.unwrap_err().is_not_found());
    assert_eq!(supervisor.count().specs, 1);
    supervisor.start_session(spec(43)).await.unwrap();
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn sessions_of_the_start_and_those_added_later_coexist() {
    let launches = [Launches::default(), Launches::default()];
    let supervisor = Supervisor::builder()
        .backoff(Backoff::none())
        .child(spec("first", &launches[0]))
        .start()
        .await
        .unwrap();
    let first = supervisor.session(&"first".to_owned()).unwrap();
    assert_eq!(text(&first, "one").await, "one");
    let added = supervisor.start_session(spec("added", &launches[1])).await.unwrap();
    let keys: Vec<_> = supervisor.list().into_iter().map(|child| child.key).collect();
    assert_eq!(
        (keys, supervisor.count().active),
        (vec!["first".to_owned(), "added".to_owned()], 2)
    );
    for _ in 0..2 {
        let answers = tokio::join!(text(&first, "two"), text(&added, "three"));
        assert_eq!((answers.0.as_str(), answers.1.as_str()), ("two", "three"));
    }
    // Neither disturbs the other.
    kill(&added).await;
    assert_eq!(text(&added, "four").await, "four");
    kill(&first).await;
    assert_eq!(text(&first, "five").await, "five");
    assert_eq!(launches.each_ref().map(Launches::len), [2, 2]);
    supervisor.terminate_session(&"added".to_owned()).await.unwrap();
    assert_eq!(text(&first, "six").await, "six");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_session_has_its_own_prompt_and_settings() {
    type Change = fn(SessionBuilder) -> SessionBuilder;
    let settings: [(&str, Change, &str, &str); 9] = [
        ("a", |builder| builder.system_prompt("Be brief."), "--system-prompt", "Be brief."),
        ("b", |builder| builder.system_prompt("Be kind."), "--system-prompt", "Be kind."),
        ("c", |builder| builder.model("opus"), "--model", "opus"),
        ("quick", |builder| builder.max_turns(5), "--max-turns", "5"),
        ("analysis", |builder| builder.max_turns(50), "--max-turns", "50"),
        ("reads", |builder| builder.allowed_tools(["Read"]), "--allowed-tools", "Read"),
        (
            "commits",
            |builder| builder.allowed_tools(["Edit", "Bash(git:*)"]),
            "--allowed-tools",
            "Edit,Bash(git:*)",
        ),
        ("docs", |builder| builder.add_dir("/docs"), "--add-dir", "/docs"),
        ("data", |builder| builder.add_dir("/data"), "--add-dir", "/data"),
    ];
    let launches = settings.map(|_| Launches::default());
    let children = settings.iter().zip(&launches).map(|((key, change, ..), launches)| {
        let (change, make) = (*change, with(mortal(launches)));
        ChildSpec::<String>::new(*key, move || change(make()))
    });
    let supervisor = Supervisor::builder()
        .intensity(settings.len(), SECOND)
        .backoff(Backoff::none())
        .children(children)
        .start()
        .await
        .unwrap();
    for ((key, _, flag, value), launches) in settings.iter().zip(&launches) {
        // A restart keeps them.
        let session = supervisor.session(&(*key).to_owned()).unwrap();
        kill(&session).await;
        text(&session, "hello").await;
        for launch in 0..2 {
            assert_eq!(launches.flag(launch, flag).as_deref(), Some(*value), "{key}");
            for (_, _, other, _) in settings.iter().filter(|(_, _, other, _)| other != flag) {
                assert_eq!(launches.flag(launch, other), None, "{key}");
            }
        }
    }
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_concurrent_starts_with_one_key_one_wins() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder().start().await.unwrap();
    let starts = (0..4).map(|_| supervisor.start_session(spec("a", &launches)));
    let results = futures_join(starts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(launches.len(), 1);
}

async fn futures_join<F: Future + Send>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut results = Vec::new();
    let mut all: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        all.retain_mut(|future| match future.as_mut().poll(cx) {
            std::task::Poll::Ready(result) => {
                results.push(result);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    results
}

#[tokio::test(start_paused = true)]
async fn a_registry_can_be_shared_and_a_name_is_looked_up_at_each_call() {
    let registry: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
    let later = SessionRef::via(registry.clone(), "b");
    assert!(later.query("x").await.unwrap_err().is_not_found());
    let launches = Launches::default();
    let supervisors = [
        Supervisor::builder()
            .registry(registry.clone())
            .child(spec("a", &launches))
            .start()
            .await
            .unwrap(),
        Supervisor::builder()
            .registry(registry.clone())
            .child(spec("b", &launches))
            .start()
            .await
            .unwrap(),
    ];
    assert_eq!(text(&later, "x").await, "x");
    let taken = supervisors[0].start_session(spec("b", &launches)).await.unwrap_err();
    assert!(taken.is_duplicate(), "{taken}");
    assert_eq!(text(&supervisors[0].session(&"b".to_owned()).unwrap(), "y").await, "y");
    supervisors[1].stop().await;
    assert_eq!(registry.keys(), ["a"]);
    assert_eq!(later.state(), ChildState::Stopped);
}

/// A name may lead to another name, in another registry, and so on to that of a child.
#[tokio::test(start_paused = true)]
async fn a_name_may_lead_to_another_name() {
    for is_resting in [false, true] {
        let launches = Launches::default();
        let names: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
        let _supervisor = Supervisor::builder()
            .registry(names.clone())
            .child(spec("child", &launches).idle_after(60 * SECOND))
            .start()
            .await
            .unwrap();
        // A child by a second name in the same registry, and names for that name in others.
        let child = names.lookup(&"child".to_owned()).unwrap();
        assert!(names.register(&"alias".to_owned(), child.clone()));
        let mut references = vec![child, SessionRef::via(names.clone(), "alias")];
        for step in 0..3 {
            let other: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
            let name = format!("step {step}");
            assert!(other.register(&name, references.last().unwrap().clone()));
            references.push(SessionRef::via(other, name));
        }
        for reference in references {
            if is_resting {
                reference.wait_for(ChildState::Resting).await.unwrap();
                assert_eq!(reference.state(), ChildState::Resting);
            }
            assert_eq!(text(&reference, "x").await, "x", "{reference:?}");
            assert_eq!(reference.state(), ChildState::Up, "{reference:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_lead_in_a_circle_lead_to_no_child() {
    let names: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
    assert!(names.register(&"a".to_owned(), SessionRef::via(names.clone(), "b")));
    assert!(names.register(&"b".to_owned(), SessionRef::via(names.clone(), "a")));
    let a = SessionRef::via(names, "a");
    assert_eq!(a.state(), ChildState::Stopped);
    assert!(a.query("x").await.unwrap_err().is_not_found());
    assert!(a.wait_for(ChildState::Up).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_can_be_a_child_and_its_end_escalates() {
    let launches = Launches::default();
    let inner = launches.clone();
    let nested = move || Supervisor::builder().intensity(0, SECOND).child(spec("a", &inner));
    let registry: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
    let shared = registry.clone();
    let supervisor = Supervisor::builder()
        .intensity(1, 10 * SECOND)
        .backoff(Backoff::none())
        .child(ChildSpec::supervisor("inner", move || nested().registry(shared.clone())))
        .start()
        .await
        .unwrap();
    assert_eq!(supervisor.list()[0].kind, ChildKind::Supervisor);
    assert_eq!(supervisor.count().supervisors, 1);
    let a = SessionRef::via(registry, "a");
    let mut events = supervisor.events();
    kill(&a).await;
    // The inner supervisor is started again, with its child.
    while !matches!(events.recv().await.unwrap(), SupervisorEvent::Up(_)) {}
    assert_eq!(text(&a, "x").await, "x");
    kill(&a).await;
    let reason = supervisor.finished().await;
    assert!(
        matches!(reason, ExitReason::MaxIntensity { ref child, .. } if child == "inner"),
        "{reason:?}"
    );
    assert_eq!(launches.len(), 2);
}

/// Next to another service of the program: it ends when the program says so, or when it gives up, and
/// then its sessions have ended.
#[tokio::test(start_paused = true)]
async fn it_runs_as_a_part_of_other_tasks() {
    for gives_up in [false, true] {
        let launches = Launches::default();
        let registry: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let builder = Supervisor::builder()
            .name("app")
            .intensity(0, SECOND)
            .registry(registry.clone())
            .child(spec("a", &launches));
        let mut app = tokio::task::JoinSet::new();
        app.spawn(builder.run(async { drop(stopped.await) }));
        app.spawn(async {
            std::future::pending::<()>().await;
            unreachable!("the other service runs on")
        });
        let a = SessionRef::via(registry.clone(), "a");
        tokio::time::sleep(SECOND).await;
        assert_eq!(text(&a, "x").await, "x");
        match gives_up {
            true => kill(&a).await,
            false => stop.send(()).unwrap(),
        }
        let reason = app.join_next().await.unwrap().unwrap().unwrap();
        match gives_up {
            true => {
                assert!(matches!(reason, ExitReason::MaxIntensity { child, .. } if child == "a"))
            }
            false => assert_eq!(reason, ExitReason::Stopped),
        }
        assert_eq!((registry.keys(), app.len(), launches.len()), (vec![], 1, 1));
        assert!(a.query("y").await.unwrap_err().is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_brings_conversations_into_the_next_run() {
    let launches = Launches::default();
    let first = Supervisor::builder().child(spec("a", &launches)).start().await.unwrap();
    let a = first.session(&"a".to_owned()).unwrap();
    text(&a, "one").await;
    let id = a.session().await.unwrap().session_id();
    let snapshot = serde_json::to_string(&first.snapshot()).unwrap();
    first.stop().await;
    let snapshot = serde_json::from_str(&snapshot).unwrap();
    let second =
        Supervisor::builder().restore(snapshot).child(spec("a", &launches)).start().await.unwrap();
    assert_eq!(launches.flag(1, "--resume"), id);
    let next = spec("b", &launches);
    second.start_session(next).await.unwrap();
    assert_eq!(launches.flag(2, "--resume"), None);
    second.stop().await;
}

/// A user who does not come back in one run may come back in the next.
#[tokio::test(start_paused = true)]
async fn a_conversation_waits_in_snapshots_until_its_child_is_up_or_forgotten() {
    let saved =
        [("a", SESSION), ("b", "later")].map(|(key, id)| json!({"key": key, "session_id": id}));
    let saved = json!({"sessions": saved});
    let launches = Launches::default();
    let run = Supervisor::builder()
        .restore(serde_json::from_value(saved).unwrap())
        .child(spec("c", &launches))
        .start()
        .await
        .unwrap();
    let saved = || {
        let snapshot = run.snapshot();
        let known = snapshot.sessions().filter_map(|(key, id)| Some(format!("{key}={}", id?)));
        let mut known: Vec<_> = known.filter(|known| !known.starts_with('c')).collect();
        known.sort();
        known.join(" ")
    };
    let both = format!("a={SESSION} b=later");
    assert_eq!(saved(), both);
    let broken = ChildSpec::new("a", || Session::builder().cli_path("/nowhere/claude"));
    assert!(run.start_session(broken).await.unwrap_err().is_start());
    assert_eq!(saved(), both);
    run.start_session(spec("a", &launches)).await.unwrap();
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    assert_eq!(saved(), both);
    run.terminate_session(&"a".to_owned()).await.unwrap();
    assert_eq!(saved(), "b=later");
    run.start_session(spec("a", &launches)).await.unwrap();
    assert_eq!(launches.flag(2, "--resume"), None);
    // A conversation without a child is forgotten, too.
    run.terminate_session(&"b".to_owned()).await.unwrap();
    assert!(!saved().contains("b="), "{}", saved());
    assert!(run.terminate_session(&"b".to_owned()).await.unwrap_err().is_not_found());
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_costs_two_tasks() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut counts = Vec::new();
    for children in [1, 4] {
        let keys = (0..children).map(|key| ChildSpec::new(key.to_string(), with(echo())));
        let supervisor: Supervisor = Supervisor::builder().children(keys).start().await.unwrap();
        counts.push(alive());
        supervisor.stop().await;
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    }
    // That of the session, that of the supervisor, and that of the CLI in memory.
    assert_eq!(counts[1] - counts[0], 3 * (2 + 1), "{counts:?}");
}
