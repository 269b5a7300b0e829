//! Sub-agents, commands in the background, compaction and file checkpoints of a simulated CLI.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, control, user};
use claude_wire::player::{ModelReply, PromptMatch, Scenario, reply};
use claude_wire::transport::{Environment, Inherit, Launch, Transport as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// A host that reads line by line.
pub(crate) struct Reader {
    pub(crate) host: Host,
    pub(crate) seen: Vec<Value>,
}

impl Reader {
    pub(crate) fn of(scenario: &Scenario, args: &[&str]) -> Self {
        let args = ["-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"]
            .iter()
            .chain(args)
            .map(|arg| (*arg).to_owned());
        let script = scenario.clone().unverified().script(args.collect::<Vec<_>>());
        Self { host: Host::with(script, 256 * 1024), seen: Vec::new() }
    }

    /// Reads up to the first line that fits.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.host.line().await.expect("the CLI has ended");
            let line: Value = serde_json::from_str(&line).unwrap();
            self.seen.push(line.clone());
            if fits(&line) {
                return line;
            }
        }
    }

    pub(crate) async fn subtype(&mut self, subtype: &str) -> Value {
        self.until(|line| line["subtype"] == subtype).await
    }

    pub(crate) async fn result(&mut self) -> Value {
        self.until(|line| line["type"] == "result").await
    }

    pub(crate) async fn answer(&mut self, request: &Value, body: Value) {
        let response =
            json!({"subtype": "success", "request_id": request["request_id"], "response": body});
        let line = json!({"type": "control_response", "response": response});
        self.host.write(line.to_string()).await;
    }

    /// The rest of the lines, and the report.
    pub(crate) async fn rest(mut self) -> (Vec<Value>, String) {
        self.host.eof();
        let end = self.host.end().await;
        self.seen.extend(end.lines());
        (self.seen, end.report.to_string())
    }
}

fn subtypes(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["subtype"].as_str().or(line["type"].as_str())).collect()
}

