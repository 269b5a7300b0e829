//! The tool `AskUserQuestion`, which is answered by allowing it.

use serde_json::{Map, Value};

use super::{Decision, PermissionRequest};
use crate::wire::RawJson;
use crate::wire::tools::{AskUserQuestion, Question};

impl PermissionRequest {
    /// The questions of the tool `AskUserQuestion`; none for any other tool. They are answered with
    /// [`Answers`](super::Answers).
    ///
    /// This tool asks the user through the permission request: allowing it unchanged answers
    /// nothing.
    pub fn questions(&self) -> Vec<Question> {
        let input = self.input_as::<AskUserQuestion>();
        input.map(|input| input.into_inner().questions).unwrap_or_default()
    }
}

/// The user's answers to the questions of `AskUserQuestion`.
///
/// ```
/// use claude_wire::Decision;
/// use claude_wire::session::handlers::Answers;
/// use claude_wire::session::Session;
///
/// let builder = Session::builder().on_permission(|request| async move {
///     let mut answers = Answers::new();
///     for question in request.questions() {
///         let first = question.options.first().map(|option| option.label.clone()).unwrap_or_default();
///         answers = answers.answer(question.question, first);
///     }
///     if answers.is_empty() { Decision::allow() } else { answers.decide(&request) }
/// });
/// # let _ = builder;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    answers: Map<String, Value>,
    annotations: Map<String, Value>,
}

impl Answers {
    /// No answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a question: with the label of an option, with several joined by `, `, or with the
    /// user's own words.
    pub fn answer(mut self, question: impl Into<String>, answer: impl Into<String>) -> Self {
        self.answers.insert(question.into(), Value::String(answer.into()));
        self
    }

    /// Adds further notes of the user (`annotations`, `notes`).
    pub fn notes(mut self, question: impl Into<String>, notes: impl Into<String>) -> Self {
        let annotation =
            self.annotations.entry(question.into()).or_insert_with(|| Value::Object(Map::new()));
        annotation["notes"] = Value::String(notes.into());
        self
    }

    /// True if and only if there are no answers.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Returns the decision that contains the answers: the tool is allowed, with its input and the
    /// answers.
    pub fn decide(&self, request: &PermissionRequest) -> Decision {
        let mut fields: Vec<_> = request.input().cursor().fields().collect();
        fields.retain(|(name, _)| !matches!(&**name, b"answers" | b"annotations"));
        let kept = fields.iter().map(|(name, value)| {
            format!("{}:{}", Value::from(String::from_utf8_lossy(name)), value.raw())
        });
        let mut parts: Vec<_> = kept.collect();
        parts.push(format!(r#""answers":{}"#, Value::Object(self.answers.clone())));
        if !self.annotations.is_empty() {
            parts.push(format!(r#""annotations":{}"#, Value::Object(self.annotations.clone())));
        }
        Decision::allow_with(RawJson::scanned(format!("{{{}}}", parts.join(",")).into()))
    }
}
