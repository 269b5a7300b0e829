//! The control envelopes in both directions, byte for byte.

use claude_wire::wire::control::remote::Surface;
use claude_wire::wire::control::{
    CliRequest, ControlFrame, ControlRequest, ControlResponse, PromptFields, control_cancel_line,
    control_error_line, control_request_line, control_success_line, prompt_line, user_line,
};
use claude_wire::wire::permission::{PermissionDestination, PermissionUpdate};
use claude_wire::wire::{Frame, PermissionMode, RawJson};

fn control(line: &str) -> ControlFrame {
    ControlFrame::of(&Frame::parse(line.to_owned()).unwrap()).unwrap()
}

fn request(line: &str) -> ControlRequest {
    match control(line) {
        ControlFrame::Request(request) => request,
        other => panic!("{other:?}"),
    }
}

fn response(line: &str) -> ControlResponse {
    match control(line) {
        ControlFrame::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_permission_request() {
    let request = request(
        r#"{"type":"control_request","request_id":"8abe","request":{"subtype":"can_use_tool","tool_name":"Bash","display_name":"Bash","input":{"command":"touch x"},"permission_suggestions":[{"type":"setMode","mode":"acceptEdits","destination":"session"}],"blocked_path":"/w/x","tool_use_id":"toolu_1"}}"#,
    );
    let CliRequest::CanUseTool(ask) = &request.body else { panic!() };
    assert_eq!((ask.tool_name.as_str(), &*ask.input.text()), ("Bash", r#"{"command":"touch x"}"#));
    assert_eq!(
        (ask.tool_use_id.as_deref(), ask.blocked_path.as_deref()),
        (Some("toolu_1"), Some("/w/x"))
    );
    let suggestion = PermissionUpdate::SetMode {
        mode: PermissionMode::AcceptEdits,
        destination: PermissionDestination::Session,
    };
    assert_eq!(ask.permission_suggestions, [suggestion]);
    assert_eq!(ask.raw, request.request);
}

#[test]
fn the_other_requests() {
    let hook = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"hook_callback","callback_id":"hook_3","input":{"hook_event_name":"Stop"},"tool_use_id":"t"}}"#,
    );
    let CliRequest::HookCallback(hook) = hook.body else { panic!() };
    assert_eq!(
        (hook.callback_id.as_str(), &*hook.input.text()),
        ("hook_3", r#"{"hook_event_name":"Stop"}"#)
    );

    let mcp = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"mcp_message","server_name":"calc","message":{"jsonrpc":"2.0","id":0}}}"#,
    );
    let CliRequest::McpMessage(mcp) = mcp.body else { panic!() };
    assert_eq!(
        (mcp.server_name.as_str(), &*mcp.message.text()),
        ("calc", r#"{"jsonrpc":"2.0","id":0}"#)
    );

    let asked = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"elicitation","mcp_server_name":"s","message":"m","mode":"url","url":"https://e.invalid"}}"#,
    );
    let CliRequest::Elicitation(asked) = asked.body else { panic!() };
    assert_eq!(
        (asked.mcp_server_name.as_str(), asked.url.as_deref()),
        ("s", Some("https://e.invalid"))
    );

    let dialog = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"request_user_dialog","dialog_kind":"k","payload":[1]}}"#,
    );
    let CliRequest::UserDialog(dialog) = dialog.body else { panic!() };
    assert_eq!((dialog.dialog_kind.as_str(), &*dialog.payload.text()), ("k", "[1]"));

    let copy = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"ui_copy","surface":"mobile","client_id":"p1","plugin":"p","text":"x"}}"#,
    );
    let CliRequest::UiCopy(copy) = copy.body else { panic!() };
    assert_eq!((copy.surface, copy.text.as_str()), (Surface::Mobile, "x"));

    let future = request(
        r#"{"type":"control_request","request_id":"c","request":{"subtype":"ui_dance","text":"x"}}"#,
    );
    assert_eq!((future.subtype.as_str(), future.body), ("ui_dance", CliRequest::Unknown));
    assert_eq!(future.request.pointer("/text").unwrap().as_str().unwrap(), "x");
}

