//! A host that diverges from the recording gets a report at once: what was expected, and where the
//! difference is.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, INIT, RESULT, control, user};

const TWO_TURNS: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"Say hello"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"in":{"type":"user","message":{"role":"user","content":"And again"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

const MODEL_THEN_PROMPT: &str = r#"
    {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"set_model","model":"opus"}}}
    {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
    {"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

const PERMISSION: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"ls"}}}
    {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"}}}}
    {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"behavior":"allow","updatedInput":{"command":"ls"}}}}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

fn answer(id: &str, response: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{response}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn the_recorded_prompts_produce_the_recorded_turns() {
    let mut host = Host::of(TWO_TURNS);
    for text in ["Say hello", "And again"] {
        host.write(user(text)).await;
        host.expect(&[INIT, RESULT]).await;
    }
    let end = host.finish().await;
    assert_eq!((end.out.as_str(), end.err.as_str()), ("", ""));
    assert_eq!(
        end.report.to_string(),
        "replay: played=5 matched=3 divergences=0 left=0 cli=2.1.329"
    );
}

#[tokio::test(start_paused = true)]
async fn a_different_prompt_is_rejected_with_the_difference() {
    let mut host = Host::of(TWO_TURNS);
    host.write(user("Say goodbye")).await;
    let end = host.end().await;
    let text = end.divergence();
    assert_eq!(
        text,
        r#"replay: input differs from the recording
  arrived: prompt "Say goodbye"
  expected: prompt "Say hello" (event 1)
  differs at prompt.message.content[0].text: expected "Say hello", actual "Say goodbye"
  left: 2 prompts, 4 lines of the CLI
  left: prompt "Say hello" (event 1)
  left: prompt "And again" (event 4)
  hint: make your program write what was recorded, or record again
  to record again: CLAUDE_WIRE_RECORD=rewrite in a test with `Recorded`, CLAUDE_WIRE_RECORD_TO=FILE with mock-claude
  field by field: no last-failure.json was written, because there is no run folder (CLAUDE_WIRE_RUN) for `claude-wire why`
replay: played=0 matched=0 divergences=1 left=6 cli=2.1.329"#
    );
    assert!(end.report.divergences()[0].is_mismatch());
    assert_eq!(end.out, "");
    let all = format!("{:#}", end.report);
    assert!(
        all.contains("left: stdout {\"type\":\"system\",\"subtype\":\"init\"} (event 5)"),
        "{all}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_prompt_past_the_end_is_rejected() {
    let mut host = Host::of(TWO_TURNS);
    for text in ["Say hello", "And again", "Once more"] {
        host.write(user(text)).await;
    }
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_extra());
    assert!(
        end.divergence().contains("does not have\n  arrived: prompt \"Once more\"\n"),
        "{}",
        end.report
    );
    assert_eq!(
        end.out.lines().collect::<Vec<_>>(),
        [INIT, RESULT, INIT, RESULT],
        "earlier output is not lost"
    );
}

#[tokio::test(start_paused = true)]
async fn an_early_end_of_input_plays_the_open_turn_and_is_rejected() {
    let mut host = Host::of(TWO_TURNS);
    host.write(user("Say hello")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.out.lines().collect::<Vec<_>>(), [INIT, RESULT]);
    assert!(end.report.divergences()[0].is_early_end());
    assert!(
        end.divergence()
            .contains("arrived: end of input\n  expected: prompt \"And again\" (event 4)"),
        "{}",
        end.report
    );
}

#[tokio::test(start_paused = true)]
async fn an_end_of_input_within_a_turn_lets_the_turn_finish() {
    let mut host = Host::of(TWO_TURNS);
    host.write(user("Say hello")).await;
    host.write(user("And again")).await;
    let end = host.finish().await;
    assert_eq!(end.out.lines().collect::<Vec<_>>(), [INIT, RESULT, INIT, RESULT]);
}

#[tokio::test(start_paused = true)]
async fn a_control_request_is_compared_by_its_meaning() {
    let mut host = Host::of(MODEL_THEN_PROMPT);
    host.write(r#"{"request":{"model":"opus","extra":null,"subtype":"set_model"},"request_id":"mine","type":"control_request"}"#).await;
    host.expect(&[
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"mine"}}"#,
    ])
    .await;
    host.write(user("Hi")).await;
    host.expect(&[RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_different_control_request_is_rejected() {
    let mut host = Host::of(MODEL_THEN_PROMPT);
    host.write(control("x", r#"{"subtype":"set_model","model":"haiku"}"#)).await;
    let text = host.end().await.divergence();
    assert!(text.contains(r#"arrived: control_request set_model {"model":"haiku"}"#), "{text}");
    assert!(
        text.contains(r#"differs at request.model: expected "opus", actual "haiku""#),
        "{text}"
    );

    let mut host = Host::of(MODEL_THEN_PROMPT);
    host.write(control("x", r#"{"subtype":"get_usage"}"#)).await;
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_extra(), "{}", end.report);
}

#[tokio::test(start_paused = true)]
async fn requests_that_change_something_stay_between_their_turns() {
    let mut host = Host::of(MODEL_THEN_PROMPT);
    host.write(user("Hi")).await;
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_out_of_turn());
    assert!(
        end.divergence().contains("arrived: prompt \"Hi\"\n  expected: control_request set_model"),
        "{}",
        end.report
    );

    let prompt_then_model = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"set_model","model":"opus"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}"#;
    let mut host = Host::of(prompt_then_model);
    host.write(control("x", r#"{"subtype":"set_model","model":"opus"}"#)).await;
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_out_of_turn());
    assert!(end.divergence().contains("expected: prompt \"Hi\" (event 1)"), "{}", end.report);
}

#[tokio::test(start_paused = true)]
async fn within_a_turn_requests_of_several_kinds_come_in_any_order() {
    let two = r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"set_model","model":"opus"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"in":{"type":"control_request","request_id":"r2","request":{"subtype":"set_permission_mode","mode":"plan"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r2"}}}"#;
    let mut host = Host::of(two);
    for (id, request) in [
        ("b", r#"{"subtype":"set_permission_mode","mode":"plan"}"#),
        ("a", r#"{"subtype":"set_model","model":"opus"}"#),
    ] {
        host.write(control(id, request)).await;
        assert!(host.line().await.unwrap().contains(&format!(r#""request_id":"{id}""#)));
    }
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn answers_are_matched_by_request_and_decision() {
    let mut host = Host::of(PERMISSION);
    host.write(user("ls")).await;
    assert!(host.line().await.unwrap().contains("can_use_tool"));
    host.expect_silence().await;
    host.write(answer("c1", r#"{"behavior":"allow","toolUseID":"t"}"#)).await;
    host.expect(&[RESULT]).await;
    host.finish().await;

    let mut host = Host::of(PERMISSION);
    host.write(user("ls")).await;
    host.line().await;
    host.write(answer("c1", r#"{"behavior":"deny","message":"no"}"#)).await;
    let text = host.end().await.divergence();
    assert!(
        text.contains(r#"differs at response.response.behavior: expected "allow", actual "deny""#),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_request_is_rejected() {
    let mut host = Host::of(PERMISSION);
    host.write(user("ls")).await;
    host.line().await;
    host.write(answer("c2", r#"{"behavior":"allow"}"#)).await;
    assert!(host.end().await.divergence().contains("arrived: answer to an unknown request \"c2\""));

    let mut host = Host::of(PERMISSION);
    host.write(answer("c1", r#"{"behavior":"allow"}"#)).await;
    let end = host.end().await;
    assert!(
        end.report.divergences()[0].is_out_of_turn(),
        "an answer before the request: {}",
        end.report
    );
}

#[tokio::test(start_paused = true)]
async fn requests_never_sent_are_reported_as_left() {
    let asked = r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"get_usage"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"eof":"in"}
        {"us":1,"exit":{"code":0}}"#;
    let mut host = Host::of(asked);
    host.eof();
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_leftover());
    assert_eq!(end.report.left().len(), 2, "{}", end.report);
    assert!(
        end.divergence().contains(
            "left: 1 request, 1 line of the CLI\n  left: control_request get_usage {} (event 1)\n  hint"
        ),
        "{}",
        end.report
    );
}

#[tokio::test(start_paused = true)]
async fn broken_lines_are_matched_by_their_bytes() {
    let broken = r#"
        {"us":0,"in":"this is not json","as":"text"}
        {"us":1,"err":"Error parsing streaming input line"}
        {"us":1,"exit":{"code":1}}"#;
    let mut host = Host::of(broken);
    host.write("this is not json").await;
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!(
        (end.exit.code, end.err.as_str()),
        (Some(1), "Error parsing streaming input line\n")
    );

    let mut host = Host::of(broken);
    host.write("this is not json either").await;
    let text = host.end().await.divergence();
    assert!(
        text.contains(
            r#"differs at line: expected "this is not json", actual "this is not json either""#
        ),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn lines_that_the_cli_ignores_are_not_a_difference() {
    let mut host = Host::of(TWO_TURNS);
    for line in ["", "   ", "\t", r#"{"type":"keep_alive"}"#] {
        host.write(line).await;
    }
    host.write(user("Say hello")).await;
    host.expect(&[INIT, RESULT]).await;
    host.write(format!("{}\r", user("And again"))).await;
    host.expect(&[INIT, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_last_prompt_without_a_newline_counts_at_the_end_of_input() {
    let one = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}},"eol":""}
        {"us":1,"eof":"in"}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let mut host = Host::of(one);
    host.write_bytes(user("Hi").as_bytes()).await;
    assert_eq!(host.finish().await.out, format!("{RESULT}\n"));
}
