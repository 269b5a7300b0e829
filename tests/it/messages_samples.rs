//! A line of every kind that CLI 2.1.332 declares, with every field of its schema: all of it is
//! parsed and kept.
//!
//! The values are invented; captures show what the CLI writes.

use std::collections::BTreeSet;

use claude_wire::wire::control::{CliRequest, ControlFrame};
use claude_wire::wire::declared::declared;
use claude_wire::wire::message::StopReason;
use claude_wire::wire::stream::{ApiEvent, Delta};
use claude_wire::wire::{Body, ContentBlock, Frame, Message, RawJson, System};

const SAMPLES: &str = include_str!("../samples/2.1.332.jsonl");
const REQUESTS: &str = include_str!("../samples/2.1.332-requests.jsonl");

/// Kinds without a line: control frames have their own tests, and the schema does not declare
/// `model_fallback`, which was observed.
const WITHOUT: [&str; 3] = ["control_request", "control_response", "system/model_fallback"];

fn messages() -> impl Iterator<Item = Message> {
    SAMPLES.lines().map(|line| Message::new(Frame::parse(line).unwrap()))
}

fn kind(message: &Message) -> String {
    let kind = message.frame().kind_name().into_owned();
    match message.frame().subtype() {
        Some(subtype) => format!("{kind}/{subtype}"),
        None => kind,
    }
}

#[test]
fn every_field_is_read_and_kept() {
    for (line, message) in SAMPLES.lines().zip(messages()) {
        let kind = kind(&message);
        assert!(
            !matches!(message.body(), Body::Unknown | Body::System(System::Unknown { .. })),
            "{kind}"
        );
        assert_eq!(message.defects(), [], "{kind}");
        assert_eq!(message.unmodelled(), [""; 0], "{kind}");
        assert_eq!(serde_json::to_string(&message).unwrap(), line);
    }
}

#[test]
fn every_declared_kind_has_a_sample() {
    let samples: BTreeSet<String> = messages().map(|message| kind(&message)).collect();
    let declared = declared().messages.into_keys();
    let missing: Vec<_> = declared
        .filter(|kind| !samples.contains(kind) && !WITHOUT.contains(&kind.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// A field of the wrong type affects only itself: if every string of a line is replaced by a
/// number, the fields without strings are still read.
#[test]
fn strings_that_are_numbers_leave_the_other_fields() {
    for (line, whole) in SAMPLES.lines().zip(messages()) {
        let broken = line.replace("\"words\"", "7");
        let message = Message::new(Frame::parse(broken.clone()).unwrap());
        let changed = broken != line;
        assert!(!changed || !message.defects().is_empty(), "{}", kind(&whole));
        assert_eq!(kind(&message), kind(&whole));
        assert_eq!(serde_json::to_string(&message).unwrap(), broken);
    }
}

#[test]
fn every_request_of_the_cli_is_read_in_full() {
    let mut seen = BTreeSet::new();
    for line in REQUESTS.lines() {
        let message = Message::new(Frame::parse(line).unwrap());
        let Body::Control(control) = message.body() else { panic!("{line}") };
        let ControlFrame::Request(request) = &**control else { panic!("{line}") };
        assert!(request.body != CliRequest::Unknown, "{line}");
        assert_eq!(message.defects(), [], "{line}");
        assert_eq!(message.unmodelled(), [""; 0], "{line}");
        seen.insert(request.subtype.clone());
    }
    assert_eq!(seen, declared().requests.into_keys().collect());
}

fn message(line: &str) -> Message {
    let message = Message::new(Frame::parse(line.to_owned()).unwrap());
    assert_eq!(message.defects(), [], "{line}");
    assert_eq!(message.unmodelled(), [""; 0], "{line}");
    message
}

#[test]
fn blocks_of_the_api_have_their_fields() {
    let blocks = [
        r#"{"type":"compaction","content":"so far","encrypted_content":"e","signature":"s","tool_changes":[{"type":"tool_removal"}]}"#,
        r#"{"type":"container_upload","file_id":"f1"}"#,
        r#"{"type":"fallback","from":{"model":"a"},"to":{"model":"b"},"trigger":{"type":"refusal","category":"bio"}}"#,
        r#"{"type":"mcp_tool_listing","mcp_server_name":"calc","tools":[{"name":"add"}]}"#,
        r#"{"type":"search_result","source":"https://e.invalid","title":"T","content":[{"type":"text","text":"found"}],"citations":{"enabled":true}}"#,
        r#"{"type":"tool_use","id":"t","name":"click","input":{},"toolset_name":"browser","caller":{"type":"code_execution_20260120","tool_id":"srv"}}"#,
        r#"{"type":"server_tool_use","id":"t","name":"web_search","input":{},"caller":{"type":"direct"}}"#,
        r#"{"type":"mid_conv_system","content":"anything"}"#,
    ];
    let line = format!(
        r#"{{"type":"assistant","message":{{"model":"m","content":[{}],"stop_reason":"compaction","input_transformations":[{{"type":"thinking_dropped","path":"messages.0.content.0","reason":"model_binding_mismatch"}}]}}}}"#,
        blocks.join(",")
    );
    let message = message(&line);
    let reply = &message.as_assistant().unwrap().message;
    assert_eq!(reply.stop_reason, Some(StopReason::Compaction));
    assert_eq!(reply.input_transformations[0].kind, "thinking_dropped");
    let raw: Vec<_> = reply.content.iter().map(|block| block.raw().text().into_owned()).collect();
    assert_eq!(raw, blocks);
    let [
        ContentBlock::Compaction(compaction),
        ContentBlock::ContainerUpload(upload),
        ContentBlock::Fallback(fallback),
        ContentBlock::McpToolListing(listing),
        ContentBlock::SearchResult(found),
        ContentBlock::ToolUse(tool),
        ContentBlock::ServerToolUse(server),
        ContentBlock::MidConversationSystem(_),
    ] = &reply.content[..]
    else {
        panic!("{:?}", reply.content)
    };
    assert_eq!(compaction.content.as_deref(), Some("so far"));
    assert_eq!((&*upload.file_id, &*fallback.to.model), ("f1", "b"));
    assert_eq!((&*listing.mcp_server_name, &*found.content[0].text), ("calc", "found"));
    assert_eq!(tool.toolset_name.as_deref(), Some("browser"));
    assert_eq!(tool.caller.as_ref().unwrap().tool_id.as_deref(), Some("srv"));
    assert_eq!(server.caller.as_ref().unwrap().kind, "direct");
}

#[test]
fn a_compaction_streams_as_one_delta() {
    let message = message(
        r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"so far","encrypted_content":"e"}}}"#,
    );
    let ApiEvent::ContentBlockDelta(piece) = &message.as_stream_event().unwrap().event else {
        panic!()
    };
    let Delta::Compaction(delta) = &piece.delta else { panic!() };
    assert_eq!(delta.content.as_deref(), Some("so far"));
}

