//! The corpus entry that a scenario is: a host that sends its prompts, and an API that says what its
//! model says.

use serde_json::{Map, Value, json};

/// A delta of the API has this many characters.
const DELTA: usize = 40;

/// What one launch of a scenario is as an entry of the corpus, as text.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) entry: String,
    /// The tools that the model uses.
    pub(super) tools: Vec<String>,
    /// What of it a real CLI cannot be made to do.
    pub(super) problems: Vec<String>,
}

/// Makes an entry of the turns of a launch, with these options. In the first version of the format a
/// `tool_use` runs without a question.
pub(super) fn entry(
    turns: &[Value],
    is_first_version: bool,
    options: &Map<String, Value>,
) -> Written {
    let mut written = Writer { is_first_version, ..Writer::default() };
    for (number, turn) in (1..).zip(turns) {
        written.turn(number, turn);
    }
    let Writer { host, mut rules, errors, tools, free, problems, .. } = written;
    rules.extend(errors.into_iter().rev());
    let mut options = options.clone();
    if let Some(allowed) =
        options.entry("allowed_tools").or_insert_with(|| json!([])).as_array_mut()
    {
        allowed.extend(free.into_iter().map(Value::from));
    }
    let entry = json!({
        "claude-wire": "corpus-entry",
        "version": 1,
        "shows": "A scenario",
        "session": options,
        "host": host,
        // The host grants what it is asked for, as a scenario without a host assumes.
        "answers": [{
            "request": {"subtype": "can_use_tool"},
            "answer": {"behavior": "allow", "updatedInput": "${/input}", "toolUseID": "${/tool_use_id}"},
        }],
        "api": {"claude-wire": "api-script", "version": 1, "rules": rules},
        "expect": [],
    });
    Written { entry: entry.to_string(), tools, problems }
}

#[derive(Default)]
struct Writer {
    is_first_version: bool,
    host: Vec<Value>,
    rules: Vec<Value>,
    /// The rules of turns that end with an error. The prompt of such a turn is still in the next
    /// request, so the last one comes first.
    errors: Vec<Value>,
    tools: Vec<String>,
    /// Tools that run without a question.
    free: Vec<String>,
    problems: Vec<String>,
    replies: Replies,
}

/// The replies of a turn.
#[derive(Default)]
struct Replies {
    done: Vec<Value>,
    open: Option<Open>,
    /// How it ends, if the API does not answer in the end.
    last: Option<Last>,
}

/// A message to which blocks are added.
#[derive(Default)]
struct Open {
    blocks: Vec<Value>,
    has_tools: bool,
    has_results: bool,
}

enum Last {
    /// The API fails with this reply, however often it is asked.
    Error(Value),
    /// It goes no further than this gate, after the CLI has written this block.
    Hang { gate: String, written: Option<Value> },
}

impl Writer {
    fn turn(&mut self, number: usize, turn: &Value) {
        let prompt = match (turn["prompt"].as_str(), turn["prompt_contains"].as_str()) {
            (Some(text), _) | (None, Some(text)) => text.to_owned(),
            (None, None) => format!("Prompt {number}"),
        };
        if turn.get("prompt_regex").is_some() {
            self.problems.push(format!("turn {number}: `prompt_regex` names no prompt to send"));
            return;
        }
        self.replies = Replies::default();
        match &turn["reply"] {
            Value::String(text) => self.step(number, &json!({"text": text})),
            steps => self.steps(number, steps),
        }
        let mut replies = std::mem::take(&mut self.replies);
        replies.close();
        // A CLI that asks more often than the scenario says is refused, and that is reported.
        if !replies.done.is_empty() {
            self.rules.push(json!({"when": {"prompt": prompt}, "replies": replies.done}));
        }
        let times = turn["times"].as_u64().unwrap_or(1);
        for _ in 0..times {
            match &replies.last {
                Some(Last::Hang { gate, written }) => {
                    self.host.push(json!({"do": "prompt", "content": prompt, "wait": false}));
                    self.host.push(json!({"do": "wait", "gate": gate}));
                    self.host.extend(written.iter().map(|block| {
                        let line = json!({"type": "assistant", "message": {"content": [block]}});
                        json!({"do": "wait", "message": line})
                    }));
                    self.host.push(json!({"do": "interrupt"}));
                    self.host.push(json!({"do": "wait", "turns": "all"}));
                }
                _ => self.host.push(json!({"do": "prompt", "content": prompt})),
            }
        }
        if let Some(rule) = (times > 1).then(|| self.rules.last_mut()).flatten() {
            rule["repeat"] = true.into();
        }
        if let Some(Last::Error(reply)) = replies.last {
            let when = json!({"prompt": prompt});
            self.errors.push(json!({"when": when, "replies": [reply], "repeat": true}));
        }
    }

    fn steps(&mut self, turn: usize, steps: &Value) {
        for step in steps.as_array().into_iter().flatten() {
            self.step(turn, step);
        }
    }

