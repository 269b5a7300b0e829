//! The messages of a past session are those of its last branch, whatever else the transcript has.

use std::fs;

use claude_wire::history::{Page, Role, SkipReason, Transcript};
use claude_wire::wire::{Body, ContentBlock};
use serde_json::{Value, json};

use crate::history_support::{Config, id, reply, text, user, with};

/// The texts of the messages, with the first letter of the role.
fn texts(lines: &[Value]) -> Vec<String> {
    let transcript = Transcript::from_lines(lines.iter().map(Value::to_string));
    assert_eq!(transcript.skipped(), []);
    let messages = transcript.messages(Page::all());
    messages.iter().map(|message| format!("{} {}", message.role, message.text())).collect()
}

#[test]
fn messages_are_in_the_order_of_the_conversation() {
    // The file is not: the reply to 1 comes last.
    let lines = [
        user(3, Some(2), json!([text("second "), text("question")])),
        user(1, None, json!("question")),
        reply(4, 3, "m2", text("done")),
        reply(2, 1, "m1", text("answer")),
    ];
    assert_eq!(
        texts(&lines),
        ["user question", "assistant answer", "user second question", "assistant done"]
    );

    let config = Config::new();
    config.write(&config.directory("w"), 1, &lines);
    let found =
        config.history().get_session_messages(&id(1), Page { offset: 1, limit: Some(2) }).unwrap();
    assert!(found.skipped.is_empty());
    let [answer, question] = &found.messages[..] else { panic!("{found:?}") };
    assert_eq!((answer.role, &*answer.uuid), (Role::Assistant, &*id(2)));
    assert_eq!(
        (question.role, &*question.uuid, &*question.session_id),
        (Role::User, &*id(3), &*id(0))
    );
    assert_eq!(question.timestamp.as_deref(), Some("2026-11-21T01:20:03.000Z"));
    assert_eq!(question.message().unwrap().to_value().unwrap(), lines[0]["message"]);
    assert_eq!(question.entry().to_value().unwrap(), lines[0]);
    assert_eq!((&question.parent_tool_use_id, &question.parent_agent_id), (&None, &None));
}

#[test]
fn a_message_has_the_types_of_the_wire() {
    let config = Config::new();
    let lines = [user(1, None, json!("q")), reply(2, 1, "m", text("an \"answer\""))];
    config.write(&config.directory("w"), 1, &lines);
    let found = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    let message = found.messages[1].to_message().unwrap();
    assert_eq!(message.text().as_deref(), Some("an \"answer\""));
    let Body::Assistant(assistant) = message.body() else { panic!("{message:?}") };
    assert!(matches!(assistant.message.content[0], ContentBlock::Text(_)));
    assert_eq!(message.frame().uuid().as_deref(), Some(&*id(2)));
}

#[test]
fn the_branch_that_was_written_last_is_read() {
    let lines = [
        user(1, None, json!("q")),
        reply(2, 1, "m1", text("old")),
        user(3, Some(2), json!("old branch")),
        user(4, Some(1), json!("new branch")),
    ];
    assert_eq!(texts(&lines), ["user q", "user new branch"]);
}

#[test]
fn entries_of_other_kinds_link_messages_and_are_left_out() {
    let attachment = |n: u64, parent: u64| json!({"type": "attachment", "uuid": id(n), "parentUuid": id(parent)});
    let mut progress = attachment(4, 3);
    progress["type"] = json!("progress");
    let lines = [
        json!({"type": "queue-operation", "operation": "enqueue"}),
        user(1, None, json!("q")),
        attachment(2, 1),
        with(user(3, Some(2), json!("meta")), &[("isMeta", json!(true))]),
        progress,
        reply(5, 4, "m", text("a")),
        // After the last message.
        attachment(6, 5),
        json!({"type": "last-prompt", "lastPrompt": "q", "uuid": id(7), "parentUuid": id(5)}),
    ];
    assert_eq!(texts(&lines), ["user q", "assistant a"]);
    for mark in [("isSidechain", json!(true)), ("teamName", json!("team")), ("isMeta", json!(true))]
    {
        let mut lines = lines.to_vec();
        lines.push(with(user(8, Some(1), json!("no")), std::slice::from_ref(&mark)));
        assert_eq!(texts(&lines), ["user q", "assistant a"], "{mark:?}");
    }
}

