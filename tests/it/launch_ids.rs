//! Ids that differ from run to run: uuids in the results of in-process tools, the ids that rules
//! name, the id of the session, and what follows from the tools that a host shows.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::player::Rules;
use claude_wire::recording::Recording;
use serde_json::{Value, json};

use crate::launch_support::{Played, launched, played};

const A: &str = "aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa";
const B: &str = "bbbbbbbb-0000-4000-8000-bbbbbbbbbbbb";
const C: &str = "cccccccc-0000-4000-8000-cccccccccccc";
const NO_ARGS: [&str; 0] = [];

fn event(kind: &str, line: &Value) -> String {
    json!({"us": 1, kind: line}).to_string()
}

fn prompt(text: &str) -> Value {
    json!({"type": "user", "message": {"role": "user", "content": text}})
}

fn call(id: &str, name: &str, arguments: &Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    json!({"type": "control_request", "request_id": id, "request": {"subtype": "mcp_message", "server_name": "s", "message": message}})
}

fn result(id: &str, text: &str) -> Value {
    let message =
        json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}]}});
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": {"mcp_response": message}}})
}

/// A tool makes an id, which comes back in the input of the next call, in the answer, and in a
/// later prompt.
fn made(id: &str) -> Recording {
    let done = json!({"type": "result", "subtype": "success", "is_error": false, "result": format!("made {id}")});
    let lines = [
        event("in", &prompt("make one")),
        event("out", &call("c1", "make", &json!({}))),
        event("in", &result("c1", &json!({"id": id, "n": 1}).to_string())),
        event("out", &call("c2", "show", &json!({"id": id}))),
        event("in", &result("c2", &format!("{id} is there"))),
        event("out", &done),
        event("in", &prompt(&format!("remove {id}"))),
        event("out", &done),
        r#"{"us":1,"eof":"in"}"#.to_owned(),
    ];
    launched(&[], &lines.join("\n"))
}

/// A host whose tool makes `first`, and that uses the other ids later.
async fn makes(replay: &Replay, first: &str, shown: &str, removed: &str) -> Played {
    let lines = [
        prompt("make one"),
        result("c1", &json!({"id": first, "n": 1}).to_string()),
        result("c2", &format!("{shown} is there")),
        prompt(&format!("remove {removed}")),
    ];
    played(replay, &NO_ARGS, &lines.map(|line| line.to_string())).await
}

#[tokio::test(start_paused = true)]
async fn uuids_of_tools_are_paired_by_first_sight() {
    let replay = Replay::new(made(A)).unverified();
    let same = makes(&replay, A, A, A).await;
    assert_eq!(same.code, Some(0), "{}", same.report);
    let other = makes(&replay, B, B, B).await;
    assert_eq!(other.code, Some(0), "{}", other.report);
    assert_eq!(other.out, same.out.replace(A, B), "the live id comes back");
    for (first, shown, removed) in
        [(B, C, B), (B, B, C), (A, B, A), (B, A, B), (B, B, A), ("no id", B, B)]
    {
        let refused = makes(&replay, first, shown, removed).await;
        assert_eq!(refused.code, Some(70), "{first} {shown} {removed}");
    }
}