    fn step(&mut self, turn: usize, step: &Value) {
        if step == "hang" {
            return self.hang(turn);
        }
        let Some((name, value)) = step.as_object().and_then(|step| step.iter().next()) else {
            return;
        };
        match name.as_str() {
            "text" => self.replies.block(json!({"type": "text", "text": value})),
            "thinking" => self.replies.block(json!({"type": "thinking", "thinking": value})),
            "tool_use" | "run_tool" | "ask_permission" => {
                let tool = value["name"].as_str().unwrap_or_default().to_owned();
                let is_free = name == "run_tool" || name == "tool_use" && self.is_first_version;
                if is_free && !self.free.contains(&tool) {
                    self.free.push(tool.clone());
                }
                self.tools.push(tool);
                self.replies.block(
                    json!({"type": "tool_use", "name": value["name"], "input": value["input"]}),
                );
            }
            // What a tool returns is for the real tool to say.
            "tool_result" | "tool_error" | "tool_output" => {
                if let Some(open) = &mut self.replies.open {
                    open.has_results = true;
                }
            }
            "message" => {
                self.replies.close();
                let blocks = value["content"].as_array().into_iter().flatten();
                let uses = blocks.filter(|block| block["type"] == "tool_use");
                self.tools
                    .extend(uses.filter_map(|block| block["name"].as_str()).map(str::to_owned));
                self.replies.done.push(value.clone());
            }
            "error" => {
                self.replies.close();
                let (status, text) = (&value["status"], value["text"].as_str().unwrap_or_default());
                // What the CLI puts before the message of the API.
                let text = text.strip_prefix(&format!("API Error: {status} ")).unwrap_or(text);
                let error = json!({"status": status, "message": text});
                self.replies.last = Some(Last::Error(json!({"error": error})));
            }
            // The host allows everything.
            "if_allowed" => {
                self.replies.close();
                self.steps(turn, value);
            }
            "if_denied" => self.replies.close(),
            // Times are not compared, and what the CLI counts is.
            "delay_ms" | "compacted_to" => {}
            other => self.problems.push(format!("turn {turn}: the step `{other}` is not checked")),
        }
    }

    /// The API stops here, and the host interrupts. A real tool ends when it ends.
    fn hang(&mut self, turn: usize) {
        let open = self.replies.open.take().unwrap_or_default();
        if open.has_tools {
            self.problems.push(format!("turn {turn}: a tool that never ends is not checked"));
            self.replies.open = Some(open);
            return;
        }
        let gate = format!("turn {turn}");
        let events: usize = open.blocks.iter().map(events).sum();
        let written = open.blocks.last().cloned();
        let (blocks, held) = match open.blocks.is_empty() {
            true => (vec![json!({"type": "text", "text": "not delivered"})], 0),
            false => (open.blocks, events + 1),
        };
        self.replies.done.push(json!({"content": blocks, "hold": {held.to_string(): gate}}));
        self.replies.last = Some(Last::Hang { gate, written });
    }
}

impl Replies {
    /// Adds a block to the message that it belongs to: after the results of tools, and after a tool
    /// use unless it is one too, the model is asked again.
    fn block(&mut self, block: Value) {
        let is_tool = block["type"] == "tool_use";
        if self.open.as_ref().is_some_and(|open| open.has_results || open.has_tools && !is_tool) {
            self.close();
        }
        let open = self.open.get_or_insert_default();
        open.has_tools |= is_tool;
        open.blocks.push(block);
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take().filter(|open| !open.blocks.is_empty()) {
            self.done.push(json!({"content": open.blocks}));
        }
    }
}

