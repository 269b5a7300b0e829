//! Ids of the live host replace those of the recorded host, and nothing else changes.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control};

#[tokio::test(start_paused = true)]
async fn a_reply_carries_the_live_request_id_verbatim() {
    let two = r#"
        {"us":0,"in":{"type":"control_request","request_id":"req_1","request":{"subtype":"initialize"}}}
        {"us":1,"out":{"type":"control_response","response":{ "subtype":"success", "request_id" : "req_1", "response":{"pid":1,"note":"req_1"}}}}
        {"us":1,"in":{"type":"control_request","request_id":7,"request":{"subtype":"get_usage"}}}
        {"us":1,"out":{"type":"control_response","response":{"request_id":7,"subtype":"success"}}}"#;
    let mut host = Host::of(two);
    host.write(control(r"\u0061\n", r#"{"subtype":"initialize"}"#)).await;
    host.expect(&[
        r#"{"type":"control_response","response":{ "subtype":"success", "request_id" : "\u0061\n", "response":{"pid":1,"note":"req_1"}}}"#,
    ])
    .await;
    host.write(r#"{"type":"control_request","request_id":null,"request":{"subtype":"get_usage"}}"#)
        .await;
    host.expect(&[
        r#"{"type":"control_response","response":{"request_id":null,"subtype":"success"}}"#,
    ])
    .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_reused_request_id_belongs_to_the_latest_request() {
    let again = r#"
        {"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"get_usage"}}}
        {"us":1,"out":{"type":"control_response","response":{"request_id":"1","n":1}}}
        {"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"get_usage"}}}
        {"us":1,"out":{"type":"control_response","response":{"request_id":"1","n":2}}}"#;
    let mut host = Host::of(again);
    for (id, number) in [("a", 1), ("b", 2)] {
        host.write(control(id, r#"{"subtype":"get_usage"}"#)).await;
        host.expect(&[&format!(
            r#"{{"type":"control_response","response":{{"request_id":"{id}","n":{number}}}}}"#
        )])
        .await;
    }
    host.finish().await;
}

const PROMPT: &str = r#"
    {"us":0,"in":{"type":"user","uuid":"old","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"command_uuid":"\u006fld","type":"command_lifecycle","state":"started"}}
    {"us":1,"out":{"type":"user","isReplay":true,"uuid":"old","message":{"role":"user","content":"old"}}}
    {"us":1,"out":{"type":"assistant","uuid":"old","request_id":"old","message":{"content":[{"type":"text","text":"{\"user_message_uuid\":\"old\"}"}]}}}
    {"us":1,"in":{"type":"control_request","request_id":"old","request":{"subtype":"interrupt"}}}
    {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"old","response":{"still_queued":["other","old"],"cancelled":[]}}}}
    {"us":1,"out":{"user_message_uuids":["old"],"type":"result","user_message_uuid":"old","result":"old"}}"#;

#[tokio::test(start_paused = true)]
async fn the_live_uuid_of_a_prompt_is_in_every_field_for_it() {
    let mut host = Host::of(PROMPT);
    host.write(r#"{"type":"user","uuid":"brand-new","message":{"role":"user","content":"Hi"}}"#)
        .await;
    host.expect(&[
        r#"{"command_uuid":"brand-new","type":"command_lifecycle","state":"started"}"#,
        r#"{"type":"user","isReplay":true,"uuid":"brand-new","message":{"role":"user","content":"old"}}"#,
        r#"{"type":"assistant","uuid":"old","request_id":"old","message":{"content":[{"type":"text","text":"{\"user_message_uuid\":\"old\"}"}]}}"#,
    ])
    .await;
    host.write(control("r9", r#"{"subtype":"interrupt"}"#)).await;
    host.expect(&[
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"r9","response":{"still_queued":["other","brand-new"],"cancelled":[]}}}"#,
        r#"{"user_message_uuids":["brand-new"],"type":"result","user_message_uuid":"brand-new","result":"old"}"#,
    ])
    .await;
    host.finish().await;
}

/// As the CLI does: it names no prompt that has no uuid.
#[tokio::test(start_paused = true)]
async fn a_prompt_without_a_uuid_is_not_named() {
    for unnamed in ["", r#","uuid":null"#, r#","uuid":7"#] {
        let mut host = Host::of(PROMPT);
        host.write(format!(
            r#"{{"type":"user","message":{{"role":"user","content":"Hi"}}{unnamed}}}"#
        ))
        .await;
        host.expect(&[
            r#"{"type":"user","isReplay":true,"uuid":"old","message":{"role":"user","content":"old"}}"#,
            r#"{"type":"assistant","uuid":"old","request_id":"old","message":{"content":[{"type":"text","text":"{\"user_message_uuid\":\"old\"}"}]}}"#,
        ])
        .await;
        host.write(control("r9", r#"{"subtype":"interrupt"}"#)).await;
        host.expect(&[
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"r9","response":{"still_queued":["other"],"cancelled":[]}}}"#,
            r#"{"type":"result","result":"old"}"#,
        ])
        .await;
        host.finish().await;
    }
}

/// One prompt has a uuid, and the other has none.
#[tokio::test(start_paused = true)]
async fn only_the_prompt_with_a_uuid_is_named() {
    let two = r#"
        {"us":0,"in":{"type":"user","uuid":"a","message":{"role":"user","content":"0"}}}
        {"us":0,"in":{"type":"user","uuid":"b","message":{"role":"user","content":"1"}}}
        {"us":1,"out":{"type":"command_lifecycle","command_uuid":"a","state":"queued"}}
        {"us":1,"out":{"type":"command_lifecycle","command_uuid":"b","state":"queued"}}
        {"us":1,"out":{"type":"system","subtype":"init","user_message_uuids":["a","b"]}}
        {"us":1,"out":{"type":"result","user_message_uuid":"b","user_message_uuids":["a","b"]}}
        {"us":1,"out":{"type":"command_lifecycle","command_uuid":"a","state":"completed"}}
        {"us":1,"out":{"type":"command_lifecycle","command_uuid":"b","state":"completed"}}"#;
    let prompt = |uuid: Option<&str>, text: &str| {
        let uuid = uuid.map_or(String::new(), |uuid| format!(r#""uuid":"{uuid}","#));
        format!(r#"{{"type":"user",{uuid}"message":{{"role":"user","content":"{text}"}}}}"#)
    };
    let mut host = Host::of(two);
    host.write(prompt(Some("A"), "0")).await;
    host.write(prompt(None, "1")).await;
    host.expect(&[
        r#"{"type":"command_lifecycle","command_uuid":"A","state":"queued"}"#,
        r#"{"type":"system","subtype":"init","user_message_uuids":["A"]}"#,
        r#"{"type":"result","user_message_uuids":["A"]}"#,
        r#"{"type":"command_lifecycle","command_uuid":"A","state":"completed"}"#,
    ])
    .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_unrecorded_uuid_appears_nowhere() {
    let plain = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"result","subtype":"success"}}"#;
    let mut host = Host::of(plain);
    host.write(r#"{"type":"user","uuid":"new","message":{"role":"user","content":"Hi"}}"#).await;
    host.expect(&[r#"{"type":"result","subtype":"success"}"#]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_about_a_prompt_names_the_live_one() {
    let cancel = r#"
        {"us":0,"in":{"type":"user","uuid":"old","message":{"role":"user","content":"Hi"}}}
        {"us":1,"in":{"type":"control_request","request_id":"1","request":{"subtype":"cancel_async_message","message_uuid":"old"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"1","response":{"cancelled":true,"message_uuid":"old"}}}}"#;
    let mut host = Host::of(cancel);
    host.write(r#"{"type":"user","uuid":"new","message":{"role":"user","content":"Hi"}}"#).await;
    host.write(control("2", r#"{"subtype":"cancel_async_message","message_uuid":"new"}"#)).await;
    host.expect(&[r#"{"type":"control_response","response":{"subtype":"success","request_id":"2","response":{"cancelled":true,"message_uuid":"new"}}}"#])
        .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn hook_callbacks_go_to_the_live_callback_in_the_same_place() {
    let hooks = r#"
        {"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"initialize","hooks":{"Stop":[{"matcher":null,"hookCallbackIds":["h0"]}],"PreToolUse":[{"matcher":"Bash","hookCallbackIds":["h1"]}]}}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"hook_callback","callback_id":"h1","input":{"callback_id":"h1"}}}}"#;
    let mut host = Host::of(hooks);
    let live = r#"{"subtype":"initialize","hooks":{"PreToolUse":[{"matcher":"Bash","hookCallbackIds":["pre\"1"]}],"Stop":[{"hookCallbackIds":["stop"]}]}}"#;
    host.write(control("1", live)).await;
    host.expect(&[r#"{"type":"control_request","request_id":"c1","request":{"subtype":"hook_callback","callback_id":"pre\"1","input":{"callback_id":"h1"}}}"#])
        .await;
    host.finish().await;
}
