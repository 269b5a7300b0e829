//! What a launch decides about what the simulated CLI says: lists, agents, a key, skills.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, user};
use crate::simulator_support::{answer, host, initialize, line, request, rest, result};
use claude_wire::Scenario;
use claude_wire::player::{PromptMatch, ScriptedSkill, reply};
use claude_wire::transport::{Environment, Inherit, Launch, Transport as _};
use serde_json::{Value, json};

fn hello() -> Scenario {
    Scenario::new().on_prompt("Hello", reply().text("Hi!"))
}

/// The reply to `initialize` and the `init` of a launch.
async fn lists(args: &[&str], agents: Value) -> (Value, Value, Vec<Value>) {
    let mut host = host(&hello(), args);
    initialize(&mut host, json!({"agents": agents})).await;
    host.write(user("Hello")).await;
    let lines = rest(host).await;
    let reply = lines.iter().find(|line| line["type"] == "control_response").unwrap();
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    (reply["response"]["response"].clone(), init.clone(), lines.clone())
}

fn names(list: &Value) -> Vec<&str> {
    let name = |item: &'_ Value| item.get("name").is_some();
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| if name(item) { item["name"].as_str() } else { item.as_str() }.unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn flags_decide_which_tools_there_are() {
    for (args, expected) in [
        (&["--bare"][..], vec!["Bash", "Edit", "Read"]),
        (&["--bare", "--disallowed-tools", "Edit"], vec!["Bash", "Read"]),
        (&["--tools", "Read,Bash"], vec!["Bash", "Read"]),
        (&["--tools", ""], vec![]),
        (&["--tools", "AskUserQuestion,NoSuchTool"], vec!["AskUserQuestion"]),
    ] {
        let (_, init, _) = lists(args, json!({})).await;
        assert_eq!(names(&init["tools"]), expected, "{args:?}");
    }
    let (_, all, _) = lists(&["--tools", "default"], json!({})).await;
    assert!(names(&all["tools"]).contains(&"ExitPlanMode") && all["memory_paths"].is_object());
}

#[tokio::test(start_paused = true)]
async fn a_bare_launch_begins_with_its_surface() {
    let (_, init, lines) = lists(&["--bare"], json!({})).await;
    assert_eq!(
        (&lines[0]["subtype"], &lines[0]["event"]),
        (&json!("ui_invalidate"), &json!("ui.render"))
    );
    assert!(init.get("memory_paths").is_none() && init.get("messaging_socket_path").is_none());
    assert!(!names(&init["slash_commands"]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_slash_commands_none_is_listed() {
    let (reply, init, _) = lists(&["--disable-slash-commands"], json!({})).await;
    assert_eq!((&reply["commands"], &init["slash_commands"]), (&json!([]), &json!([])));
    assert!(init["skills"] == json!([]) && init.get("terminal_slash_commands").is_none());
    assert!(init["memory_paths"].is_object());
}

#[tokio::test(start_paused = true)]
async fn declared_agents_are_listed_by_name() {
    let agents = json!({
        "lead": {"description": "Leads", "prompt": "You lead."},
        "Explore": {"description": "Another one", "prompt": "Look.", "model": "haiku"},
    });
    let (reply, init, _) = lists(&[], agents).await;
    let known = names(&reply["agents"]);
    assert_eq!(known, names(&init["agents"]));
    let mut sorted = known.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(known, sorted);
    let agent = |name: &str| {
        let agents = reply["agents"].as_array().unwrap();
        agents.iter().find(|agent| agent["name"] == name).unwrap().clone()
    };
    assert_eq!(agent("lead"), json!({"name": "lead", "description": "Leads"}));
    let explore = json!({"name": "Explore", "description": "Another one", "model": "haiku"});
    assert_eq!(agent("Explore"), explore);
    // Those of the flag are known as well, and `initialize` wins.
    let flag = r#"{"lead":{"description":"By flag"},"other":{"description":"Other"}}"#;
    let (reply, ..) = lists(&["--agents", flag], json!({"lead": {"description": "Leads"}})).await;
    let known = reply["agents"].as_array().unwrap();
    assert!(known.contains(&json!({"name": "lead", "description": "Leads"})));
    assert!(known.contains(&json!({"name": "other", "description": "Other"})));
}

#[tokio::test(start_paused = true)]
async fn the_agent_that_leads_may_have_the_first_prompt() {
    let scenario = Scenario::new()
        .on_prompt("Look around", reply().text("I looked around."))
        .on_prompt("Thanks", reply().text("You are welcome."));
    let mut host = host(&scenario, &["--agent", "lead"]);
    let lead =
        json!({"description": "Leads", "prompt": "You lead.", "initialPrompt": "Look around"});
    initialize(&mut host, json!({"agents": {"lead": lead}})).await;
    let mut first = Vec::new();
    while first.last().is_none_or(|line: &Value| line["type"] != "result") {
        first.push(line(&mut host).await);
    }
    // No prompt is named, since the host wrote none.
    for line in &first {
        assert!(
            line.get("user_message_uuid").is_none() && line.get("user_message_uuids").is_none(),
            "{line}"
        );
        assert_ne!(line["type"], "command_lifecycle");
    }
    assert_eq!(first.last().unwrap()["result"], "I looked around.");
    host.write(user("Thanks")).await;
    assert_eq!(result(&rest(host).await)["result"], "You are welcome.");
}

#[tokio::test(start_paused = true)]
async fn unknown_flags_end_the_cli() {
    let host = host(&hello(), &["--no-such-flag"]);
    let end = host.end().await;
    assert_eq!((&*end.err, &*end.out), ("error: unknown option '--no-such-flag'\n", ""));
    assert_eq!(end.exit.code, Some(1));
}

#[tokio::test(start_paused = true)]
async fn without_a_key_each_turn_says_so() {
    let scenario =
        Scenario::parse(r#"{"claude-wire":"scenario","version":2,"logged_out":true,"turns":[]}"#);
    let scenario = Scenario::parse(&scenario.unwrap().to_json()).unwrap();
    let mut host = host(&scenario, &[]);
    initialize(&mut host, json!({})).await;
    host.write(user("Hello")).await;
    host.eof();
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!(end.exit.code, Some(1));
    let lines = end.lines();
    let [reply, init, said, result] = &lines[..] else { panic!("{}", end.out) };
    assert_eq!(
        reply["response"]["response"]["account"],
        json!({"tokenSource": "none", "apiProvider": "firstParty"})
    );
    assert_eq!(init["apiKeySource"], "none");
    assert_eq!(said["message"]["content"][0]["text"], "Not logged in · Please run /login");
    assert_eq!(
        (&said["error"], said.get("api_error_status")),
        (&json!("authentication_failed"), None)
    );
    assert_eq!(
        (&result["is_error"], &result["terminal_reason"]),
        (&json!(true), &json!("api_error"))
    );
    assert_eq!((&result["total_cost_usd"], &result["modelUsage"]), (&json!(0), &json!({})));
}

#[tokio::test(start_paused = true)]
async fn commands_of_a_skill_are_asked_about() {
    for (decision, says) in
        [("allow", "It says: from-skill, to Ann"), ("deny", "It says: no shell, to Ann")]
    {
        let skill = ScriptedSkill::new("Says hello", "It says: !`echo from-skill`, to $ARGUMENTS");
        let scenario = Scenario::new()
            .skill("shelly", skill)
            .when(PromptMatch::Text(says.into()), reply().text("Ok."));
        let scenario = Scenario::parse(&scenario.to_json()).unwrap();
        let mut host = host(&scenario, &[]);
        let hooks =
            json!({"PreSkillShellCommand": [{"matcher": null, "hookCallbackIds": ["hook"]}]});
        initialize(&mut host, json!({"hooks": hooks})).await;
        host.write(user("/shelly Ann")).await;
        let asked = request(&mut host, "hook_callback").await;
        let input = &asked["request"]["input"];
        assert_eq!(
            (&input["command_name"], &input["tool_input"]["command"], &input["tool_name"]),
            (&json!("shelly"), &json!("echo from-skill"), &json!("Bash"))
        );
        assert_eq!(input["tool_use_id"], asked["request"]["tool_use_id"]);
        let output = json!({
            "hookEventName": "PreSkillShellCommand", "permissionDecision": decision, "permissionDecisionReason": "no shell",
        });
        answer(&mut host, &asked, json!({"hookSpecificOutput": output})).await;
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "Ok.", "{decision}");
        let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
        assert_eq!(
            (&init["slash_commands"][0], &init["skills"][0]),
            (&json!("shelly"), &json!("shelly"))
        );
    }
}

/// A second `initialize` is answered as the first, and followed by the tasks.
#[tokio::test(start_paused = true)]
async fn the_handshake_may_be_repeated() {
    let mut host: Host = host(&hello(), &[]);
    for tasks in [false, true] {
        initialize(&mut host, json!({})).await;
        let reply = line(&mut host).await;
        assert_eq!(reply["response"]["subtype"], "success");
        if tasks {
            let line = line(&mut host).await;
            assert_eq!(
                (&line["subtype"], &line["tasks"]),
                (&json!("background_tasks_changed"), &json!([]))
            );
        }
    }
    host.write(user("Hello")).await;
    assert_eq!(result(&rest(host).await)["result"], "Hi!");
}

/// What a launch with these arguments and variables writes about these lines.
async fn written(
    scenario: &Scenario,
    args: &[&str],
    env: &[(&str, &str)],
    input: &str,
) -> Vec<Value> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let env = env.iter().fold(Environment::new().inherit(Inherit::None), |env, (name, value)| {
        env.set(*name, *value)
    });
    let flags =
        ["--print", "--input-format=stream-json", "--output-format=stream-json", "--verbose"];
    let args = flags.iter().chain(args).map(Into::into).collect();
    let mut cli = scenario.open(Launch { args, env, ..Launch::default() }).await.unwrap();
    cli.stdin.write_all(input.as_bytes()).await.unwrap();
    drop(cli.stdin);
    let mut out = String::new();
    cli.stdout.read_to_string(&mut out).await.unwrap();
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn session_states_are_for_a_host_that_reads_them() {
    let prompt = json!({
        "type": "user", "message": {"role": "user", "content": "Hello"}, "uuid": "aaaaaaaa-0000-4000-8000-000000000001",
    });
    let input = format!("{prompt}\n");
    let states = |lines: &[Value]| -> Vec<String> {
        let states = lines.iter().filter(|line| {
            line["type"] == "command_lifecycle"
                || line["type"] == "result"
                || line["subtype"] == "session_state_changed"
        });
        states.map(|line| line["state"].as_str().unwrap_or("result").to_owned()).collect()
    };
    let lines =
        written(&hello(), &[], &[("CLAUDE_CODE_SDK_READS_SESSION_STATE", "1")], &input).await;
    assert_eq!(states(&lines), ["running", "queued", "started", "result", "completed", "idle"]);
    let lines = written(&hello(), &[], &[], &input).await;
    assert_eq!(states(&lines), ["queued", "started", "result", "completed"]);
}

#[tokio::test(start_paused = true)]
async fn variables_take_away_what_the_cli_brings() {
    let env = [
        ("CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS", "1"),
        ("CLAUDE_CODE_DISABLE_BUNDLED_SKILLS", "1"),
    ];
    let input = format!("{}\n", user("Hello"));
    let lines = written(&hello(), &[], &env, &input).await;
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    assert_eq!((&init["agents"], &init["skills"]), (&json!([]), &json!([])));
    let commands = names(&init["slash_commands"]);
    assert!(commands.contains(&"compact") && !commands.contains(&"dataviz"), "{commands:?}");
}

#[tokio::test(start_paused = true)]
async fn a_claim_sets_the_folder_and_the_mode() {
    let claim = json!({"subtype": "claim_session", "cwd": "/srv/project", "permission_mode": "acceptEdits", "include_initialize": true});
    let claim = json!({"type": "control_request", "request_id": "c", "request": claim});
    let input = format!("{claim}\n{}\n", user("Hello"));
    let lines = written(&hello(), &["--await-claim"], &[], &input).await;
    assert_eq!(lines[0]["subtype"], "ui_invalidate");
    assert_eq!(
        (&lines[1]["subtype"], &lines[1]["permissionMode"]),
        (&json!("status"), &json!("acceptEdits"))
    );
    let claimed = &lines[2]["response"]["response"];
    assert_eq!((&claimed["status"], &claimed["cwd"]), (&json!("ok"), &json!("/srv/project")));
    assert_eq!(claimed["initialize"]["current_permission_mode"], "acceptEdits");
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    assert_eq!(
        (&init["cwd"], &init["original_cwd"], &init["permissionMode"]),
        (&json!("/srv/project"), &json!("/srv/project"), &json!("acceptEdits"))
    );
}

/// A prompt may want no answer, or be no command.
#[tokio::test(start_paused = true)]
async fn fields_of_prompts_decide_what_is_done() {
    let line = |text: &str, fields: Value| {
        let mut line = json!({"type": "user", "message": {"role": "user", "content": text}});
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        format!("{line}\n")
    };
    let scenario = Scenario::new()
        .when(PromptMatch::Contains("PASTED".into()), reply().text("Read."))
        .on_prompt("/cost", reply().text("Not a command."));
    let input = [
        line("A note", json!({"shouldQuery": false})),
        line(
            "Read this",
            json!({"pasted_content": ["PASTED"], "origin": {"kind": "human"}, "priority": "later"}),
        ),
        line("/cost", json!({"client_composed": true, "isSynthetic": true, "priority": "later"})),
    ];
    let lines = written(&scenario, &[], &[], &input.concat()).await;
    let results: Vec<_> = lines.iter().filter(|line| line["type"] == "result").collect();
    let said: Vec<_> =
        results.iter().map(|line| (&line["result"], &line["num_turns"], &line["origin"])).collect();
    let (human, unknown) = (json!({"kind": "human"}), json!({"kind": "unclassified"}));
    assert_eq!(
        said,
        [
            (&json!(""), &json!(0), &Value::Null),
            (&json!("Read."), &json!(1), &human),
            (&json!("Not a command."), &json!(1), &unknown),
        ]
    );
}
