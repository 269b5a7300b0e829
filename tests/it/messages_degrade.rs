//! An unreadable field costs only that field.

use claude_wire::wire::control::ControlFrame;
use claude_wire::wire::message::{StopReason, UserContent};
use claude_wire::wire::stream::{ApiEvent, Delta};
use claude_wire::wire::{Body, ContentBlock, Frame, Line, Message, Outcome, classify};

fn message(line: &[u8]) -> Message {
    match classify(Line::new(line.to_vec())) {
        Outcome::Message(frame) | Outcome::Control(frame) => Message::new(frame),
        other => panic!("{other:?}"),
    }
}

fn defects(message: &Message) -> Vec<String> {
    message.defects().iter().map(ToString::to_string).collect()
}

#[test]
fn the_type_may_be_the_last_key() {
    let message = message(br#"{"result":"r","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"session_id":"s","subtype":"success","type":"result"}"#);
    assert!(message.is_result());
    assert_eq!(message.as_result().unwrap().result.as_deref(), Some("r"));
    assert_eq!(defects(&message), [""; 0]);
}

/// If the tag comes first, the members are read from behind it, otherwise from the front.
#[test]
fn the_type_of_a_block_may_be_anywhere() {
    for block in [
        r#"{"type":"tool_use","id":"t","name":"Bash","input":{"type":"x"}}"#,
        r#"{ "id":"t", "type":"tool_use", "name":"Bash", "input":{"type":"x"} }"#,
        r#"{"input":{"type":"x"},"name":"Bash","id":"t","type":"tool_use"}"#,
        r#"{"type":null,"id":"t","name":"Bash","input":{"type":"x"},"type":"tool_use"}"#,
        r#"{"type":"tool_use","id":"t","name":"Bash","type":"text","input":{"type":"x"}}"#,
    ] {
        let line =
            format!(r#"{{"type":"assistant","message":{{"model":"m","content":[{block}]}}}}"#);
        let message = message(line.as_bytes());
        let [ContentBlock::ToolUse(tool)] = &message.as_assistant().unwrap().message.content[..]
        else {
            panic!("{block}")
        };
        assert_eq!(
            (&*tool.id, &*tool.name, &*tool.input.as_ref().unwrap().text()),
            ("t", "Bash", r#"{"type":"x"}"#),
            "{block}"
        );
        assert_eq!(tool.raw.text(), block);
        assert_eq!(defects(&message), [""; 0], "{block}");
    }
}

#[test]
fn a_field_of_the_wrong_type_is_listed_and_the_others_are_kept() {
    let message = message(
        br#"{"type":"assistant","uuid":7,"message":{"id":5,"model":"m","content":[{"type":"text","text":["x"]},7,{"type":"text","text":"ok"}],
            "usage":{"input_tokens":-1,"output_tokens":2}},"error":{},"aborted":"yes","request_id":"r"}"#,
    );
    let assistant = message.as_assistant().unwrap();
    assert_eq!(assistant.message.model.as_deref(), Some("m"));
    assert_eq!(assistant.text(), "ok");
    assert_eq!(assistant.message.content.len(), 3);
    assert_eq!(assistant.message.usage.as_ref().unwrap().output_tokens, 2);
    assert_eq!(assistant.request_id.as_deref(), Some("r"));
    assert_eq!(
        defects(&message),
        [
            "message.id: expected a string, found a number",
            "message.content[0].text: expected a string, found an array",
            "message.content[1]: expected an object, found a number",
            "message.usage.input_tokens: expected a whole number from 0 up, found a number",
            "error: expected a string, found an object",
            "aborted: expected a boolean, found a string",
            "uuid: expected a string, found a number",
        ]
    );
}

#[test]
fn a_message_with_a_body_of_the_wrong_type_is_still_a_message() {
    for body in ["null", "5", "\"x\"", "[]", "true"] {
        let line = format!(r#"{{"type":"user","message":{body},"isSynthetic":true}}"#);
        let message = message(line.as_bytes());
        assert_eq!(message.as_user().unwrap().message.content, UserContent::Blocks(Vec::new()));
        assert_eq!(message.as_user().unwrap().is_synthetic, Some(true));
        assert_eq!(message.defects().len(), 1);
        assert_eq!(message.defects()[0].path(), "message");
    }
}

#[test]
fn a_null_is_an_absent_field() {
    let message = message(br#"{"type":"result","subtype":"success","is_error":null,"result":null,"usage":null,"errors":null,"modelUsage":null,"origin":null,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"session_id":"s"}"#);
    assert_eq!(defects(&message), ["is_error: expected a boolean, found nothing"]);
}

#[test]
fn last_duplicate_key_wins() {
    let message =
        message(br#"{"type":"user","message":{"content":"first"},"isSynthetic":true,"message":{"content":"last"},"isSynthetic":null}"#);
    let user = message.as_user().unwrap();
    assert_eq!((user.message.content.text().as_str(), user.is_synthetic), ("last", None));
}

#[test]
fn unusual_json_does_not_lose_the_line() {
    let deep = format!(r#"{}1{}"#, r#"{"a":["#.repeat(500), "]}".repeat(500));
    let line = [
        br#"{"type":"assistant","message":{"model":"m","content":[{"type":"text","text":"cut \ud83d"},{"type":"tool_use","id":"t","name":"X","input":"#
            .as_slice(),
        deep.as_bytes(),
        br#"},{"type":"text","text":"bad "#,
        b"\xff\xfe",
        br#" bytes"}],"usage":{"input_tokens":1e999,"output_tokens":3.0}}}"#,
    ]
    .concat();
    let message = message(&line);
    let content = &message.as_assistant().unwrap().message.content;
    assert_eq!(content[0].as_text(), Some("cut \u{fffd}"));
    assert_eq!(content[1].as_tool_use().unwrap().input.as_ref().unwrap().text(), deep);
    assert_eq!(content[2].as_text(), Some("bad \u{fffd}\u{fffd} bytes"));
    assert_eq!(message.as_assistant().unwrap().message.usage.as_ref().unwrap().output_tokens, 3);
    assert_eq!(
        defects(&message),
        ["message.usage.input_tokens: expected a whole number from 0 up, found a number"]
    );
    assert_eq!(message.frame().bytes()[..], line[..]);
}

#[test]
fn unknown_values_stay_readable() {
    let message = message(br#"{"type":"assistant","message":{"model":"m","content":[],"stop_reason":"bored"},"error":"solar_flare"}"#);
    let assistant = message.as_assistant().unwrap();
    assert_eq!(assistant.message.stop_reason, Some(StopReason::Other("bored".into())));
    assert_eq!(assistant.error.as_ref().unwrap().as_str(), "solar_flare");
    assert_eq!(defects(&message), [""; 0]);
}

#[test]
fn unknown_blocks_events_and_deltas_stay_readable() {
    let block =
        message(br#"{"type":"user","message":{"content":[{"depth":3,"type":"hologram"}]}}"#);
    let [ContentBlock::Unknown(unknown)] = block.as_user().unwrap().message.content.blocks() else {
        panic!()
    };
    assert_eq!(
        (unknown.block_type.as_str(), &*unknown.raw.text()),
        ("hologram", r#"{"depth":3,"type":"hologram"}"#)
    );

    let event =
        message(br#"{"type":"stream_event","event":{"type":"content_block_morph","index":1}}"#);
    let ApiEvent::Unknown(unknown) = &event.as_stream_event().unwrap().event else { panic!() };
    assert_eq!(
        (unknown.event_type.as_deref(), &*unknown.raw.text()),
        (Some("content_block_morph"), r#"{"type":"content_block_morph","index":1}"#)
    );

    let delta = message(
        br#"{"type":"stream_event","event":{"type":"content_block_delta","index":1,"delta":{"type":"smell_delta","smell":"rose"}}}"#,
    );
    let ApiEvent::ContentBlockDelta(piece) = &delta.as_stream_event().unwrap().event else {
        panic!()
    };
    let Delta::Unknown(unknown) = &piece.delta else { panic!() };
    assert_eq!(
        (unknown.event_type.as_deref(), &*unknown.raw.text()),
        (Some("smell_delta"), r#"{"type":"smell_delta","smell":"rose"}"#)
    );
    for message in [block, event, delta] {
        assert_eq!(defects(&message), [""; 0]);
    }
}

#[test]
fn future_fields_are_listed_on_request() {
    let message =
        message(br#"{"type":"assistant","message":{"content":[{"type":"text","text":"x","sheen":1}],"aura":2},"zodiac":{"sign":3}}"#);
    assert_eq!(message.unmodelled(), ["message.content[0].sheen", "message.aura", "zodiac"]);
}

#[test]
fn future_values_are_listed_with_them() {
    for (line, expected) in [
        (r#"{"type":"hologram"}"#, r#"type = "hologram""#),
        (r#"{"type":"system","subtype":"quantum_flux"}"#, r#"subtype = "quantum_flux""#),
        (r#"{"type":"result","subtype":"error_flux"}"#, r#"subtype = "error_flux""#),
        (
            r#"{"type":"assistant","message":{"content":[{"type":"smell"}]}}"#,
            r#"message.content[0].type = "smell""#,
        ),
        (
            r#"{"type":"stream_event","event":{"type":"message_flux"}}"#,
            r#"event.type = "message_flux""#,
        ),
        (
            r#"{"type":"system","subtype":"init","permissionMode":"quantum"}"#,
            r#"permissionMode = "quantum""#,
        ),
        (
            r#"{"type":"control_request","request_id":"r","request":{"subtype":"flux"}}"#,
            r#"request.subtype = "flux""#,
        ),
        (
            r#"{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","permission_suggestions":[{"type":"flux"}]}}"#,
            r#"request.permission_suggestions[0].type = "flux""#,
        ),
    ] {
        assert_eq!(message(line.as_bytes()).unmodelled(), [expected], "{line}");
    }
}

#[test]
fn a_hostile_line_produces_a_limited_number_of_defects() {
    let line = format!(r#"{{"type":"user","message":{{"content":[{}0]}}}}"#, "1,".repeat(100_000));
    let message = message(line.as_bytes());
    assert_eq!(message.as_user().unwrap().message.content.blocks().len(), 100_001);
    assert_eq!(message.defects().len(), 100);
}

#[test]
fn a_broken_control_frame_can_still_be_answered() {
    let message = message(br#"{"type":"control_request","request_id":7,"request":[]}"#);
    let Body::Control(control) = message.body() else { panic!() };
    let ControlFrame::Request(request) = &**control else { panic!() };
    assert_eq!(request.request_id.as_ref().unwrap().text(), "7");
    assert_eq!(request.subtype, "");
    assert_eq!(defects(&message), ["request: expected an object, found an array"]);
}

#[test]
fn text_deltas_are_read_without_the_rest() {
    let text = message(br#"{"type":"stream_event","parent_tool_use_id":"t1","event":{"delta":{"text":"a\n","type":"text_delta"},"type":"content_block_delta"}}"#);
    assert_eq!(text.text_delta().as_deref(), Some("a\n"));
    assert_eq!(text.thinking_delta(), None);
    assert_eq!(text.parent_tool_use_id().as_deref(), Some("t1"));
    let thinking =
        message(br#"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}}"#);
    assert_eq!((thinking.text_delta(), thinking.thinking_delta().as_deref()), (None, Some("hm")));
    let decoys: [&[u8]; 4] = [
        br#"{"type":"assistant","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}},"message":{"content":[]}}"#,
        br#"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"text":"x"}}}"#,
        br#"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":5}}}"#,
        br#"{"type":"stream_event","event":{"type":"content_block_delta","delta":5}}"#,
    ];
    for decoy in decoys {
        assert_eq!(message(decoy).text_delta(), None);
    }
}

#[test]
fn a_frame_is_a_message_of_one_kind_only() {
    let message =
        Message::new(Frame::parse(r#"{"type":"user","message":{"content":"x"}}"#).unwrap());
    assert!(
        message.as_assistant().is_none()
            && message.as_result().is_none()
            && message.as_system().is_none()
    );
    assert!(message.as_stream_event().is_none() && message.as_user().is_some());
}
