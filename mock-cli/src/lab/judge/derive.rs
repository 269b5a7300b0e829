//! The scenario that an entry's API script is.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use claude_wire::Scenario;
use claude_wire::recording::{EventKind, Recording};
use serde_json::{Map, Value, json};

use crate::lab::corpus::Entry;

/// Shorter and longer than the host waits until nothing else happens, in milliseconds.
const BEFORE_IDLE: u64 = 1000;
const AFTER_IDLE: u64 = 10_000;

/// Makes the scenario of an entry: its rules are the turns, and their replies the answers of the
/// model. What the tools returned is taken from the recordings.
///
/// # Errors
/// If the result is not a scenario.
pub fn derive(entry: &Entry, recordings: &[Recording]) -> Result<Scenario, String> {
    let mut script: Value =
        serde_json::from_str(&entry.api().to_json()).map_err(|error| error.to_string())?;
    date(&mut script, recordings);
    let mut tools = Tools::of(entry, recordings);
    let rules = script["rules"].as_array().cloned().unwrap_or_default();
    let rules = rules.iter().filter(|rule| is_seen(rule, recordings)).flat_map(one_summary_each);
    let turns: Vec<Value> = rules.flat_map(|rule| tools.turns(&rule)).collect();
    let lines: Vec<Value> = recordings.iter().flat_map(written).collect();
    // As in the API's script, the first rule that fits answers.
    let file = json!({
        "claude-wire": "scenario", "version": 2, "turns": turns, "any_order": true, "logged_out": entry.has_no_key(),
        "skills": skills(entry), "files": entry.texts().collect::<BTreeMap<_, _>>(),
        "settings_hooks": settings_hooks(&lines), "mcp_servers": mcp_servers(&lines),
    });
    let scenario = Scenario::parse(&file.to_string()).map_err(|error| error.to_string())?;
    Ok(scenario.unverified())
}

/// The seconds of a day.
const DAY: u64 = 86_400;

/// Replaces the days that headers name by those of the recordings.
fn date(script: &mut Value, recordings: &[Recording]) {
    let lines = recordings.iter().flat_map(written);
    let resets = |line: Value| line.pointer("/rate_limit_info/resetsAt")?.as_u64();
    let Some(recorded) = lines.into_iter().find_map(resets) else { return };
    let rules = script["rules"].as_array_mut().into_iter().flatten();
    let replies = rules.flat_map(|rule| rule["replies"].as_array_mut().into_iter().flatten());
    let headers = replies.filter_map(|reply| reply.get_mut("headers")?.as_object_mut());
    // The first is the one that was recorded first.
    let mut first = None;
    for value in headers.flat_map(serde_json::Map::values_mut) {
        let text = value.as_str().unwrap_or_default();
        let days = text.strip_prefix("${day+").and_then(|rest| rest.strip_suffix('}'));
        let Some(days) = days.and_then(|days| days.parse::<u64>().ok()) else { continue };
        let before = *first.get_or_insert(days);
        *value = (recorded + days * DAY).saturating_sub(before * DAY).to_string().into();
    }
}

/// The skills of the entry's project.
fn skills(entry: &Entry) -> Map<String, Value> {
    let skill = |(name, lines): (&str, &[String])| {
        let end = lines.iter().skip(1).position(|line| line == "---")? + 1;
        let description = lines[..end].iter().find_map(|line| line.strip_prefix("description: "));
        let text = lines[end + 1..].join("\n");
        Some((
            name.to_owned(),
            json!({"description": description.unwrap_or_default(), "text": text}),
        ))
    };
    entry.skills().filter_map(skill).collect()
}

/// The hooks of the settings that ran, each once.
fn settings_hooks(lines: &[Value]) -> Vec<Value> {
    let mut hooks = Vec::new();
    for line in lines.iter().filter(|line| line["subtype"] == "hook_response") {
        let name = line["hook_name"].as_str().unwrap_or_default();
        let mut hook = json!({
            "event": line["hook_event"], "stdout": line["stdout"], "stderr": line["stderr"], "exit_code": line["exit_code"],
        });
        if let Some((_, subject)) = name.split_once(':') {
            hook["matcher"] = subject.into();
        }
        if !hooks.contains(&hook) {
            hooks.push(hook);
        }
    }
    hooks
}

