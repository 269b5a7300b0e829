//! What a host writes to a simulated CLI: lines that end it, prompts that come again, numbers of any
//! size.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, user};
use crate::simulator_support::{answer, host, initialize, line, request, rest, result};
use claude_wire::Scenario;
use claude_wire::player::{ModelReply, Signal, reply};
use claude_wire::transport::Exit;
use serde_json::{Value, json};

const REPLAYS: [&str; 1] = ["--replay-user-messages"];

fn prompt(text: &str, uuid: &str, fields: Value) -> String {
    let mut line =
        json!({"type": "user", "uuid": uuid, "message": {"role": "user", "content": text}});
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    line.to_string()
}

fn asks() -> ModelReply {
    let write = json!({"file_path": "a.txt", "content": ""});
    reply().ask_permission("Write", write).tool_result("File created").text("Done.")
}

/// The kinds of these lines, with the state of a prompt.
fn kinds(lines: &[Value]) -> Vec<String> {
    let kind = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let repeated = if line["isReplay"] == true { "again" } else { "" };
        let words = [text("type"), text("subtype"), text("state"), repeated.to_owned()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(kind).collect()
}

async fn next_result(host: &mut Host) -> Vec<Value> {
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &Value| line["type"] != "result") {
        lines.push(line(host).await);
    }
    lines
}