#[tokio::test(start_paused = true)]
async fn ids_of_another_form_are_paired_where_a_rule_says_so() {
    let recording = || {
        let lines = [
            event("in", &prompt("make one")),
            event("out", &call("c1", "make", &json!({}))),
            event("in", &result("c1", "item-1")),
            event("out", &call("c2", "show", &json!({"id": "item-1"}))),
            event("in", &result("c2", "shown item-1")),
            r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#.to_owned(),
            r#"{"us":1,"eof":"in"}"#.to_owned(),
        ];
        launched(&[], &lines.join("\n"))
    };
    let host = |made: &str, shown: &str| {
        [prompt("make one"), result("c1", made), result("c2", &format!("shown {shown}"))]
            .map(|line| line.to_string())
    };
    let rule = r#"{"match":[{"at":"mcp_message /result/content/0/text","id":true}]}"#;
    let plain = Replay::new(recording()).unverified();
    assert_eq!(played(&plain, &NO_ARGS, &host("item-9", "item-9")).await.code, Some(70));
    let ruled = Replay::new(recording()).rules(Rules::parse(rule).unwrap()).unverified();
    let live = played(&ruled, &NO_ARGS, &host("item-9", "item-9")).await;
    assert_eq!(live.code, Some(0), "{}", live.report);
    assert!(
        live.out.contains(r#"{"id":"item-9"}"#) && !live.out.contains("item-1"),
        "{}",
        live.out
    );
}

/// The same id comes several times, in answers and in requests.
#[tokio::test(start_paused = true)]
async fn an_id_of_a_rule_is_the_same_one_each_time() {
    let rules = r#"{"match":[{"at":"mcp_message /result/id","id":true},{"at":"set_model /model","id":true}]}"#;
    let made = |n: usize, id: &str| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "result": {"id": id, "content": []}});
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": format!("c{n}"), "response": {"mcp_response": message}}})
    };
    let model = |n: usize, id: &str| json!({"type": "control_request", "request_id": format!("m{n}"), "request": {"subtype": "set_model", "model": id}});
    let changed = |n: usize| json!({"type": "control_response", "response": {"subtype": "success", "request_id": format!("m{n}")}});
    let done = json!({"type": "result", "subtype": "success", "is_error": false});
    let lines = [
        event("in", &prompt("make one")),
        event("out", &call("c1", "make", &json!({}))),
        event("in", &made(1, "item-1")),
        event("out", &call("c2", "make", &json!({}))),
        event("in", &made(2, "item-1")),
        event("out", &done),
        event("in", &model(1, "item-1")),
        event("out", &changed(1)),
        event("in", &model(2, "item-2")),
        event("out", &changed(2)),
        event("in", &model(3, "item-2")),
        event("out", &changed(3)),
        r#"{"us":1,"eof":"in"}"#.to_owned(),
    ];
    for (ids, code) in [
        (["item-1", "item-1", "item-1", "item-2", "item-2"], 0),
        (["x", "x", "x", "y", "y"], 0),
        (["item-2", "item-2", "item-2", "item-1", "item-1"], 0),
        (["x", "y", "x", "y", "y"], 70),
        (["x", "item-1", "x", "y", "y"], 70),
        (["x", "x", "item-1", "y", "y"], 70),
        (["x", "x", "x", "x", "y"], 70),
        (["x", "x", "x", "y", "item-2"], 70),
    ] {
        let replay = Replay::new(launched(&[], &lines.join("\n")));
        let replay = replay.rules(Rules::parse(rules).unwrap()).unverified();
        let [one, two, three, four, five] = ids;
        let lines = [
            prompt("make one"),
            made(1, one),
            made(2, two),
            model(1, three),
            model(2, four),
            model(3, five),
        ];
        let seen = played(&replay, &NO_ARGS, &lines.map(|line| line.to_string())).await;
        assert_eq!(seen.code, Some(code), "{ids:?}: {}", seen.report);
    }
}

