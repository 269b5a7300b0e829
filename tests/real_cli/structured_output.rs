//! A JSON schema: the result carries the answer as a value.

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let answer = json!({"name": "Ann", "age": 3});
    let place = place(
        ApiScript::new()
            .on_prompt("Who?", [ApiReply::tool_use("StructuredOutput", answer.clone())]),
    )
    .await;
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"],
        "additionalProperties": false});
    let session = place.session().json_schema(schema).start().unwrap();
    let result = session.query("Who?").final_result().await.unwrap();
    assert!(result.outcome().is_success());
    assert_eq!(result.structured_output.unwrap().to_value().unwrap(), answer);
    assert!(finish(session, place).await.success());
}
