//! When the tools of a simulated message begin, what they are asked, and what they return.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, user};
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::{ApiReply, reply};
use serde_json::{Value, json};

/// A line in one word, or two.
fn kind(line: &Value) -> String {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/type") {
        "assistant" => format!("says {}", text("/message/content/0/type")),
        "stream_event" => text("/event/type").to_owned(),
        "control_request" => text("/request/subtype").to_owned(),
        "system" => text("/subtype").to_owned(),
        other => other.to_owned(),
    }
}

/// Plays the host up to the result, and answers requests at once.
async fn kinds(host: &mut Host) -> Vec<String> {
    let mut kinds = Vec::new();
    loop {
        let line = line(host).await;
        kinds.push(kind(&line));
        match line["request"]["subtype"].as_str() {
            Some("can_use_tool") => {
                let input = line["request"]["input"].clone();
                answer(host, &line, json!({"behavior": "allow", "updatedInput": input})).await;
            }
            Some(_) => answer(host, &line, json!({})).await,
            None if line["type"] == "result" => return kinds,
            None => {}
        }
    }
}

fn between(kinds: &[String], from: &str, to: &str) -> Vec<String> {
    let from = kinds.iter().position(|kind| kind == from).unwrap();
    let to = kinds[from..].iter().position(|kind| kind == to).unwrap();
    kinds[from..=from + to].to_vec()
}

fn writes(count: usize) -> Scenario {
    let mut message = ApiReply::text("Go.");
    for file in 0..count {
        message =
            message.and_tool_use("Write", json!({"file_path": format!("{file}"), "content": ""}));
    }
    Scenario::new().on_prompt("Go", reply().message(message).text("Done."))
}