/// The CLI's lines are JSON, and stay it whatever an id is.
#[tokio::test(start_paused = true)]
async fn only_texts_get_the_live_ids() {
    let rule = r#"{"match":[{"at":"mcp_message /result/id","id":true}]}"#;
    let made = |id: &Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "result": {"id": id, "content": []}});
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c1", "response": {"mcp_response": message}}})
    };
    let done = |id: &Value, text: &str| json!({"type": "result", "subtype": "success", "is_error": false, "num_turns": 7, "result": text, "of": [id], "usage": {"output_tokens": 7}});
    let recording = |id: &Value, text: &str| {
        let lines = [
            event("in", &prompt("make one")),
            event("out", &call("c1", "make", &json!({}))),
            event("in", &made(id)),
            event("out", &done(id, text)),
            r#"{"us":1,"eof":"in"}"#.to_owned(),
        ];
        launched(&[], &lines.join("\n"))
    };
    for (recorded, live, text, says, of) in [
        (json!("7"), json!("9"), "made\n7, not 17", "made\n9, not 17", json!("9")),
        (json!("a"), json!(r#"b"\ö"#), "(a)", r#"(b"\ö)"#, json!(r#"b"\ö"#)),
        (json!(r#"a"\"#), json!("b"), r#"(a"\)"#, "(b)", json!("b")),
        // A number may be another one, and stays what it is elsewhere.
        (json!(7), json!(9), "made 7", "made 7", json!(7)),
        (json!(7), json!("9"), "made 7", "made 7", json!(7)),
    ] {
        let replay = Replay::new(recording(&recorded, text)).rules(Rules::parse(rule).unwrap());
        let lines = [prompt("make one"), made(&live)].map(|line| line.to_string());
        let seen = played(&replay, &NO_ARGS, &lines).await;
        assert_eq!(seen.code, Some(0), "{recorded} {live}: {}", seen.report);
        let last: Value = serde_json::from_str(seen.out.lines().last().unwrap()).unwrap();
        assert_eq!(last, done(&of, says), "{recorded} {live}");
    }
}

/// `--session-id` is made by the host, and the CLI says it in every line.
#[tokio::test(start_paused = true)]
async fn the_live_session_id_takes_the_place_of_the_recorded_one() {
    let done = json!({"type": "result", "subtype": "success", "is_error": false, "session_id": A});
    let events =
        [event("in", &prompt("Hi")), event("out", &done), r#"{"us":1,"eof":"in"}"#.to_owned()];
    let replay = Replay::new(launched(&["--session-id", A], &events.join("\n"))).unverified();
    let lines = [prompt("Hi").to_string()];
    for id in [A, B] {
        let played = played(&replay, &[format!("--session-id={id}")], &lines).await;
        assert_eq!((played.code, played.out.matches(id).count()), (Some(0), 1), "{}", played.out);
    }
}

fn tool(description: &str, kind: &str) -> Value {
    json!({"name": "add", "description": description, "inputSchema": {"type": "object", "properties": {"a": {"type": kind}}, "required": ["a"]}})
}

/// The CLI asks a server for its tools where `initialize` has no manifest of it.
fn asked() -> Recording {
    let ask = |id: &str, method: &str| {
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": method});
        event(
            "out",
            &json!({"type": "control_request", "request_id": id, "request": {"subtype": "mcp_message", "server_name": "calc", "message": message}}),
        )
    };
    let lines = [
        event(
            "in",
            &json!({"type": "control_request", "request_id": "1", "request": {"subtype": "initialize"}}),
        ),
        ask("m1", "initialize"),
        event("in", &listed("m1", &json!({"serverInfo": {"name": "calc"}}))),
        event(
            "out",
            &json!({"type": "control_response", "response": {"subtype": "success", "request_id": "1", "response": {}}}),
        ),
        event("in", &prompt("Hi")),
        ask("m2", "notifications/initialized"),
        event("in", &listed("m2", &json!({}))),
        ask("m3", "tools/list"),
        event("in", &listed("m3", &json!({"tools": [tool("adds", "number")]}))),
        r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#.to_owned(),
        r#"{"us":1,"eof":"in"}"#.to_owned(),
    ];
    let servers = r#"{"mcpServers":{"calc":{"type":"sdk","name":"calc"}}}"#;
    launched(&["--mcp-config", servers], &lines.join("\n"))
}

fn listed(id: &str, result: &Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 0, "result": result});
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": {"mcp_response": message}}})
}

fn with_manifest(tools: &[Value]) -> Vec<String> {
    let request = json!({"subtype": "initialize", "sdkMcpServers": ["calc"], "sdkMcpServerManifests": {"calc": {
        "initializeResult": {"serverInfo": {"name": "calc"}}, "toolsListResult": {"tools": tools}}}});
    let initialize = json!({"type": "control_request", "request_id": "i", "request": request});
    vec![initialize.to_string(), prompt("Hi").to_string()]
}

#[tokio::test(start_paused = true)]
async fn a_host_that_sends_manifests_is_not_asked_for_what_they_say() {
    let replay = Replay::new(asked()).unverified();
    let mut same = tool("adds", "number");
    same["inputSchema"]["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    same["execution"] = json!({"taskSupport": "forbidden"});
    let live = played(&replay, &NO_ARGS, &with_manifest(&[same])).await;
    assert_eq!(live.code, Some(0), "{}", live.report);
    assert!(!live.out.contains("mcp_message") && live.out.contains("result"), "{}", live.out);
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn tools_are_compared_by_name_description_and_schema() {
    let another = |name: &str| {
        let mut tool = tool("adds", "number");
        tool["name"] = json!(name);
        tool
    };
    for (tools, place) in [
        (vec![tool("subtracts", "number")], "tools of calc.add.description"),
        (vec![tool("adds", "string")], "tools of calc.add.inputSchema.properties.a.type"),
        (vec![another("sum")], "tools of calc.add"),
        (vec![tool("adds", "number"), another("sum")], "tools of calc.sum"),
        (vec![], "tools of calc.add"),
    ] {
        // In a manifest, and where the CLI asks.
        let replay = Replay::new(asked()).unverified();
        let manifest = played(&replay, &NO_ARGS, &with_manifest(&tools)).await;
        let servers = ["--mcp-config", r#"{"mcpServers":{"calc":{"type":"sdk","name":"calc"}}}"#];
        let answers = [
            json!({"type": "control_request", "request_id": "i", "request": {"subtype": "initialize"}}),
            listed("m1", &json!({"serverInfo": {"name": "calc", "version": "9"}})),
            prompt("Hi"),
            listed("m2", &json!({})),
            listed("m3", &json!({"tools": tools})),
        ];
        let asked = played(&replay, &servers, &answers.map(|line| line.to_string())).await;
        for found in [manifest, asked] {
            assert_eq!(found.code, Some(70), "{place}");
            assert!(
                found.differs().iter().any(|found| found.starts_with(place)),
                "{place}: {}",
                found.report
            );
        }
    }
}
