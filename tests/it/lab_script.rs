//! Which reply a request gets, and the report if there is none.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use crate::lab_support::{Client, prompt, request};
use claude_wire::lab::{ApiReply, ApiScript, FakeApi, When};
use serde_json::json;

/// Returns the text of an answer, or its status and the message of its error.
async fn ask(client: &mut Client, body: &str) -> String {
    let answer = client.post(body).await;
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    match answer.status {
        200 => value["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["text"].as_str().or(block["name"].as_str()).unwrap())
            .collect(),
        status => format!("{status} {}", value["error"]["message"].as_str().unwrap()),
    }
}

#[tokio::test]
async fn the_replies_of_a_rule_come_one_after_another() {
    let script = ApiScript::new()
        .on_prompt(
            "one",
            [ApiReply::tool_use("Bash", json!({"command": "ls"})), ApiReply::text("done")],
        )
        .on_prompt("two", [ApiReply::text("second")]);
    let api = FakeApi::start(script).await.unwrap();
    let mut client = Client::connect(&api).await;
    assert_eq!(ask(&mut client, &prompt("one")).await, "Bash");
    assert_eq!(ask(&mut client, &prompt("two")).await, "second");
    let after = r#"[{"role":"user","content":"one"},
        {"role":"assistant","content":[{"type":"tool_use","id":"toolu_0_0","name":"Bash","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_0_0","content":[{"type":"text","text":"a.txt"}],"is_error":true}]}]"#;
    assert_eq!(ask(&mut client, &request(after)).await, "done");

    let requests = api.requests();
    assert_eq!(requests.len(), 3);
    let results = requests[2].tool_results();
    assert_eq!(
        (&*results[0].tool_use_id, &*results[0].text, results[0].is_error),
        ("toolu_0_0", "a.txt", true)
    );
    assert_eq!(
        (requests[2].turn(), requests[2].prompts(), requests[2].model()),
        (1, vec!["one"], "claude-test")
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn a_tool_call_names_what_the_last_tool_returned() {
    for (returned, expected) in [
        ("Command running in background with ID: b1. Output", Ok("b1")),
        ("with ID: x_2-z", Ok("x_2-z")),
        ("nothing runs", Err("request 2: no tool result has a word after \"with ID: \"")),
    ] {
        let script = ApiScript::new().on_prompt(
            "one",
            [
                ApiReply::tool_use("Bash", json!({"command": "x", "run_in_background": true})),
                ApiReply::tool_use("TaskStop", json!({"task_id": "${after:with ID: }"})),
            ],
        );
        let api = FakeApi::start(script).await.unwrap();
        let mut client = Client::connect(&api).await;
        client.post(&prompt("one")).await;
        let after = json!([
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0_0", "name": "Bash", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0_0", "content": returned}]},
        ]);
        let answer = client.post(&request(&after.to_string())).await;
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        match expected {
            Ok(id) => {
                assert_eq!(body["content"][0]["input"], json!({"task_id": id}));
                api.finish().unwrap();
            }
            Err(why) => {
                assert!(body["error"]["message"].as_str().unwrap().ends_with(why), "{body}");
                assert_eq!(api.finish().unwrap_err().failures(), [why]);
            }
        }
    }
}

