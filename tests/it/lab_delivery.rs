//! How a reply is delivered: whole, as events, delayed, held, cut off.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use crate::lab_support::{Client, header, prompt, streaming_prompt};
use claude_wire::lab::{ApiReply, ApiScript, Cut, FakeApi, When};

async fn serving(replies: impl IntoIterator<Item = ApiReply>) -> (FakeApi, Client) {
    let api = FakeApi::start(ApiScript::new().on_prompt("go", replies)).await.unwrap();
    let client = Client::connect(&api).await;
    (api, client)
}

/// The types of the events; each event is one chunk.
fn kinds(chunks: &[String]) -> Vec<&str> {
    chunks
        .iter()
        .map(|chunk| chunk.strip_prefix("event: ").unwrap().split('\n').next().unwrap())
        .collect()
}

#[tokio::test]
async fn a_streaming_request_gets_one_chunk_per_event() {
    let (api, mut client) =
        serving([ApiReply::text("abc").delta_chars(2).hold(0, "open"), ApiReply::text("again")])
            .await;
    api.release("open");
    client.send("POST /v1/messages?beta=true", &streaming_prompt("go")).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 \r\n"), "{head}");
    assert_eq!(header(&head, "content-type"), Some("text/event-stream"));
    let (chunks, whole) = client.chunks().await;
    assert!(whole);
    assert_eq!(
        kinds(&chunks),
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert!(chunks[0].contains(r#""model":"claude-test""#), "{}", chunks[0]);
    assert!(chunks[3].ends_with("\"text\":\"c\"}}\n\n"), "{}", chunks[3]);
    // The connection stays open.
    let answer = client.post(&prompt("go")).await;
    assert_eq!(
        (answer.status, header(&answer.head, "content-type")),
        (200, Some("application/json"))
    );
    assert!(
        answer.body.contains(r#""content":[{"type":"text","text":"again"}]"#),
        "{}",
        answer.body
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn a_gate_delays_the_events_behind_it() {
    let (api, mut client) =
        serving([ApiReply::text("abcd").delta_chars(1).hold(4, "middle")]).await;
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    api.reached("middle").await;
    client.head().await;
    for _ in 0..4 {
        client.chunk().await.unwrap();
    }
    assert!(client.is_silent());
    api.release("middle");
    let (chunks, whole) = client.chunks().await;
    assert!(whole);
    assert_eq!(kinds(&chunks)[..2], ["content_block_delta", "content_block_delta"]);
    api.finish().unwrap();
}

#[tokio::test]
async fn a_gate_at_zero_delays_the_headers_too() {
    let (api, mut client) = serving([ApiReply::error(500).hold(0, "start")]).await;
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    api.reached("start").await;
    assert!(client.is_silent());
    api.release("start");
    assert_eq!(client.answer().await.status, 500);
    api.finish().unwrap();
}

#[tokio::test]
async fn an_open_gate_blocks_nothing() {
    let (api, mut client) = serving([ApiReply::text("a").hold(1, "open")]).await;
    api.release("open");
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    client.head().await;
    assert!(client.chunks().await.1);
    api.finish().unwrap();
}

#[tokio::test]
async fn errors_have_the_format_of_the_api() {
    let replies = [
        ApiReply::error(529),
        ApiReply::error(429).retry_after(Duration::from_secs(3)).message("slow down"),
        ApiReply::error(401),
        ApiReply::error(400),
    ];
    let (api, mut client) = serving(replies).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let answer = client.post(&prompt("go")).await;
        seen.push((
            answer.status,
            header(&answer.head, "retry-after").map(String::from),
            answer.body,
        ));
    }
    let body = |kind: &str, message: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#)
    };
    assert_eq!(
        seen,
        [
            (529, None, body("overloaded_error", "overloaded_error, from the script")),
            (429, Some("3".into()), body("rate_limit_error", "slow down")),
            (401, None, body("authentication_error", "authentication_error, from the script")),
            (400, None, body("invalid_request_error", "invalid_request_error, from the script")),
        ]
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn a_stream_is_closed_after_the_given_number_of_events() {
    for events in [0, 1, 3] {
        let (api, mut client) =
            serving([ApiReply::text("abcd").delta_chars(1).cut(events, Cut::Close)]).await;
        client.send("POST /v1/messages", &streaming_prompt("go")).await;
        client.head().await;
        let (chunks, whole) = client.chunks().await;
        assert_eq!((chunks.len(), whole), (events, false));
        api.finish().unwrap();
    }
}

#[tokio::test]
async fn a_stream_is_reset() {
    let (api, mut client) =
        serving([ApiReply::text("abcd").hold(2, "read").cut(2, Cut::Reset)]).await;
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    client.head().await;
    for _ in 0..2 {
        client.chunk().await.unwrap();
    }
    api.release("read");
    assert_eq!(client.read_to_end().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    api.finish().unwrap();
}

#[tokio::test]
async fn a_stream_ends_in_garbage_or_in_an_error() {
    let (api, mut client) = serving([
        ApiReply::text("a").cut(1, Cut::Garbage("event: nonsense\ndata: not json\n\n".into())),
        ApiReply::text("a").cut(1, Cut::Error("overloaded_error".into())),
    ])
    .await;
    let mut last = Vec::new();
    for _ in 0..2 {
        client.send("POST /v1/messages", &streaming_prompt("go")).await;
        client.head().await;
        let (chunks, whole) = client.chunks().await;
        assert_eq!((chunks.len(), whole), (2, true));
        last.push(chunks[1].clone());
    }
    assert_eq!(last[0], "event: nonsense\ndata: not json\n\n");
    assert_eq!(
        last[1],
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"from the script\"}}\n\n"
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn a_body_is_sent_as_it_is() {
    let (api, mut client) =
        serving([ApiReply::raw("text/html", "<p>down for maintenance</p>")]).await;
    let answer = client.post(&streaming_prompt("go")).await;
    assert_eq!(
        (answer.status, header(&answer.head, "content-type"), &*answer.body),
        (200, Some("text/html"), "<p>down for maintenance</p>")
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn a_reply_can_be_delayed_and_slow() {
    let late = Duration::from_millis(30);
    let (api, mut client) =
        serving([ApiReply::text("abc").delta_chars(1).first_byte_after(late).delta_every(late)])
            .await;
    let start = Instant::now();
    client.send("POST /v1/messages", &streaming_prompt("go")).await;
    client.head().await;
    assert!(start.elapsed() >= late);
    assert!(client.chunks().await.1);
    assert!(
        start.elapsed() >= late * 4,
        "three deltas after the first byte: {:?}",
        start.elapsed()
    );
    api.finish().unwrap();
}

#[tokio::test]
async fn tokens_are_counted_and_connections_are_probed() {
    let api = FakeApi::start(ApiScript::new()).await.unwrap();
    let mut client = Client::connect(&api).await;
    client.send("POST /v1/messages/count_tokens?beta=true", r#"{"messages":[]}"#).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &*answer.body), (200, r#"{"input_tokens":4}"#));
    client.send("HEAD /", "").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(api.requests().is_empty());
    api.finish().unwrap();
}

#[tokio::test]
async fn other_requests_are_rejected_and_reported() {
    let api = FakeApi::start(ApiScript::new().always(When::any(), [ApiReply::text("never")]))
        .await
        .unwrap();
    let mut client = Client::connect(&api).await;
    client.send("GET /v1/models", "").await;
    assert_eq!(client.answer().await.status, 418);
    assert_eq!(client.post("{").await.status, 418);
    let failures = api.finish().unwrap_err().failures().join("\n");
    assert!(
        failures.starts_with("an unexpected request: GET /v1/models\na body that is not JSON: "),
        "{failures}"
    );
}

#[tokio::test]
async fn invalid_http_is_reported() {
    let api = FakeApi::start(ApiScript::new()).await.unwrap();
    let mut client = Client::connect(&api).await;
    client.send("what is this", "").await;
    assert_eq!(client.read_to_end().await.unwrap(), 0);
    let failures = api.finish().unwrap_err().failures().join("\n");
    assert_eq!(failures, "a request that this server cannot read: not a request of HTTP/1.1");
}
