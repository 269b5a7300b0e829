//! Faults of a scenario and of a replay, in memory: from its file, in its report, and when the handle
//! is dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use claude_wire::faults::{Fault, FaultPlan};
use claude_wire::recording::{Event, EventKind, Header, Recording};
use claude_wire::{Replay, Scenario, Session};
use serde_json::json;

fn plan(text: &str) -> FaultPlan {
    FaultPlan::parse(text).unwrap()
}

fn two_turns() -> Scenario {
    Scenario::new().on_prompt("One", "1").on_prompt("Two", "2")
}

async fn ask(
    transport: impl claude_wire::transport::Transport,
    prompt: &str,
) -> Result<String, claude_wire::Error> {
    let session = Session::builder().transport(transport).start().unwrap();
    session.query(prompt).text().await
}

#[tokio::test(start_paused = true)]
async fn a_file_has_faults_and_keeps_them() {
    let file = json!({
        "claude-wire": "scenario", "version": 2,
        "turns": [{"prompt": "One", "reply": "1"}],
        "faults": [{"name": "exit_mid_turn", "code": 3, "seed": 7}, "latency:ms=5"],
    });
    let scenario = Scenario::parse(&file.to_string()).unwrap();
    let again = Scenario::parse(&scenario.to_json()).unwrap();
    let latency = Fault::parse("latency:ms=5,seed=0").unwrap();
    let exit = Fault::parse("exit_mid_turn:code=3,seed=7").unwrap();
    assert_eq!(again.planned_faults(), [exit, latency]);
    let error = ask(again.clone(), "One").await.unwrap_err();
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(3), "{error}");
    drop((scenario.unverified(), again.unverified()));
}

#[test]
fn a_file_with_a_fault_that_does_not_exist_names_the_near_ones() {
    for (faults, why) in [
        (json!([{"name": "exit_midturn"}]), "did you mean exit_mid_turn?"),
        (json!([{"name": "latency", "s": 1}]), "latency: no parameter `s`"),
        (json!([7]), "expected a fault"),
    ] {
        let file = json!({"claude-wire": "scenario", "version": 2, "turns": [], "faults": faults});
        let error = Scenario::parse(&file.to_string()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// The report lists the fault, and a handle whose host could not go on does not panic.
#[tokio::test(start_paused = true)]
async fn what_a_fault_keeps_the_host_from_is_not_left() {
    let scenario = two_turns().faults(plan("exit_mid_turn"));
    ask(scenario.clone(), "One").await.unwrap_err();
    let report = scenario.clone().report();
    assert!(report.is_clean(), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("\nfault: exit_mid_turn at stdout line ")
            || text.starts_with("fault: exit_mid_turn at "),
        "{text}"
    );
    assert!(text.contains(" injected=1 "), "{text}");
    assert_eq!(report.injected().len(), 1);
}

/// A fault of the pace does not excuse the host, and one that did not happen does not either.
#[tokio::test(start_paused = true)]
async fn a_host_that_could_go_on_is_verified() {
    for faults in ["latency:ms=1", "exit_mid_turn:nth=9", "crlf;slicer"] {
        let scenario = two_turns().faults(plan(faults));
        assert_eq!(ask(scenario.clone(), "One").await.unwrap(), "1", "{faults}");
        let report = scenario.clone().report();
        assert_eq!(report.left(), ["prompt \"Two\" (turn 2)"], "{report}");
        // `report` of a clone counts for the handle, so the check is made here.
        let failed = catch_unwind(AssertUnwindSafe(|| scenario.assert_finished()));
        assert!(failed.is_err(), "{faults}: it was not verified");
    }
}

fn hello() -> Recording {
    let mut recording = Recording::new(Header::new());
    let user = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#;
    let said = r#"{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Hello"}]}}"#;
    let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"Hello"}"#;
    for (us, kind) in [
        (0, EventKind::In(user.into())),
        (9, EventKind::Out(said.into())),
        (9, EventKind::Out(result.into())),
    ] {
        recording.events.push(Event::new(us, kind));
    }
    recording
}

#[tokio::test(start_paused = true)]
async fn a_replay_has_faults() {
    use claude_wire::transport::{Launch, Transport as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let replay = Replay::new(hello()).faults(plan("double_result")).faults(plan("crlf"));
    let mut cli = replay.clone().open(Launch::default()).await.unwrap();
    cli.stdin
        .write_all(b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n")
        .await
        .unwrap();
    drop(cli.stdin);
    let mut said = String::new();
    cli.stdout.read_to_string(&mut said).await.unwrap();
    assert_eq!(said.matches("\"type\":\"result\"").count(), 2, "{said}");
    assert!(said.contains("\r\n"), "{said}");
    let names: Vec<_> = replay.report().injected().iter().map(|it| it.fault().name()).collect();
    assert_eq!(names, ["crlf", "double_result", "crlf"]);
}

#[tokio::test]
async fn a_replay_refuses_a_fault_of_the_api() {
    use claude_wire::transport::{Launch, Transport as _};
    let replay = Replay::new(hello()).faults(plan("api_529")).unverified();
    let error = replay.open(Launch::default()).await.unwrap_err().to_string();
    assert!(error.contains("api_529: a fault of the Messages API"), "{error}");
}

/// The simulated CLI does about an error of the API what the real one does: it asks again, or fails.
#[tokio::test(start_paused = true)]
async fn faults_of_the_api_are_retried_or_end_the_turn() {
    for retried in [
        "api_529",
        "api_500",
        "api_429",
        "api_400:once",
        "api_404:once",
        "connect_refused",
        "api_reset",
        "drop_mid_sse",
        "ttft",
        "ping_gap",
    ] {
        let scenario = Scenario::new().on_prompt("One", "1").faults(plan(retried));
        assert_eq!(ask(scenario.clone(), "One").await.unwrap(), "1", "{retried}");
        assert_eq!(scenario.report().injected().len(), 1, "{retried}");
    }
    for (failed, text) in [
        ("api_400", "400 due to tool use concurrency issues"),
        ("api_403", "Failed to authenticate. API Error: 403 Your account"),
        ("api_404", "issue with the selected model"),
        ("api_413", "Request too large"),
        ("out_of_credits", "Credit balance is too low"),
    ] {
        let scenario = Scenario::new().on_prompt("One", "1").faults(plan(failed));
        let error = ask(scenario.clone(), "One").await.unwrap_err();
        assert!(error.is_result() && error.to_string().contains(text), "{failed}: {error}");
        drop(scenario.report());
    }
}