#[test]
fn an_answer() {
    let good = response(
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"mode":"plan"},"pending_permission_requests":[{"type":"control_request"}]}}"#,
    );
    assert_eq!(good.request_id.unwrap().as_str().unwrap(), "r1");
    assert_eq!(good.result.unwrap().unwrap().text(), r#"{"mode":"plan"}"#);
    assert_eq!(good.pending_permission_requests.len(), 1);

    let bare =
        response(r#"{"type":"control_response","response":{"subtype":"success","request_id":7}}"#);
    assert_eq!(bare.request_id.unwrap().text(), "7");
    assert_eq!(bare.result.unwrap(), None);

    let bad = response(
        r#"{"type":"control_response","response":{"subtype":"error","request_id":"r2","error":"no","error_code":"unsupported_request"}}"#,
    );
    let failure = bad.result.unwrap_err();
    assert_eq!(
        (failure.error.as_str(), failure.error_code.as_deref()),
        ("no", Some("unsupported_request"))
    );
}

#[test]
fn the_small_frames() {
    let ControlFrame::Cancel(cancel) =
        control(r#"{"type":"control_cancel_request","request_id":"c1"}"#)
    else {
        panic!()
    };
    assert_eq!(cancel.request_id.unwrap().as_str().unwrap(), "c1");
    let ControlFrame::KeepAlive(alive) = control(r#"{"type":"keep_alive","startup_mark":"init"}"#)
    else {
        panic!()
    };
    assert_eq!(alive.startup_mark.as_deref(), Some("init"));
    let ControlFrame::TranscriptMirror(mirror) =
        control(r#"{"type":"transcript_mirror","filePath":"/h/x.jsonl","entries":[{"a":1}]}"#)
    else {
        panic!()
    };
    assert_eq!(
        (mirror.file_path.as_str(), &*mirror.entries[0].text()),
        ("/h/x.jsonl", r#"{"a":1}"#)
    );
    assert!(ControlFrame::of(&Frame::parse(r#"{"type":"assistant"}"#).unwrap()).is_none());
}

#[test]
fn the_lines_of_a_host() {
    let blocks = RawJson::parse(r#"[{"type":"text","text":"a"},{"type":"image"}]"#).unwrap();
    assert_eq!(
        user_line("p\"1", &blocks),
        concat!(
            r#"{"type":"user","message":{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"}]},"#,
            r#""parent_tool_use_id":null,"session_id":"","uuid":"p\"1"}"#
        )
    );
    let mut verbatim = PromptFields::default();
    verbatim.client_composed = true;
    let line = prompt_line("p1", &RawJson::parse(r#""@/etc/passwd""#).unwrap(), &verbatim);
    assert!(line.ends_with(br#","uuid":"p1","client_composed":true}"#), "{line:?}");
    let interrupt = RawJson::parse(r#"{"subtype":"interrupt"}"#).unwrap();
    assert_eq!(
        control_request_line("r\"1", &interrupt),
        r#"{"type":"control_request","request_id":"r\"1","request":{"subtype":"interrupt"}}"#
    );
    assert_eq!(control_cancel_line("r1"), r#"{"type":"control_cancel_request","request_id":"r1"}"#);
}

#[test]
fn an_answer_echoes_the_id_verbatim() {
    let string = RawJson::parse(r#""c\u0031""#).unwrap();
    let number = RawJson::parse("7").unwrap();
    let body = RawJson::parse(r#"{"behavior":"allow"}"#).unwrap();
    assert_eq!(
        control_success_line(&string, &body),
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"c\u0031","response":{"behavior":"allow"}}}"#
    );
    assert_eq!(
        control_error_line(&number, "no\nway", Some("unsupported_request")),
        r#"{"type":"control_response","response":{"subtype":"error","request_id":7,"error":"no\nway","error_code":"unsupported_request"}}"#
    );
}
