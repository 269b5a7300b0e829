//! Faults of a scenario and of a replay, in memory: from its file, in its report, and when the handle
//! is dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use claude_wire::faults::{Fault, FaultPlan};
use claude_wire::player::{ApiReply, reply};
use claude_wire::recording::{Event, EventKind, Header, Recording};
use claude_wire::{Decision, Replay, Scenario, Session};
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
        "wrong_content_type",
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
        ("wrong_content_type:every", "content-type html, body is an HTML page, 48 bytes"),
    ] {
        let scenario = Scenario::new().on_prompt("One", "1").faults(plan(failed));
        let error = ask(scenario.clone(), "One").await.unwrap_err();
        assert!(error.is_result() && error.to_string().contains(text), "{failed}: {error}");
        drop(scenario.report());
    }
}

/// A tool call whose JSON is cut off does not run, and no one is asked about it: the model goes on
/// after the error.
#[tokio::test(start_paused = true)]
async fn a_tool_call_that_is_cut_off_does_not_run() {
    let reply = reply()
        .text("Look")
        .tool_use("Write", json!({"file_path": "é.txt", "content": "x"}))
        .tool_result("written")
        .text("Done");
    let scenario = Scenario::new().on_prompt("One", reply).faults(plan("truncated_json_delta"));
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let session = Session::builder()
        .transport(scenario.clone())
        .on_permission(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Decision::allow() }
        })
        .start()
        .unwrap();
    let mut lines = Vec::new();
    let mut turn = session.query("One");
    while let Some(message) = turn.next().await {
        lines.push(serde_json::to_value(message.unwrap()).unwrap());
    }
    let block = |pointer: &str| lines.iter().find_map(|line| line.pointer(pointer)).unwrap();
    // Half of it.
    let raw = "{\"file_path\":\"é.t";
    assert_eq!(
        *block("/message/content/0/input"),
        json!({"__unparsedToolInput": {"raw": raw, "len": 17}})
    );
    let why = "InputValidationError: JSON parse failed (17 bytes)";
    assert_eq!(*block("/tool_use_result"), why);
    let said = block("/message/content/0/content").as_str().unwrap();
    assert!(said.contains(&format!("(first 17 of 17 bytes): {raw}\n")), "{said}");
    assert_eq!(lines.last().unwrap()["result"], "Done");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(scenario.report().injected()[0].place(), "API request 1");
    drop(session);
}

/// The first request has no call, and is not counted.
#[tokio::test(start_paused = true)]
async fn the_fault_of_a_tool_call_waits_for_one() {
    let call = reply().tool_use("Bash", json!({"command": "ls"})).tool_result("a").text("2");
    let scenario = Scenario::new().on_prompt("One", "1").on_prompt("Two", call);
    let scenario = scenario.faults(plan("truncated_json_delta"));
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    assert_eq!(session.query("One").text().await.unwrap(), "1");
    assert!(scenario.clone().report().injected().is_empty());
    assert_eq!(session.query("Two").text().await.unwrap(), "2");
    let places: Vec<_> =
        scenario.report().injected().iter().map(|it| it.place().to_owned()).collect();
    assert_eq!(places, ["API request 2"]);
}

/// An answer that is neither a message nor a page is not one that was seen.
#[tokio::test(start_paused = true)]
async fn other_bodies_of_the_api_are_reported_as_not_simulated() {
    let of = |kind: &str, body: &str| reply().message(ApiReply::raw(kind, body)).text("1");
    for (kind, body, is_simulated) in [
        ("text/html", "<p>Hello</p>", true),
        ("text/html; charset=utf-8", "\n<p>Hello</p>", true),
        ("text/html", "Hello", false),
        ("application/json", "{}", false),
    ] {
        let scenario = Scenario::new().on_prompt("One", of(kind, body));
        assert_eq!(ask(scenario.clone(), "One").await.unwrap(), "1", "{kind}");
        let report = scenario.report();
        assert_eq!(report.not_simulated().is_empty(), is_simulated, "{kind}: {report}");
    }
}
