//! A structured answer, deserialized into a type of the caller.

use crate::support::cli::{Launches, SESSION, cli, init, serving};
use crate::support::project;
use crate::support::read::ended_well;
use claude_wire::{Replay, Result, Session};
use serde::Deserialize;

#[derive(Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
struct Person {
    name: String,
    age: u8,
}

/// A turn whose result has these fields in addition to the usual ones.
async fn answered(fields: &'static str) -> Result<Person> {
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(format!(
            r#"{{"is_error":false,"subtype":"success","num_turns":1,"duration_ms":2,"duration_api_ms":1,{fields},"type":"result","session_id":"{SESSION}","user_message_uuids":["{uuid}"]}}"#
        ))
        .await;
        cli.drain().await;
        claude_wire::transport::Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let answer = session.query("Who is it?").json().await;
    ended_well(&session).await;
    answer
}

#[tokio::test]
async fn a_recorded_answer_is_read() {
    let replay = Replay::open(project::recording("structured-output")).unwrap();
    let builder = Session::builder().transport(replay.clone()).json_schema(serde_json::json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": false,
    }));
    let session = builder.start().unwrap();
    let person: Person = session.query("Who is it?").json().await.unwrap();
    assert_eq!(person, Person { name: "Ann".into(), age: 3 });
    session.stop().await.unwrap();
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_match_is_an_error_that_keeps_it() {
    let error =
        answered(r#""result":"","structured_output":{"name":"Ann","age":300}"#).await.unwrap_err();
    assert!(error.is_structured_output() && !error.is_result(), "{error}");
    assert_eq!(error.structured_output().unwrap().text(), r#"{"name":"Ann","age":300}"#);
    let message = error.to_string();
    assert!(
        message.contains("Person") && message.contains("300") && message.contains("u8"),
        "{message}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_kept_whole_and_shown_in_part() {
    let fields =
        Box::leak(format!(r#""structured_output":"{}""#, "ä".repeat(5000)).into_boxed_str());
    let error = answered(fields).await.unwrap_err();
    assert_eq!(error.structured_output().unwrap().as_str().unwrap().chars().count(), 5000);
    assert!(error.to_string().chars().count() < 500, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_structured_answer_is_an_error_that_keeps_the_text() {
    for fields in [r#""result":"It is Ann.""#, r#""result":"It is Ann.","structured_output":null"#]
    {
        let error = answered(fields).await.unwrap_err();
        assert!(error.is_structured_output(), "{fields}: {error}");
        assert!(error.to_string().contains("It is Ann."), "{fields}: {error}");
    }
    let error = answered(r#""result":"It is Ann.""#).await.unwrap_err();
    assert!(error.structured_output().is_none());
    assert_eq!(error.result_text(), Some("It is Ann."));
    assert!(error.to_string().contains("json_schema"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_turn_is_a_turn_error_whatever_its_answer() {
    let fields = r#""structured_output":{"name":"Ann","age":3},"errors":["no"],"is_error":true"#;
    let error = answered(fields).await.unwrap_err();
    assert!(error.is_result() && !error.is_structured_output(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_schema_for_one_turn_relaunches_the_cli() {
    let launches = Launches::default();
    let transport = serving(&launches);
    let session = Session::builder().transport(transport).start().unwrap();
    session.query("first").text().await.unwrap();
    let schema = serde_json::json!({"type": "object"});
    session.query("second").json_schema(schema).json::<Person>().await.unwrap_err();
    assert_eq!(launches.flag(0, "--json-schema"), None);
    assert_eq!(launches.flag(1, "--json-schema").as_deref(), Some(r#"{"type":"object"}"#));
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    ended_well(&session).await;
}

#[cfg(feature = "schemars")]
#[tokio::test(start_paused = true)]
async fn the_schema_of_a_type_uses_the_draft_that_the_cli_supports() {
    let launches = Launches::default();
    let transport = serving(&launches);
    let builder = Session::builder().transport(transport);
    let of_all = builder.clone().json_schema_of::<Person>().start().unwrap();
    of_all.query("go").drain().await.unwrap();
    let of_one = builder.start().unwrap();
    of_one.query("go").json_schema_of::<Person>().drain().await.unwrap();
    for launch in 0..2 {
        let schema: serde_json::Value =
            serde_json::from_str(&launches.flag(launch, "--json-schema").unwrap()).unwrap();
        assert_eq!(
            schema["$schema"], "http://json-schema.org/draft-07/schema#",
            "CLI 2.1.329 exits on 2020-12"
        );
        assert_eq!(schema["properties"]["age"]["type"], "integer", "{schema}");
        assert_eq!(schema["required"], serde_json::json!(["name", "age"]));
    }
    ended_well(&of_all).await;
    ended_well(&of_one).await;
}