/// The MCP servers that are not the host's, as the CLI listed them, with what their tools returned to
/// the host.
fn mcp_servers(lines: &[Value]) -> Map<String, Value> {
    let replies = || lines.iter().filter_map(|line| line.pointer("/response/response"));
    let returned = replies().find(|reply| reply["content"].is_array());
    let mut servers = Map::new();
    for server in replies().flat_map(|reply| reply["mcpServers"].as_array().into_iter().flatten()) {
        if server["transport"] == "sdk" {
            continue;
        }
        let tools = server["tools"].as_array().into_iter().flatten().map(|tool| {
            let read_only = tool.pointer("/annotations/readOnly") == Some(&true.into());
            let mut tool = json!({"name": tool["name"]});
            if read_only {
                tool["annotations"] = json!({"readOnlyHint": true});
            }
            if let Some(returned) = returned {
                tool["result"] = returned.clone();
            }
            tool
        });
        let scripted = json!({"info": server["serverInfo"], "tools": tools.collect::<Vec<_>>()});
        servers.insert(server["name"].as_str().unwrap_or_default().to_owned(), scripted);
    }
    servers
}

/// Each summary is asked for by itself: a reply is a turn.
fn one_summary_each(rule: &Value) -> Vec<Value> {
    let replies = rule["replies"].as_array().filter(|_| asks_for_summary(rule));
    let Some(replies) = replies else { return vec![rule.clone()] };
    replies.iter().map(|reply| json!({"when": rule["when"], "replies": [reply]})).collect()
}

/// Whether a rule answers what the CLI asks for when it compacts.
fn asks_for_summary(rule: &Value) -> bool {
    let asked = rule["when"]["prompt_contains"].as_str();
    asked.is_some_and(|asked| asked.contains("detailed summary"))
}

/// Whether a rule's prompt is in the recordings. Another one answers a request that is not a turn's,
/// such as the one that shows whether the API has a model.
fn is_seen(rule: &Value, recordings: &[Recording]) -> bool {
    let Some(prompt) = rule["when"]["prompt"].as_str() else { return true };
    let text = Value::from(prompt).to_string();
    let events = recordings.iter().flat_map(|recording| &recording.events);
    let lines = events.filter_map(|event| match &event.kind {
        EventKind::In(payload) | EventKind::Out(payload) => Some(payload.bytes()),
        _ => None,
    });
    lines.into_iter().any(|line| String::from_utf8_lossy(line).contains(&text))
}

/// The tool uses of the recordings.
struct Tools<'a> {
    entry: &'a Entry,
    /// Those that no reply has taken, in the order of the model's messages.
    uses: VecDeque<Use>,
    /// What they returned, by id.
    results: HashMap<String, Returned>,
    /// How often the CLI asked again.
    retries: usize,
    /// What a server asked while the tool of this use ran.
    elicited: HashMap<String, Value>,
    /// The uses whose background tasks were stopped.
    stopped: HashSet<String>,
    /// The exit codes of commands in the background that failed, by the uses that started them.
    failed: HashMap<String, String>,
    /// The tokens after each compaction, in order.
    compacted: VecDeque<Value>,
}

struct Use {
    id: String,
    name: String,
    input: Value,
}

/// What a tool returned, as in its line.
struct Returned {
    block: Value,
    output: Option<Value>,
    /// Whether it ran; otherwise its result is the CLI's own word.
    ran: bool,
}

