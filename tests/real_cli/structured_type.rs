//! The CLI accepts the schema of a Rust type, and the answer is a value of that type.

use claude_wire::lab::{ApiReply, ApiScript};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::support::{finish, place};

/// Contains what is hard on a validator: a format of `schemars`, a definition, an option, an enum
/// with data.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u8,
    pet: Option<Pet>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Pet {
    Cat { lives: u8 },
    Stone,
}

pub(crate) async fn run() {
    let answer = json!({"name": "Ann", "age": 3, "pet": {"kind": "cat", "lives": 9}});
    let place =
        place(ApiScript::new().on_prompt("Who?", [ApiReply::tool_use("StructuredOutput", answer)]))
            .await;
    let session = place.session().json_schema_of::<Person>().start().unwrap();
    let person: Person = session.query("Who?").json().await.unwrap();
    assert_eq!(person, Person { name: "Ann".into(), age: 3, pet: Some(Pet::Cat { lives: 9 }) });
    assert!(finish(session, place).await.success());
}
