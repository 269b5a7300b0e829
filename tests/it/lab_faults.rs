//! Faults of the fake Messages API.
#![cfg(feature = "lab")]

use crate::lab_support::{Client, header, prompt, streaming_prompt};
use claude_wire::faults::FaultPlan;
use claude_wire::lab::{ApiReply, ApiScript, FakeApi};
use serde_json::json;

async fn serving(faults: &str, replies: usize) -> FakeApi {
    let replies = (0..replies).map(|_| ApiReply::text("Hello there").delta_chars(3));
    let script = ApiScript::new().on_prompt("go", replies);
    let script = script.faults(FaultPlan::parse(faults).unwrap()).unwrap();
    // What is written is what is served.
    FakeApi::start(ApiScript::parse(&script.to_json()).unwrap()).await.unwrap()
}

/// The request after the error gets the reply.
#[tokio::test]
async fn an_error_comes_once_and_then_the_reply() {
    for (fault, status, text) in [
        ("api_400:once", 400, "tool_use"),
        ("api_401", 401, "authentication_error"),
        ("api_403", 403, "permission_error"),
        ("api_404:once", 404, "not_found_error"),
        ("api_413", 413, "request_too_large"),
        ("api_429:retry_after=7", 429, "rate_limit_error"),
        ("api_500", 500, "api_error"),
        ("api_529", 529, "overloaded_error"),
        ("out_of_credits", 400, "credit balance"),
    ] {
        let api = serving(fault, 1).await;
        let mut client = Client::connect(&api).await;
        let answer = client.post(&prompt("go")).await;
        assert_eq!(answer.status, status, "{fault}");
        assert!(answer.body.contains(text), "{fault}: {}", answer.body);
        let retry = header(&answer.head, "retry-after");
        assert_eq!(retry, (status == 429).then_some("7"), "{fault}");
        let answer = client.post(&prompt("go")).await;
        assert!(answer.status == 200 && answer.body.contains("Hello there"), "{}", answer.body);
        assert_eq!(api.injections()[0].place(), "API request 1");
        api.finish().unwrap();
    }
}

/// How a stream ends: its chunks, and whether the body came to its end.
async fn streamed(fault: &str) -> (Vec<String>, bool) {
    let api = serving(fault, 1).await;
    let mut client = Client::connect(&api).await;
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    client.head().await;
    let streamed = client.chunks().await;
    let mut again = Client::connect(&api).await;
    assert_eq!(again.post(&prompt("go")).await.status, 200, "{fault}: the reply is still there");
    api.finish().unwrap();
    streamed
}

#[tokio::test]
async fn a_stream_ends_as_the_fault_says() {
    let (chunks, whole) = streamed("drop_mid_sse:events=3").await;
    assert_eq!((chunks.len(), whole), (3, false));
    let (chunks, whole) = streamed("malformed_chunk:events=2").await;
    assert!(
        whole && chunks.len() == 3 && chunks[2].ends_with("{\"type\":\"cont\n\n"),
        "{chunks:?}"
    );
    let (chunks, whole) = streamed("missing_message_stop").await;
    assert!(whole && chunks.last().unwrap().starts_with("event: message_delta"), "{chunks:?}");
    let (chunks, whole) = streamed("api_error_event:events=1").await;
    assert!(whole && chunks[1].contains("overloaded_error"), "{chunks:?}");
}

#[tokio::test]
async fn a_page_of_html_comes_once_and_then_the_reply() {
    let api = serving("wrong_content_type", 1).await;
    let mut client = Client::connect(&api).await;
    let answer = client.post(&prompt("go")).await;
    assert_eq!((answer.status, header(&answer.head, "content-type")), (200, Some("text/html")));
    assert_eq!(answer.body, "<html><body>Welcome to the portal.</body></html>");
    let answer = client.post(&prompt("go")).await;
    assert!(answer.status == 200 && answer.body.contains("Hello there"), "{}", answer.body);
    api.finish().unwrap();
}

/// Its stream ends as usual: only the JSON of its input has no end.
#[tokio::test]
async fn the_input_of_a_tool_call_is_cut_off() {
    let call = ApiReply::tool_use("Bash", json!({"command": "ls -l"}));
    let script = ApiScript::new().on_prompt("go", [call]);
    let script = script.faults(FaultPlan::parse("truncated_json_delta").unwrap()).unwrap();
    let api = FakeApi::start(script).await.unwrap();
    let mut client = Client::connect(&api).await;
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    client.head().await;
    let (chunks, whole) = client.chunks().await;
    let text = chunks.concat();
    assert!(text.contains(r#""partial_json":"{\"command"}"#) && !text.contains("ls"), "{text}");
    assert!(whole && chunks.last().unwrap().starts_with("event: message_stop"), "{chunks:?}");
    assert_eq!(api.injections()[0].place(), "API request 1");
    api.finish().unwrap();
}

#[tokio::test]
async fn a_refused_connection_says_nothing_and_the_next_one_works() {
    let api = serving("connect_refused", 1).await;
    let mut client = Client::connect(&api).await;
    client.send("POST /v1/messages", &prompt("go")).await;
    assert_eq!(client.read_to_end().await.unwrap_or_default(), 0);
    let mut client = Client::connect(&api).await;
    assert_eq!(client.post(&prompt("go")).await.status, 200);
    api.finish().unwrap();
}

#[tokio::test]
async fn only_faults_of_the_api_are_accepted() {
    let error = ApiScript::new().faults(FaultPlan::parse("crlf").unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("crlf: not a fault of the Messages API"), "{error}");
    let file = r#"{"claude-wire": "api-script", "version": 1, "rules": [], "faults": ["api_52"]}"#;
    let error = ApiScript::parse(file).unwrap_err().to_string();
    assert!(error.contains("did you mean") && error.contains("api_529"), "{error}");
}
