//! Messages of the model that end before their time, and what they cost.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, user};
use crate::simulator_support::{host, line, rest, result};
use claude_wire::Scenario;
use claude_wire::player::{ApiReply, Cut, ModelReply, PromptMatch, Signal, reply};
use serde_json::{Value, json};
use std::time::Duration;

const PARTIAL: [&str; 1] = ["--include-partial-messages"];

async fn until_delta(host: &mut Host, count: usize) {
    let mut seen = 0;
    while seen < count {
        let line = line(host).await;
        seen += usize::from(line["event"]["type"] == "content_block_delta");
    }
}

fn now(text: &str) -> String {
    json!({"type": "user", "message": {"role": "user", "content": text}, "priority": "now"})
        .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_ends_the_turn() {
    let refused = |text: &str| reply().message(ApiReply::text(text).stop_reason("refusal"));
    let scenario = Scenario::new()
        .on_prompt("Odd", refused("So far"))
        .when(PromptMatch::Contains("stopped by a safety classifier".into()), refused("Again"));
    let mut host = host(&scenario, &PARTIAL);
    host.write(user("Odd")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.exit.code, Some(1));
    let lines = end.lines();
    let from =
        lines.iter().position(|line| line["subtype"] == "model_refusal_no_fallback").unwrap();
    assert_eq!(lines[from]["original_model"], "claude-opus-5-5");
    let said = &lines[from + 1];
    assert_eq!(
        (&said["error"], &said["refused_message_id"]),
        (&json!("invalid_request"), &json!("msg_1"))
    );
    assert_eq!(said["message"]["stop_reason"], "refusal");
    assert_eq!(lines[from + 2]["event"]["type"], "message_delta");
    assert_eq!(lines[from + 3]["event"]["type"], "message_stop");
    let result = &lines[from + 4];
    assert_eq!(result["result"], said["message"]["content"][0]["text"]);
    assert_eq!(
        (&result["is_error"], &result["terminal_reason"]),
        (&json!(true), &json!("api_error"))
    );
    assert_eq!((&result["safety_stops"], &result["stop_reason"]), (&json!(2), &json!("refusal")));
    assert!(result.get("ttft_ms").is_none());
}

/// The stops of all turns are counted.
#[tokio::test(start_paused = true)]
async fn each_turn_goes_on_after_its_first_refusal() {
    let mut scenario = Scenario::new().any_order();
    for prompt in ["One", "Two"] {
        let refused = reply().message(ApiReply::text("So far").stop_reason("refusal"));
        scenario = scenario.on_prompt(prompt, refused);
    }
    let scenario = scenario
        .when(PromptMatch::Contains("safety classifier".into()), reply().text("Else."))
        .times(2);
    let mut host = host(&scenario, &[]);
    host.write(user("One")).await;
    while line(&mut host).await["type"] != "result" {}
    host.write(user("Two")).await;
    let lines = rest(host).await;
    assert_eq!(
        (&result(&lines)["result"], &result(&lines)["safety_stops"]),
        (&json!("Else."), &json!(2))
    );
}

#[tokio::test(start_paused = true)]
async fn a_prompt_with_priority_now_keeps_the_text_so_far() {
    let talk = || reply().message(ApiReply::text("one two three").delta_chars(4).hold(4, "never"));
    let scenario =
        Scenario::new().on_prompt("Talk", talk()).on_prompt("Stop", reply().text("Stopped."));
    let mut host = host(&scenario, &PARTIAL);
    host.write(user("Talk")).await;
    until_delta(&mut host, 2).await;
    host.write(now("Stop")).await;
    let lines = rest(host).await;
    assert_eq!((&lines[0]["type"], &lines[0]["aborted"]), (&json!("assistant"), &json!(true)));
    assert_eq!(lines[0]["message"]["content"][0]["text"], "one two ");
    assert!(lines.iter().all(|line| line["type"] != "user"));
    let first = result(&lines);
    assert_eq!(
        (&first["subtype"], &first["terminal_reason"], &first["result"]),
        (&json!("success"), &json!("aborted_streaming"), &json!("one two "))
    );
    assert_eq!(
        lines.iter().filter(|line| line["type"] == "result").nth(1).unwrap()["result"],
        "Stopped."
    );
}

/// Without partial messages nothing is kept of a message that goes no further.
#[tokio::test(start_paused = true)]
async fn without_partial_messages_an_unfinished_text_is_lost() {
    let talk = ApiReply::text("one two three").delta_chars(4).hold(4, "never");
    let scenario = Scenario::new()
        .on_prompt("Talk", reply().message(talk))
        .on_prompt("Stop", reply().text("Stopped."));
    let mut host = host(&scenario, &[]);
    host.write(user("Talk")).await;
    while line(&mut host).await["subtype"] != "init" {}
    host.write(now("Stop")).await;
    let lines = rest(host).await;
    let first = result(&lines);
    assert_eq!(lines[0], *first);
    assert_eq!(
        (&first["subtype"], &first["is_error"], &first["modelUsage"]),
        (&json!("error_during_execution"), &json!(true), &json!({}))
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_text_costs_a_token_for_three_characters() {
    for (deltas, tokens) in [(1, 1), (5, 7), (10, 13)] {
        let text = "x".repeat(80);
        let talk = ApiReply::text(text).delta_chars(4).hold(2 + deltas, "never");
        let mut host = host(&Scenario::new().on_prompt("Talk", reply().message(talk)), &PARTIAL);
        host.write(user("Talk")).await;
        until_delta(&mut host, deltas).await;
        host.write(control("1", r#"{"subtype":"interrupt"}"#)).await;
        host.eof();
        let end = host.end().await;
        let lines = end.lines();
        let usage = &result(&lines)["modelUsage"]["claude-opus-5-5"];
        assert_eq!(
            (&usage["inputTokens"], &usage["outputTokens"]),
            (&json!(100), &json!(tokens)),
            "{deltas}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_before_the_first_byte_costs_nothing() {
    let held = reply().message(ApiReply::text("never").hold(0, "never"));
    for turn in [held, reply().hang(), reply().delay(Duration::from_secs(60)).text("late")] {
        let mut host = host(&Scenario::new().on_prompt("Talk", turn), &PARTIAL);
        host.write(user("Talk")).await;
        while line(&mut host).await["subtype"] != "init" {}
        host.write(control("1", r#"{"subtype":"interrupt"}"#)).await;
        host.eof();
        let end = host.end().await;
        let lines = end.lines();
        assert!(
            lines.iter().all(|line| line["type"] != "stream_event" && line["type"] != "assistant"),
            "{}",
            end.out
        );
        let result = result(&lines);
        assert_eq!((&result["total_cost_usd"], &result["modelUsage"]), (&json!(0), &json!({})));
        assert_eq!(result["terminal_reason"], "aborted_streaming");
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_model_has_fewer_abilities() {
    for (model, effort, most) in [("sonnet", true, 128_000), ("claude-sonnet-5", false, 64_000)] {
        let mut host =
            host(&Scenario::new().on_any_prompt(reply().text("Hi!")), &["--model", model]);
        host.write(user("Hello")).await;
        let lines = rest(host).await;
        let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
        assert_eq!(init["per_turn_effort_active"], effort, "{model}");
        let usage = &result(&lines)["modelUsage"][init["model"].as_str().unwrap()];
        assert_eq!(usage["maxOutputTokens"], most, "{model}");
    }
}

/// The kinds of the lines from the first request on.
fn kinds(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, pointer: &str| {
        line.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    let lines = lines.iter().skip_while(|line| line["subtype"] != "status");
    lines
        .map(|line| {
            text(line, "/event/type").or(text(line, "/subtype")).or(text(line, "/type")).unwrap()
        })
        .collect()
}

/// The first time it is streamed again, the second time it is asked for in one piece.
#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_begun_again() {
    let cut = || ApiReply::text("x".repeat(80)).delta_chars(10).cut(6, Cut::Reset);
    let turn = reply().message(cut()).message(cut()).message(ApiReply::text("recovered"));
    let mut host = host(&Scenario::new().on_prompt("Go", turn), &PARTIAL);
    host.write(user("Go")).await;
    let lines = rest(host).await;
    let dropped = [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_stop",
    ];
    let mut expected = vec!["status"];
    expected.extend(dropped);
    expected.push("api_retry");
    expected.extend(dropped);
    expected.extend(["assistant", "success"]);
    assert_eq!(kinds(&lines), expected);
    let closed: Vec<_> = lines.iter().filter_map(|line| line.get("abandoned_blocks")).collect();
    assert!(closed.len() == 2 && closed.iter().all(|blocks| blocks["from_block_index"] == 0));
    let said = lines.iter().find(|line| line["type"] == "assistant").unwrap();
    assert_eq!(
        (&said["message"]["stop_reason"], &said["message"]["usage"]["output_tokens"]),
        (&json!("end_turn"), &json!(20))
    );
    let usage = &result(&lines)["modelUsage"]["claude-opus-5-5"];
    assert_eq!((&usage["inputTokens"], &usage["outputTokens"]), (&json!(300), &json!(46)));
    assert_eq!(
        (&result(&lines)["result"], &result(&lines)["num_turns"]),
        (&json!("recovered"), &json!(1))
    );
}

/// A model that is not found is asked once for a message in one piece.
#[tokio::test(start_paused = true)]
async fn the_request_after_an_answered_one_is_said_again() {
    let work = |turn: ModelReply| {
        turn.tool_use("Bash", json!({"command": "ls"})).tool_result("a").text("Done.")
    };
    for turn in [reply(), reply().message(ApiReply::error(404))] {
        let mut host = host(&Scenario::new().on_prompt("Go", work(turn)), &PARTIAL);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "Done.");
        let requests = lines.iter().filter(|line| line["status"] == "requesting");
        assert_eq!(requests.count(), 2, "{:?}", kinds(&lines));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_scenario_has_between_two_blocks_happens_there() {
    let notice = |text: &str| json!({"type": text}).to_string();
    for turn in [reply(), reply().message(ApiReply::error(404))] {
        let turn = turn
            .raw(notice("first"))
            .text("One.")
            .raw(notice("second"))
            .text("Two.")
            .raw(notice("third"));
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        let kinds = lines.iter().filter_map(|line| line["type"].as_str());
        let kinds: Vec<_> = kinds.skip_while(|kind| *kind == "system").collect();
        assert_eq!(kinds, ["first", "assistant", "second", "assistant", "third", "result"]);
    }
}

/// Whether the CLI asks again or gives up, and whether the API then goes on as it was.
#[tokio::test(start_paused = true)]
async fn what_a_scenario_has_after_an_error_happens_once() {
    for status in [400, 403, 404, 500] {
        for (ends_well, turn) in [
            (status != 403, reply().message(ApiReply::error(status)).stderr("seen").text("Done.")),
            (false, reply().message(ApiReply::error(status)).stderr("seen")),
        ] {
            let mut host = host(&Scenario::new().on_prompt("Go", turn).unverified(), &[]);
            host.write(user("Go")).await;
            host.eof();
            let end = host.end().await;
            assert_eq!(end.exit.code, Some(i32::from(!ends_well)), "{status} {ends_well}");
            assert_eq!(end.err.matches("seen").count(), 1, "{status} {ends_well}: {}", end.err);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_is_answered_in_one_piece_too() {
    let ask = json!({
        "description": "look", "prompt": "Look", "subagent_type": "looker", "run_in_background": false,
    });
    let mut tokens = Vec::new();
    for turn in [reply(), reply().message(ApiReply::error(404))] {
        let turn = turn.tool_use("Bash", json!({"command": "ls"})).tool_result("a").text("Seen.");
        let scenario = Scenario::new()
            .on_prompt("Go", reply().tool_use("Agent", ask.clone()).text("All seen."))
            .on_prompt("Look", turn);
        let mut host = host(&scenario, &[]);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "All seen.");
        let of_agent = |line: &&Value| line["type"] == "assistant" && line["agent_id"].is_string();
        let said = lines.iter().find(of_agent).unwrap();
        tokens.push(said["message"]["usage"]["output_tokens"].as_u64().unwrap());
    }
    assert!(tokens[0] < tokens[1], "only a whole message knows what it costs: {tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_after_a_block_goes_on_with_the_next_message() {
    let turn = reply()
        .message(ApiReply::text("One.").and_text("Two.").cut(5, Cut::Close))
        .message(ApiReply::text("And two."));
    let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
    host.write(user("Go")).await;
    let lines = rest(host).await;
    assert!(lines.iter().all(|line| line["subtype"] != "api_retry"));
    let asked = lines.iter().find(|line| line["type"] == "user").unwrap();
    assert_eq!(asked["isSynthetic"], true);
    let text = asked["message"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Your response above was cut off mid-stream. Resume"), "{text}");
    assert_eq!(
        (&result(&lines)["result"], &result(&lines)["num_turns"]),
        (&json!("And two."), &json!(2))
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_long_is_resumed_three_times() {
    for reason in ["max_tokens", "model_context_window_exceeded"] {
        let long = || ApiReply::text("long").stop_reason(reason);
        let mut host = host(&Scenario::new().on_prompt("Go", reply().message(long())), &[]);
        host.write(user("Go")).await;
        host.eof();
        let end = host.end().await;
        assert_eq!(end.exit.code, Some(1));
        let lines = end.lines();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
        assert_eq!((of("user").len(), of("assistant").len()), (3, 5), "{reason}");
        let said = of("assistant")[4];
        assert_eq!(
            (&said["error"], &said["api_error"], &said["api_error_params"]),
            (
                &json!("max_output_tokens"),
                &json!("max_output_tokens"),
                &json!({"cut": "output_limit"})
            )
        );
        let result = result(&lines);
        assert_eq!(
            (&result["api_error"], &result["num_turns"]),
            (&json!("max_output_tokens"), &json!(4))
        );
        assert_eq!(
            (&result["usage"]["output_tokens"], &result["api_error_status"]),
            (&json!(80), &Value::Null)
        );

        let turn = reply().message(long()).text("The rest.");
        let mut host = self::host(&Scenario::new().on_prompt("Go", turn), &[]);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        assert_eq!(self::result(&lines)["result"], "The rest.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_block_is_asked_for_once_more() {
    let mut host =
        host(&Scenario::new().on_prompt("Go", reply().message(ApiReply::new())), &PARTIAL);
    host.write(user("Go")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.exit.code, Some(1));
    let lines = end.lines();
    let message = ["status", "message_start", "message_delta", "message_stop"];
    let mut expected = message.to_vec();
    expected.push("user");
    expected.extend(message);
    expected.push("error_during_execution");
    assert_eq!(kinds(&lines), expected);
    let result = result(&lines);
    assert_eq!(
        (&result["terminal_reason"], &result["num_turns"]),
        (&json!("completed"), &json!(2))
    );
    let why = "[ede_diagnostic] result_type=assistant last_content_type=none stop_reason=end_turn";
    assert_eq!(result["errors"], json!([why]));
}

#[tokio::test(start_paused = true)]
async fn signals_end_a_turn_as_they_end_that_of_the_cli() {
    for (signal, code, results) in
        [(Signal::Interrupt, 0, 1), (Signal::Terminate, 143, 0), (Signal::Hangup, 129, 0)]
    {
        let talk = ApiReply::text("one two three").delta_chars(4).hold(4, "never");
        let scenario = Scenario::new().on_prompt("Talk", reply().message(talk));
        let mut host = host(&scenario, &PARTIAL);
        host.write(user("Talk")).await;
        until_delta(&mut host, 2).await;
        host.signal(signal).await;
        let end = host.end().await;
        assert!(end.report.is_clean(), "{}", end.report);
        assert_eq!(end.exit.code, Some(code), "{}", signal.name());
        let lines = end.lines();
        let found = lines.iter().filter(|line| line["type"] == "result").count();
        assert_eq!((found, lines.is_empty()), (results, results == 0), "{}", signal.name());
        if results > 0 {
            assert_eq!((&lines[0]["aborted"], &lines[1]["type"]), (&json!(true), &json!("user")));
            assert_eq!(result(&lines)["terminal_reason"], "aborted_streaming");
        }
    }
    // Between turns there is nothing to say.
    let host = host(&Scenario::new(), &[]);
    host.signal(Signal::Interrupt).await;
    let end = host.end().await;
    assert_eq!((end.exit.code, &*end.out), (Some(0), ""));
}
