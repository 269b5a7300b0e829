//! Children of a supervisor, and what is done with them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use claude_wire::supervisor::{
    Backoff, ChildSpec, SessionRef, Strategy, Supervisor, SupervisorEvent,
};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionBuilder};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::Receiver;

use crate::support::cli::{FakeCli, Launches, SESSION, cli};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A CLI that runs `script` with the number of its launch, from 0.
pub(crate) fn noted<F, Fut>(launches: &Launches, script: F) -> Memory
where
    F: Fn(usize, FakeCli) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    let launches = launches.clone();
    cli(move |launch, cli| script(launches.note(launch), cli))
}

/// Serves, dies at the prompt `die`, and exits at the prompt `leave`.
pub(crate) async fn serve_until_die(mut cli: FakeCli) -> Exit {
    cli.handshake().await;
    while let Some((uuid, text)) = cli.next_prompt().await {
        match text.as_str() {
            "die" => return Exit::from_code(7),
            "leave" => break,
            text => cli.turn(&uuid, text).await,
        }
    }
    Exit::from_code(0)
}

/// Answers a prompt as a CLI that has no login.
pub(crate) async fn answer_without_login(cli: &mut FakeCli, uuid: &str) {
    cli.write(json!({"type": "assistant", "message": {"id": "m", "role": "assistant",
        "model": "<synthetic>", "content": [{"type": "text", "text": "no login"}]},
        "error": "authentication_failed", "parent_tool_use_id": null, "session_id": SESSION, "uuid": "a"}))
        .await;
    cli.write(json!({"type": "result", "subtype": "success", "is_error": true, "result": "no login",
        "session_id": SESSION, "terminal_reason": "api_error", "uuid": "r", "user_message_uuids": [uuid]}))
        .await;
}

/// A CLI that serves, and dies at the prompt `die`.
pub(crate) fn mortal(launches: &Launches) -> Memory {
    noted(launches, |_, cli| serve_until_die(cli))
}

/// The same, with handshakes that wait for a permit from the second launch on.
pub(crate) fn gated(gate: &Arc<Semaphore>, launches: &Launches) -> Memory {
    let gate = gate.clone();
    noted(launches, move |number, cli| {
        let gate = gate.clone();
        async move {
            if number > 0 {
                gate.acquire().await.unwrap().forget();
            }
            serve_until_die(cli).await
        }
    })
}

/// Waits, on the paused clock, until there were this many launches.
pub(crate) async fn launched(launches: &Launches, count: usize) {
    while launches.len() < count {
        tokio::time::sleep(SECOND / 10).await;
    }
}

/// A CLI that answers, and takes 3 s to end.
pub(crate) fn lingering(launches: &Launches) -> Memory {
    noted(launches, |_, mut cli| async move {
        let exit = cli.serve().await;
        // On the paused clock of the test.
        tokio::time::sleep(3 * SECOND).await;
        exit
    })
}

/// A CLI whose turns cost what the prompt says; in each process it has another conversation, and its
/// totals begin at zero.
pub(crate) fn paid() -> Memory {
    noted(&Launches::default(), |number, mut cli| async move {
        let session = format!("6f1a3e52-0000-4000-8000-{number:012}");
        cli.handshake().await;
        let (mut total, mut tokens) = (0.0, 0);
        while let Some((uuid, text)) = cli.next_prompt().await {
            let Ok(cost) = text.parse::<f64>() else { return Exit::from_code(7) };
            total += cost;
            tokens += 10;
            cli.write(json!({"type": "result", "subtype": "success", "is_error": false, "result": text,
                "session_id": session, "total_cost_usd": total, "uuid": "r", "user_message_uuids": [uuid],
                "modelUsage": {"m": {"inputTokens": tokens, "outputTokens": 0, "cacheReadInputTokens": 0,
                    "cacheCreationInputTokens": 0, "webSearchRequests": 0, "costUSD": total, "contextWindow": 0}}}))
                .await;
        }
        Exit::from_code(0)
    })
}

pub(crate) fn with(transport: Memory) -> impl Fn() -> SessionBuilder + Send + Sync + 'static {
    let transport = Arc::new(transport);
    move || Session::builder().transport(transport.clone())
}

pub(crate) fn spec(key: &str, launches: &Launches) -> ChildSpec {
    ChildSpec::new(key, with(mortal(launches)))
}

/// Children `a`, `b` and `c`, each with its launches.
pub(crate) async fn three(strategy: Strategy) -> (Supervisor, [Launches; 3]) {
    let launches = [Launches::default(), Launches::default(), Launches::default()];
    let keys = ["a", "b", "c"].into_iter().zip(&launches);
    let supervisor = Supervisor::builder()
        .strategy(strategy)
        .backoff(Backoff::none())
        .children(keys.map(|(key, launches)| spec(key, launches)))
        .start()
        .await
        .unwrap();
    (supervisor, launches)
}

pub(crate) fn is_of_a_turn<K>(event: &SupervisorEvent<K>) -> bool {
    matches!(event, SupervisorEvent::TurnStarted(..) | SupervisorEvent::TurnEnded(..))
}

/// The next event that is not of a turn.
pub(crate) async fn next_event(
    events: &mut Receiver<SupervisorEvent<String>>,
) -> SupervisorEvent<String> {
    loop {
        let event = events.recv().await.unwrap();
        if !is_of_a_turn(&event) {
            return event;
        }
    }
}

pub(crate) async fn text(session: &SessionRef, prompt: &str) -> String {
    session.query(prompt).await.unwrap().text().await.unwrap()
}

pub(crate) async fn kill(session: &SessionRef) {
    kill_by(session, "die").await;
}

/// The same with another prompt.
pub(crate) async fn kill_by(session: &SessionRef, prompt: &str) {
    let error = session.query(prompt).await.unwrap().text().await.unwrap_err();
    assert!(error.is_process() && error.exit().unwrap().code == Some(7), "{error}");
}
