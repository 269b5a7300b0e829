//! What the SDK writes can be read back unchanged, whatever it contains: any text, any JSON value
//! in any spelling, any id.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use crate::support::ask::{answers, ask};
use bytes::{Bytes, BytesMut};
use claude_wire::wire::control::{
    CliRequest, ControlFrame, PromptFields, control_cancel_line, control_error_line,
    control_request_line, control_success_line, prompt_line, user_line,
};
use claude_wire::wire::hook::tool::PreToolUseOutput;
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::wire::permission::{
    PermissionBehavior, PermissionDestination, PermissionRule, PermissionUpdate,
};
use claude_wire::wire::{
    Frame, FrameKind, Item, LineCodec, Outcome, PermissionMode, RawJson, classify,
};
use claude_wire::{Decision, Session};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::codec::Decoder;

/// Any JSON value whose numbers have only one spelling.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object_of(inner)]
    })
}

fn object() -> impl Strategy<Value = Value> {
    object_of(value())
}

fn object_of(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec((text(), value), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// Text that must not break a line, and any other text.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\n\\r\\t\"\\\\\u{0}\u{7f}\u{2028}\u{feff}a{}\\[\\]:,]{0,8}"]
}

/// A value in a possible spelling: on one line or on several.
fn spelt(value: impl Strategy<Value = Value>) -> impl Strategy<Value = (Value, RawJson)> {
    (value, any::<bool>()).prop_map(|(value, pretty)| {
        let text =
            if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        (value, RawJson::parse(text).unwrap())
    })
}

/// Parses the line as the receiver does: one line, one frame.
fn read(line: &Bytes) -> Frame {
    let mut buffer = BytesMut::from(&[line, &b"\n"[..]].concat()[..]);
    let mut codec = LineCodec::new();
    let Some(Item::Line(item)) = codec.decode(&mut buffer).unwrap() else {
        panic!("no line: {line:?}")
    };
    assert!(buffer.is_empty() && item.bytes() == line, "not one line: {line:?}");
    match classify(Item::Line(item)) {
        Outcome::Message(frame) | Outcome::Control(frame) => frame,
        other => panic!("{other:?}"),
    }
}

fn json_of(raw: &RawJson) -> Value {
    raw.to_value().unwrap()
}

fn update() -> impl Strategy<Value = PermissionUpdate> {
    let rule = (text(), option::of(text())).prop_map(|(tool, content)| match content {
        Some(content) => PermissionRule::content(tool, content),
        None => PermissionRule::tool(tool),
    });
    let behavior = text().prop_map(|text| PermissionBehavior::from(text.as_str()));
    let behavior =
        prop_oneof![Just(PermissionBehavior::Allow), Just(PermissionBehavior::Deny), behavior];
    let destination = text().prop_map(|text| PermissionDestination::from(text.as_str()));
    let destination = prop_oneof![
        Just(PermissionDestination::Session),
        Just(PermissionDestination::LocalSettings),
        destination
    ];
    let rules = (0..3, vec(rule, 0..3), behavior, destination.clone()).prop_map(
        |(kind, rules, behavior, destination)| match kind {
            0 => PermissionUpdate::AddRules { rules, behavior, destination },
            1 => PermissionUpdate::ReplaceRules { rules, behavior, destination },
            _ => PermissionUpdate::RemoveRules { rules, behavior, destination },
        },
    );
    let mode = (text(), destination.clone()).prop_map(|(mode, destination)| {
        PermissionUpdate::SetMode { mode: PermissionMode::from(mode.as_str()), destination }
    });
    let directories = (any::<bool>(), vec(text(), 0..3), destination).prop_map(
        |(add, directories, destination)| match add {
            true => PermissionUpdate::AddDirectories { directories, destination },
            false => PermissionUpdate::RemoveDirectories { directories, destination },
        },
    );
    prop_oneof![rules, mode, directories]
}

proptest! {
    #[test]
    fn a_prompt(uuid in text(), (content, spelt) in spelt(value())) {
        let mut verbatim = PromptFields::default();
        verbatim.client_composed = true;
        let verbatim = prompt_line(&uuid, &spelt, &verbatim);
        for (line, composed) in [(user_line(&uuid, &spelt), Value::Null), (verbatim, json!(true))] {
            let frame = read(&line);
            prop_assert_eq!(frame.kind(), FrameKind::User);
            prop_assert_eq!(frame.uuid().map(String::from), Some(uuid.clone()));
            let read: Value = serde_json::from_slice(frame.bytes()).unwrap();
            prop_assert_eq!(&read["message"], &json!({"role": "user", "content": content}));
            prop_assert_eq!(&read["client_composed"], &composed);
        }
    }

    #[test]
    fn a_request_and_its_end(id in text(), (body, spelt) in spelt(object())) {
        let Some(ControlFrame::Request(request)) = ControlFrame::of(&read(&control_request_line(&id, &spelt))) else { panic!("no request") };
        prop_assert_eq!(request.request_id.as_ref().map(json_of), Some(json!(id)));
        prop_assert_eq!(json_of(&request.request), body);
        let Some(ControlFrame::Cancel(cancel)) = ControlFrame::of(&read(&control_cancel_line(&id))) else { panic!("no end") };
        prop_assert_eq!(cancel.request_id.as_ref().map(json_of), Some(json!(id)));
    }

    /// The id comes from the other side and is echoed verbatim; an id that is `null` counts as
    /// none.
    #[test]
    fn an_answer(
        (id, spelt_id) in spelt(value().prop_filter("an id", |id| !id.is_null())),
        (answer, spelt) in spelt(value()),
        error in text(),
        code in option::of(text()),
    ) {
        let Some(ControlFrame::Response(good)) = ControlFrame::of(&read(&control_success_line(&spelt_id, &spelt))) else { panic!("no answer") };
        prop_assert_eq!(good.request_id.as_ref().map(json_of), Some(id.clone()));
        prop_assert_eq!(good.result.unwrap().as_ref().map_or(Value::Null, json_of), answer);
        let Some(ControlFrame::Response(bad)) = ControlFrame::of(&read(&control_error_line(&spelt_id, &error, code.as_deref()))) else {
            panic!("no answer")
        };
        prop_assert_eq!(bad.request_id.as_ref().map(json_of), Some(id));
        let failure = bad.result.unwrap_err();
        prop_assert_eq!((failure.error, failure.error_code), (error, code));
    }

    /// What the CLI may suggest, a host may send.
    #[test]
    fn a_change_of_the_rules(updates in vec(update(), 0..4)) {
        let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "permission_suggestions": serde_json::to_value(&updates).unwrap()});
        let CliRequest::CanUseTool(asked) = CliRequest::of(&request.into()) else { panic!("no question") };
        prop_assert_eq!(asked.permission_suggestions, updates);
    }

    #[test]
    fn the_answer_of_a_hook(why in text(), warning in text(), (input, spelt) in spelt(object())) {
        let output = PreToolUseOutput::default().permission_decision_reason(why.clone()).updated_input(spelt);
        let output = HookOutput::<PreToolUse>::with(output).system_message(warning.clone());
        let line = control_success_line(&json!("h").into(), &RawJson::from_serialize(&output).unwrap());
        let Some(ControlFrame::Response(response)) = ControlFrame::of(&read(&line)) else { panic!("no answer") };
        let specific = json!({"hookEventName": "PreToolUse", "permissionDecisionReason": why, "updatedInput": input});
        prop_assert_eq!(response.result.unwrap().as_ref().map(json_of), Some(json!({"systemMessage": warning, "hookSpecificOutput": specific})));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Excludes updates that the CLI would not accept; `permission_decisions` tests those.
    #[test]
    fn a_decision(
        (input, spelt) in spelt(object()),
        updates in vec(update().prop_filter("the CLI takes it", |update| update.fault().is_none()), 0..3),
        message in text(),
        interrupt: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let asked = ask("p", r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"},"tool_use_id":"t"}"#);
        let decided = |decision: Decision| -> Value {
            let builder = Session::builder().on_permission(move |_| std::future::ready(decision.clone()));
            let line = runtime.block_on(answers(builder, std::slice::from_ref(&asked))).concat();
            let Some(ControlFrame::Response(response)) = ControlFrame::of(&read(&Bytes::from(line))) else { panic!("no answer") };
            json_of(&response.result.unwrap().unwrap())
        };
        let mut allowed = json!({"behavior": "allow", "updatedInput": input, "toolUseID": "t"});
        if !updates.is_empty() {
            allowed["updatedPermissions"] = serde_json::to_value(&updates).unwrap();
        }
        prop_assert_eq!(decided(Decision::Allow { input: Some(spelt), updates, classification: None }), allowed);
        let mut denied = json!({"behavior": "deny", "message": message, "toolUseID": "t"});
        if interrupt {
            denied["interrupt"] = json!(true);
        }
        prop_assert_eq!(decided(Decision::Deny { message, interrupt, classification: None }), denied);
    }
}