/// CLI 2.1.332 wraps the feedback of a `Stop` hook in a reminder, 2.1.329 does not.
#[tokio::test]
async fn a_lone_reminder_is_a_prompt() {
    let script = ApiScript::new()
        .always(When::prompt_contains("look again").turn(2), [ApiReply::text("feedback")])
        .always(When::prompt_contains("look again"), [ApiReply::text("other turn")])
        .always(When::prompt("next").turn(3), [ApiReply::text("third turn")])
        .always(When::prompt("first"), [ApiReply::text("first")]);
    let api = FakeApi::start(script).await.unwrap();
    let mut client = Client::connect(&api).await;
    let first = r#"{"role":"user","content":"first"},{"role":"assistant","content":"a"}"#;
    let feedback = "Stop hook feedback:\\nlook again";
    let wrapped = format!("<system-reminder>\\nFollow it.\\n{feedback}\\n</system-reminder>");
    let note = r#"{"role":"system","content":"a note"}"#;
    for text in [feedback, &wrapped] {
        for came in [
            format!(r#"{{"role":"user","content":"{text}"}}"#),
            format!(r#"{{"role":"user","content":[{{"type":"text","text":"{text}"}}]}}"#),
            format!(r#"{note},{{"role":"user","content":"{text}"}},{note}"#),
        ] {
            assert_eq!(ask(&mut client, &request(&format!("[{first},{came}]"))).await, "feedback");
            let next = r#"{"role":"assistant","content":"b"},{"role":"user","content":"next"}"#;
            let later = request(&format!("[{first},{came},{next}]"));
            assert_eq!(ask(&mut client, &later).await, "third turn");
        }
    }
    for came in [
        // Next to a prompt or a result it is a note.
        r#"{"role":"user","content":[{"type":"text","text":"WRAPPED"},{"type":"text","text":"first"}]}"#,
        r#"{"role":"user","content":"WRAPPED"},{"role":"user","content":"first"}"#,
        r#"{"role":"user","content":"first"},{"role":"user","content":"WRAPPED"}"#,
    ] {
        let came = came.replace("WRAPPED", &wrapped);
        assert_eq!(ask(&mut client, &request(&format!("[{first},{came}]"))).await, "first");
    }
    let call =
        r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]}"#;
    let result = r#"{"type":"tool_result","tool_use_id":"t","content":"x"}"#;
    let text = format!(r#"{{"type":"text","text":"{wrapped}"}}"#);
    let with_result = format!(
        r#"[{{"role":"user","content":"first"}},{call},{{"role":"user","content":[{result},{text}]}}]"#
    );
    assert_eq!(ask(&mut client, &request(&with_result)).await, "first");
    api.finish().unwrap();
}

#[tokio::test]
async fn the_shape_of_the_conversation_decides() {
    let script = ApiScript::new()
        .always(When::any().tool_result_contains("No such file"), [ApiReply::text("result")])
        .always(When::prompt_contains("files").turn(2), [ApiReply::text("second turn")])
        .always(When::prompt("files").model("haiku"), [ApiReply::text("haiku")])
        .always(When::prompt("files"), [ApiReply::text("odd"), ApiReply::text("even")])
        .always(When::any(), [ApiReply::text("anything")]);
    let api = FakeApi::start(script).await.unwrap();
    let mut client = Client::connect(&api).await;
    let mut answers = Vec::new();
    for messages in [
        r#"[{"role":"user","content":"files"}]"#,
        r#"[{"role":"user","content":[{"type":"text","text":"<system-reminder>note</system-reminder>"},{"type":"text","text":"files\n"}]}]"#,
        r#"[{"role":"user","content":"files"},{"role":"system","content":"more files"}]"#,
        r#"[{"role":"user","content":"hello"},{"role":"assistant","content":"a"},{"role":"user","content":"all files"}]"#,
        r#"[{"role":"user","content":"files"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"ls: No such file"}]}]"#,
        r#"[{"role":"user","content":"file"}]"#,
    ] {
        answers.push(ask(&mut client, &request(messages)).await);
    }
    answers.push(ask(&mut client, &prompt("files").replace("claude-test", "claude-haiku-9")).await);
    assert_eq!(answers, ["odd", "even", "odd", "second turn", "result", "anything", "haiku"]);
    api.finish().unwrap();
}

#[tokio::test]
async fn an_unmatched_request_is_reported_with_the_reason_of_each_rule() {
    let script = ApiScript::new()
        .on_prompt("one", [ApiReply::text("1")])
        .when(When::any().turn(3), [ApiReply::text("3")]);
    let api = FakeApi::start(script).await.unwrap();
    let mut client = Client::connect(&api).await;
    assert_eq!(ask(&mut client, &prompt("one")).await, "1");
    let expected = "request 2: no rule answers it: turn 1, model \"claude-test\", prompt \"one\"
    rule 1 (prompt is \"one\"): fits, but its 1 replies are used up
    rule 2 (turn is 3): another turn";
    assert_eq!(ask(&mut client, &prompt("one")).await, format!("418 fake API: {expected}"));
    assert_eq!(api.failures(), [expected]);
    let report = api.finish().unwrap_err();
    assert_eq!(report.failures(), [expected, "rule 2 (turn is 3): 0 of 1 replies fetched"]);
}

#[tokio::test]
async fn requests_that_the_real_api_would_reject_are_rejected() {
    let api = FakeApi::start(ApiScript::new().always(When::any(), [ApiReply::text("never")]))
        .await
        .unwrap();
    let orphan =
        r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9","content":"x"}]}]"#;
    let answer = ask(&mut Client::connect(&api).await, &request(orphan)).await;
    let expected = "418 fake API: request 1: the real API would refuse it: messages.0: a tool_result for \"t9\", which the message before does not call";
    assert!(answer.starts_with(expected), "{answer}");
    assert_eq!(api.finish().unwrap_err().failures().len(), 1);
}

#[tokio::test]
async fn dropping_panics_with_unreported_failures() {
    let dropped = |api: FakeApi| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(api))).err();
        panic.map(|panic| panic.downcast_ref::<String>().unwrap().clone())
    };
    let leftover = || ApiScript::new().on_prompt("one", [ApiReply::text("1")]);
    let panic = dropped(FakeApi::start(leftover()).await.unwrap()).unwrap();
    assert_eq!(
        panic,
        "the fake API and its script disagree:\n* rule 1 (prompt is \"one\"): 0 of 1 replies fetched"
    );

    FakeApi::start(leftover()).await.unwrap().forget();
    let api = FakeApi::start(leftover()).await.unwrap();
    assert_eq!(ask(&mut Client::connect(&api).await, &prompt("one")).await, "1");
    assert_eq!(dropped(api), None);
}