#[test]
fn the_summary_of_a_compacted_conversation_is_its_first_message() {
    let boundary = json!({"type": "system", "subtype": "compact_boundary", "uuid": id(3), "parentUuid": null, "logicalParentUuid": id(2)});
    let summary = with(user(4, Some(3), json!("so far")), &[("isCompactSummary", json!(true))]);
    let lines = [
        user(1, None, json!("q")),
        reply(2, 1, "m", text("a")),
        boundary,
        summary,
        reply(5, 4, "m2", text("b")),
    ];
    assert_eq!(texts(&lines), ["user so far", "assistant b"]);
}

fn call(n: u64, parent: u64, message: &str, tool: &str) -> Value {
    reply(n, parent, message, json!({"type": "tool_use", "id": tool, "name": "Bash", "input": {}}))
}

fn result(n: u64, parent: u64, tool: &str) -> Value {
    user(n, Some(parent), json!([{"type": "tool_result", "tool_use_id": tool, "content": "ok"}]))
}

/// The last parts of the uuids of the messages.
fn order(lines: &[Value]) -> Vec<u64> {
    let transcript = Transcript::from_lines(lines.iter().map(Value::to_string));
    let messages = transcript.messages(Page::all());
    messages.iter().map(|message| message.uuid[24..].parse().unwrap()).collect()
}

