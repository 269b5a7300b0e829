//! The dialect of early guides to the CLI, which no known version speaks: bare messages, no result,
//! one `done`.

use serde_json::{Value, json};

use super::reply::{ModelReply, Step};
use super::stage::Stage;

impl Stage {
    /// Writes a turn. This dialect has no permission requests: a tool runs whatever the step says.
    pub(super) fn legacy_turn(&mut self, prompt: Option<&str>, reply: &ModelReply) {
        self.prompt(prompt, None);
        let (mut tools, mut count) = (std::collections::VecDeque::new(), 0);
        for step in &reply.steps {
            match step {
                Step::Text(text) => self.out(&message(json!({"type": "text", "text": text}))),
                Step::Thinking(text) => {
                    self.out(&message(json!({"type": "thinking", "thinking": text})))
                }
                Step::ToolUse { name, input } | Step::AskPermission { name, input } => {
                    count += 1;
                    let id = format!("toolu_{}_{count}", self.next_turn());
                    self.out(&json!({"type": "tool_use", "id": id, "name": name, "input": input}));
                    tools.push_back(id);
                }
                Step::ToolResult(output) | Step::ToolError(output) => {
                    if let Some(id) = tools.pop_front() {
                        self.out(&json!({"type": "result", "tool_use_id": id, "output": output}));
                    }
                }
                Step::Error { text, .. } => {
                    self.out(&message(json!({"type": "text", "text": text})));
                    self.fail();
                    break;
                }
                Step::Delay(time) => self.pause(*time),
                Step::Hang => return self.hang_for_good(),
            }
        }
        self.out(&json!({"type": "done"}));
        self.end_turn();
    }
}

fn message(block: Value) -> Value {
    json!({"type": "message", "role": "assistant", "content": [block]})
}
