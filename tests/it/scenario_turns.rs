//! A scripted CLI writes what the real one writes, and its prompts must come in order.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{End, Host, control, user};
use claude_wire::CLI_VERSION;
use claude_wire::player::{Scenario, reply};
use claude_wire::recording::{EventKind, Recording};
use claude_wire::transport::Exit;
use serde_json::{Value, json};

const PARTIAL: [&str; 4] = [
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
];

fn host(scenario: &Scenario, args: &[&str]) -> Host {
    Host::with(scenario.script(args), 64 * 1024)
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The `type` and `subtype`, or the kind of the contents.
fn kinds(lines: &[Value]) -> Vec<String> {
    let inner = |line: &Value| {
        let places =
            ["/subtype", "/state", "/event/type", "/message/content/0/type", "/request/subtype"];
        places
            .iter()
            .find_map(|place| line.pointer(place)?.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    lines.iter().map(|line| format!("{}/{}", line["type"].as_str().unwrap(), inner(line))).collect()
}

async fn run(scenario: &Scenario, args: &[&str], prompts: &[&str]) -> End {
    let mut host = host(scenario, args);
    for prompt in prompts {
        host.write(user(prompt)).await;
    }
    host.eof();
    host.end().await
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_an_init_one_line_per_block_and_a_result() {
    let scenario = Scenario::new().on_prompt(
        "Hello",
        reply()
            .thinking("hm")
            .text("Let me see.")
            .tool_use("Bash", json!({"command": "ls"}))
            .tool_result("a\nb")
            .text("Two files."),
    );
    let end = run(&scenario, &[], &["Hello"]).await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!(end.exit.code, Some(0));
    let lines = lines(&end.out);
    assert_eq!(
        kinds(&lines),
        [
            "system/init",
            "system/thinking_tokens",
            "assistant/thinking",
            "assistant/text",
            "assistant/tool_use",
            "user/tool_result",
            "assistant/text",
            "result/success"
        ]
    );
    assert_eq!(
        lines[2]["message"]["id"], lines[4]["message"]["id"],
        "one message, one line per block"
    );
    assert_ne!(lines[4]["message"]["id"], lines[6]["message"]["id"]);
    assert_eq!(
        lines[5]["message"]["content"][0]["tool_use_id"],
        lines[4]["message"]["content"][0]["id"]
    );
    let result = &lines[7];
    assert_eq!(
        (&result["result"], &result["num_turns"], &result["is_error"]),
        (&json!("Two files."), &json!(2), &json!(false))
    );
    assert!(result["modelUsage"].as_object().unwrap().contains_key("claude-opus-5-5"));
    let session = &lines[0]["session_id"];
    assert!(lines.iter().all(|line| line["session_id"] == *session && line["uuid"].is_string()));
    assert!(
        lines.iter().all(|line| line.get("user_message_uuids").is_none()),
        "the prompt had no uuid to name"
    );
}

#[tokio::test(start_paused = true)]
async fn the_uuid_of_a_prompt_is_named() {
    let scenario = Scenario::new().on_any_prompt(reply().text("Hi!").text("Ho!"));
    let mut host = host(&scenario, &[]);
    host.write(
        r#"{"type":"user","uuid":"mine","message":{"role":"user","content":[{"type":"image"}]}}"#,
    )
    .await;
    let lines = lines(&host.finish().await.out);
    assert_eq!(
        kinds(&lines),
        [
            "command_lifecycle/queued",
            "command_lifecycle/started",
            "system/init",
            "assistant/text",
            "assistant/text",
            "result/success",
            "command_lifecycle/completed"
        ]
    );
    assert_eq!(lines[1]["command_uuid"], "mine");
    assert_eq!(lines[2]["user_message_uuids"], json!(["mine"]));
    assert_eq!(lines[3]["user_message_uuid"], "mine");
    assert!(lines[4].get("user_message_uuid").is_none());
    assert_eq!(lines[5]["user_message_uuid"], "mine");
}

#[tokio::test(start_paused = true)]
async fn stream_events_come_if_the_launch_asks_for_them() {
    let text = "Grüße, and more than the forty characters of a delta.";
    let scenario = Scenario::new().on_prompt("Hello", reply().text(text));
    let end = run(&scenario, &PARTIAL, &["Hello"]).await;
    let lines = lines(&end.out);
    assert_eq!(
        kinds(&lines),
        [
            "system/init",
            "system/status",
            "stream_event/message_start",
            "stream_event/content_block_start",
            "stream_event/content_block_delta",
            "stream_event/content_block_delta",
            "assistant/text",
            "stream_event/content_block_stop",
            "stream_event/message_delta",
            "stream_event/message_stop",
            "result/success"
        ]
    );
    let deltas = lines.iter().filter_map(|line| line.pointer("/event/delta/text")?.as_str());
    assert_eq!(deltas.collect::<String>(), text);
    assert_eq!(lines[8]["event"]["delta"]["stop_reason"], "end_turn");
}

#[tokio::test(start_paused = true)]
async fn the_lines_reflect_the_launch() {
    let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi"));
    let end = run(
        &scenario,
        &[
            "--input-format=stream-json",
            "--output-format=stream-json",
            "--verbose",
            "--model",
            "haiku",
            "--session-id=11111111-0000-4000-8000-000000000001",
            "--permission-mode",
            "plan",
        ],
        &["Hello"],
    )
    .await;
    let init = &lines(&end.out)[0];
    assert_eq!(
        (&init["model"], &init["session_id"], &init["permissionMode"]),
        (
            &json!("claude-haiku-5-5"),
            &json!("11111111-0000-4000-8000-000000000001"),
            &json!("plan")
        )
    );
}

#[tokio::test(start_paused = true)]
async fn prompts_come_in_the_scripted_order() {
    let scenario =
        Scenario::new().on_prompt("one", reply().text("1")).on_any_prompt(reply().text("2"));
    let end = run(&scenario, &[], &["one", "whatever"]).await;
    let results: Vec<_> =
        lines(&end.out).into_iter().filter(|line| line["type"] == "result").collect();
    assert_eq!(
        results.iter().map(|result| result["result"].as_str().unwrap()).collect::<Vec<_>>(),
        ["1", "2"]
    );
    assert_eq!(
        results.iter().map(|result| result["result_index"].as_u64().unwrap()).collect::<Vec<_>>(),
        [0, 1]
    );

    let text = run(&scenario, &[], &["two"]).await.divergence();
    assert!(text.contains(r#"expected "one", actual "two""#), "{text}");
    let text = run(&scenario, &[], &["one", "two", "three"]).await.divergence();
    assert!(text.contains(r#"arrived: prompt "three""#), "{text}");
    let text = run(&scenario, &[], &["one"]).await.divergence();
    assert!(text.contains("end of input before"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_api_error_is_a_result_and_an_exit_code() {
    let scenario = Scenario::new()
        .on_prompt("Hello", reply().text("Half").error(529, "Overloaded").text("never"));
    let end = run(&scenario, &[], &["Hello"]).await;
    let lines = lines(&end.out);
    assert_eq!(
        kinds(&lines),
        ["system/init", "assistant/text", "assistant/text", "result/success"]
    );
    assert_eq!(
        (&lines[2]["message"]["model"], &lines[2]["error"]),
        (&json!("<synthetic>"), &json!("server_error"))
    );
    let result = &lines[3];
    assert_eq!(
        (&result["is_error"], &result["api_error_status"], &result["result"]),
        (&json!(true), &json!(529), &json!("Overloaded"))
    );
    assert_eq!(end.exit.code, Some(1));
    assert!(end.report.is_clean(), "{}", end.report);
}

#[tokio::test(start_paused = true)]
async fn scripted_delays_pass_time() {
    let time = std::time::Duration::from_secs(90);
    let scenario = Scenario::new().on_prompt("Hello", reply().text("a").delay(time).text("b"));
    let start = tokio::time::Instant::now();
    let end = run(&scenario, &[], &["Hello"]).await;
    assert!(end.report.is_clean());
    assert_eq!(start.elapsed().as_secs(), 90);
}

#[tokio::test(start_paused = true)]
async fn two_runs_are_identical_byte_for_byte() {
    let scenario = Scenario::new()
        .on_prompt("Hello", reply().tool_use("Read", json!({"b": 1, "a": 2})).text("Hi"));
    let one = run(&scenario, &PARTIAL, &["Hello"]).await.out;
    assert_eq!(run(&scenario, &PARTIAL, &["Hello"]).await.out, one);
    let uuids: Vec<_> = lines(&one).iter().map(|line| line["uuid"].clone()).collect();
    let mut distinct = uuids.clone();
    distinct.sort_by_key(Value::to_string);
    distinct.dedup();
    assert_eq!(distinct.len(), uuids.len());
}

#[tokio::test(start_paused = true)]
async fn a_scenario_run_can_be_recorded_and_replayed() {
    let scenario = Scenario::new()
        .on_prompt(
            "one",
            reply()
                .ask_permission("Write", json!({"file_path": "a"}))
                .tool_result("ok")
                .text("Done."),
        )
        .on_any_prompt(reply().text("Hi").hang());
    let recording = Recording::from_bytes(&scenario.to_recording([""; 0]).to_bytes()).unwrap();
    assert_eq!(recording.header.cli.as_deref(), Some(CLI_VERSION));
    let mut host = Host::with(claude_wire::player::Script::new(&recording), 64 * 1024);
    for event in &recording.events {
        match &event.kind {
            EventKind::In(line) => host.write_bytes(&line.wire()).await,
            EventKind::Out(line) => assert_eq!(host.line().await.unwrap().as_bytes(), line.bytes()),
            _ => {}
        }
    }
    host.eof();
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!(end.exit.code, Some(1), "the last turn was interrupted");
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_by_rule() {
    let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi"));
    let mut host = host(&scenario, &[]);
    for (request, expected) in [
        (
            r#"{"subtype":"initialize","hooks":null}"#,
            r#"{"subtype":"success","current_permission_mode":"default"}"#,
        ),
        (
            r#"{"subtype":"set_model","model":"haiku"}"#,
            r#"{"subtype":"success","model":"claude-haiku-5-5"}"#,
        ),
        (
            r#"{"subtype":"set_model","model":"no-such-model"}"#,
            r#"{"subtype":"error","error_code":"not_found","model":"claude-haiku-5-5"}"#,
        ),
        (r#"{"subtype":"mcp_status"}"#, r#"{"subtype":"success","mcpServers":[]}"#),
        (
            r#"{"subtype":"set_permission_mode","mode":"plan"}"#,
            r#"{"subtype":"success","mode":"plan"}"#,
        ),
        (
            r#"{"subtype":"set_permission_mode","mode":"bogus"}"#,
            r#"{"subtype":"error","error_code":"invalid_mode"}"#,
        ),
        (r#"{"subtype":"interrupt"}"#, r#"{"subtype":"success","still_queued":[]}"#),
        (r#"{"subtype":"nonsense"}"#, r#"{"subtype":"error","error_code":"unsupported_request"}"#),
    ] {
        host.write(control(r"r\u0031", request)).await;
        let mut line = host.line().await.unwrap();
        if line.contains("permissionMode") || line.contains("Set model to") {
            // The status that follows a mode change, and the note before a change of the model.
            line = host.line().await.unwrap();
        }
        assert!(line.contains(r#""request_id":"r\u0031""#), "the id as it was spelled: {line}");
        let response = serde_json::from_str::<Value>(&line).unwrap()["response"].take();
        for (key, value) in serde_json::from_str::<Value>(expected).unwrap().as_object().unwrap() {
            assert!(
                response[key] == *value || response["response"][key] == *value,
                "{request}: {line}"
            );
        }
    }
    host.write(user("Hello")).await;
    let init: Value = serde_json::from_str(&host.line().await.unwrap()).unwrap();
    assert_eq!(
        (&init["model"], &init["permissionMode"]),
        (&json!("claude-haiku-5-5"), &json!("plan"))
    );
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn turns_of_the_old_dialect_end_with_done_and_the_last_with_the_process() {
    let scenario = Scenario::new()
        .on_prompt("one", reply().text("1"))
        .on_prompt("two", reply().error(500, "Down"))
        .legacy();
    let said = |text: &str| {
        format!(
            r#"{{"type":"message","role":"assistant","content":[{{"type":"text","text":"{text}"}}]}}"#
        )
    };
    let mut host = Host::with(scenario.script([""; 0]), 1024);
    host.write(user("one")).await;
    host.expect(&[&said("1"), r#"{"type":"done"}"#]).await;
    host.expect_silence().await;
    host.write(user("two")).await;
    host.expect(&[&said("Down"), r#"{"type":"done"}"#]).await;
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!(end.exit, Exit::from_code(1));

    let hangs = Scenario::new().on_prompt("one", reply().text("1").hang()).legacy();
    let mut host = Host::with(hangs.script([""; 0]), 1024);
    host.write(user("one")).await;
    host.expect(&[&said("1")]).await;
    host.expect_silence().await;
    host.finish().await;
}
