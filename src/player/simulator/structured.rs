//! The structured answer that a launch asks for: its tool, its schema, and what the CLI does about
//! an answer of another form.

use serde_json::{Value, json};

use super::handle::Cli;
use super::schema;
use super::state::State;
use super::tool_results::Returned;
use super::tools::Ran;

/// What the tool says.
const PROVIDED: &str = "Structured output provided successfully";
/// What the CLI says to a model that does not use the tool.
pub(super) const ENFORCES: &str = "[structured-output-enforce] You MUST call the StructuredOutput tool to complete this request. Call \
    this tool now.";
/// How often the model may give an answer of another form, in a turn.
const ATTEMPTS: u32 = 5;

impl Cli {
    /// The model uses the tool.
    pub(super) fn structured(&self, id: &str, input: &Value) -> Ran {
        self.with(|state| {
            let errors = state.structure_errors(input);
            let decision = json!({"decision": "accept", "source": "config"});
            if errors.is_empty() {
                state.turn().structured.answer = Some(input.clone());
                let result = Returned::ok(PROVIDED.into(), PROVIDED.into());
                state.tool_result(id, &result, decision, self.agent());
                return Ran::Answered;
            }
            let error = format!("Output does not match required schema: {}", errors.join(", "));
            state.tool_result(id, &Returned::failed(error.clone()), decision, self.agent());
            let structured = &mut state.turn().structured;
            structured.attempts += 1;
            structured.error = error;
            Ran::Misshapen
        })
    }
}

impl State {
    fn structure_errors(&mut self, answer: &Value) -> Vec<String> {
        let Some(schema) = self.schema().cloned() else { return Vec::new() };
        for keyword in schema::unknown_keywords(&schema) {
            self.note_not_simulated(format!("the keyword {keyword} of the schema"));
        }
        schema::errors(&schema, answer)
    }

    /// Whether the CLI asks once more for a structured answer that did not come.
    pub(super) fn enforces_structure(&mut self) -> bool {
        let is_asked = self.schema().is_some();
        let structured = &mut self.turn().structured;
        is_asked
            && structured.answer.is_none()
            && !std::mem::replace(&mut structured.is_enforced, true)
    }

    /// What the CLI says if it waits no longer for an answer of the right form.
    pub(super) fn structure_exhausted(&mut self) -> Option<String> {
        let structured = &self.turn().structured;
        (structured.attempts >= ATTEMPTS).then(|| {
            format!(
                "Failed to provide valid structured output after {ATTEMPTS} attempts — last StructuredOutput error: {}",
                structured.error
            )
        })
    }
}
