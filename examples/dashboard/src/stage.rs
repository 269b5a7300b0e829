//! The sessions that the dashboard shows: stand-ins that do well, crash, and have no login.

use std::time::Duration;

use claude_wire::player::PromptMatch;
use claude_wire::session::Restart;
use claude_wire::supervisor::{Backoff, ChildSpec, ChildState, Supervisor, SupervisorBuilder};
use claude_wire::{Scenario, Session, reply};

pub(crate) fn supervisor() -> SupervisorBuilder {
    let well = |text: &str| Scenario::new().when(PromptMatch::Any, reply().text(text)).always();
    let mut builder = Supervisor::builder()
        .name("chat")
        .intensity(1000, Duration::from_secs(1))
        .backoff(Backoff::new(Duration::from_millis(500), Duration::from_secs(5)));
    for (key, scenario) in [
        ("anna", well("Hello, Anna.")),
        ("bob", well("Hello, Bob.")),
        ("carol", crashing()),
        ("dora", Scenario::new().logged_out()),
    ] {
        builder = builder.child(child(key, scenario));
    }
    builder
}

fn child(key: &str, scenario: Scenario) -> ChildSpec {
    // The crash of a stand-in is not a mistake of the scenario here.
    let scenario = scenario.unverified();
    ChildSpec::new(key, move || Session::builder().transport(scenario.clone()))
        .conversation(Restart::Resume)
        .max_usd(5.0)
}

/// Each of its CLIs crashes at the second prompt.
fn crashing() -> Scenario {
    let mut scenario = Scenario::new();
    for launch in 0..20 {
        if launch > 0 {
            scenario = scenario.next_launch();
        }
        scenario = scenario
            .on_any_prompt(reply().text("Hello, Carol."))
            .on_any_prompt(reply().stderr("out of memory").crash("SIGABRT"));
    }
    scenario
}

/// Asks all sessions, again and again.
pub(crate) async fn ask_forever(supervisor: Supervisor) {
    loop {
        ask_each_once(&supervisor).await;
        // The pace of the show: no one waits for it.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A failure is what the dashboard shows.
pub(crate) async fn ask_each_once(supervisor: &Supervisor) {
    for child in supervisor.list() {
        if let Some(session) = child.session
            && let Ok(turn) = session.query("Hello").await
        {
            let _ = turn.text().await;
        }
    }
}

/// Whether each session has come to where it stays: the one without a login is degraded.
pub(crate) fn is_settled(supervisor: &Supervisor) -> bool {
    supervisor.list().into_iter().all(|child| {
        child.state == if child.key == "dora" { ChildState::Degraded } else { ChildState::Up }
    })
}