/// How many events a block is streamed in.
fn events(block: &Value) -> usize {
    let deltas =
        |field: &str| block[field].as_str().unwrap_or_default().chars().count().div_ceil(DELTA);
    // Its start and its stop, and the signature of thinking.
    2 + deltas("text") + deltas("thinking") + usize::from(block["type"] == "thinking")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::lab::Entry;

    fn written(turns: Value) -> (Value, Written) {
        let written = entry(turns.as_array().unwrap(), false, &Map::new());
        Entry::parse("scenario", &written.entry).unwrap();
        (serde_json::from_str(&written.entry).unwrap(), written)
    }

    #[test]
    fn results_of_tools_end_a_message() {
        let (entry, written) = written(json!([{"prompt": "Look", "reply": [
            {"thinking": "hm"}, {"text": "I look."},
            {"tool_use": {"name": "Read", "input": {"file_path": "a"}}},
            {"run_tool": {"name": "Bash", "input": {"command": "ls"}}},
            {"tool_result": "a"}, {"tool_result": "b"},
            {"text": "Done."},
            {"message": {"content": "More.", "stop_reason": "max_tokens"}},
            {"text": "Last."},
        ]}]));
        let call =
            |name: &str, input: Value| json!({"type": "tool_use", "name": name, "input": input});
        let text = |text: &str| json!({"type": "text", "text": text});
        assert_eq!(
            entry["api"]["rules"],
            json!([{"when": {"prompt": "Look"}, "replies": [
                {"content": [
                    {"type": "thinking", "thinking": "hm"}, text("I look."),
                    call("Read", json!({"file_path": "a"})), call("Bash", json!({"command": "ls"})),
                ]},
                {"content": [text("Done.")]},
                {"content": "More.", "stop_reason": "max_tokens"},
                {"content": [text("Last.")]},
            ]}])
        );
        assert_eq!(entry["host"], json!([{"do": "prompt", "content": "Look"}]));
        assert_eq!(entry["session"]["allowed_tools"], json!(["Bash"]));
        assert_eq!(written.tools, ["Read", "Bash"]);
        assert_eq!(written.problems, Vec::<String>::new());
    }

    #[test]
    fn a_tool_use_of_the_first_version_needs_no_permission() {
        let turns = json!([{"reply": [{"tool_use": {"name": "Bash", "input": {}}}]}]);
        for (is_first_version, free) in [(true, json!(["Bash"])), (false, json!([]))] {
            let written = entry(turns.as_array().unwrap(), is_first_version, &Map::new());
            let entry: Value = serde_json::from_str(&written.entry).unwrap();
            assert_eq!(entry["session"]["allowed_tools"], free);
        }
    }

    #[test]
    fn an_error_is_repeated_however_often_the_cli_retries() {
        let (entry, _) = written(json!([
            {"prompt": "One", "reply": [{"text": "a"}, {"error": {"status": 529, "text": "Overloaded"}}]},
            {"prompt": "Two", "reply": [{"error": {"status": 400, "text": "API Error: 400 bad"}}]},
            {"reply": []},
        ]));
        assert_eq!(
            entry["api"]["rules"],
            json!([
                {"when": {"prompt": "One"}, "replies": [{"content": [{"type": "text", "text": "a"}]}]},
                {"when": {"prompt": "Two"}, "replies": [{"error": {"status": 400, "message": "bad"}}], "repeat": true},
                {"when": {"prompt": "One"}, "replies": [{"error": {"status": 529, "message": "Overloaded"}}], "repeat": true},
            ])
        );
        assert_eq!(entry["host"][2], json!({"do": "prompt", "content": "Prompt 3"}));
    }

    #[test]
    fn a_turn_that_hangs_is_interrupted_at_its_gate() {
        let long = "x".repeat(DELTA + 1);
        let (entry, _) = written(json!([
            {"prompt": "One", "reply": [{"thinking": "hm"}, {"text": long}, "hang"]},
            {"prompt": "Two", "reply": ["hang"]},
        ]));
        // message_start; a start, a delta, a signature and a stop; a start, two deltas and a stop.
        assert_eq!(entry["api"]["rules"][0]["replies"][0]["hold"], json!({"9": "turn 1"}));
        assert_eq!(entry["api"]["rules"][1]["replies"][0]["hold"], json!({"0": "turn 2"}));
        assert_eq!(
            entry["host"],
            json!([
                {"do": "prompt", "content": "One", "wait": false},
                {"do": "wait", "gate": "turn 1"},
                {"do": "wait", "message": {"type": "assistant", "message": {"content": [{"type": "text", "text": long}]}}},
                {"do": "interrupt"},
                {"do": "wait", "turns": "all"},
                {"do": "prompt", "content": "Two", "wait": false},
                {"do": "wait", "gate": "turn 2"},
                {"do": "interrupt"},
                {"do": "wait", "turns": "all"},
            ])
        );
    }

    #[test]
    fn a_decision_is_the_one_of_a_host_that_allows_everything() {
        let (entry, written) = written(json!([{"prompt": "Go", "reply": [
            {"ask_permission": {"name": "Bash", "input": {"command": "ls"}}}, {"tool_result": "a"},
            {"if_denied": [{"text": "No."}]}, {"if_allowed": [{"text": "Yes."}]},
        ]}, {"prompt": "And", "reply": "Done."}]));
        let texts = |rule: usize, reply: usize| {
            entry["api"]["rules"][rule]["replies"][reply]["content"][0]["text"].clone()
        };
        assert_eq!((texts(0, 1), texts(1, 0)), (json!("Yes."), json!("Done.")));
        assert_eq!(entry["api"]["rules"][0]["replies"].as_array().unwrap().len(), 2);
        assert_eq!(written.problems, Vec::<String>::new());
    }

    #[test]
    fn what_no_cli_can_be_made_to_do_is_reported() {
        let (_, written) = written(json!([{"reply": [
            {"tool_use": {"name": "Bash", "input": {"command": "sleep 9"}}}, "hang"
        ]}]));
        assert_eq!(written.problems, ["turn 1: a tool that never ends is not checked"]);
        let (_, written) = self::written(json!([
            {"reply": [{"raw": "a"}, {"stderr": "b"}, {"exit": 3}, {"crash": "SIGKILL"}]},
            {"prompt_regex": "^a+$", "reply": "b"},
        ]));
        let steps = ["raw", "stderr", "exit", "crash"];
        let mut problems =
            steps.map(|step| format!("turn 1: the step `{step}` is not checked")).to_vec();
        problems.push("turn 2: `prompt_regex` names no prompt to send".to_owned());
        assert_eq!(written.problems, problems);
    }
}
