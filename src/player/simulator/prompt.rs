//! A prompt, and what its fields say about it.

use serde_json::{Value, json};

use super::slash_command::Command;

/// When a prompt came, where it is repeated.
pub(super) const REPEATED_AT: &str = "2026-01-01T00:00:00.000Z";

/// A prompt of the host.
#[derive(Clone, Debug, Default)]
pub(super) struct Prompt {
    /// Its `uuid`; the CLI says nothing about one without.
    pub(super) uuid: Option<String>,
    pub(super) text: String,
    pub(super) line: Value,
    pub(super) priority: Option<String>,
    /// Where it comes from, if the CLI made it.
    pub(super) origin: Option<Value>,
}

impl Prompt {
    /// A `user` line.
    pub(super) fn of(line: Value, uuid: Option<String>) -> Self {
        let content = text(line.pointer("/message/content").unwrap_or(&Value::Null));
        let pasted = line["pasted_content"].as_array().into_iter().flatten();
        let pasted = pasted.filter_map(|text| text.as_str().map(str::to_owned));
        let text = [content].into_iter().chain(pasted).collect::<Vec<_>>().join("\n");
        let priority = line["priority"].as_str().map(str::to_owned);
        Self { uuid, text, line, priority, origin: None }
    }

    /// The command that it is, unless it is to be taken literally.
    pub(super) fn command(&self) -> Option<Command> {
        if self.is_literal() { None } else { Command::of(&self.text) }
    }

    pub(super) fn is_literal(&self) -> bool {
        self.line["client_composed"] == true
    }

    /// Whether the model is asked.
    pub(super) fn wants_answer(&self) -> bool {
        self.line["shouldQuery"] != false
    }

    /// Whether it may be answered together with others.
    pub(super) fn is_plain(&self) -> bool {
        self.origin.is_none() && self.wants_answer() && self.command().is_none()
    }

    /// Whether it goes into a turn that runs: one that wants no answer does, too.
    pub(super) fn may_steer(&self) -> bool {
        let waits = self.priority.as_deref() == Some("later");
        !waits && self.origin.is_none() && self.command().is_none()
    }

    /// `origin` of the turn's result.
    pub(super) fn comes_from(&self) -> Option<Value> {
        let said = || self.line.get("origin").filter(|origin| origin.is_object()).cloned();
        let synthetic = self.line["isSynthetic"] == true;
        let unknown = || synthetic.then(|| json!({"kind": "unclassified"}));
        self.origin.clone().or_else(said).or_else(unknown)
    }
}

/// The text of a prompt's content.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(fields: Value) -> Prompt {
        let mut line = json!({"type": "user", "message": {"role": "user", "content": "/cost"}});
        super::super::lines::extend(&mut line, fields);
        Prompt::of(line, None)
    }

    #[test]
    fn fields_decide_what_a_prompt_is() {
        assert_eq!(prompt(json!({})).command(), Some(Command::Cost));
        assert_eq!(prompt(json!({"client_composed": true})).command(), None);
        assert!(prompt(json!({"client_composed": true})).is_plain());
        let note = prompt(json!({"client_composed": true, "shouldQuery": false}));
        assert!(!note.wants_answer() && !note.is_plain());
        assert_eq!(prompt(json!({"pasted_content": ["a", "b"]})).text, "/cost\na\nb");
        assert_eq!(prompt(json!({"inline_pastes": ["cost"]})).text, "/cost");
    }

    #[test]
    fn the_origin_is_that_of_the_host_or_unclassified() {
        let human = json!({"kind": "human"});
        assert_eq!(prompt(json!({"origin": human, "isSynthetic": true})).comes_from(), Some(human));
        let unknown = prompt(json!({"isSynthetic": true})).comes_from();
        assert_eq!(unknown, Some(json!({"kind": "unclassified"})));
        assert_eq!(prompt(json!({"isSynthetic": false})).comes_from(), None);
    }
}
