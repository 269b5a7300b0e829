//! Background tasks of a simulated CLI that the host stops, by `stop_task` or by an interrupt.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{control, user};
use crate::scenario_tasks::Reader;
use claude_wire::player::{ModelReply, PromptMatch, Scenario, reply};
use serde_json::{Value, json};

const STDIO: [&str; 2] = ["--permission-prompt-tool", "stdio"];
const AGENT: &str = "a0000000000000001";
const COMMAND: &str = "b00000001";

fn stop(task: &str) -> String {
    control("stop", &json!({"subtype": "stop_task", "task_id": task}).to_string())
}

fn look() -> ModelReply {
    let input = json!({"description": "look", "prompt": "Look", "subagent_type": "looker"});
    reply().tool_use("Agent", input).text("Launched.")
}

/// A sub-agent in the background does this.
fn delegates(work: ModelReply) -> Scenario {
    Scenario::new().on_prompt("Go", look()).on_prompt("Look", work)
}

fn removes() -> ModelReply {
    reply().tool_use("Bash", json!({"command": "rm -f a", "description": "d"})).text("Removed.")
}

fn statuses(lines: &[Value]) -> Vec<&Value> {
    let notices = lines.iter().filter(|line| line["subtype"] == "task_notification");
    notices.map(|line| &line["status"]).collect()
}

fn texts(lines: &[Value]) -> Vec<String> {
    let users = lines.iter().filter(|line| line["type"] == "user" && line["agent_id"].is_string());
    let texts = users.map(|line| {
        let block = &line["message"]["content"][0];
        let text = block["text"].as_str().or(block["content"].as_str()).unwrap();
        text.chars().take(36).collect()
    });
    texts.collect()
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_stopped_does_not_end_again() {
    for millis in [1, 700, 60_000] {
        let input = json!({"command": "sleep 1", "description": "d", "run_in_background": true});
        let work = reply()
            .run_tool("Bash", input)
            .delay(Duration::from_millis(millis))
            .tool_result("done")
            .text("Started.");
        let notice = PromptMatch::Contains("<task-notification>".into());
        let scenario = Scenario::new()
            .on_prompt("Go", work)
            .on_prompt("Next", reply().delay(Duration::from_secs(90)).text("Next."))
            .when(notice, reply().text("It ended."));
        let mut host = Reader::of(&scenario, &[]);
        host.host.write(user("Go")).await;
        host.subtype("task_started").await;
        host.host.write(stop(COMMAND)).await;
        host.result().await;
        host.host.write(user("Next")).await;
        assert_eq!(host.result().await["result"], "Next.", "{millis}");
        host.host.eof();
        let end = host.host.end().await;
        host.seen.extend(end.lines());
        assert_eq!(statuses(&host.seen), ["stopped"], "{millis}");
        let results = host.seen.iter().filter(|line| line["type"] == "result");
        assert_eq!(results.count(), 2, "{millis}: no turn for it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_that_is_stopped_withdraws_its_question_and_the_model_learns_of_it() {
    let notice = PromptMatch::Contains("Agent \"look\" was stopped by user".into());
    let scenario = delegates(removes()).when(notice, reply().text("It was stopped."));
    let mut host = Reader::of(&scenario, &STDIO);
    host.host.write(user("Go")).await;
    let question = host.until(|line| line["request"]["subtype"] == "can_use_tool").await;
    if !host.seen.iter().any(|line| line["type"] == "result") {
        host.result().await;
    }
    host.host.write(stop(AGENT)).await;
    let withdrawn = host.until(|line| line["type"] == "control_cancel_request").await;
    assert_eq!(withdrawn["request_id"], question["request_id"]);
    host.until(|line| line["type"] == "control_response").await;
    let turn = host.result().await;
    assert_eq!(turn["result"], "It was stopped.");
    assert_eq!(turn["origin"]["kind"], "task-notification");
    assert_eq!(turn["subagent_stats"]["killed"]["user"], 1);
    let (lines, _) = host.rest().await;
    assert_eq!(statuses(&lines), ["stopped"]);
    assert_eq!(
        texts(&lines),
        ["The user doesn't want to proceed wit", "[Request interrupted by user for too"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_that_speaks_is_interrupted() {
    let mut host = Reader::of(&delegates(reply().hang()), &[]);
    host.host.write(user("Go")).await;
    host.result().await;
    host.host.write(stop(AGENT)).await;
    let (lines, report) = host.rest().await;
    assert_eq!(texts(&lines), ["[Request interrupted by user]"]);
    assert_eq!(statuses(&lines), ["stopped"]);
    assert!(report.contains("not simulated: the turn that the CLI begins"), "{report}");
}

/// What an interrupt leaves of a sub-agent that asks, and of a command, both in the background.
async fn interrupted(in_turn: bool, stops_each: bool) -> (Vec<Value>, String) {
    let input = json!({"command": "x", "description": "d", "run_in_background": true});
    let first = reply().run_tool("Bash", input).delay(Duration::from_secs(30)).tool_result("");
    let agent = json!({"description": "look", "prompt": "Look", "subagent_type": "looker"});
    let first = first.tool_use("Agent", agent).text("Launched.");
    let scenario = Scenario::new()
        .on_prompt("Go", first)
        .on_prompt("Look", removes())
        .on_prompt("Wait", reply().hang());
    let mut host = Reader::of(&scenario, &STDIO);
    let fields = json!({"subtype": "initialize", "perTaskStopAffordance": stops_each});
    host.host.write(control("i", &fields.to_string())).await;
    host.host.write(user("Go")).await;
    host.until(|line| line["request"]["subtype"] == "can_use_tool").await;
    if !host.seen.iter().any(|line| line["type"] == "result") {
        host.result().await;
    }
    if in_turn {
        host.host.write(user("Wait")).await;
        host.subtype("init").await;
    }
    host.host.write(control("stop", r#"{"subtype":"interrupt"}"#)).await;
    host.until(|line| line["response"]["request_id"] == "stop").await;
    if in_turn {
        host.result().await;
    }
    host.rest().await
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_stops_sub_agents_and_no_commands() {
    for in_turn in [true, false] {
        let (lines, _) = interrupted(in_turn, false).await;
        assert_eq!(statuses(&lines), ["stopped", "completed"], "{in_turn}");
        let withdrawn = lines.iter().filter(|line| line["type"] == "control_cancel_request");
        assert_eq!(withdrawn.count(), 1, "{in_turn}");
        assert_eq!(texts(&lines)[1], "[Request interrupted by user for too", "{in_turn}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stops_each_task_keeps_them_in_an_interrupt() {
    for in_turn in [true, false] {
        let (lines, _) = interrupted(in_turn, true).await;
        assert!(!lines.iter().any(|line| line["type"] == "control_cancel_request"), "{in_turn}");
        // The question is denied at the end of the input, and the sub-agent goes on.
        assert!(!statuses(&lines).contains(&&json!("stopped")), "{in_turn}");
        assert_eq!(statuses(&lines).len(), 2, "{in_turn}");
    }
}
