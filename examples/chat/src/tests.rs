//! The service over scripted CLIs: what a program, and what a page sees.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod browser;
mod client;
mod recipe;

use axum::http::StatusCode;
use claude_wire::player::ApiReply;
use claude_wire::{Scenario, Session, SessionBuilder, reply};
use serde_json::{Value, json};

use self::client::Service;
use crate::room::{Event, KEPT, Room};
use crate::service::Settings;

fn over(cli: &Scenario) -> impl Fn() -> SessionBuilder + Send + Sync + 'static {
    let cli = cli.clone();
    move || Session::builder().transport(cli.clone())
}

/// An answer in two pieces. The second one comes when the gate `rest` is released.
fn in_two_pieces() -> claude_wire::player::ModelReply {
    reply().message(ApiReply::text("Hello, you!").delta_chars(6).hold(3, "rest"))
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

#[tokio::test]
async fn the_answer_is_served_as_json() {
    let cli = Scenario::new().on_prompt("2 + 2?", "4.").on_prompt("And 3 + 3?", "6.");
    let service = Service::start(over(&cli), Settings::default()).await;
    for (prompt, answer) in [("2 + 2?", "4."), ("And 3 + 3?", "6.")] {
        let (status, body) = service.post("/sessions/ann/ask", &text(prompt)).await;
        assert_eq!((status, body), (StatusCode::OK, text(answer)));
    }
    let (status, sessions) = service.get("/sessions").await;
    assert_eq!((status, &sessions[0]["name"]), (StatusCode::OK, &json!("ann")));
    let (status, health) = service.get("/health").await;
    assert_eq!(
        (status, health),
        (StatusCode::OK, json!({"sessions": 1, "active": 1, "failed": 0}))
    );
    service.stop().await;
}

#[tokio::test]
async fn a_page_gets_the_text_as_it_is_written() {
    let cli = Scenario::new().on_any_prompt(in_two_pieces());
    let service = Service::start(over(&cli), Settings::default()).await;
    let mut page = service.events("ann", None).await;
    let (status, _) = service.post("/sessions/ann/messages", &text("Hi <b>")).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(page.next().await.unwrap().1, json!({"kind": "prompt", "text": "Hi <b>"}));
    assert_eq!(page.next().await.unwrap().1, json!({"kind": "text", "block": 0, "text": "Hello,"}));
    // The second piece is not written yet.
    cli.release("rest");
    assert_eq!(page.next().await.unwrap().1, json!({"kind": "text", "block": 0, "text": " you!"}));
    assert_eq!(page.next().await.unwrap().1["kind"], "done");
    service.stop().await;
    assert!(page.next().await.is_none());
}

#[tokio::test]
async fn a_page_that_connects_again_goes_on_where_it_was() {
    let cli = Scenario::new().on_any_prompt(in_two_pieces());
    let service = Service::start(over(&cli), Settings::default()).await;
    let mut page = service.events("ann", None).await;
    service.post("/sessions/ann/messages", &text("Hi")).await;
    let (seen, _) = page.until("text").await;
    drop(page);
    cli.release("rest");
    let mut again = service.events("ann", Some(&seen)).await;
    assert_eq!(again.next().await.unwrap().1["text"], " you!");
    // A new page gets all, and one of an earlier run all after a reset.
    let mut new = service.events("ann", None).await;
    assert_eq!(new.next().await.unwrap().1["kind"], "prompt");
    let number = seen.split_once('-').unwrap().1;
    for unknown in [format!("0-{number}"), "nonsense".to_owned(), format!("{seen}000")] {
        let mut old = service.events("ann", Some(&unknown)).await;
        assert_eq!(old.next().await.unwrap().1, json!({"kind": "reset"}), "{unknown}");
        assert_eq!(old.next().await.unwrap().1["kind"], "prompt");
    }
    // One that shows another conversation forgets it before anything happens in this one.
    let mut other = service.events("bob", Some(&seen)).await;
    assert_eq!(other.next().await.unwrap().1, json!({"kind": "reset"}));
    service.stop().await;
}

#[tokio::test]
async fn what_a_page_missed_for_too_long_is_a_reset() {
    let room = Room::new();
    for _ in 0..KEPT + 5 {
        room.finish(Event::Cancelled);
    }
    assert_eq!(room.after(3), None);
    assert_eq!(room.after(4), Some(5));
    assert_eq!(room.after(KEPT as u64 + 4), Some(KEPT as u64 + 5));
    assert_eq!(room.after(KEPT as u64 + 5), None);
    assert_eq!(room.after(u64::MAX), None);
    assert_eq!(room.event(0).await.unwrap().0, 5);
}

#[tokio::test]
async fn cancel_interrupts_the_turn_and_the_session_stays() {
    let cli = Scenario::new().on_any_prompt(reply().text("One.").hang()).on_prompt("Go on", "Two.");
    let service = Service::start(over(&cli), Settings::default()).await;
    let (status, _) = service.post("/sessions/ann/cancel", &json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let mut page = service.events("ann", None).await;
    service.post("/sessions/ann/messages", &text("Count")).await;
    page.until("text").await;
    let (status, refused) = service.post("/sessions/ann/ask", &text("Me too")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(refused["error"].as_str().unwrap().contains("a turn is running"), "{refused}");
    let (status, _) = service.post("/sessions/ann/cancel", &json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    page.until("cancelled").await;
    let (_, answer) = service.post("/sessions/ann/ask", &text("Go on")).await;
    assert_eq!(answer, text("Two."));
    service.stop().await;
    cli.assert_finished();
}

#[tokio::test]
async fn a_permission_is_answered_by_the_page() {
    let tidy = reply()
        .ask_permission("Bash", json!({"command": "rm -r build"}))
        .tool_result("")
        .if_allowed("It is gone.")
        .if_denied("It stays.");
    let cli = Scenario::new().on_any_prompt(tidy).times(2);
    let service = Service::start(over(&cli), Settings::default()).await;
    for (allow, answer) in [(true, "It is gone."), (false, "It stays.")] {
        let mut page = service.events("ann", None).await;
        // The events of the first turn come again.
        if !allow {
            page.until("done").await;
        }
        service.post("/sessions/ann/messages", &text("Tidy up")).await;
        let (_, question) = page.until("question").await;
        assert_eq!(question["tool"], "Bash");
        assert_eq!(question["input"], json!({"command": "rm -r build"}));
        let path = format!("/sessions/ann/questions/{}", question["id"]);
        let (status, _) = service.post(&path, &json!({"allow": allow})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (status, _) = service.post(&path, &json!({"allow": true})).await;
        assert_eq!(status, StatusCode::CONFLICT, "a question is answered once");
        assert_eq!(page.until("answered").await.1["allowed"], allow);
        assert_eq!(page.until("text").await.1["text"], answer);
        page.until("done").await;
    }
    service.stop().await;
}

#[tokio::test]
async fn a_cancelled_turn_closes_its_question() {
    let cli = Scenario::new()
        .on_any_prompt(reply().ask_permission("Bash", json!({"command": "make"})).text("Made."));
    let service = Service::start(over(&cli), Settings::default()).await;
    let mut page = service.events("ann", None).await;
    service.post("/sessions/ann/messages", &text("Make it")).await;
    let (_, question) = page.until("question").await;
    service.post("/sessions/ann/cancel", &json!({})).await;
    let mut closed = Vec::new();
    while closed.len() < 2 {
        let (_, event) = page.next().await.unwrap();
        if event["kind"] == "cancelled" || event["kind"] == "answered" {
            closed.push(event);
        }
    }
    assert!(closed.contains(&json!({"kind": "answered", "id": question["id"], "allowed": false})));
    assert!(closed.contains(&json!({"kind": "cancelled"})), "{closed:?}");
    let path = format!("/sessions/ann/questions/{}", question["id"]);
    let (status, _) = service.post(&path, &json!({"allow": true})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    service.stop().await;
}

#[tokio::test]
async fn a_crash_is_reported_without_details_and_the_next_message_works() {
    let crash = reply().text("One.").stderr("secret: /etc/passwd").crash("SIGKILL");
    let cli = Scenario::new().on_any_prompt(crash).on_prompt("Again", "Two.");
    let service = Service::start(over(&cli), Settings::default()).await;
    let (status, body) = service.post("/sessions/ann/ask", &text("Count")).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let error = body["error"].as_str().unwrap();
    assert!(error.contains("the next message") && !error.contains("secret"), "{error}");
    let mut page = service.events("ann", None).await;
    assert_eq!(page.until("failed").await.1["error"], error);
    let (_, answer) = service.post("/sessions/ann/ask", &text("Again")).await;
    assert_eq!(answer, text("Two."));
    let (_, sessions) = service.get("/sessions").await;
    assert_eq!(sessions[0]["restarts"], 1);
    service.stop().await;
}

#[tokio::test]
async fn a_stop_waits_for_the_turn_and_keeps_the_conversations() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("sessions.json");
    let settings = || Settings { saved: Some(saved.clone()), ..Settings::default() };
    let id = || {
        let saved: Value = serde_json::from_slice(&std::fs::read(&saved).unwrap()).unwrap();
        saved["sessions"][0]["session_id"].as_str().unwrap().to_owned()
    };
    let cli = Scenario::new().on_any_prompt(in_two_pieces()).on_prompt("Again", "Me too.");
    let service = Service::start(over(&cli), settings()).await;
    let mut page = service.events("ann", None).await;
    service.post("/sessions/ann/messages", &text("Hi")).await;
    page.until("text").await;
    let stopped = service.begin_stop();
    // Until the service knows that it is to stop, the session is busy.
    let refused = loop {
        match stopped.post("/sessions/ann/ask", &text("Me too")).await {
            (StatusCode::CONFLICT, _) => {}
            refused => break refused,
        }
    };
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.1);
    cli.release("rest");
    page.until("done").await;
    assert!(page.next().await.is_none());
    stopped.stopped().await;
    let first = id();

    let service = Service::start(over(&cli), settings()).await;
    let (_, answer) = service.post("/sessions/ann/ask", &text("Again")).await;
    assert_eq!(answer, text("Me too."));
    service.stop().await;
    assert_eq!(id(), first, "the conversation goes on");
    // A run in which no one came keeps it, too.
    Service::start(over(&cli), settings()).await.stop().await;
    assert_eq!(id(), first);
}

#[tokio::test]
async fn a_deleted_session_is_stopped_and_its_pages_end() {
    let cli = Scenario::new().on_any_prompt(reply().text("One.").hang()).on_prompt("Hi", "Hi!");
    let service = Service::start(over(&cli), Settings::default()).await;
    let mut page = service.events("ann", None).await;
    service.post("/sessions/ann/messages", &text("Count")).await;
    page.until("text").await;
    assert_eq!(service.delete("/sessions/ann").await, StatusCode::NO_CONTENT);
    page.until("cancelled").await;
    assert!(page.next().await.is_none());
    assert_eq!(service.get("/sessions").await.1, json!([]));
    assert_eq!(service.delete("/sessions/ann").await, StatusCode::NOT_FOUND);
    let (_, answer) = service.post("/sessions/ann/ask", &text("Hi")).await;
    assert_eq!(answer, text("Hi!"));
    service.stop().await;
}

#[tokio::test]
async fn requests_that_are_not_for_it_are_refused() {
    let service = Service::start(over(&Scenario::new()), Settings::default()).await;
    let host = service.address.to_string();
    let message = Some(text("Hi"));
    let bad = [
        ("/sessions/a%20b/ask", vec![], StatusCode::BAD_REQUEST),
        ("/sessions/..%2Fa/ask", vec![], StatusCode::BAD_REQUEST),
        ("/sessions/ann/ask", vec![("origin", "https://example.com")], StatusCode::FORBIDDEN),
        ("/sessions/ann/ask", vec![("origin", "null")], StatusCode::FORBIDDEN),
        ("/sessions/ann/ask", vec![("host", "example.com")], StatusCode::FORBIDDEN),
        ("/sessions/ann/ask", vec![("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (
            "/sessions/ann/ask",
            vec![("host", "example.com"), ("origin", "http://example.com")],
            StatusCode::FORBIDDEN,
        ),
        (
            "/sessions/ann/ask",
            vec![("content-type", "text/plain")],
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        ("/sessions/ann/nothing", vec![], StatusCode::NOT_FOUND),
    ];
    for (path, headers, expected) in bad {
        let response = service.send("POST", path, &headers, message.as_ref()).await;
        assert_eq!(response.status(), expected, "{path} {headers:?}");
    }
    let long = format!("/sessions/{}/ask", "a".repeat(41));
    assert_eq!(service.post(&long, &text("Hi")).await.0, StatusCode::BAD_REQUEST);
    assert!(service.post("/sessions/ann/ask", &json!({})).await.0.is_client_error());
    assert_eq!(service.get("/sessions").await.1, json!([]), "none of them started a session");

    let own = format!("http://{host}");
    let response = service.send("GET", "/", &[("origin", &own)], None).await;
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let picture = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image")];
    let response = service.send("GET", "/sessions/ann/events", &picture, None).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")];
    assert_eq!(service.send("GET", "/", &link, None).await.status(), StatusCode::OK);
    service.stop().await;
}

#[tokio::test]
async fn a_proxy_serves_it_under_another_name() {
    let settings = Settings { host: Some("chat.example".into()), ..Settings::default() };
    let service = Service::start(over(&Scenario::new()), settings).await;
    let headers = [("host", "chat.example"), ("origin", "https://chat.example")];
    let response = service.send("GET", "/sessions", &headers, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    service.stop().await;
}

#[tokio::test]
async fn the_number_of_sessions_is_limited() {
    let service = Service::start(over(&Scenario::new()), Settings::default()).await;
    for number in 0..100 {
        let path = format!("/sessions/{number}/events");
        assert_eq!(service.send("GET", &path, &[], None).await.status(), StatusCode::OK);
    }
    let (status, body) = service.get("/sessions/one-more/events").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["error"].as_str().unwrap().contains("too many"), "{body}");
    assert_eq!(service.delete("/sessions/7").await, StatusCode::NO_CONTENT);
    let response = service.send("GET", "/sessions/one-more/events", &[], None).await;
    assert_eq!(response.status(), StatusCode::OK);
    service.stop().await;
}

/// The page refers to nothing but the service.
#[test]
fn the_page_is_self_contained() {
    for text in [
        include_str!("../page/chat.html"),
        include_str!("../page/chat.css"),
        include_str!("../page/chat.js"),
    ] {
        for outside in ["http:", "https:", "src=\"//", "@import", "innerHTML", "eval("] {
            assert!(!text.contains(outside), "{outside}");
        }
    }
}
