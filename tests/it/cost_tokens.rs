//! Tokens counted while a turn runs: each message of the model once.

use claude_wire::session::TokenTally;
use claude_wire::wire::{Frame, Message};

/// Input, output, cache reads and cache writes after these lines.
fn tally(lines: &[&str]) -> [u64; 4] {
    let mut tally = TokenTally::default();
    for line in lines {
        tally.add(&Message::new(Frame::parse(line.to_string()).unwrap()));
    }
    let total = tally.total();
    [total.input, total.output, total.cache_read, total.cache_creation]
}

const ONE: &str = r#"{"type":"assistant","message":{"id":"m1","content":[],"usage":{"input_tokens":100,"output_tokens":1,"cache_read_input_tokens":7}}}"#;

#[test]
fn lines_of_one_message_count_once() {
    assert_eq!(tally(&[ONE, ONE, ONE]), [100, 1, 7, 0]);
}

#[test]
fn the_last_count_of_a_message_wins() {
    let later = r#"{"type":"assistant","message":{"id":"m1","content":[],"usage":{"input_tokens":100,"output_tokens":30,"cache_read_input_tokens":7}}}"#;
    assert_eq!(tally(&[ONE, later]), [100, 30, 7, 0]);
}

#[test]
fn the_end_of_a_stream_updates_only_the_output() {
    let start = r#"{"type":"stream_event","api_message_id":"m1","event":{"type":"message_start","message":{"id":"m1","content":[],"usage":{"input_tokens":100,"output_tokens":1,"cache_creation_input_tokens":9}}}}"#;
    let delta = r#"{"type":"stream_event","api_message_id":"m1","event":{"type":"message_delta","delta":{},"usage":{"output_tokens":20}}}"#;
    assert_eq!(tally(&[start, ONE, ONE, delta]), [100, 20, 7, 9]);
    let forged = r#"{"type":"stream_event","api_message_id":"m1","event":{"type":"message_delta","delta":{"stop_reason":null},"usage":null}}"#;
    assert_eq!(
        tally(&[start, delta, forged]),
        [100, 20, 0, 9],
        "as the CLI writes it for an interrupted stream"
    );
}

#[test]
fn messages_add_up_including_sub_agents() {
    let other = r#"{"type":"assistant","parent_tool_use_id":"t","message":{"id":"m2","content":[],"usage":{"input_tokens":5,"output_tokens":6}}}"#;
    assert_eq!(tally(&[ONE, other, ONE]), [105, 7, 7, 0]);
}

#[test]
fn lines_without_message_or_usage_count_nothing() {
    let lines = [
        r#"{"type":"assistant","message":{"content":[],"usage":{"input_tokens":5}}}"#,
        r#"{"type":"assistant","message":{"id":"m","content":[]}}"#,
        r#"{"type":"result","usage":{"input_tokens":5}}"#,
        r#"{"type":"user","message":{"id":"m","content":"hello","usage":{"input_tokens":5}}}"#,
    ];
    assert_eq!(tally(&lines), [0; 4]);
}