#[tokio::test(start_paused = true)]
async fn a_tool_is_asked_about_while_its_message_streams() {
    let mut host = host(&writes(1), &["--include-partial-messages"]);
    host.write(user("Go")).await;
    let kinds = kinds(&mut host).await;
    let order = between(&kinds, "says tool_use", "user");
    let expected = [
        "says tool_use",
        "content_block_stop",
        "message_delta",
        "can_use_tool",
        "message_stop",
        "user",
    ];
    assert_eq!(order, expected);
    rest(host).await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_is_called_as_soon_as_the_tool_is_whole() {
    let mut host = host(&writes(1), &["--include-partial-messages"]);
    let hooks = json!({"PreToolUse": [{"matcher": null, "hookCallbackIds": ["guard"]}]});
    initialize(&mut host, json!({"hooks": hooks})).await;
    host.write(user("Go")).await;
    let kinds = kinds(&mut host).await;
    let order = between(&kinds, "says tool_use", "content_block_stop");
    assert_eq!(order, ["says tool_use", "hook_callback", "content_block_stop"]);
    rest(host).await;
}

#[tokio::test(start_paused = true)]
async fn further_tools_are_asked_about_one_after_the_other() {
    let mut host = host(&writes(3), &[]);
    host.write(user("Go")).await;
    let kinds = kinds(&mut host).await;
    let order = between(&kinds, "says tool_use", "result");
    let expected = [
        "says tool_use",
        "can_use_tool",
        "says tool_use",
        "says tool_use",
        "user",
        "can_use_tool",
        "user",
        "can_use_tool",
        "user",
        "says text",
        "result",
    ];
    assert_eq!(order, expected);
    rest(host).await;
}

#[tokio::test(start_paused = true)]
async fn no_one_is_asked_about_an_invalid_input() {
    let why = "No scheduled job with id 'x'";
    let turn = reply()
        .tool_use("CronDelete", json!({"id": "x"}))
        .tool_error(format!("<tool_use_error>{why}</tool_use_error>"))
        .text("Ok.");
    let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
    let hooks = json!({"PreToolUse": [{"matcher": null, "hookCallbackIds": ["guard"]}]});
    initialize(&mut host, json!({"hooks": hooks})).await;
    host.write(user("Go")).await;
    let lines = rest(host).await;
    assert!(lines.iter().all(|line| line["type"] != "control_request"));
    let returned = lines.iter().find(|line| line["type"] == "user").unwrap();
    assert_eq!(returned["tool_use_result"], format!("Error: {why}"));
    assert!(returned.get("tool_result_meta").is_none(), "{returned}");
    assert!(result(&lines)["permission_denials"].as_array().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stopped_tool_says_whether_it_ran() {
    const REFUSED: &str = "wait for the user to tell you how to proceed.";
    for (args, runs) in [(&["--allowed-tools", "Write"][..], true), (&[], false)] {
        let turn = reply().tool_use("Write", json!({"file_path": "a", "content": ""})).hang();
        let mut host = host(&Scenario::new().on_prompt("Go", turn), args);
        host.write(user("Go")).await;
        if runs {
            while line(&mut host).await["type"] != "assistant" {}
        } else {
            request(&mut host, "can_use_tool").await;
        }
        host.write(control("1", r#"{"subtype":"interrupt"}"#)).await;
        let lines = rest(host).await;
        let text = tool_results(&lines)[0]["content"].as_str().unwrap();
        assert_eq!(text.ends_with(REFUSED), !runs, "{text}");
        assert_eq!(text.contains(&format!("{REFUSED} It was running")), runs, "{text}");
        assert_eq!(result(&lines)["terminal_reason"], "aborted_tools");
    }
}

#[tokio::test(start_paused = true)]
async fn the_shell_and_git_are_watched() {
    let bash = |command: &str| json!({"command": command, "description": "d"});
    let turn = reply()
        .tool_use("Bash", bash("git commit -m one"))
        .tool_result("[main (root-commit) 23cf985] one\n 1 file changed")
        .tool_use("Bash", bash("mkdir sub && cd sub"))
        .tool_result("")
        .tool_use("Bash", bash("git push"))
        .tool_result("To o\n * [new branch]      main -> main")
        .tool_use("Bash", bash("cd /"))
        .tool_result("")
        .text("Ok.");
    for replaced in [true, false] {
        let mut host =
            host(&Scenario::new().on_prompt("Go", turn.clone()), &["--allowed-tools", "Bash"]);
        let mut hook = json!({"matcher": "Bash", "hookCallbackIds": ["hook"]});
        if replaced {
            hook["replacedByFrame"] = "shell_cwd".into();
        }
        initialize(&mut host, json!({"hooks": {"PostToolUse": [hook]}})).await;
        host.write(user("Go")).await;
        if !replaced {
            for _ in 0..4 {
                let asked = request(&mut host, "hook_callback").await;
                answer(&mut host, &asked, json!({})).await;
            }
        }
        let lines = rest(host).await;
        let cwd = lines
            .iter()
            .find_map(|line| line["original_cwd"].as_str())
            .unwrap_or_default()
            .to_owned();
        let noticed = |subtype: &str| -> Vec<Value> {
            let lines = lines.iter().filter(|line| line["subtype"] == subtype);
            lines.map(|line| json!([line["kind"], line["branch"], line["cwd"]])).collect()
        };
        let below = format!("{cwd}/sub");
        if replaced {
            assert_eq!(
                noticed("vcs_state_changed"),
                [json!(["commit", "main", cwd]), json!(["push", "main", below])]
            );
            let folders: Vec<_> = noticed("shell_cwd").iter().map(|at| at[2].clone()).collect();
            assert_eq!(folders, [json!(cwd), json!(below), json!(below), json!(cwd)]);
            assert!(lines.iter().all(|line| line["type"] != "control_request"));
        } else {
            assert_eq!(noticed("shell_cwd"), Vec::<Value>::new());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_counts_for_each_command_of_a_line() {
    for (args, command, expected) in [
        (
            ["--allowed-tools", "Bash(touch:*),Bash(ls:*)"],
            "touch a && ls",
            Some("subcommandResults"),
        ),
        (["--allowed-tools", "Bash(touch:*)"], "touch a", Some("subcommandResults")),
        (["--allowed-tools", "Bash"], "touch a && rm b", Some("rule")),
        (["--allowed-tools", "Bash(touch:*)"], "touch a && rm b", None),
        (["--disallowed-tools", "Bash(rm:*)"], "ls && rm b", Some("subcommandResults")),
    ] {
        let turn =
            reply().tool_use("Bash", json!({"command": command})).tool_result("done").text("Ok.");
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &args);
        host.write(user("Go")).await;
        if expected.is_none() {
            request(&mut host, "can_use_tool").await;
        }
        let lines = rest(host).await;
        let returned = lines.iter().find(|line| line["type"] == "user").unwrap();
        let decision = &returned["tool_result_meta"][0]["permission_decision"];
        if let Some(reason) = expected {
            assert_eq!(decision["reason_type"], reason, "{args:?} {command}");
        }
        let denied = expected.is_none() || args[0] == "--disallowed-tools";
        assert_eq!(
            decision["decision"],
            if denied { "reject" } else { "accept" },
            "{args:?} {command}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_plan_is_not_in_its_question() {
    let input = json!({"plan": "# Plan", "allowedPrompts": []});
    let turn = reply().tool_use("ExitPlanMode", input).tool_result("approved").text("Ok.");
    let mut host = host(&Scenario::new().on_prompt("Go", turn), &["--permission-mode", "plan"]);
    host.write(user("Go")).await;
    let asked = request(&mut host, "can_use_tool").await;
    assert_eq!(asked["request"]["input"], json!({"allowedPrompts": []}));
    answer(&mut host, &asked, json!({"behavior": "allow"})).await;
    assert_eq!(tool_results(&rest(host).await)[0]["content"], "approved");
}