fn agent(prompt: &str, background: Option<bool>) -> ModelReply {
    let mut input = json!({"description": "look", "prompt": prompt, "subagent_type": "looker"});
    if let Some(background) = background {
        input["run_in_background"] = background.into();
    }
    reply().tool_use("Agent", input)
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_that_is_waited_for_reports_in_its_tool_result() {
    for (tools, name) in [(true, "Bash"), (false, "")] {
        let work = if tools {
            reply().tool_use("Bash", json!({"command": "ls"})).tool_result("a").text("Seen.")
        } else {
            reply().text("Seen.")
        };
        let scenario = Scenario::new()
            .on_prompt("Go", agent("Look", Some(false)).text("All seen."))
            .on_prompt("Look", work);
        let mut host = Reader::of(&scenario, &[]);
        host.host.write(user("Go")).await;
        assert_eq!(host.result().await["result"], "All seen.");
        let (lines, report) = host.rest().await;
        let started = lines.iter().find(|line| line["subtype"] == "task_started").unwrap();
        assert_eq!(started["is_backgrounded"], false);
        let (id, parent) = (&started["task_id"], &started["tool_use_id"]);
        let report_of = lines
            .iter()
            .find(|line| line["tool_use_result"]["agentId"] == *id)
            .map(|line| &line["tool_use_result"]);
        assert_eq!(
            report_of.unwrap()["content"].as_array().unwrap().last().unwrap()["text"],
            "Seen."
        );
        let of_agent = lines.iter().filter(|line| line["parent_tool_use_id"] == *parent);
        let of_agent: Vec<_> = of_agent.collect();
        assert!(of_agent.iter().all(|line| line["agent_id"] == *id), "{of_agent:?}");
        assert_eq!(of_agent.len(), if tools { 3 } else { 1 }, "its prompt, a use and its result");
        let progress: Vec<_> =
            lines.iter().filter_map(|line| line["last_tool_name"].as_str()).collect();
        assert_eq!(progress, [name].repeat(usize::from(tools)));
        let stats = &lines.iter().find(|line| line["type"] == "result").unwrap()["subagent_stats"];
        assert_eq!(stats["requested"], json!({"background": 0, "foreground": 1, "unset": 0}));
        assert_eq!((&stats["completed"], &stats["by_type"]), (&json!(1), &json!({"looker": 1})));
        assert!(!report.contains("not simulated"), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_and_permissions_of_a_sub_agent_name_it() {
    let scenario =
        Scenario::new().on_prompt("Go", agent("Make", Some(false)).text("Done.")).on_prompt(
            "Make",
            reply().tool_use("Write", json!({"file_path": "a"})).tool_result("ok").text("Made."),
        );
    let mut host = Reader::of(&scenario, &["--permission-prompt-tool=stdio"]);
    let hook = |id: &str| json!([{"matcher": null, "hookCallbackIds": [id]}]);
    let hooks = json!({"SubagentStart": hook("start"), "PreToolUse": hook("pre"), "SubagentStop": hook("stop")});
    host.host
        .write(control("c1", &json!({"subtype": "initialize", "hooks": hooks}).to_string()))
        .await;
    host.host.write(user("Go")).await;
    let mut asked = Vec::new();
    while asked.len() < 5 {
        let request = host.until(|line| line["type"] == "control_request").await;
        let input = &request["request"];
        let name = input["callback_id"].as_str().or(input["subtype"].as_str()).unwrap();
        let agent = input["input"]["agent_id"].as_str().or(input["agent_id"].as_str());
        asked.push((name.to_owned(), agent.is_some()));
        let body = if name == "can_use_tool" { json!({"behavior": "allow"}) } else { json!({}) };
        host.answer(&request, body).await;
    }
    let expected =
        [("pre", false), ("start", true), ("pre", true), ("can_use_tool", true), ("stop", true)];
    assert_eq!(asked, expected.map(|(name, of_agent)| (name.to_owned(), of_agent)));
    host.result().await;
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_in_the_background_begins_a_turn_when_it_ends() {
    for background in [Some(true), None] {
        let scenario = Scenario::new()
            .on_prompt("Go", agent("Look", background).text("Under way."))
            .on_prompt("Look", reply().delay(Duration::from_secs(5)).text("Seen."))
            .when(
                PromptMatch::Contains("<task-notification>".into()),
                reply().text("It has reported."),
            )
            .on_prompt("Next", reply().text("Next."));
        let mut host = Reader::of(&scenario, &[]);
        host.host.write(user("Go")).await;
        let first = host.result().await;
        assert_eq!((&first["result"], &first["origin"]), (&json!("Under way."), &Value::Null));
        let second = host.result().await;
        assert_eq!(second["result"], "It has reported.");
        assert_eq!(second["origin"]["kind"], "task-notification");
        assert_eq!(second["subagent_stats"]["started_in_background"], 1);
        host.host.write(user("Next")).await;
        assert_eq!(host.result().await["result"], "Next.");
        let (lines, _) = host.rest().await;
        let of_task: Vec<_> =
            subtypes(&lines).into_iter().filter(|kind| kind.contains("task")).collect();
        assert_eq!(
            of_task,
            [
                "background_tasks_changed",
                "task_started",
                "task_updated",
                "task_notification",
                "background_tasks_changed"
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_without_an_answer_is_reported_and_the_input_may_end_before_it() {
    let start = reply()
        .run_tool(
            "Bash",
            json!({"command": "make", "description": "build", "run_in_background": true}),
        )
        .delay(Duration::from_secs(60))
        .tool_error("broken")
        .text("It runs.");
    let mut host = Reader::of(&Scenario::new().on_prompt("Build", start), &[]);
    host.host.write(user("Build")).await;
    assert_eq!(host.result().await["result"], "It runs.");
    let (lines, report) = host.rest().await;
    let notice = lines.iter().find(|line| line["subtype"] == "task_notification").unwrap();
    assert_eq!(
        (&notice["status"], &notice["tool_use_id"]),
        (&json!("failed"), &json!("toolu_0_0"))
    );
    assert!(
        report.contains("not simulated: the turn that the CLI begins when a background task"),
        "{report}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_the_host_stops_ends_at_once_and_without_a_turn() {
    let command = json!({"command": "x", "run_in_background": true});
    let of_agent = Scenario::new()
        .on_prompt("Go", agent("Look", None).text("Started."))
        .on_prompt("Look", reply().hang());
    let of_command =
        Scenario::new().on_prompt("Go", reply().run_tool("Bash", command).hang().text("Started."));
    for (scenario, id) in [(of_agent, "a0000000000000001"), (of_command, "b00000001")] {
        let scenario = scenario.on_prompt("Next", reply().text("Next."));
        let mut host = Reader::of(&scenario, &[]);
        host.host.write(user("Go")).await;
        host.result().await;
        let stop = json!({"subtype": "stop_task", "task_id": id}).to_string();
        host.host.write(control("c1", &stop)).await;
        let ended = host.subtype("task_notification").await;
        assert_eq!((&ended["task_id"], &ended["status"]), (&json!(id), &json!("stopped")));
        host.until(|line| line["type"] == "control_response").await;
        host.host.write(user("Next")).await;
        assert_eq!(host.result().await["result"], "Next.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_without_a_turn_reports_what_its_tool_returns() {
    let turn = agent("Look", Some(false)).tool_result("Nothing there.").text("Nothing.");
    let mut host = Reader::of(&Scenario::new().on_prompt("Go", turn), &[]);
    host.host.write(user("Go")).await;
    host.result().await;
    let (lines, _) = host.rest().await;
    let ended = lines.iter().find(|line| line["subtype"] == "task_notification").unwrap();
    assert_eq!(ended["summary"], "Nothing there.");
}

#[tokio::test(start_paused = true)]
async fn a_full_context_is_compacted_before_the_next_request() {
    let full = json!({"content": "Read.", "usage": {"input_tokens": 990_000}});
    let file = json!({"claude-wire": "scenario", "version": 2, "turns": [
        {"prompt": "Read", "reply": [{"message": full}]},
        {"prompt_contains": "create a detailed summary", "reply": [{"text": "<summary>All.</summary>"}]},
        {"prompt": "Next", "reply": [{"text": "Next."}]},
    ]});
    for scripted in [true, false] {
        let mut file = file.clone();
        if !scripted {
            file["turns"].as_array_mut().unwrap().remove(1);
        }
        let scenario = Scenario::parse(&file.to_string()).unwrap();
        let mut host = Reader::of(&scenario, &[]);
        let hooks = json!({"PreCompact": [{"matcher": "auto", "hookCallbackIds": ["pre"]}]});
        host.host
            .write(control("c1", &json!({"subtype": "initialize", "hooks": hooks}).to_string()))
            .await;
        host.host.write(user("Read")).await;
        host.result().await;
        host.host.write(user("Next")).await;
        let request = host.until(|line| line["type"] == "control_request").await;
        assert_eq!(request["request"]["input"]["trigger"], "auto");
        host.answer(&request, json!({})).await;
        let boundary = host.subtype("compact_boundary").await;
        assert_eq!(boundary["compact_metadata"]["pre_tokens"], 990_021);
        assert_eq!(host.result().await["result"], "Next.");
        let (lines, report) = host.rest().await;
        let summary = lines.iter().find(|line| line["isSynthetic"] == true).unwrap();
        assert_eq!(summary.to_string().contains("All."), scripted);
        assert_eq!(report.contains("compaction: no turn"), !scripted, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn compact_by_hand_says_what_to_keep() {
    let scenario = Scenario::new().on_prompt("One", reply().text("1")).when(
        PromptMatch::Contains("keep the numbers".into()),
        reply().text("<summary>1</summary>"),
    );
    let mut host = Reader::of(&scenario, &[]);
    host.host.write(user("One")).await;
    host.result().await;
    host.host.write(user("/compact keep the numbers")).await;
    let result = host.result().await;
    assert_eq!((&result["local_command"], &result["num_turns"]), (&json!("compact"), &json!(0)));
    let (lines, _) = host.rest().await;
    let boundary = lines.iter().find(|line| line["subtype"] == "compact_boundary").unwrap();
    assert_eq!(boundary["compact_metadata"]["trigger"], "manual");
}

/// They are called after the CLI says that it compacts, read the summary as the model wrote it, and
/// are named in the output of the command.
#[tokio::test(start_paused = true)]
async fn hooks_for_compaction_read_the_summary() {
    let summary = "<analysis>n</analysis><summary>1</summary>";
    let scenario = Scenario::new()
        .on_prompt("One", reply().text("1"))
        .when(PromptMatch::Contains("create a detailed summary".into()), reply().text(summary));
    let mut host = Reader::of(&scenario, &[]);
    let hooks = json!({"PreCompact": [{"hookCallbackIds": ["pre"]}], "PostCompact": [{"hookCallbackIds": ["post", "more"]}]});
    let initialize = json!({"subtype": "initialize", "hooks": hooks});
    host.host.write(control("c1", &initialize.to_string())).await;
    host.host.write(user("One")).await;
    host.result().await;
    host.host.write(user("/compact")).await;
    let status = host.subtype("status").await;
    assert_eq!(status["status"], "compacting");
    let pre = host.until(|line| line["type"] == "control_request").await;
    assert_eq!(pre["request"]["callback_id"], "pre");
    host.answer(&pre, json!({})).await;
    for id in ["post", "more"] {
        let post = host.until(|line| line["type"] == "control_request").await;
        assert_eq!(
            (&post["request"]["callback_id"], &post["request"]["input"]["compact_summary"]),
            (&json!(id), &json!(summary))
        );
        host.answer(&post, json!({})).await;
    }
    let ended =
        host.until(|line| line["message"]["content"].to_string().contains("Compacted")).await;
    let lines = ["PreCompact", "PostCompact", "PostCompact"]
        .map(|event| format!("{event} [callback] completed successfully"));
    let expected =
        format!("<local-command-stdout>Compacted {}</local-command-stdout>", lines.join("\n"));
    assert_eq!(ended["message"]["content"], expected);
    host.rest().await;
}

#[tokio::test(start_paused = true)]
async fn rewind_files_counts_what_tools_changed_since_a_prompt() {
    let scenario = Scenario::new().on_prompt(
        "Write",
        reply()
            .run_tool("Write", json!({"file_path": "a.txt", "content": "1\n2\n"}))
            .tool_result("File created")
            .run_tool(
                "Edit",
                json!({"file_path": "b.txt", "old_string": "x", "new_string": "y\nz"}),
            )
            .tool_error("no such file")
            .text("Done."),
    );
    let env = Environment::new()
        .inherit(Inherit::None)
        .set("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING", "true");
    let args = ["-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"];
    let args = args.map(Into::into).to_vec();
    let mut cli = scenario.open(Launch { args, env, ..Launch::default() }).await.unwrap();
    let mut out = BufReader::new(cli.stdout).lines();
    let mut until = async |line: String, fits: &dyn Fn(&Value) -> bool| {
        cli.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        loop {
            let line = out.next_line().await.unwrap().expect("the CLI has ended");
            let line: Value = serde_json::from_str(&line).unwrap();
            if fits(&line) {
                return line;
            }
        }
    };
    let mut prompt: Value = serde_json::from_str(&user("Write")).unwrap();
    prompt["uuid"] = "aaaaaaaa-0000-4000-8000-000000000001".into();
    until(prompt.to_string(), &|line| line["type"] == "result").await;
    let rewind =
        json!({"subtype": "rewind_files", "user_message_id": prompt["uuid"], "dry_run": true});
    let is_reply = |line: &Value| line["type"] == "control_response";
    let reply = until(control("c1", &rewind.to_string()), &is_reply).await;
    let body = &reply["response"]["response"];
    assert_eq!((&body["insertions"], &body["deletions"]), (&json!(0), &json!(2)));
    assert_eq!(body["filesChanged"].as_array().unwrap().len(), 1);
    let unknown = json!({"subtype": "rewind_files", "user_message_id": "b"});
    let reply = until(control("c2", &unknown.to_string()), &is_reply).await;
    assert_eq!(reply["response"]["error"], "No file checkpoint found for this message.");
}
