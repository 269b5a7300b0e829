//! A script mounted in the caller's `wiremock` server.
#![cfg(feature = "wiremock")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use crate::lab_support::{Client, header, prompt, streaming_prompt};
use claude_wire::lab::{ApiReply, ApiScript, Cut, FakeApi, When};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

type Answer = (String, [Option<String>; 2], String);

/// Posts each body on one connection and returns status, two headers and body of each answer.
async fn answers(url: &str, bodies: &[&str]) -> Vec<Answer> {
    let mut client = Client::at(url).await;
    let mut answers = Vec::new();
    for body in bodies {
        client.send("POST /v1/messages?beta=true", body).await;
        let head = client.head().await;
        let body = match header(&head, "content-length") {
            Some(length) => client.body(length.parse().unwrap()).await,
            None => client.chunks().await.0.concat(),
        };
        let status = head.split(' ').nth(1).unwrap().to_owned();
        let fields =
            ["content-type", "retry-after"].map(|name| header(&head, name).map(str::to_owned));
        answers.push((status, fields, body));
    }
    answers
}

#[tokio::test]
async fn whole_responses_match_the_fake_api() {
    let script = ApiScript::new().on_prompt(
        "go",
        [
            ApiReply::thinking("hm")
                .and_text("abc")
                .delta_chars(2)
                .and_tool_use("Bash", serde_json::json!({"command": "ls"})),
            ApiReply::error(429).retry_after(Duration::from_secs(3)),
            ApiReply::raw("text/html", "<p>down</p>"),
            ApiReply::text("late").first_byte_after(Duration::from_millis(5)),
            ApiReply::text("a").cut(1, Cut::Garbage("event: nonsense\ndata: not json\n\n".into())),
            ApiReply::text("a").cut(2, Cut::Error("overloaded_error".into())),
        ],
    );
    let streaming = streaming_prompt("go");
    let bodies = [
        &*streaming,
        &streaming,
        &streaming,
        &prompt("go"),
        &streaming,
        &streaming,
        &prompt("unforeseen"),
        "{",
    ];

    let api = FakeApi::start(script.clone()).await.unwrap();
    let expected = answers(&api.url(), &bodies).await;
    assert_eq!(expected[0].2.matches("event: ").count(), 21, "{}", expected[0].2);
    let failures = api.finish().unwrap_err();
    assert_eq!(failures.failures().len(), 2);

    let server = MockServer::start().await;
    let mounted = script.mount(&server).await.unwrap();
    assert_eq!(answers(&server.uri(), &bodies).await, expected);
    assert_eq!(mounted.requests().len(), 7);
    assert_eq!(mounted.failures(), failures.failures());
    assert_eq!(mounted.finish().unwrap_err(), failures);
}

#[tokio::test]
async fn other_mocks_of_the_server_still_work() {
    let server = MockServer::start().await;
    Mock::given(path("/weather"))
        .respond_with(ResponseTemplate::new(200).set_body_string("rain"))
        .mount(&server)
        .await;
    let mounted = ApiScript::new().mount(&server).await.unwrap();
    let mut client = Client::at(&server.uri()).await;
    client.send("GET /weather", "").await;
    assert_eq!(client.answer().await.body, "rain");
    client.send("GET /v1/models", "").await;
    assert_eq!(client.answer().await.status, 404, "not a route of the script");
    client.send("POST /v1/messages/count_tokens?beta=true", r#"{"messages":[]}"#).await;
    assert_eq!(client.answer().await.body, r#"{"input_tokens":4}"#);
    client.send("HEAD /", "").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 "));
    mounted.finish().unwrap();
}

#[tokio::test]
async fn a_mounted_reply_can_be_delayed() {
    let late = Duration::from_millis(30);
    let server = MockServer::start().await;
    let script = ApiScript::new().on_prompt("go", [ApiReply::text("a").first_byte_after(late)]);
    let mounted = script.mount(&server).await.unwrap();
    let start = Instant::now();
    assert_eq!(Client::at(&server.uri()).await.post(&prompt("go")).await.status, 200);
    assert!(start.elapsed() >= late);
    mounted.finish().unwrap();
}

#[tokio::test]
async fn replies_that_were_not_fetched_are_reported() {
    let server = MockServer::start().await;
    let script = ApiScript::new()
        .on_prompt("go", [ApiReply::text("a"), ApiReply::text("b")])
        .always(When::any(), [ApiReply::text("c")]);
    let mounted = script.mount(&server).await.unwrap();
    assert_eq!(Client::at(&server.uri()).await.post(&prompt("go")).await.status, 200);
    let report = mounted.finish().unwrap_err();
    assert_eq!(report.failures(), [r#"rule 1 (prompt is "go"): 1 of 2 replies fetched"#]);
}

#[tokio::test]
async fn features_that_need_the_connection_are_rejected() {
    let pause = Duration::from_millis(1);
    for (reply, what) in [
        (ApiReply::text("a").delta_every(pause), "delta_ms"),
        (ApiReply::text("a").hold(1, "gate"), "hold"),
        (ApiReply::error(500).hold(0, "gate"), "hold"),
        (ApiReply::text("a").cut(1, Cut::Close), "cut"),
        (ApiReply::text("a").cut(0, Cut::Reset), "cut"),
    ] {
        let server = MockServer::start().await;
        let script = ApiScript::new()
            .on_prompt("go", [ApiReply::text("whole")])
            .on_prompt("stay", [ApiReply::text("whole"), reply]);
        let error = script.mount(&server).await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "API script: rule 2: `{what}` needs control over the connection, and wiremock sends whole responses: serve this script \
                 with FakeApi::start"
            )
        );
        let answer = Client::at(&server.uri()).await.post(&prompt("go")).await;
        assert_eq!(answer.status, 404, "nothing is mounted");
    }
}
