//! The text of a message, and its line.

use crate::support::stream::*;
use claude_wire::wire::{Frame, Message};
use serde_json::json;

fn message(line: impl ToString) -> Message {
    Message::new(Frame::parse(line.to_string()).unwrap())
}

#[test]
fn text_of_a_message_is_the_model_output() {
    let said = |blocks| message(whole("m", blocks)).text().map(|text| text.into_owned());
    assert_eq!(said(json!([text("Hi")])), Some("Hi".into()));
    assert_eq!(said(json!([text("A"), thinking("hm"), text(""), text("B")])), Some("AB".into()));
    assert_eq!(said(json!([text("")])), Some(String::new()));
    assert_eq!(said(json!([thinking("hm"), tool("t", "Bash", json!({"text": "no"}))])), None);
    assert_eq!(said(json!([])), None);
    assert_eq!(said(json!("a bare string")), Some("a bare string".into()));
    let of_sub_agent = message(of_sub_agent(whole("m", json!([text("mine")]))));
    assert_eq!(of_sub_agent.text().as_deref(), Some("mine"));
    // The form of an old dialect.
    let bare =
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hello!"}]}"#;
    assert_eq!(message(bare).text().as_deref(), Some("Hello!"));
}

#[test]
fn other_messages_have_no_text() {
    for line in [
        text_piece("m", 0, "a piece"),
        json!({"type": "result", "subtype": "success", "is_error": false, "result": "the end"}),
        json!({"type": "user", "message": {"role": "user", "content": [text("a user's")]}}),
        json!({"type": "system", "subtype": "informational", "content": "by the way"}),
        json!({"type": "from_the_future", "message": {"content": [text("unknown")]}}),
    ] {
        assert_eq!(message(&line).text(), None, "{line}");
        assert_eq!(message(&line).line_text(), line.to_string());
    }
}

#[test]
fn line_text_is_the_unchanged_line() {
    let line =
        "{ \"type\" : \"assistant\", \"message\":{\"content\":[]}, \"from_the_future\": 1.0e0 }";
    assert_eq!(message(line).line_text(), line);
    let bytes = b"{\"type\":\"assistant\",\"message\":{\"content\":\"\xff\"}}".to_vec();
    let lossy = String::from_utf8_lossy(&bytes).into_owned();
    assert_eq!(Message::new(Frame::parse(bytes).unwrap()).line_text(), lossy);
}

#[tokio::test(start_paused = true)]
async fn texts_of_the_messages_of_a_turn_are_its_text() {
    let mut lines = vec![message_start("m"), text_start("m", 0), text_piece("m", 0, "Hel")];
    lines.push(whole("m", json!([text("Hello")])));
    lines.push(whole("n", json!([tool("t", "Bash", json!({}))])));
    lines.push(whole("o", json!([text(" again")])));
    let mut said = String::new();
    let mut turn = turn(&lines);
    while let Some(message) = turn.next().await {
        said.extend(message.unwrap().text().as_deref());
    }
    assert_eq!(said, "Hello again");
}