/// What follows the broken line is not read, nor is the end of the input: the exit code is the CLI's.
/// A turn that has begun gets no further.
#[tokio::test(start_paused = true)]
async fn a_broken_line_ends_the_cli_whatever_comes_with_it() {
    let starts =
        r#"{"type":"control_request","request_id":"i","request":{"subtype":"initialize"}}"#;
    let hello = prompt("Hello", "u1", json!({}));
    for (before, after, written) in [
        (vec![], vec![], &[][..]),
        (vec![starts], vec![], &["control_response", "system background_tasks_changed"][..1]),
        (
            vec![&*hello],
            vec![],
            &["command_lifecycle queued", "command_lifecycle started", "system init"],
        ),
        (vec![], vec![&*hello], &[]),
        (
            vec![starts, &*hello],
            vec![starts, "null", &*hello],
            &[
                "control_response",
                "command_lifecycle queued",
                "command_lifecycle started",
                "system init",
            ],
        ),
    ] {
        for bad in ["not json", r#"{"type":"user","#, r#"{"type":"user","message":{"role":"x"}}"#] {
            for turns in [1, 2] {
                let turns = (0..turns)
                    .fold(Scenario::new(), |it, _| it.on_prompt("Hello", reply().text("Hi!")));
                let mut host = host(&turns.unverified(), &[]);
                let lines = [&before[..], &[bad], &after[..]].concat().join("\n");
                host.write_bytes(format!("{lines}\n").as_bytes()).await;
                host.eof();
                let end = host.end().await;
                assert_eq!(end.exit, Exit::from_code(1), "{lines}");
                let kinds = kinds(&end.lines());
                let kinds: Vec<_> =
                    kinds.iter().filter(|kind| !kind.contains("background")).collect();
                assert_eq!(kinds, written, "{lines}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_line_in_a_turn_that_waits_ends_it() {
    for scenario in
        [Scenario::new().on_prompt("Hi", reply().hang()), Scenario::new().on_prompt("Hi", asks())]
    {
        let mut host = host(&scenario.unverified(), &[]);
        host.write(user("Hi")).await;
        assert_eq!(line(&mut host).await["subtype"], "init");
        host.write("{bad").await;
        host.signal(Signal::Terminate).await;
        let end = host.end().await;
        assert_eq!(end.exit, Exit::from_code(1), "the line came first");
        assert!(end.lines().iter().all(|line| line["type"] != "result"), "{:?}", end.lines());
    }
}

#[tokio::test(start_paused = true)]
async fn an_ended_session_ends_the_turn_that_runs() {
    for (turn, code, ends) in [
        (reply().text("Half").hang(), 1, "aborted_streaming"),
        (asks(), 1, "aborted_tools"),
        (reply().run_tool("Bash", json!({"command": "sleep 9"})).hang(), 1, "aborted_tools"),
    ] {
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
        host.write(prompt("Go", "u1", json!({}))).await;
        while line(&mut host).await["type"] != "assistant" {}
        host.write(prompt("Later", "u2", json!({"priority": "later"}))).await;
        host.write(control("e", r#"{"subtype":"end_session"}"#)).await;
        // Its input stays open.
        let end = host.end().await;
        assert!(end.report.is_clean(), "{}", end.report);
        assert_eq!(end.exit, Exit::from_code(code), "{ends}");
        let lines = end.lines();
        let at = |wanted: &str| kinds(&lines).iter().position(|kind| kind == wanted).unwrap();
        assert!(at("control_response") < at("result error_during_execution"), "{lines:?}");
        assert_eq!(result(&lines)["terminal_reason"], ends);
        let last: Vec<_> = lines[lines.len() - 2..]
            .iter()
            .map(|line| (&line["command_uuid"], &line["state"]))
            .collect();
        assert_eq!(
            last,
            [(&json!("u1"), &json!("cancelled")), (&json!("u2"), &json!("discarded"))]
        );
    }
}

/// Capture e05 of CLI 2.1.332: those that came during a tool are repeated before they are started, and
/// one that wants no answer is among them.
#[tokio::test(start_paused = true)]
async fn steered_prompts_are_repeated() {
    for (args, repeated) in [(&REPLAYS[..], true), (&[], false)] {
        let scenario = Scenario::new().on_prompt("Go", asks()).on_prompt("Later", "Later.");
        let mut host = host(&scenario, args);
        host.write(prompt("Go", "u1", json!({}))).await;
        let asked = request(&mut host, "can_use_tool").await;
        host.write(prompt("next", "u2", json!({"priority": "next"}))).await;
        host.write(prompt("Later", "u3", json!({"priority": "later"}))).await;
        host.write(prompt("note", "u4", json!({"shouldQuery": false}))).await;
        answer(&mut host, &asked, json!({"behavior": "allow", "updatedInput": {}})).await;
        let lines = next_result(&mut host).await;
        let about = |line: &&Value| line["isReplay"] == true || line["state"] == "started";
        let seen: Vec<_> = lines
            .iter()
            .filter(about)
            .map(|line| match line["isReplay"] == true {
                true => format!("again {}", line["message"]["content"].as_str().unwrap()),
                false => format!("started {}", line["command_uuid"].as_str().unwrap()),
            })
            .collect();
        let expected = ["again next", "again note", "started u2", "started u4"];
        assert_eq!(seen, expected[if repeated { 0 } else { 2 }..]);
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "Later.");
    }
}

/// As the real CLI: at once, without a time, and without a turn.
#[tokio::test(start_paused = true)]
async fn a_prompt_with_a_known_uuid_is_repeated_and_not_run() {
    for (args, repeated) in [(&REPLAYS[..], 1), (&[], 0)] {
        let scenario = Scenario::new().on_prompt("One", "1").on_prompt("Two", asks());
        let mut host = host(&scenario, args);
        host.write(prompt("One", "u1", json!({}))).await;
        next_result(&mut host).await;
        host.write(prompt("One", "u1", json!({}))).await;
        // Also while it runs, and with another text.
        host.write(prompt("Two", "u2", json!({}))).await;
        let asked = request(&mut host, "can_use_tool").await;
        host.write(prompt("Three", "u2", json!({}))).await;
        answer(&mut host, &asked, json!({"behavior": "allow", "updatedInput": {}})).await;
        // Without a uuid, or with another one, it is another prompt.
        let lines = next_result(&mut host).await;
        let again: Vec<_> =
            lines.iter().filter(|line| line["message"]["content"] == "Three").collect();
        assert_eq!(again.len(), repeated);
        assert!(again.iter().all(|line| line["isReplay"] == true && line["timestamp"].is_null()));
        assert!(rest(host).await.iter().all(|line| line["type"] != "result"));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_the_host_are_repeated_where_prompts_are() {
    for (args, repeated) in [(&REPLAYS[..], 1), (&[], 0)] {
        let mut host = host(&Scenario::new().on_prompt("Go", asks()), args);
        host.write(user("Go")).await;
        let asked = request(&mut host, "can_use_tool").await;
        // To a request that there is not.
        answer(&mut host, &json!({"request_id": "none"}), json!({})).await;
        let body = json!({"behavior": "allow", "updatedInput": {"file_path": "b.txt"}});
        answer(&mut host, &asked, body.clone()).await;
        let lines = rest(host).await;
        let answers: Vec<_> =
            lines.iter().filter(|line| line["type"] == "control_response").collect();
        assert_eq!(answers.len(), repeated, "{answers:?}");
        for answer in answers {
            assert_eq!(answer["response"]["request_id"], asked["request_id"]);
            assert_eq!(answer["response"]["response"], body);
        }
    }
}

/// A cancelled prompt needs no turn, however it is cancelled, and the reply comes after its line.
#[tokio::test(start_paused = true)]
async fn a_cancelled_prompt_takes_no_turn() {
    for (cancels, body) in [
        (
            r#"{"subtype":"interrupt","cancel_queued":true}"#,
            json!({"still_queued": [], "cancelled": ["u2"]}),
        ),
        (
            r#"{"subtype":"cancel_async_message","message_uuid":"u2"}"#,
            json!({"cancelled": true, "message_uuid": "u2"}),
        ),
    ] {
        let scenario = Scenario::new().on_prompt("Go", asks()).on_prompt("After", "After.");
        let mut host = host(&scenario, &[]);
        host.write(prompt("Go", "u1", json!({}))).await;
        let asked = request(&mut host, "can_use_tool").await;
        host.write(prompt("Withdrawn", "u2", json!({"priority": "later"}))).await;
        host.write(control("c", cancels)).await;
        answer(&mut host, &asked, json!({"behavior": "allow", "updatedInput": {}})).await;
        let lines = next_result(&mut host).await;
        let at = |found: &dyn Fn(&Value) -> bool| lines.iter().position(found).unwrap();
        let cancelled = at(&|line| line["command_uuid"] == "u2" && line["state"] == "cancelled");
        let replied = at(&|line| line["type"] == "control_response");
        assert_eq!(lines[replied]["response"]["response"], body);
        assert!(cancelled < replied, "{cancels}");
        host.write(user("After")).await;
        assert_eq!(result(&rest(host).await)["result"], "After.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_a_hook_may_be_any_number() {
    for (limit, is_called_off) in [
        (json!(-1), true),
        (json!(-1e30), true),
        (json!(1e30), false),
        (json!(u64::MAX), false),
        (json!(0), false),
        (json!("soon"), false),
    ] {
        let turn =
            reply().run_tool("Bash", json!({"command": "ls"})).tool_result("a").text("Well.");
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
        let hook = json!([{"hookCallbackIds": ["hook"], "timeout": limit}]);
        initialize(&mut host, json!({"hooks": {"PostToolUse": hook}})).await;
        host.write(user("Go")).await;
        let hook = request(&mut host, "hook_callback").await;
        if !is_called_off {
            answer(&mut host, &hook, json!({})).await;
        }
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "Well.", "{limit}");
        let called_off = lines.iter().any(|line| line["type"] == "control_cancel_request");
        assert_eq!(called_off, is_called_off, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_of_a_scenario_may_be_as_large_as_they_can() {
    let most = u64::MAX;
    let usage = json!({
        "input_tokens": most, "output_tokens": most, "cache_read_input_tokens": most, "cache_creation_input_tokens": most,
        "server_tool_use": {"web_search_requests": most, "web_fetch_requests": most},
    });
    let message = json!({"message": {"content": "Much.", "usage": usage}});
    let uses = json!({"message": {"content": [{"type": "tool_use", "name": "Read", "input": {"file_path": "a"}}], "usage": usage}});
    let limits = json!({
        "anthropic-ratelimit-unified-status": "rejected", "anthropic-ratelimit-unified-reset": most.to_string(),
    });
    let file = json!({"claude-wire": "scenario", "version": 2, "turns": [
        {"reply": [uses, {"tool_result": "a"}, message]},
        {"times": most, "reply": [message]},
        {"reply": [{"message": {"error": {"status": 429}, "headers": limits}}]},
    ]});
    let scenario = Scenario::parse(&file.to_string()).unwrap().unverified();
    let mut host = host(&scenario, &["--max-turns", "1e400", "--max-budget-usd", "1e400"]);
    for _ in 0..3 {
        host.write(user("Go")).await;
        assert_eq!(next_result(&mut host).await.last().unwrap()["result"], "Much.");
    }
    let left = scenario.report().left().join("\n");
    assert!(left.len() < 100_000 && left.contains("times more"), "{}", left.len());
    host.signal(Signal::Terminate).await;
    assert_eq!(host.end().await.exit, Exit::from_code(143));
}
