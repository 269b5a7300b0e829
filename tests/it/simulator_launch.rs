//! What a launch decides about what the simulated CLI says: lists, agents, a key, skills.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, user};
use crate::simulator_support::{answer, host, initialize, line, request, rest, result};
use claude_wire::Scenario;
use claude_wire::player::{ApiReply, PromptMatch, ScriptedSkill, reply};
use claude_wire::transport::{Connection, Environment, Inherit, Launch, Transport as _};
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

/// The CLI of a scenario, launched with these arguments and variables.
async fn launched(scenario: &Scenario, args: &[&str], env: &[(&str, &str)]) -> Connection {
    let env = env.iter().fold(Environment::new().inherit(Inherit::None), |env, (name, value)| {
        env.set(*name, *value)
    });
    let flags =
        ["--print", "--input-format=stream-json", "--output-format=stream-json", "--verbose"];
    let args = flags.iter().chain(args).map(Into::into).collect();
    scenario.open(Launch { args, env, ..Launch::default() }).await.unwrap()
}

/// What a launch with these arguments and variables writes about these lines.
async fn written(
    scenario: &Scenario,
    args: &[&str],
    env: &[(&str, &str)],
    input: &str,
) -> Vec<Value> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut cli = launched(scenario, args, env).await;
    cli.stdin.write_all(input.as_bytes()).await.unwrap();
    drop(cli.stdin);
    let mut out = String::new();
    cli.stdout.read_to_string(&mut out).await.unwrap();
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The same by a host that allows each tool.
async fn answered(
    scenario: &Scenario,
    args: &[&str],
    env: &[(&str, &str)],
    input: &str,
) -> Vec<Value> {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let mut cli = launched(scenario, args, env).await;
    cli.stdin.write_all(input.as_bytes()).await.unwrap();
    let mut out = BufReader::new(cli.stdout).lines();
    let mut lines: Vec<Value> = Vec::new();
    // With the input still open the CLI waits for more: then a second passes.
    let next = async |out: &mut tokio::io::Lines<_>| {
        tokio::time::timeout(std::time::Duration::from_secs(1), out.next_line()).await
    };
    while let Ok(Ok(Some(line))) = next(&mut out).await {
        let line: Value = serde_json::from_str(&line).unwrap();
        if line["type"] == "control_request" {
            let response = json!({"subtype": "success", "request_id": line["request_id"], "response": {"behavior": "allow"}});
            let response = json!({"type": "control_response", "response": response});
            cli.stdin.write_all(format!("{response}\n").as_bytes()).await.unwrap();
        }
        lines.push(line);
    }
    assert!(lines.iter().any(|line| line["type"] == "result"), "no result came");
    lines
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

/// A question to the host is an action that the session waits for; a tool without one is not.
#[tokio::test(start_paused = true)]
async fn a_session_with_an_open_question_requires_action() {
    for (step, expected) in [
        (
            reply().ask_permission("Write", json!({"file_path": "a.txt"})),
            &["running", "requires_action", "running", "idle"][..],
        ),
        (reply().run_tool("Write", json!({"file_path": "a.txt"})), &["running", "idle"]),
    ] {
        let scenario = Scenario::new().on_prompt("Go", step.text("Done."));
        let asks = ["--permission-prompt-tool", "stdio"];
        let env = [("CLAUDE_CODE_SDK_READS_SESSION_STATE", "1")];
        let lines = answered(&scenario, &asks, &env, &format!("{}\n", user("Go"))).await;
        let states = lines.iter().filter(|line| line["subtype"] == "session_state_changed");
        let states: Vec<_> =
            states.inspect(|line| assert_eq!(line["sdk_host_only"], true)).collect();
        assert_eq!(states.iter().map(|line| &line["state"]).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_a_plan_are_passed_on_when_they_change() {
    let limits = |status: &str, used: &str| -> ApiReply {
        let fields = [
            ("status", status),
            ("representative-claim", "five_hour"),
            ("5h-utilization", used),
            ("5h-reset", "4102444800"),
            ("reset", "4102444800"),
        ];
        fields.iter().fold(ApiReply::text("Well."), |message, (name, value)| {
            message.header(format!("anthropic-ratelimit-unified-{name}"), *value)
        })
    };
    let full =
        [("status", "rejected"), ("representative-claim", "seven_day"), ("reset", "4102444800")];
    let full = full.iter().fold(ApiReply::error(429), |message, (name, value)| {
        message.header(format!("Anthropic-RateLimit-Unified-{name}"), *value)
    });
    let messages = [
        limits("allowed", "0.1"),
        limits("allowed", "0.1"),
        limits("allowed_warning", "0.9"),
        limits("rejected", "1"),
        full,
    ];
    let scenario = messages.into_iter().fold(Scenario::new(), |scenario, message| {
        scenario.on_any_prompt(reply().message(message))
    });
    let input: String = (1..=5).map(|number| {
        let line = json!({"type": "user", "message": {"role": "user", "content": format!("{number}")}, "priority": "later"});
        format!("{line}\n")
    }).collect();
    let token = ("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-test");
    let lines = written(&scenario, &[], &[token], &input).await;
    let events: Vec<_> = lines.iter().filter(|line| line["type"] == "rate_limit_event").collect();
    let read = |line: &Value| {
        let info = &line["rate_limit_info"];
        (info["status"].clone(), info["rateLimitType"].clone(), info["utilization"].clone())
    };
    assert_eq!(
        events.into_iter().map(read).collect::<Vec<_>>(),
        [
            (json!("allowed"), json!("five_hour"), Value::Null),
            (json!("allowed_warning"), json!("five_hour"), json!(0.9)),
            (json!("rejected"), json!("five_hour"), Value::Null),
            (json!("rejected"), json!("seven_day"), Value::Null),
        ]
    );
    let last = lines.iter().rfind(|line| line["type"] == "result").unwrap();
    assert_eq!(
        (&last["result"], &last["api_error_status"]),
        (&json!("You've hit your weekly limit · resets Jan 1, 2100, 12am (UTC)"), &json!(429))
    );
    assert!(lines.iter().all(|line| line["subtype"] != "api_retry"), "a limit is not retried");
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    assert_eq!(
        (&init["apiKeySource"], &init["model"]),
        (&json!("none"), &json!("claude-sonnet-5-5"))
    );
}

#[tokio::test(start_paused = true)]
async fn limits_of_a_plan_are_not_read_with_a_key() {
    let message = ApiReply::text("Well.").header("anthropic-ratelimit-unified-status", "allowed");
    let scenario = Scenario::new().on_prompt("Go", reply().message(message));
    let env = [("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-test"), ("ANTHROPIC_API_KEY", "sk-ant-x")];
    let lines = written(&scenario, &[], &env, &format!("{}\n", user("Go"))).await;
    assert!(lines.iter().all(|line| line["type"] != "rate_limit_event"));
    let report = scenario.report();
    let named = report.not_simulated().iter().any(|what| what.contains("CLAUDE_CODE_OAUTH_TOKEN"));
    assert!(named, "{report}");
}

/// Each row of the conversation names the one before it, and comes before the result.
#[tokio::test(start_paused = true)]
async fn the_transcript_is_mirrored_for_a_host_that_keeps_it() {
    let look = || {
        let turn = reply().run_tool("Bash", json!({"command": "ls"})).tool_result("a");
        Scenario::new().on_prompt("Look", turn.text("One file."))
    };
    let input = format!("{}\n", user("Look"));
    let lines = written(&look(), &["--session-mirror"], &[], &input).await;
    let mirrored = |line: &&Value| line["type"] == "transcript_mirror";
    let end = lines.iter().position(|line| line["type"] == "result").unwrap();
    assert!(
        lines[..end].iter().rev().take(1).all(|line| mirrored(&line)),
        "the last before the result"
    );
    let rows: Vec<_> = lines
        .iter()
        .filter(mirrored)
        .flat_map(|line| line["entries"].as_array().unwrap())
        .collect();
    let said: Vec<_> = rows.iter().filter(|row| row["uuid"].is_string()).collect();
    let kinds: Vec<_> = said.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["user", "assistant", "user", "assistant"]);
    assert_eq!(said[0]["parentUuid"], Value::Null);
    for pair in said.windows(2) {
        assert_eq!(pair[1]["parentUuid"], pair[0]["uuid"]);
    }
    assert_eq!(said[0]["message"]["content"], "Look");
    assert_eq!(
        (&said[1]["message"]["stop_reason"], &said[3]["message"]["stop_reason"]),
        (&json!("tool_use"), &json!("end_turn"))
    );
    let assistant = lines.iter().find(|line| line["type"] == "assistant").unwrap();
    assert_eq!(said[1]["uuid"], assistant["uuid"]);
    let others: Vec<_> = rows
        .iter()
        .filter(|row| row["uuid"].is_null())
        .map(|row| row["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        others,
        [
            "queue-operation",
            "queue-operation",
            "tools-used",
            "last-prompt",
            "atis-latch",
            "cost-state"
        ]
    );
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    let file = lines.iter().find(mirrored).unwrap()["filePath"].as_str().unwrap();
    assert!(file.ends_with(&format!("/{}.jsonl", init["session_id"].as_str().unwrap())), "{file}");
    for args in [&[][..], &["--session-mirror", "--no-session-persistence"]] {
        let lines = written(&look(), args, &[], &input).await;
        assert!(!lines.iter().any(|line| mirrored(&line)), "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn files_of_the_scenario_can_be_read() {
    let scenario = Scenario::new().file("a.txt", "line one\n").file("src/lib.rs", "é");
    let asked = [
        (json!({"path": "a.txt"}), Ok(("line one\n", None))),
        (json!({"path": "./src/lib.rs"}), Ok(("é", None))),
        (json!({"path": "a.txt", "max_bytes": 4}), Ok(("line", Some(true)))),
        (json!({"path": "a.txt", "max_bytes": 0}), Ok(("line one\n", None))),
        (json!({"path": "src/lib.rs", "encoding": "base64"}), Ok(("w6k=", None))),
        (json!({"path": "b.txt"}), Err("read denied: b.txt")),
        (json!({"path": "../a.txt"}), Err("read denied: ../a.txt")),
        (json!({}), Err("read denied: ")),
    ];
    let lines = asked.iter().enumerate().map(|(number, (fields, _))| {
        let mut request = json!({"subtype": "read_file"});
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        format!(
            "{}\n",
            json!({"type": "control_request", "request_id": number.to_string(), "request": request})
        )
    });
    let replies = written(&scenario, &[], &[], &lines.collect::<String>()).await;
    for ((fields, expected), reply) in asked.iter().zip(&replies) {
        let (response, body) = (&reply["response"], &reply["response"]["response"]);
        match expected {
            Ok((contents, truncated)) => {
                assert_eq!(body["contents"], *contents, "{fields}");
                assert_eq!(body["truncated"].as_bool(), *truncated, "{fields}");
                assert_eq!(body["requested_path"], fields["path"]);
            }
            Err(error) => assert_eq!(response["error"], *error, "{fields}"),
        }
    }
    assert!(scenario.report().not_simulated().is_empty());
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
