//! The steps of a scripted turn, as the answers that the API gives to the CLI's requests.

use std::collections::VecDeque;

use serde_json::Value;

use crate::player::model::{ApiReply, Block};
use crate::player::scenario::{Elicitation, ModelReply, Step, ToolOutput};

use super::effect::Effect;

/// What one request to the API comes to.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Message(Box<Scripted>),
    /// The API fails for good: what the user reads.
    Failure {
        status: u16,
        text: String,
    },
    /// These, if the last tool use was denied, or if it was not.
    Branch {
        denied: bool,
        answers: VecDeque<Answer>,
    },
}

/// A message of the model, and what its tools return.
#[derive(Clone, Debug, Default)]
pub(super) struct Scripted {
    /// The message without its blocks.
    pub(super) reply: ApiReply,
    pub(super) items: Vec<Item>,
    pub(super) results: VecDeque<Outcome>,
    /// Whether it is whole: no later block belongs to it.
    is_whole: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Block(Block, Gate),
    Do(Effect),
}

/// What decides whether a tool runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gate {
    /// The CLI's rules.
    #[default]
    Rules,
    /// It runs without a question.
    Open,
    /// The host is asked.
    Asks,
}

/// What a tool does.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Output(ToolOutput),
    Elicit(Elicitation),
    Do(Effect),
}

/// The answers to the requests of a turn, in order.
pub(super) fn answers(reply: &ModelReply) -> VecDeque<Answer> {
    of_steps(&reply.steps)
}

fn of_steps(steps: &[Step]) -> VecDeque<Answer> {
    let mut answers = Answers::default();
    for step in steps {
        answers.step(step);
    }
    answers.close();
    answers.done
}

#[derive(Default)]
struct Answers {
    done: VecDeque<Answer>,
    open: Option<Scripted>,
}

impl Answers {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Text(text) => self.block(Block::Text { text: text.clone() }, Gate::Rules),
            Step::Thinking(thinking) => {
                self.block(Block::Thinking { thinking: thinking.clone() }, Gate::Rules);
            }
            Step::ToolUse { name, input } => self.tool(name, input, Gate::Rules),
            Step::RunTool { name, input } => self.tool(name, input, Gate::Open),
            Step::AskPermission { name, input } => self.tool(name, input, Gate::Asks),
            Step::ToolResult(text) => self.result(output(text, false)),
            Step::ToolError(text) => self.result(output(text, true)),
            Step::ToolOutput(output) => self.result(output.clone()),
            Step::Elicit(asked) => {
                if let Some(open) = &mut self.open {
                    open.results.push_back(Outcome::Elicit(asked.clone()));
                }
            }
            Step::Message(message) => {
                self.close();
                let mut reply = (**message).clone();
                let blocks = std::mem::take(&mut reply.content);
                self.open = Some(Scripted::of_blocks(reply, blocks));
            }
            Step::Error { status, text } => {
                self.close();
                self.done.push_back(Answer::Failure { status: *status, text: text.clone() });
            }
            Step::IfAllowed(steps) => self.branch(false, steps),
            Step::IfDenied(steps) => self.branch(true, steps),
            step => {
                if let Some(effect) = Effect::of(step) {
                    self.act(effect);
                }
            }
        }
    }

    fn tool(&mut self, name: &str, input: &Value, gate: Gate) {
        let block = Block::ToolUse {
            name: name.to_owned(),
            input: input.clone(),
            id: None,
            partial_json: None,
        };
        self.block(block, gate);
    }

    fn block(&mut self, block: Block, gate: Gate) {
        let is_tool = matches!(block, Block::ToolUse { .. });
        let ends = |open: &Scripted| {
            open.is_whole || !open.results.is_empty() || !is_tool && open.has_tools()
        };
        if self.open.as_ref().is_some_and(ends) {
            self.close();
        }
        self.open.get_or_insert_default().items.push(Item::Block(block, gate));
    }

    /// A result without a tool use is ignored.
    fn result(&mut self, output: ToolOutput) {
        if let Some(open) = &mut self.open {
            open.results.push_back(Outcome::Output(output));
        }
    }

    /// What happens after a tool use happens while the tool runs; after its result, before the next
    /// message.
    fn act(&mut self, effect: Effect) {
        if self.open.as_ref().is_some_and(Scripted::is_answered) {
            self.close();
        }
        let open = self.open.get_or_insert_default();
        if open.has_tools() {
            open.results.push_back(Outcome::Do(effect));
        } else {
            open.items.push(Item::Do(effect));
        }
    }

    fn branch(&mut self, denied: bool, steps: &[Step]) {
        self.close();
        self.done.push_back(Answer::Branch { denied, answers: of_steps(steps) });
    }

    fn close(&mut self) {
        let open = self.open.take().map(Box::new);
        self.done.extend(open.map(Answer::Message));
    }
}

impl Scripted {
    /// A message with these blocks, and nothing else.
    pub(super) fn of_blocks(reply: ApiReply, blocks: Vec<Block>) -> Self {
        let items = blocks.into_iter().map(|block| Item::Block(block, Gate::Rules)).collect();
        Self { reply, items, is_whole: true, ..Self::default() }
    }

    /// Whether the model says something; otherwise only other things happen.
    pub(super) fn is_message(&self) -> bool {
        self.is_whole || self.items.iter().any(|item| matches!(item, Item::Block(..)))
    }

    fn has_tools(&self) -> bool {
        self.tools() > 0
    }

    fn tools(&self) -> usize {
        let tool = |item: &&Item| matches!(item, Item::Block(Block::ToolUse { .. }, _));
        self.items.iter().filter(tool).count()
    }

    /// Whether each of its tools has a result.
    fn is_answered(&self) -> bool {
        let outputs = self.results.iter().filter(|outcome| matches!(outcome, Outcome::Output(_)));
        self.has_tools() && outputs.count() >= self.tools()
    }
}

fn output(text: &str, is_error: bool) -> ToolOutput {
    ToolOutput { content: text.into(), output: None, is_error }
}
