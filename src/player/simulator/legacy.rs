//! The dialect of early guides to the CLI, which no known version speaks: bare messages, no result,
//! one `done`.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::player::scenario::{ModelReply, Step};

use super::effect::Effect;
use super::handle::Cli;

/// Plays a turn. This dialect has no permission requests: a tool runs whatever the step says.
pub(super) async fn turn(cli: &Cli, number: usize, reply: &ModelReply) {
    let (mut tools, mut count) = (VecDeque::new(), 0);
    for step in reply.simple_steps() {
        match step {
            Step::Text(text) => cli.out(&message(json!({"type": "text", "text": text}))),
            Step::Thinking(text) => {
                cli.out(&message(json!({"type": "thinking", "thinking": text})))
            }
            Step::ToolUse { name, input }
            | Step::RunTool { name, input }
            | Step::AskPermission { name, input } => {
                count += 1;
                let id = format!("toolu_{number}_{count}");
                cli.out(&json!({"type": "tool_use", "id": id, "name": name, "input": input}));
                tools.push_back(id);
            }
            Step::ToolResult(output) | Step::ToolError(output) => {
                if let Some(id) = tools.pop_front() {
                    cli.out(&json!({"type": "result", "tool_use_id": id, "output": output}));
                }
            }
            Step::Error { text, .. } => {
                cli.out(&message(json!({"type": "text", "text": text})));
                cli.with(|state| state.failed = true);
                break;
            }
            Step::Hang => return cli.until(|state| state.eof.then_some(())).await,
            step => {
                if let Some(effect) = Effect::of(&step) {
                    cli.act(&effect).await;
                }
            }
        }
    }
    cli.out(&json!({"type": "done"}));
}

fn message(block: Value) -> Value {
    json!({"type": "message", "role": "assistant", "content": [block]})
}
