//! Children whose key or login the API refuses.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, ChildState, Degradation, Supervisor, SupervisorEvent};
use claude_wire::transport::{Exit, Memory};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::supervisor_support::{SECOND, is_of_a_turn, next_event, noted, text, with};
use crate::support::cli::{Launches, SESSION};

/// The last lines of a turn that failed, as CLI 2.1.332 writes them.
fn failed(uuid: &str, status: Option<u16>, word: &str) -> [Value; 2] {
    [
        json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "model": "<synthetic>",
            "content": [{"type": "text", "text": "it says why"}]}, "error": word,
            "parent_tool_use_id": null, "session_id": SESSION, "uuid": "a"}),
        json!({"type": "result", "subtype": "success", "is_error": true, "api_error_status": status,
            "result": "it says why", "session_id": SESSION, "terminal_reason": "api_error", "uuid": "r",
            "user_message_uuids": [uuid]}),
    ]
}

/// A CLI whose prompts say how it fails: a status and a word, and `!` if it exits then. Other prompts
/// succeed.
fn failing(launches: &Launches) -> Memory {
    noted(launches, |_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            let Some((status, word)) = text.split_once(' ') else {
                cli.turn(&uuid, &text).await;
                continue;
            };
            let (word, exits) = match word.strip_suffix('!') {
                Some(word) => (word, true),
                None => (word, false),
            };
            for line in failed(&uuid, status.parse().ok(), word) {
                cli.write(line).await;
            }
            if exits {
                return Exit::from_code(1);
            }
        }
        Exit::from_code(0)
    })
}

async fn start(launches: &Launches) -> (Supervisor, Receiver<SupervisorEvent<String>>) {
    let child = ChildSpec::new("a", with(failing(launches)));
    let supervisor = Supervisor::builder().intensity(0, SECOND).child(child).start().await.unwrap();
    let events = supervisor.events();
    (supervisor, events)
}

async fn fail(supervisor: &Supervisor, prompt: &str) {
    let a = supervisor.session(&"a".to_owned()).unwrap();
    assert!(a.query(prompt).await.unwrap().text().await.unwrap_err().is_result(), "{prompt}");
}

fn names(events: &mut Receiver<SupervisorEvent<String>>) -> Vec<String> {
    let events = std::iter::from_fn(|| events.try_recv().ok());
    events.filter(|event| !is_of_a_turn(event)).map(|event| format!("{event:?}")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_degrades_a_child_until_a_turn_succeeds() {
    for failure in [
        "401 authentication_failed",
        "403 oauth_org_not_allowed",
        "401 unknown",
        // No request was sent, because there is no login.
        "- authentication_failed",
        "- oauth_org_not_allowed",
    ] {
        let launches = Launches::default();
        let (supervisor, mut events) = start(&launches).await;
        let a = supervisor.session(&"a".to_owned()).unwrap();
        fail(&supervisor, failure).await;
        a.wait_for(ChildState::Degraded).await.unwrap();
        let health = supervisor.health();
        assert_eq!((health.total, health.active, health.degraded), (1, 0, 1), "{failure}");
        assert_eq!(supervisor.count().active, 1);
        let child = supervisor.list().remove(0);
        assert_eq!((child.state, child.restarts), (ChildState::Degraded, 0));
        let event = next_event(&mut events).await;
        let expected = Degradation::Authentication;
        assert!(
            matches!(event, SupervisorEvent::Degraded(key, why) if key == "a" && why == expected)
        );
        // Queries are asked all the same.
        fail(&supervisor, failure).await;
        assert_eq!(text(&a, "hello").await, "hello");
        a.wait_for(ChildState::Up).await.unwrap();
        assert_eq!(supervisor.health().active, 1);
        assert_eq!(names(&mut events), [r#"Up("a")"#], "{failure}");
        assert_eq!(launches.len(), 1, "{failure}");
        supervisor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn other_failures_of_the_api_do_not_degrade() {
    let launches = Launches::default();
    let (supervisor, mut events) = start(&launches).await;
    for failure in ["529 overloaded", "429 rate_limit", "500 server_error", "- connection_failed"] {
        fail(&supervisor, failure).await;
        assert_eq!(supervisor.health().active, 1, "{failure}");
    }
    assert_eq!(names(&mut events), [""; 0]);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_ends_without_a_login_is_started_by_the_next_query_alone() {
    let launches = Launches::default();
    let (supervisor, mut events) = start(&launches).await;
    let a = supervisor.session(&"a".to_owned()).unwrap();
    fail(&supervisor, "- authentication_failed!").await;
    while !matches!(events.recv().await.unwrap(), SupervisorEvent::Down(..)) {}
    tokio::time::sleep(600 * SECOND).await;
    assert_eq!((a.state(), launches.len()), (ChildState::Degraded, 1), "it is not restarted");
    // One restart would be too many for this supervisor.
    assert_eq!(text(&a, "hello").await, "hello");
    assert_eq!((a.state(), launches.len()), (ChildState::Up, 2));
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_takes_another_key() {
    let launches = Launches::default();
    let keys = std::sync::Arc::new(std::sync::Mutex::new("old"));
    let (transport, of_make) = (std::sync::Arc::new(failing(&launches)), keys.clone());
    let make = move || {
        let key = *of_make.lock().unwrap();
        Session::builder().api_key(key).transport(transport.clone())
    };
    let supervisor: Supervisor =
        Supervisor::builder().child(ChildSpec::new("a", make)).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    fail(&supervisor, "401 authentication_failed").await;
    a.wait_for(ChildState::Degraded).await.unwrap();
    *keys.lock().unwrap() = "new";
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_eq!((a.state(), supervisor.list()[0].restarts), (ChildState::Up, 0));
    let key = launches.all()[1].env.resolve([], None);
    assert_eq!(key.get(std::ffi::OsStr::new("ANTHROPIC_API_KEY")).unwrap(), "new");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_says_whether_its_key_is_refused() {
    let session = Session::builder().transport(failing(&Launches::default())).start().unwrap();
    assert!(!session.state().auth_failed);
    for (prompt, expected) in
        [("401 authentication_failed", true), ("529 overloaded", true), ("hello", false)]
    {
        let _ = session.query(prompt).text().await;
        assert_eq!(session.state().auth_failed, expected, "{prompt}");
    }
}
