//! How a scripted CLI reacts to the host: permissions, interrupts, the end of input.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, control, user};
use claude_wire::player::{Scenario, Signal, reply};
use claude_wire::transport::{Connection, Exit, Launch, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn write_file() -> Scenario {
    let turn = reply()
        .ask_permission("Write", json!({"file_path": "a.txt"}))
        .tool_result("File created")
        .text("Done.");
    Scenario::new().on_prompt("Write", turn).on_prompt("Next", reply().text("Next."))
}

fn host(scenario: &Scenario) -> Host {
    Host::with(scenario.script([""; 0]), 64 * 1024)
}

async fn line(host: &mut Host) -> Value {
    serde_json::from_str(&host.line().await.unwrap()).unwrap()
}

/// Writes the prompt, reads up to the CLI's request and returns its id.
async fn asked(host: &mut Host, prompt: &str) -> String {
    host.write(prompt).await;
    loop {
        let line = line(host).await;
        if line["type"] == "control_request" {
            assert_eq!(
                (&line["request"]["subtype"], &line["request"]["tool_name"]),
                (&json!("can_use_tool"), &json!("Write"))
            );
            host.expect_silence().await;
            return line["request_id"].as_str().unwrap().to_owned();
        }
    }
}

fn answer(id: &str, body: Value) -> String {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": body}}).to_string()
}

async fn rest(mut host: Host) -> (Vec<Value>, Exit) {
    host.eof();
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    (end.lines(), end.exit)
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_is_allowed_runs() {
    let mut host = host(&write_file());
    let id = asked(&mut host, &user("Write")).await;
    host.write(answer(&id, json!({"behavior": "allow", "updatedInput": {"file_path": "b.txt"}})))
        .await;
    host.write(user("Next")).await;
    let (lines, exit) = rest(host).await;
    assert_eq!(lines[0]["message"]["content"][0]["content"], "File created");
    let result = lines.iter().find(|line| line["type"] == "result").unwrap();
    assert_eq!(result["permission_denials"], json!([]));
    assert_eq!(exit.code, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_denied_tool_does_not_run() {
    let mut host = host(&write_file());
    let id = asked(&mut host, &user("Write")).await;
    host.write(answer(&id, json!({"behavior": "deny", "message": "Not on my watch."}))).await;
    host.write(user("Next")).await;
    let (lines, exit) = rest(host).await;
    let result = &lines[0]["message"]["content"][0];
    assert_eq!(
        (&result["content"], &result["is_error"]),
        (&json!("Not on my watch."), &json!(true))
    );
    let results: Vec<_> = lines.iter().filter(|line| line["type"] == "result").collect();
    let denied = &results[0]["permission_denials"][0]["tool_input"]["file_path"];
    assert!(
        denied.as_str().is_some_and(|path| path.ends_with("/a.txt")),
        "as a whole path: {denied}"
    );
    assert_eq!(results[1]["permission_denials"], json!([]), "each turn has its own denials");
    assert_eq!(exit.code, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_denial_may_end_the_turn() {
    let mut host = host(&write_file());
    let id = asked(&mut host, &user("Write")).await;
    host.write(answer(&id, json!({"behavior": "deny", "message": "Stop.", "interrupt": true})))
        .await;
    let rejected = line(&mut host).await;
    assert_eq!(rejected["tool_result_meta"][0]["non_execution_kind"], "user-rejected");
    assert_eq!(
        line(&mut host).await["message"]["content"][0]["text"],
        "[Request interrupted by user for tool use]"
    );
    assert_eq!(line(&mut host).await["subtype"], "error_during_execution");
    host.write(user("Next")).await;
    let (lines, exit) = rest(host).await;
    assert_eq!(lines.last().unwrap()["result"], "Next.");
    assert_eq!(exit.code, Some(0), "the last result counts");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_denies_open_requests() {
    let mut host = host(
        &Scenario::new()
            .on_prompt("Write", reply().ask_permission("Write", json!({})).text("Well.")),
    );
    asked(&mut host, &user("Write")).await;
    let (lines, _) = rest(host).await;
    assert_eq!(
        lines[0]["message"]["content"][0]["content"],
        "Tool permission request failed: AbortError: Tool permission stream closed before response received"
    );
    assert_eq!(lines.last().unwrap()["result"], "Well.");
}

/// Seen with CLI 2.1.329: it does not ask, but says that it could not.
#[tokio::test(start_paused = true)]
async fn a_tool_after_the_end_of_input_is_denied_without_a_question() {
    let ask = || reply().ask_permission("Write", json!({"file_path": "a.txt"}));
    for turn in [ask().text("Well."), ask().tool_result("Created").text("Well.")] {
        let mut host = host(&Scenario::new().on_prompt("Write", turn));
        host.write(user("Write")).await;
        let (lines, exit) = rest(host).await;
        let kinds: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
        assert_eq!(kinds, ["system", "assistant", "user", "assistant", "result"]);
        assert_eq!(
            lines[2]["message"]["content"][0]["content"],
            "Tool permission request failed: AbortError: Stream closed"
        );
        assert_eq!(
            lines[2]["tool_result_meta"][0]["permission_decision"],
            json!({"decision": "reject", "source": "config", "reason_type": "other"})
        );
        let end = lines.last().unwrap();
        assert_eq!(
            (&end["result"], &end["permission_denials"][0]["tool_name"]),
            (&json!("Well."), &json!("Write"))
        );
        assert_eq!(exit, Exit::from_code(0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_the_turn_and_cancels_its_question() {
    let mut host = host(&write_file());
    let uuid = r#"{"type":"user","uuid":"u1","message":{"role":"user","content":"Write"}}"#;
    let id = asked(&mut host, uuid).await;
    host.write(r#"{"type":"user","uuid":"u2","message":{"role":"user","content":"Next"}}"#).await;
    host.write(control("i", r#"{"subtype":"interrupt"}"#)).await;
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &Value| line["type"] != "result") {
        let line = line(&mut host).await;
        if line["state"] != "queued" {
            lines.push(line);
        }
    }
    assert_eq!(lines[0]["response"]["response"], json!({"still_queued": ["u2"]}));
    assert_eq!(
        (&lines[1]["type"], &lines[1]["request_id"]),
        (&json!("control_cancel_request"), &json!(id))
    );
    assert_eq!(lines[2]["message"]["content"][0]["is_error"], true);
    assert_eq!(
        lines[3]["message"]["content"][0]["text"],
        "[Request interrupted by user for tool use]"
    );
    let result = &lines[4];
    assert_eq!(
        (&result["subtype"], &result["terminal_reason"]),
        (&json!("error_during_execution"), &json!("aborted_tools"))
    );
    assert_eq!((&result["user_message_uuid"], &result["is_error"]), (&json!("u1"), &json!(true)));
    // A late answer is ignored, and the queued prompt runs.
    host.write(answer(&id, json!({"behavior": "allow"}))).await;
    let (lines, exit) = rest(host).await;
    assert_eq!(lines.iter().find(|line| line["type"] == "result").unwrap()["result"], "Next.");
    assert_eq!(exit.code, Some(0));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_may_clear_the_queue() {
    // The prompt that is cancelled has no turn.
    let turn = reply().ask_permission("Write", json!({"file_path": "a.txt"}));
    let mut host = host(&Scenario::new().on_prompt("Write", turn));
    asked(&mut host, r#"{"type":"user","uuid":"u1","message":{"role":"user","content":"Write"}}"#)
        .await;
    host.write(r#"{"type":"user","uuid":"u2","message":{"role":"user","content":"Next"}}"#).await;
    host.write(control("i", r#"{"subtype":"interrupt","cancel_queued":true}"#)).await;
    let (lines, exit) = rest(host).await;
    let reply = lines.iter().find(|line| line["type"] == "control_response").unwrap();
    assert_eq!(reply["response"]["response"], json!({"still_queued": [], "cancelled": ["u2"]}));
    assert_eq!(lines.iter().filter(|line| line["type"] == "result").count(), 1);
    assert_eq!(exit.code, Some(1), "the last result was an error");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_before_the_first_line_lets_the_turn_open() {
    let scenario =
        Scenario::new().on_prompt("Hi", reply().delay(Duration::from_secs(60)).text("never"));
    let mut host = host(&scenario);
    host.write_bytes(
        format!("{}\n{}\n", user("Hi"), control("i", r#"{"subtype":"interrupt"}"#)).as_bytes(),
    )
    .await;
    let (lines, _) = rest(host).await;
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    let mut sorted = kinds.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["control_response", "result", "system", "user"], "{kinds:?}");
    assert!(
        kinds.iter().position(|kind| *kind == "system")
            < kinds.iter().position(|kind| *kind == "user")
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_hangs_ends_by_an_interrupt() {
    let scenario = Scenario::new()
        .on_prompt("Hi", reply().text("Half").hang())
        .on_prompt("Next", reply().text("Next."));
    let mut host = host(&scenario);
    host.write(user("Hi")).await;
    assert_eq!(line(&mut host).await["subtype"], "init");
    assert_eq!(line(&mut host).await["type"], "assistant");
    host.expect_silence().await;
    host.write(control("i", r#"{"subtype":"interrupt"}"#)).await;
    assert_eq!(line(&mut host).await["response"]["response"], json!({"still_queued": []}));
    assert_eq!(line(&mut host).await["type"], "user");
    assert_eq!(line(&mut host).await["terminal_reason"], "aborted_streaming");
    host.write(user("Next")).await;
    let (lines, exit) = rest(host).await;
    assert_eq!((lines.last().unwrap()["result"].as_str(), exit.code), (Some("Next."), Some(0)));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_turn_outlives_its_input_and_ends_with_the_process() {
    let scenario = Scenario::new().on_prompt("Hi", reply().hang());
    let mut host = host(&scenario);
    host.write(user("Hi")).await;
    assert_eq!(line(&mut host).await["subtype"], "init");
    host.eof();
    host.expect_silence().await;
    host.signal(Signal::Terminate).await;
    let end = host.end().await;
    assert_eq!(end.exit, Exit::from_code(143));
    assert!(end.report.is_clean(), "{}", end.report);
}

#[tokio::test(start_paused = true)]
async fn each_opening_of_the_transport_is_its_own_run() {
    let hello = |it: Scenario| it.on_prompt("Hello", reply().text("Hi!"));
    let scenario = hello(hello(Scenario::new()).next_launch());
    for _ in 0..2 {
        let Connection { mut stdin, mut stdout, mut control, .. } =
            scenario.open(Launch::default()).await.unwrap();
        stdin.write_all(format!("{}\n", user("Hello")).as_bytes()).await.unwrap();
        drop(stdin);
        let mut out = String::new();
        stdout.read_to_string(&mut out).await.unwrap();
        assert!(out.contains("Hi!"), "{out}");
        assert_eq!(control.wait().await.unwrap(), Exit::from_code(0));
    }
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "left: prompt \"Hello\"")]
async fn a_scenario_that_was_never_opened_is_not_finished() {
    Scenario::new().on_prompt("Hello", reply()).assert_finished();
}