#[test]
fn a_scheduled_prompt_is_read_from_the_result_of_its_tool() {
    let user = |result: &str| {
        message(&format!(
            r#"{{"type":"user","message":{{"role":"user","content":"x"}},"tool_use_result":{result}}}"#
        ))
    };
    let made =
        user(r#"{"id":"c1","humanSchedule":"hourly","recurring":true,"maxAgeMs":0,"more":1}"#);
    let prompt = made.as_user().unwrap().scheduled_prompt().unwrap();
    assert_eq!((&*prompt.id, prompt.max_age_ms), ("c1", Some(0.0)));
    assert_eq!(prompt.raw.pointer("/more").unwrap().text(), "1");
    for other in [r#""text""#, "[]", r#"{"id":"c1"}"#, r#"{"humanSchedule":7}"#] {
        assert!(user(other).as_user().unwrap().scheduled_prompt().is_none(), "{other}");
    }
}

#[test]
fn rows_of_a_transcript_have_their_origin() {
    let frame = Frame::parse(
        r#"{"type":"transcript_mirror","filePath":"/t","entries":[{"type":"user","uuid":"u","parentUuid":null,"rowSource":"local","sentAtMs":5,"more":1},7]}"#,
    )
    .unwrap();
    let Some(ControlFrame::TranscriptMirror(mirror)) = ControlFrame::of(&frame) else { panic!() };
    let rows: Vec<_> = mirror.rows().collect();
    assert_eq!((&*rows[0].kind, rows[0].row_source.as_deref()), ("user", Some("local")));
    assert_eq!(rows[0].sent_at_ms, Some(5.0));
    assert_eq!(rows[0].raw.pointer("/more").unwrap().text(), "1");
    assert_eq!((rows.len(), rows[1].row_source.as_deref()), (2, None));
    assert_eq!(mirror.entries[1], RawJson::parse("7").unwrap());
}
