//! How the host answers the CLI's requests.

use serde::Deserialize;
use serde_json::Value;

use super::pattern::{Pattern, fill};

/// An answer to each request like this. In it, `${/input}` is the request's own `input`, and so with any other JSON pointer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    request: Pattern,
    #[serde(default)]
    answer: Value,
    /// The text of a failure, in the place of an answer.
    #[serde(default)]
    error: Option<String>,
}

/// The answer to a request; `Err` is a failure.
pub(super) fn answer(answers: &[Answer], request: &Value) -> Option<Result<Value, String>> {
    let answer = answers.iter().find(|answer| answer.request.fits(request))?;
    Some(match &answer.error {
        Some(error) => Err(error.clone()),
        None => Ok(fill(&answer.answer, &|pointer| request.pointer(pointer).cloned())),
    })
}

/// The kinds of requests that there are answers for.
pub(super) fn subtypes(answers: &[Answer]) -> Vec<String> {
    let mut subtypes: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.request.text("subtype"))
        .map(str::to_owned)
        .collect();
    subtypes.sort_unstable();
    subtypes.dedup();
    subtypes
}