impl<'a> Tools<'a> {
    fn of(entry: &'a Entry, recordings: &[Recording]) -> Self {
        let mut tools = Self {
            entry,
            uses: VecDeque::new(),
            results: HashMap::new(),
            retries: 0,
            stopped: HashSet::new(),
            failed: HashMap::new(),
            elicited: HashMap::new(),
            compacted: VecDeque::new(),
        };
        for line in recordings.iter().flat_map(written) {
            match line["type"].as_str() {
                Some("assistant") => tools.take_uses(&line),
                Some("user") => tools.take_results(&line),
                Some("control_request") if line["request"]["subtype"] == "elicitation" => {
                    if let Some(used) = tools.uses.back() {
                        tools.elicited.insert(used.id.clone(), line["request"].clone());
                    }
                }
                _ if line["status"] == "stopped" => {
                    tools.stopped.extend(line["tool_use_id"].as_str().map(str::to_owned));
                }
                _ if line["subtype"] == "task_notification" && line["status"] == "failed" => {
                    let used = line["tool_use_id"].as_str().map(str::to_owned);
                    let summary = line["summary"].as_str().unwrap_or_default();
                    let code = summary.rsplit(' ').next().unwrap_or_default().to_owned();
                    tools.failed.extend(used.map(|used| (used, code)));
                }
                _ if line["subtype"] == "compact_boundary" => {
                    tools.compacted.push_back(line["compact_metadata"]["post_tokens"].clone());
                }
                _ => tools.retries += usize::from(line["subtype"] == "api_retry"),
            }
        }
        tools
    }

    fn take_uses(&mut self, line: &Value) {
        for block in blocks(line).filter(|block| block["type"] == "tool_use") {
            let text = |field: &str| block[field].as_str().unwrap_or_default().to_owned();
            let input = block["input"].clone();
            self.uses.push_back(Use { id: text("id"), name: text("name"), input });
        }
    }

    fn take_results(&mut self, line: &Value) {
        for block in blocks(line).filter(|block| block["type"] == "tool_result") {
            let id = block["tool_use_id"].as_str().unwrap_or_default();
            let meta = line["tool_result_meta"].as_array().into_iter().flatten();
            let ran = meta
                .filter(|meta| meta["id"] == id)
                .all(|meta| meta["non_execution_kind"].is_null());
            let output = line.get("tool_use_result").cloned();
            self.results.insert(id.to_owned(), Returned { block: block.clone(), output, ran });
        }
    }

    /// The turns that a rule is: a reply that ends a turn is the last of one.
    fn turns(&mut self, rule: &Value) -> Vec<Value> {
        let replies = rule["replies"].as_array().cloned().unwrap_or_default();
        let times = if rule["repeat"] == true { self.repeats(&replies) } else { 1 };
        let mut turns = vec![Vec::new()];
        let mut is_over = false;
        for reply in std::iter::repeat_n(&replies, times).flatten() {
            if is_over {
                turns.push(Vec::new());
            }
            let left = asks_for_summary(rule).then(|| self.compacted.pop_front()).flatten();
            let steps = turns.last_mut().into_iter();
            let uses = reply["content"].as_array().into_iter().flatten();
            let uses: Vec<_> = uses.filter(|block| block["type"] == "tool_use").collect();
            let fails = ["error", "cut", "raw"].iter().any(|how| !reply[how].is_null());
            is_over = uses.is_empty() && !fails;
            for steps in steps {
                steps.push(json!({"message": reply}));
                steps.extend(left.iter().map(|tokens| json!({"compacted_to": tokens})));
                for block in &uses {
                    steps.extend(self.outcome(block));
                }
            }
        }
        let when = &rule["when"];
        let turn =
            |steps: Vec<Value>| match (when["prompt"].as_str(), when["prompt_contains"].as_str()) {
                (Some(prompt), _) => json!({"prompt": prompt, "reply": steps}),
                (None, Some(text)) => json!({"prompt_contains": text, "reply": steps}),
                (None, None) => json!({"reply": steps}),
            };
        turns.into_iter().map(turn).collect()
    }

    /// How often the replies of a rule were fetched that has no limit.
    fn repeats(&self, replies: &[Value]) -> usize {
        let mut blocks =
            replies.iter().flat_map(|reply| reply["content"].as_array().into_iter().flatten());
        match blocks.find(|block| block["type"] == "tool_use") {
            Some(block) => self.uses.iter().filter(|other| other.is(block)).count(),
            None => self.retries + 1,
        }
    }