#[test]
fn calls_that_ran_in_parallel_and_their_results_are_put_back() {
    let lines = [
        user(1, None, json!("q")),
        call(2, 1, "m1", "a"),
        call(3, 2, "m1", "b"),
        call(4, 3, "m1", "c"),
        result(5, 2, "a"),
        result(6, 3, "b"),
        result(7, 4, "c"),
        reply(8, 5, "m2", text("done")),
    ];
    assert_eq!(order(&lines), [1, 2, 3, 4, 6, 7, 5, 8]);
    // The results in the order of their times, also where the file has another.
    let mut late = lines.to_vec();
    late[5]["timestamp"] = json!("2026-11-21T01:21:00.000Z");
    assert_eq!(order(&late), [1, 2, 3, 4, 7, 6, 5, 8]);
    // The last call carries the chain: nothing of the reply is lost.
    let mut last = lines.to_vec();
    last[7]["parentUuid"] = json!(id(7));
    assert_eq!(order(&last), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_result_that_hangs_elsewhere_is_found_by_its_call() {
    let mut stray = result(6, 1, "b");
    let lines = |stray: Value| {
        [
            user(1, None, json!("q")),
            call(2, 1, "m1", "a"),
            call(3, 2, "m1", "b"),
            result(5, 2, "a"),
            stray,
            reply(8, 5, "m2", text("done")),
        ]
    };
    assert_eq!(order(&lines(stray.clone())), [1, 2, 3, 6, 5, 8]);
    // Not if another agent has written it.
    stray["agentId"] = json!("other");
    assert_eq!(order(&lines(stray)), [1, 2, 3, 5, 8]);
    // Not if the call is answered.
    assert_eq!(order(&lines(result(6, 1, "a"))), [1, 2, 3, 5, 8]);
}

#[test]
fn a_circle_of_parents_ends() {
    let lines = [
        user(1, Some(3), json!("a")),
        reply(2, 1, "m", text("b")),
        user(3, Some(2), json!("c")),
        user(4, Some(3), json!("d")),
    ];
    assert_eq!(order(&lines), [1, 2, 3, 4]);
    let only = [user(1, Some(2), json!("a")), user(2, Some(1), json!("b"))];
    assert_eq!(order(&only), [0; 0]);
}

#[test]
fn lines_that_cannot_be_read_are_reported_and_the_others_are_read() {
    let config = Config::new();
    let mut bytes = Vec::new();
    bytes.extend(format!("{}\n\n", user(1, None, json!("first"))).bytes());
    bytes.extend(b"not JSON\n[1,2]\n");
    // Bytes that are not UTF-8: in a string they are replaced, elsewhere they are not JSON.
    let mut odd = user(2, Some(1), json!("caf?")).to_string().into_bytes();
    let at = odd.windows(4).position(|part| part == b"caf?").unwrap() + 3;
    odd[at] = 0xe9;
    bytes.extend(&odd);
    bytes.extend(b"\n\xff\n\r\n");
    bytes.extend(format!("{}\r\n", reply(3, 2, "m", text("last"))).bytes());
    let whole = user(4, Some(3), json!("cut off")).to_string();
    bytes.extend(&whole.as_bytes()[..whole.len() - 1]);
    let directory = config.directory("w");
    config.write_bytes(&directory, 1, &bytes);
    let found = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    let texts: Vec<_> = found.messages.iter().map(|message| message.text()).collect();
    assert_eq!(texts, ["first", "caf\u{fffd}", "last"]);
    let skipped: Vec<_> =
        found.skipped.iter().map(|skipped| (skipped.line, skipped.reason)).collect();
    assert_eq!(
        skipped,
        [
            (3, SkipReason::NotJson),
            (4, SkipReason::NotJson),
            (6, SkipReason::NotJson),
            (9, SkipReason::Torn)
        ]
    );
    assert_eq!(
        found.skipped[3].to_string(),
        "line 9 is cut off: the CLI is writing it, or ended while it did"
    );

    // A last line without its newline is whole.
    bytes.extend(b"}");
    config.write_bytes(&directory, 1, &bytes);
    let found = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    assert_eq!(found.messages[3].text(), "cut off");
    assert_eq!(found.skipped.len(), 3);
}

#[test]
fn a_line_over_the_limit_is_reported_and_the_list_has_the_session() {
    let config = Config::new();
    let mut bytes = format!("{}\n", user(1, None, json!("first"))).into_bytes();
    let long = claude_wire::wire::DEFAULT_MAX_LINE + 1;
    bytes.resize(bytes.len() + long, b'x');
    bytes.extend(format!("\n{}\n", reply(2, 1, "m", text("last"))).bytes());
    let path = config.write_bytes(&config.directory("w"), 1, &bytes);
    assert_eq!(config.list()[0].summary, "first");
    let found = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    assert_eq!(found.messages.len(), 2);
    let skipped = &found.skipped[..];
    assert_eq!((skipped.len(), skipped[0].reason), (1, SkipReason::TooLong(long as u64)));
    assert_eq!(skipped[0].to_string(), "line 2 has 67108865 bytes, and the limit is 67108864");
    fs::remove_file(path).unwrap();
}

#[test]
fn an_unknown_session_is_an_error_that_says_what_to_do() {
    let config = Config::new();
    let directory = config.directory("w");
    config.write(&directory, 1, &[user(1, None, json!("q"))]);
    let history = config.history();
    for bad in [
        "",
        "x",
        "../../etc/passwd",
        "0a1b2c3d00004000800000000000000a",
        "{0a1b2c3d-0000-4000-8000-0000000000}",
    ] {
        let error = history.get_session_messages(bad, Page::all()).unwrap_err();
        assert!(error.is_invalid_id(), "{bad}: {error}");
        assert!(error.to_string().contains("is not a uuid such as"), "{error}");
    }
    let error = history.get_session_messages(&id(2), Page::all()).unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().contains("`list_sessions` has those that exist"), "{error}");
    let elsewhere = history.clone().directory(config.directory("other"));
    let error = elsewhere.get_session_messages(&id(1), Page::all()).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("other"), "{error}");
    // Any case of the letters, as in the name of the file.
    assert!(
        history
            .get_session_messages(&id(1).to_uppercase(), Page::all())
            .unwrap_err()
            .is_not_found()
    );
}
