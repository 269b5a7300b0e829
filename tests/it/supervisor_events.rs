//! What the events of a supervisor say, from the first start on.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor, SupervisorEvent};
use claude_wire::transport::Memory;
use claude_wire::wire::hook::Stop;
use serde_json::json;
use tokio::sync::broadcast::Receiver;

use crate::supervisor_support::{SECOND, spec, text};
use crate::support::cli::{Launches, cli, success};

/// A CLI that takes no hooks: a session warns of that at each launch.
fn deaf() -> Memory {
    cli(|_, mut cli| async move {
        let initialize = cli.request("initialize").await;
        cli.write(success(&initialize, json!({"hooks_applied": false}))).await;
        cli.serve().await
    })
}

fn hooked(key: &str) -> ChildSpec {
    let transport = Arc::new(deaf());
    ChildSpec::new(key, move || {
        Session::builder().transport(transport.clone()).on_hook("", |_: Stop, _| async {})
    })
}

fn said(events: &mut Receiver<SupervisorEvent<String>>) -> Vec<String> {
    let events = std::iter::from_fn(|| events.try_recv().ok());
    let shown = events.map(|event| match event {
        SupervisorEvent::Warning(key, text) if text.contains("none of the hooks") => {
            format!("{key} warns")
        }
        SupervisorEvent::Up(key) => format!("{key} is up"),
        other => format!("{other:?}"),
    });
    shown.collect()
}

#[tokio::test(start_paused = true)]
async fn warnings_of_the_first_start_can_be_received() {
    let launches = Launches::default();
    let builder = Supervisor::builder().children([hooked("a"), spec("b", &launches), hooked("c")]);
    let mut events = builder.events();
    let supervisor = builder.start().await.unwrap();
    let mut seen = said(&mut events);
    let up: Vec<_> = seen.extract_if(.., |event| event.ends_with("is up")).collect();
    assert_eq!(up, ["a is up", "b is up", "c is up"]);
    assert_eq!(seen, ["a warns", "c warns"]);
    supervisor.stop().await;
}

/// Also those of children that are added, restarted, and woken with another session.
#[tokio::test(start_paused = true)]
async fn each_launch_says_its_warnings() {
    let supervisor: Supervisor = Supervisor::builder().start().await.unwrap();
    let mut events = supervisor.events();
    let a = supervisor.start_session(hooked("a").idle_after(60 * SECOND)).await.unwrap();
    let warns = |events: &mut Receiver<_>| {
        said(events).into_iter().filter(|event| event == "a warns").count()
    };
    assert_eq!(warns(&mut events), 1);
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_eq!(warns(&mut events), 1);
    a.wait_for(ChildState::Resting).await.unwrap();
    assert_eq!(text(&a, "hello").await, "hello");
    assert_eq!(warns(&mut events), 1);
    supervisor.stop().await;
}

/// A child is resting when the event says so: its process has ended.
#[tokio::test(start_paused = true)]
async fn a_child_rests_when_the_event_says_so() {
    let launches = Launches::default();
    let child = spec("a", &launches).idle_after(60 * SECOND);
    let supervisor = Supervisor::builder().child(child).start().await.unwrap();
    let mut events = supervisor.events();
    assert!(matches!(events.recv().await.unwrap(), SupervisorEvent::Resting(_)));
    let child = supervisor.list().remove(0);
    assert_eq!((child.state, child.phase), (ChildState::Resting, None));
    supervisor.stop().await;
}