    /// What a tool use comes to, as steps.
    fn outcome(&mut self, block: &Value) -> Vec<Value> {
        let like = |other: &Use| other.is(block);
        let place = self.uses.iter().position(like);
        let place =
            place.or_else(|| self.uses.iter().position(|other| block["name"] == *other.name));
        let used = place.and_then(|place| self.uses.remove(place));
        let mut steps = Vec::new();
        if let Some(wait) = self.wait(block) {
            steps.push(wait);
        }
        let elicited = used.as_ref().and_then(|used| self.elicited.remove(&used.id));
        steps.extend(elicited.map(|request| {
            let fields = request.as_object().cloned().unwrap_or_default();
            let asked = ["message", "mode", "requested_schema", "url"].into_iter();
            let asked = asked.filter_map(|name| Some((name.to_owned(), fields.get(name)?.clone())));
            let server = ("server".to_owned(), request["mcp_server_name"].clone());
            json!({"elicit": asked.chain([server]).collect::<Map<_, _>>()})
        }));
        let failed = used.as_ref().and_then(|used| self.failed.remove(&used.id));
        let is_stopped = used.as_ref().is_some_and(|used| self.stopped.contains(&used.id));
        let result = used.and_then(|used| self.results.remove(&used.id));
        match result {
            // It would end some time after the host has stopped it.
            _ if is_stopped => {
                steps.extend([json!({"delay_ms": AFTER_IDLE}), json!({"tool_result": ""})]);
            }
            // The simulator gives its own result.
            _ if block["name"] == "StructuredOutput" || block["name"] == "Agent" => {}
            _ if failed.is_some() => {
                let code = failed.unwrap_or_default();
                steps.push(json!({"tool_error": format!("Exit code {code}")}));
            }
            _ if block["input"]["run_in_background"] == true => {
                steps.push(json!({"tool_result": ""}));
            }
            Some(Returned { block, output, ran: true }) => {
                let is_error = block["is_error"] == true;
                let mut step = json!({"content": block["content"], "is_error": is_error});
                if let Some(output) = output {
                    step["output"] = output;
                }
                steps.push(json!({"tool_output": step}));
            }
            // Not executed: the simulator says why. A later result is another tool's.
            _ => steps.push(json!({"tool_result": ""})),
        }
        steps
    }

    /// How a tool waits: for a time, or where it reports to a pipe until the host makes a file, or for
    /// good.
    fn wait(&self, block: &Value) -> Option<Value> {
        let command = block["input"]["command"].as_str().unwrap_or_default();
        if let Some(seconds) = slept(command) {
            return Some(json!({"delay_ms": seconds * 1000}));
        }
        let input = block["input"].to_string();
        let waits = self.entry.touched().iter().any(|file| input.contains(file));
        if waits {
            let is_background = block["input"]["run_in_background"] == true;
            let delay = if is_background { BEFORE_IDLE } else { AFTER_IDLE };
            return Some(json!({"delay_ms": delay}));
        }
        self.entry.pipes().any(|pipe| input.contains(pipe)).then(|| json!("hang"))
    }
}

/// The seconds for which a command sleeps before it does something.
fn slept(command: &str) -> Option<u64> {
    let (seconds, _) = command.strip_prefix("sleep ")?.split_once(';')?;
    seconds.parse().ok()
}

impl Use {
    fn is(&self, block: &Value) -> bool {
        block["name"] == *self.name && block["input"] == self.input
    }
}

/// The content blocks of a line of a conversation.
fn blocks(line: &Value) -> impl Iterator<Item = &Value> {
    line["message"]["content"].as_array().into_iter().flatten()
}

/// What the CLI wrote, as JSON.
fn written(recording: &Recording) -> Vec<Value> {
    let lines = recording.events.iter().filter_map(|event| match &event.kind {
        EventKind::Out(payload) => serde_json::from_slice(payload.bytes()).ok(),
        _ => None,
    });
    lines.collect()
}
