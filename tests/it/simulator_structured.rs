//! Structured answers of a simulated CLI: their schema is checked, and they are asked for.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::user;
use crate::simulator_support::{host, initialize, rest, result, tool_results};
use claude_wire::Scenario;
use claude_wire::player::{ModelReply, reply};
use serde_json::{Value, json};

fn schema() -> Value {
    json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}})
}

fn gives(reply: ModelReply, answer: &Value) -> ModelReply {
    reply.tool_use("StructuredOutput", answer.clone())
}

/// The lines of a turn with this reply, and the exit code.
async fn answered(reply: ModelReply, schema: &Value) -> (Vec<Value>, Option<i32>) {
    let scenario = Scenario::new().on_prompt("Who?", reply);
    let mut host = host(&scenario, &["--json-schema", &schema.to_string()]);
    host.write(user("Who?")).await;
    host.eof();
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    (end.lines(), end.exit.code)
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_form_is_refused_and_may_be_corrected() {
    for (wrong, why) in [
        (json!({"n": "str"}), "/n: must be number"),
        (json!({"m": 1}), "root: must have required property 'n'"),
    ] {
        // Each answer is a message by itself.
        let reply = gives(gives(reply(), &wrong).tool_result(""), &json!({"n": 3}));
        let (lines, code) = answered(reply, &schema()).await;
        let refused = &tool_results(&lines)[0];
        let text = format!("Output does not match required schema: {why}");
        assert_eq!((&refused["content"], &refused["is_error"]), (&json!(text), &json!(true)));
        assert_eq!(result(&lines)["structured_output"], json!({"n": 3}));
        assert_eq!(code, Some(0));
    }
}

#[tokio::test(start_paused = true)]
async fn five_answers_of_another_form_end_the_turn() {
    // The model gives the same answer until the CLI has enough.
    let (lines, code) = answered(gives(reply(), &json!({"n": "str"})), &schema()).await;
    assert_eq!(tool_results(&lines).len(), 5);
    let ended = result(&lines);
    assert_eq!(ended["subtype"], "error_max_structured_output_retries");
    assert_eq!(ended["terminal_reason"], "structured_output_retry_exhausted");
    assert_eq!(
        ended["errors"][0],
        "Failed to provide valid structured output after 5 attempts — last StructuredOutput error: Output does not match \
         required schema: /n: must be number"
    );
    assert_eq!((ended["is_error"].clone(), code), (json!(true), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_text_is_asked_for_its_structure_once() {
    let enforces = |lines: &[Value]| {
        let said = lines.iter().filter(|line| line["isSynthetic"] == true);
        said.filter(|line| line.to_string().contains("[structured-output-enforce]")).count()
    };
    let (lines, code) = answered(reply().text("Ann."), &schema()).await;
    assert_eq!((enforces(&lines), code), (1, Some(0)));
    let ended = result(&lines);
    assert_eq!((&ended["result"], ended.get("structured_output")), (&json!("Ann."), None));
    assert_eq!(ended["num_turns"], 2);
    let (lines, _) = answered(gives(reply().text("Ann."), &json!({"n": 1})), &schema()).await;
    // A text and the tool in one message.
    assert_eq!((enforces(&lines), &result(&lines)["structured_output"]), (0, &json!({"n": 1})));
}

#[tokio::test(start_paused = true)]
async fn keywords_that_are_not_checked_are_reported() {
    let schema = json!({"type": "object", "patternProperties": {"^x": {"type": "string"}}});
    let scenario = Scenario::new().on_prompt("Who?", gives(reply(), &json!({"x": 1})));
    let mut host = host(&scenario, &[]);
    initialize(&mut host, json!({"jsonSchema": schema})).await;
    host.write(user("Who?")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.report.not_simulated(), ["the keyword patternProperties of the schema"]);
    let mut again = self::host(&scenario, &[]);
    again.write(user("Who?")).await;
    // Without a schema the tool does not exist.
    let lines = rest(again).await;
    let content = tool_results(&lines)[0]["content"].as_str().unwrap();
    assert!(content.contains("No such tool available: StructuredOutput<"), "{content}");
}
