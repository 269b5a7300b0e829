//! What an output waits for, and what it does not wait for.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, INIT, RESULT, control, recording, user};
use claude_wire::player::{Script, Signal};
use claude_wire::transport::Exit;

const USAGE: &str = r#"{"subtype":"get_usage"}"#;
const INTERRUPT: &str = r#"{"subtype":"interrupt"}"#;

/// A turn in which the host requests the usage.
const ASKS_IN_MID_TURN: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"get_usage"}}}
    {"us":1,"out":{"type":"assistant","n":1}}
    {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

const ONE: &str = r#"{"type":"assistant","n":1}"#;
const TWO: &str = r#"{"type":"assistant","n":2}"#;
const R1: &str =
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}"#;

#[tokio::test(start_paused = true)]
async fn a_reading_request_may_come_early() {
    let mut host = Host::of(ASKS_IN_MID_TURN);
    host.write(control("r1", USAGE)).await;
    host.expect(&[R1]).await;
    host.expect_silence().await;
    host.write(user("Hi")).await;
    host.expect(&[INIT, ONE, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_reading_request_may_come_late() {
    let mut host = Host::of(ASKS_IN_MID_TURN);
    host.write(user("Hi")).await;
    host.expect(&[INIT, ONE, RESULT]).await;
    host.write(control("r1", USAGE)).await;
    host.expect(&[R1]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_kind_are_answered_first_in_first_out() {
    let two = r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"get_usage"}}}
        {"us":0,"in":{"type":"control_request","request_id":"r2","request":{"subtype":"get_usage"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r2","response":{"n":2}}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"n":1}}}}"#;
    let mut host = Host::of(two);
    host.write(control("a", USAGE)).await;
    host.expect(&[r#"{"type":"control_response","response":{"subtype":"success","request_id":"a","response":{"n":1}}}"#]).await;
    host.write(control("b", USAGE)).await;
    host.expect(&[r#"{"type":"control_response","response":{"subtype":"success","request_id":"b","response":{"n":2}}}"#]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn output_caused_by_an_interrupt_waits_for_it() {
    let interrupted = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"assistant","n":1}}
        {"us":1,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"interrupt"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"out":{"type":"assistant","n":2}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let mut host = Host::of(interrupted);
    host.write(user("Hi")).await;
    host.expect(&[ONE]).await;
    host.expect_silence().await;
    host.write(control("r1", INTERRUPT)).await;
    host.expect(&[R1, TWO, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn parallel_requests_of_the_cli_are_answered_in_any_order() {
    let hooks = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"hook_callback","callback_id":"h"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c2","request":{"subtype":"hook_callback","callback_id":"h"}}}
        {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{}}}}
        {"us":1,"out":{"type":"assistant","n":1}}
        {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c2","response":{}}}}
        {"us":1,"out":{"type":"assistant","n":2}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let answer = |id: &str| {
        format!(
            r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}"}}}}"#
        )
    };
    let mut host = Host::of(hooks);
    host.write(user("Hi")).await;
    host.line().await;
    host.line().await;
    host.write(answer("c2")).await;
    host.expect_silence().await;
    host.write(answer("c1")).await;
    host.expect(&[ONE, TWO, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_request_blocks_nothing() {
    let ignored = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool"}}}
        {"us":1,"out":{"type":"control_cancel_request","request_id":"c1"}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let mut host = Host::of(ignored);
    host.write(user("Hi")).await;
    host.line().await;
    host.line().await;
    host.expect(&[RESULT]).await;
    // A host that answers anyway does not diverge: the CLI would ignore the answer.
    host.write(r#"{"type":"control_response","response":{"subtype":"success","request_id":"c1"}}"#)
        .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn output_does_not_wait_for_an_answer_after_the_cancel() {
    let late = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool"}}}
        {"us":1,"out":{"type":"control_cancel_request","request_id":"c1"}}
        {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"behavior":"allow"}}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let mut host = Host::of(late);
    host.write(user("Hi")).await;
    host.line().await;
    host.line().await;
    host.expect(&[RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn initialize_waits_for_the_servers_it_asks_for() {
    let servers = r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize","sdkMcpServers":["calc"]}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"mcp_message","message":{"method":"initialize"}}}}
        {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"mcp_response":{}}}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}"#;
    let mut host = Host::of(servers);
    host.write(control("r1", r#"{"subtype":"initialize","hooks":{},"sdkMcpServers":["calc"]}"#))
        .await;
    assert!(host.line().await.unwrap().contains("mcp_message"));
    host.expect_silence().await;
    host.write(r#"{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"mcp_response":{"id":3}}}}"#)
        .await;
    host.expect(&[R1]).await;
    host.finish().await;
}

/// The second prompt was written during the first turn.
const QUEUED: &str = r#"
    {"us":0,"in":{"type":"user","uuid":"a","message":{"role":"user","content":"one"}}}
    {"us":1,"out":{"type":"system","subtype":"init","user_message_uuids":["a"]}}
    {"us":1,"in":{"type":"user","uuid":"b","message":{"role":"user","content":"two"}}}
    {"us":1,"out":{"type":"command_lifecycle","command_uuid":"b","state":"queued"}}
    {"us":1,"out":{"type":"result","user_message_uuid":"a"}}
    {"us":1,"out":{"type":"command_lifecycle","command_uuid":"b","state":"started"}}
    {"us":1,"out":{"type":"system","subtype":"init","user_message_uuids":["b"]}}
    {"us":1,"out":{"type":"result","user_message_uuid":"b"}}"#;

fn with_uuid(uuid: &str, text: &str) -> String {
    format!(r#"{{"type":"user","uuid":"{uuid}","message":{{"role":"user","content":"{text}"}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_queued_prompt_delays_only_its_own_turn() {
    let mut host = Host::of(QUEUED);
    host.write(with_uuid("a", "one")).await;
    host.expect(&[
        r#"{"type":"system","subtype":"init","user_message_uuids":["a"]}"#,
        r#"{"type":"result","user_message_uuid":"a"}"#,
    ])
    .await;
    host.expect_silence().await;
    host.write(with_uuid("b", "two")).await;
    host.expect(&[
        r#"{"type":"command_lifecycle","command_uuid":"b","state":"queued"}"#,
        r#"{"type":"command_lifecycle","command_uuid":"b","state":"started"}"#,
        r#"{"type":"system","subtype":"init","user_message_uuids":["b"]}"#,
        r#"{"type":"result","user_message_uuid":"b"}"#,
    ])
    .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn prompts_without_uuids_open_turns_in_order() {
    let merged = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"0"}}}
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"1"}}}
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"2"}}}
        {"us":1,"out":{"type":"system","subtype":"init"}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"out":{"type":"system","subtype":"init"}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    let mut host = Host::of(merged);
    host.write(user("0")).await;
    host.expect(&[INIT, RESULT]).await;
    host.expect_silence().await;
    host.write(user("1")).await;
    host.expect_silence().await;
    host.write(user("2")).await;
    host.expect(&[INIT, RESULT]).await;
    host.finish().await;
}

/// Wherever the recorded host ended its input, a host that ends it later gets the same lines.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_gates_only_the_exit() {
    let lines = [
        r#"{"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}"#,
        r#"{"us":1,"out":{"type":"system","subtype":"init"}}"#,
        r#"{"us":1,"out":{"type":"assistant","n":1}}"#,
        r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#,
        r#"{"us":1,"err":"a warning"}"#,
        r#"{"us":1,"out":{"type":"assistant","n":2}}"#,
    ];
    let ends = [
        r#"{"us":1,"exit":{"code":3}}"#,
        "{\"us\":1,\"eof\":\"out\"}\n{\"us\":1,\"eof\":\"err\"}\n{\"us\":1,\"exit\":{\"code\":3}}",
    ];
    for end in ends {
        for place in 1..=lines.len() {
            let mut events = lines.to_vec();
            events.insert(place, r#"{"us":1,"eof":"in"}"#);
            events.push(end);
            let events = events.join("\n");
            for early in [false, true] {
                let mut host = Host::of(&events);
                host.write(user("Hi")).await;
                if early {
                    host.eof();
                }
                host.expect(&[INIT, ONE, RESULT, TWO]).await;
                if !early {
                    host.expect_silence().await;
                    host.eof();
                }
                let end = host.end().await;
                assert_eq!(
                    (end.out.as_str(), end.err.as_str(), end.exit),
                    ("", "a warning\n", Exit::from_code(3)),
                    "{events}"
                );
                assert!(end.report.is_clean());
            }
        }
    }
}

/// The end of input is the answer to it.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_open_at_the_end_of_input_stays_open_until_then() {
    let open = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool"}}}
        {"us":1,"eof":"in"}
        {"us":1,"out":{"type":"assistant","n":1}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"exit":{"code":0}}"#;
    let mut host = Host::of(open);
    host.write(user("Hi")).await;
    assert!(host.line().await.unwrap().contains("can_use_tool"));
    host.expect_silence().await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.out, format!("{ONE}\n{RESULT}\n"));
    assert!(end.report.is_clean());
}

const TERMINATED: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"signal":"SIGTERM"}
    {"us":1,"err":"terminating"}
    {"us":1,"exit":{"code":143}}"#;

#[tokio::test(start_paused = true)]
async fn a_recorded_signal_causes_the_recorded_end() {
    let mut host = Host::of(TERMINATED);
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    host.signal(Signal::Terminate).await;
    let end = host.end().await;
    assert_eq!((end.exit, end.err.as_str()), (Exit::from_code(143), "terminating\n"));
    assert!(end.report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn an_unrecorded_signal_ends_the_player_like_the_cli() {
    for (signal, code) in [(Signal::Terminate, 143), (Signal::Hangup, 129), (Signal::Interrupt, 0)]
    {
        let mut host = Host::of(ASKS_IN_MID_TURN);
        host.write(user("Hi")).await;
        host.expect(&[INIT, ONE, RESULT]).await;
        host.signal(signal).await;
        let end = host.end().await;
        assert_eq!((end.exit, end.out.as_str(), end.err.as_str()), (Exit::from_code(code), "", ""));
        assert_eq!(end.report.left().len(), 2, "the usage was not asked for: {}", end.report);
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_only_a_process_can_receive_is_not_awaited() {
    let events = TERMINATED.replace("SIGTERM", "SIGUSR1").replace("{\"code\":143}", "{\"code\":0}");
    let mut host = Host::of(&events);
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    let end = host.end().await;
    assert_eq!((end.exit, end.err.as_str()), (Exit::from_code(0), "terminating\n"));
    assert!(end.report.is_clean(), "{}", end.report);
}

#[tokio::test(start_paused = true)]
async fn impossible_times_do_not_panic() {
    let script = Script::new(&recording(
        r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":18446744073709551615,"out":{"type":"system","subtype":"init"}}
        {"us":18446744073709551615,"err":"late"}"#,
    ));
    let mut host = Host::with(script.clone(), 64 * 1024);
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    for factor in [1.0, 0.001, f64::MIN_POSITIVE] {
        let mut host = Host::with(script.clone().speed(factor), 64 * 1024);
        host.write(user("Hi")).await;
        host.expect_silence().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_exits_by_itself_does_so_in_the_replay() {
    let dies = r#"
        {"us":5,"err":"error: unknown option '--nope'"}
        {"us":1,"exit":{"code":1}}"#;
    let end = Host::of(dies).end().await;
    assert_eq!(
        (end.exit, end.err.as_str()),
        (Exit::from_code(1), "error: unknown option '--nope'\n")
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_read_can_still_write() {
    let mut events =
        String::from(r#"{"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}"#);
    let long = "x".repeat(1_000_000);
    events += &format!("\n{{\"us\":1,\"out\":{{\"type\":\"assistant\",\"text\":\"{long}\"}}}}\n");
    for number in 0..100 {
        events += &format!(
            r#"{{"us":0,"in":{{"type":"control_request","request_id":"{number}","request":{{"subtype":"get_usage"}}}}}}"#
        );
        events.push('\n');
    }
    let mut host = Host::with(Script::new(&recording(&events)), 16);
    host.write(user("Hi")).await;
    for number in 0..100 {
        host.write(control(&number.to_string(), USAGE)).await;
    }
    assert_eq!(host.line().await.unwrap(), format!(r#"{{"type":"assistant","text":"{long}"}}"#));
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn unread_output_is_cut_two_seconds_after_a_signal() {
    let long = "x".repeat(100_000);
    let events = format!("{{\"us\":0,\"out\":{{\"type\":\"assistant\",\"text\":\"{long}\"}}}}");
    let host = Host::with(Script::new(&recording(&events)), 1000);
    let start = tokio::time::Instant::now();
    host.signal(Signal::Terminate).await;
    let (exit, out) = host.exit_unread().await;
    assert_eq!((exit, out.len()), (Exit::from_code(143), 1000));
    assert_eq!(start.elapsed(), std::time::Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_line_of_a_megabyte_crosses_both_ways() {
    let long = "é".repeat(500_000);
    let events = format!(
        "{{\"us\":0,\"in\":{{\"type\":\"user\",\"message\":{{\"role\":\"user\",\"content\":\"{long}\"}}}}}}\n\
         {{\"us\":1,\"out\":{{\"type\":\"result\",\"result\":\"{long}\"}}}}"
    );
    let mut host = Host::with(Script::new(&recording(&events)), 4096);
    host.write(user(&long)).await;
    assert_eq!(host.line().await.unwrap(), format!(r#"{{"type":"result","result":"{long}"}}"#));
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn lines_are_written_exactly_as_recorded() {
    let odd = r#"
        {"us":0,"out":{"b":1.0e0,"a":"\ud83d", "b":2}}
        {"us":0,"out":"log text","as":"text"}
        {"us":0,"out":"/v8=","as":"base64","eol":"\r\n"}
        {"us":0,"out":"{\"cut","as":"text","eol":""}
        {"us":0,"eof":"out"}
        {"us":0,"exit":{"code":0}}"#;
    let (exit, out) = Host::of(odd).exit_unread().await;
    assert_eq!(exit, Exit::from_code(0));
    assert_eq!(out, b"{\"b\":1.0e0,\"a\":\"\\ud83d\", \"b\":2}\nlog text\n\xfe\xff\r\n{\"cut");
}

/// [`Turn::steer`](claude_wire::Turn::steer) always sets the priority.
#[tokio::test(start_paused = true)]
async fn a_turn_waits_for_the_message_that_steered_it() {
    let steered = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"system","subtype":"init"}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"Stop"},"uuid":"s","priority":"next"}}
        {"us":1,"out":{"type":"command_lifecycle","command_uuid":"s","state":"queued"}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"eof":"in"}
        {"us":1,"exit":{"code":0}}"#;
    let mut host = Host::of(steered);
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    host.expect_silence().await;
    host.write(r#"{"type":"user","message":{"role":"user","content":"Stop"},"uuid":"live","priority":"next"}"#).await;
    let queued = r#"{"type":"command_lifecycle","command_uuid":"live","state":"queued"}"#;
    host.expect(&[queued, RESULT]).await;
    host.finish().await;
}
