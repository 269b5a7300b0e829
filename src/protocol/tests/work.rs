//! The idle timeout is paused during long work of the CLI.

use super::*;

fn called(message: &str, parent: &str, block: &str) -> String {
    let parent = if parent.is_empty() { "null".into() } else { format!("\"{parent}\"") };
    format!(
        r#"{{"type":"assistant","message":{{"id":"{message}","content":[{block}]}},"parent_tool_use_id":{parent}}}"#
    )
}

fn tool(kind: &str, id: &str) -> String {
    format!(r#"{{"type":"{kind}","id":"{id}","name":"T","input":{{}}}}"#)
}

fn returned(id: &str) -> String {
    format!(
        r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"{id}","content":"x"}}]}},"parent_tool_use_id":null}}"#
    )
}

fn status(status: &str) -> String {
    format!(r#"{{"type":"system","subtype":"status","status":{status}}}"#)
}

const BOUNDARY: &str = r#"{"type":"system","subtype":"compact_boundary","compact_metadata":{}}"#;

/// Each line, and whether silence counts after it.
fn counts_after(lines: &[(String, bool)]) {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.line(&init(1));
    for (line, counts) in lines {
        rig.line(line);
        assert_eq!(rig.due(), counts.then_some(10), "after {line}");
        assert!(rig.tick_after(9).is_empty());
        if !counts {
            assert!(rig.tick_after(1000).is_empty(), "in the silence after {line}");
        }
    }
    rig.line(&result(1));
}

/// A line of an old dialect: a `result` with the output of a tool, which ends no turn.
#[test]
fn a_result_of_one_tool_leaves_the_others_under_way() {
    let output = |id: &str| format!(r#"{{"type":"result","tool_use_id":"{id}","content":"42"}}"#);
    let two = format!("{},{}", tool("tool_use", "a"), tool("tool_use", "b"));
    for (first, second) in [("a", "b"), ("b", "a")] {
        counts_after(&[
            (called("m", "", &two), false),
            (output("unknown"), false),
            (output(first), false),
            (output(first), false),
            (output(second), true),
        ]);
        counts_after(&[
            (called("m", "", &two), false),
            (output(first), false),
            (returned(second), true),
        ]);
    }
}

#[test]
fn a_tool_may_be_silent_until_its_result() {
    for kind in ["tool_use", "server_tool_use", "mcp_tool_use"] {
        counts_after(&[
            (called("m", "", &tool(kind, "a")), false),
            (called("m", "", &tool(kind, "b")), false),
            (returned("a"), false),
            (returned("b"), true),
        ]);
    }
    let server_result = r#"{"type":"web_search_tool_result","tool_use_id":"s","content":[]}"#;
    counts_after(&[
        (
            called("m", "", &format!("{},{}", tool("tool_use", "a"), tool("server_tool_use", "s"))),
            false,
        ),
        (called("m", "", server_result), false),
        (returned("a"), true),
    ]);
}

#[test]
fn tools_of_a_sub_agent_may_be_silent() {
    counts_after(&[
        (called("m", "", &tool("tool_use", "agent")), false),
        (called("n", "agent", &tool("tool_use", "inner")), false),
        (returned("inner"), false),
        (called("o", "agent", &tool("tool_use", "lost")), false),
        (returned("agent"), true),
    ]);
}

#[test]
fn a_call_without_a_result_ends_with_the_next_message() {
    counts_after(&[
        (called("m", "", &tool("tool_use", "retracted")), false),
        (called("n", "", r#"{"type":"text","text":"again"}"#), true),
    ]);
}

#[test]
fn a_compaction_may_be_silent_until_it_is_over() {
    counts_after(&[(status("\"compacting\""), false), (status("null"), true)]);
    counts_after(&[(status("\"compacting\""), false), (BOUNDARY.into(), true)]);
    counts_after(&[(status("\"requesting\""), true), (TEXT.into(), true)]);
    counts_after(&[(status("\"compacting\""), false), (TEXT.into(), true)]);
}

#[test]
fn the_delay_before_a_retry_is_not_silence() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.line(&init(1));
    rig.line(r#"{"type":"system","subtype":"api_retry","attempt":1,"retry_delay_ms":30000.5}"#);
    assert_eq!(rig.due(), Some(40));
    rig.line(r#"{"type":"system","subtype":"api_retry","retry_delay_ms":"soon"}"#);
    assert_eq!(rig.due(), Some(10));
    rig.line(r#"{"type":"system","subtype":"api_retry","retry_delay_ms":1e300}"#);
    assert_eq!(rig.due(), Some(3610));
    rig.line(&result(1));
}