#[test]
fn a_script_round_trips() {
    let json = r#"{"claude-wire": "api-script", "version": 1, "rules": [
        {"when": {"prompt": "a", "turn": 2, "model": "m"}, "replies": [
            {"error": {"status": 429, "retry_after": 1}}, {"content": "text"}, {"raw": {"content_type": "text/html", "body": "<p>"}}]},
        {"when": {"prompt_contains": "b", "tool_result_contains": "c"}, "repeat": true, "replies": [
            {"content": [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "x"}, {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}],
             "stop_reason": "max_tokens", "usage": {"input_tokens": 5}, "first_byte_ms": 1, "delta_ms": 2, "delta_chars": 3,
             "hold": {"0": "start", "4": "gate"}, "cut": {"after": 5, "by": "close"}},
            {"content": "y", "cut": {"after": 1, "by": {"garbage": "event: x\n\n"}}}]}]}"#;
    let script = ApiScript::parse(json).unwrap();
    assert_eq!(ApiScript::parse(&script.to_json()).unwrap(), script);
    let value: serde_json::Value = serde_json::from_str(&script.to_json()).unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(
        &json.replace(r#""text"}, {"raw""#, r#"[{"type":"text","text":"text"}]}, {"raw""#),
    )
    .unwrap();
    expected["rules"][1]["replies"][1]["content"] = json!([{"type": "text", "text": "y"}]);
    assert_eq!(value, expected);
}

#[test]
fn invalid_scripts_are_rejected_with_the_reason() {
    let script =
        |rules: &str| format!(r#"{{"claude-wire":"api-script","version":1,"rules":[{rules}]}}"#);
    let cases = [
        (r#"{"version":1,"rules":[]}"#.into(), r#"expected "claude-wire": "api-script", got """#),
        (
            r#"{"claude-wire":"api-script","version":2,"rules":7}"#.into(),
            "version: this build reads 1, the file has 2",
        ),
        (script(r#"{"when":{"promt":"a"},"replies":[]}"#), "unknown field `promt`"),
        (script(r#"{"replies":[]}"#), "rule 1: no replies"),
        (
            script(r#"{"replies":[{"content":"a","error":{"status":500}}]}"#),
            "rule 1: only one of `content`, `error` and `raw` can be",
        ),
        (
            script(r#"{"replies":[{"error":{"status":200}}]}"#),
            "rule 1: `error.status`: expected a status from 400 to 599, got 200",
        ),
        (
            script(r#"{"replies":[{"content":"a","delta_chars":0}]}"#),
            "rule 1: `delta_chars`: expected a number from 1 up, got 0",
        ),
    ];
    for (json, expected) in cases {
        let error = ApiScript::parse(&json).unwrap_err().to_string();
        assert!(error.starts_with("API script: ") && error.contains(expected), "{json}: {error}");
    }
    let error = ApiScript::load("nowhere.json").unwrap_err().to_string();
    assert!(error.starts_with("API script: nowhere.json: "), "{error}");
}

#[tokio::test]
async fn a_gate_fails_when_its_request_is_rejected() {
    let api =
        FakeApi::start(ApiScript::new().on_prompt("go", [ApiReply::text("a").hold(1, "middle")]))
            .await
            .unwrap();
    let mut client = Client::connect(&api).await;
    let unforeseen = prompt("stay");
    let (report, answer) = tokio::join!(api.refused(), client.post(&unforeseen));
    assert_eq!(answer.status, 418);
    assert!(report.to_string().contains("no rule answers it"), "{report}");
    let waits = std::panic::AssertUnwindSafe(api.reached("middle"));
    let panic = futures_util::FutureExt::catch_unwind(waits).await.unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.starts_with("waiting for the gate \"middle\": ")
            && text.contains("no rule answers it"),
        "{text}"
    );
    api.forget();
}
