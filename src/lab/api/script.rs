//! The script of the model's side: rules and their replies.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::request::ApiRequest;
use crate::faults::{FaultError, FaultPlan};
use crate::player::model::ApiReply;

/// The script of the model's side: rules, each with its replies.
///
/// A request is answered by the first rule that matches it and has a reply left. So the replies of
/// one rule are the steps of one conversation: a tool call, then the text after its result; or an
/// error, then the success of the retry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiScript {
    pub(super) rules: Vec<Rule>,
    pub(super) faults: FaultPlan,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) when: When,
    pub(super) replies: Vec<ApiReply>,
    /// Repeats the replies; need not be used at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) repeat: bool,
}

/// Which requests a rule answers: those that meet every condition set here. By default any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_result_contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<usize>,
}

impl ApiScript {
    /// A script without rules, which refuses every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a prompt that equals `prompt`, and the requests that follow from it. All replies
    /// must be fetched.
    #[must_use]
    pub fn on_prompt(
        self,
        prompt: impl Into<String>,
        replies: impl IntoIterator<Item = ApiReply>,
    ) -> Self {
        self.when(When::prompt(prompt), replies)
    }

    /// Answers matching requests, each with the next reply. All replies must be fetched.
    #[must_use]
    pub fn when(self, when: When, replies: impl IntoIterator<Item = ApiReply>) -> Self {
        self.rule(Rule { when, replies: replies.into_iter().collect(), repeat: false })
    }

    /// Answers any number of matching requests, including none, with these replies in turn.
    #[must_use]
    pub fn always(self, when: When, replies: impl IntoIterator<Item = ApiReply>) -> Self {
        self.rule(Rule { when, replies: replies.into_iter().collect(), repeat: true })
    }

    /// Injects the faults of this plan, in addition to earlier ones: the API answers as the fault says,
    /// and what was scripted is the answer to the next request, unless the fault only delays it.
    ///
    /// ```
    /// use claude_wire::faults::FaultPlan;
    /// use claude_wire::lab::{ApiReply, ApiScript};
    ///
    /// let script = ApiScript::new()
    ///     .on_prompt("Hello", [ApiReply::text("Hi!")])
    ///     .faults(FaultPlan::parse("api_429:retry_after=1")?)?;
    /// # Ok::<(), claude_wire::faults::FaultError>(())
    /// ```
    ///
    /// # Errors
    /// If one of them is not a fault of the [API](crate::faults::FaultKind::Api).
    pub fn faults(mut self, plan: FaultPlan) -> Result<Self, FaultError> {
        plan.only_of_the_api()?;
        self.faults = self.faults.and(plan);
        Ok(self)
    }

    fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

impl When {
    /// Any request.
    pub fn any() -> Self {
        Self::default()
    }

    /// The latest prompt is this text. Notes that the CLI adds next to a prompt do not count.
    pub fn prompt(text: impl Into<String>) -> Self {
        Self { prompt: Some(text.into()), ..Self::default() }
    }

    /// The latest prompt contains this text.
    pub fn prompt_contains(text: impl Into<String>) -> Self {
        Self { prompt_contains: Some(text.into()), ..Self::default() }
    }

    /// A tool result has just come back, and contains this text.
    #[must_use]
    pub fn tool_result_contains(mut self, text: impl Into<String>) -> Self {
        self.tool_result_contains = Some(text.into());
        self
    }

    /// The model's name contains this.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// The latest prompt is the conversation's `turn`th, from 1.
    #[must_use]
    pub fn turn(mut self, turn: usize) -> Self {
        self.turn = Some(turn);
        self
    }

    /// Why a request does not match; `None` if it does.
    pub(super) fn misfits(&self, request: &ApiRequest) -> Vec<&'static str> {
        let prompts = request.prompts();
        let mut misfits = Vec::new();
        let mut check =
            |name, fits: Option<bool>| misfits.extend((fits == Some(false)).then_some(name));
        check(
            "prompt",
            self.prompt
                .as_ref()
                .map(|wanted| prompts.iter().any(|prompt| prompt.trim() == wanted.trim())),
        );
        check(
            "prompt",
            self.prompt_contains
                .as_ref()
                .map(|wanted| prompts.iter().any(|prompt| prompt.contains(wanted))),
        );
        check(
            "tool result",
            self.tool_result_contains.as_ref().map(|wanted| {
                request.tool_results().iter().any(|result| result.text.contains(wanted))
            }),
        );
        check("model", self.model.as_ref().map(|wanted| request.model().contains(wanted)));
        check("turn", self.turn.map(|wanted| request.turn() == wanted));
        misfits
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.prompt.as_ref().map(|text| format!("prompt is {text:?}")));
        parts.extend(self.prompt_contains.as_ref().map(|text| format!("prompt contains {text:?}")));
        parts.extend(
            self.tool_result_contains.as_ref().map(|text| format!("tool result contains {text:?}")),
        );
        parts.extend(self.model.as_ref().map(|name| format!("model contains {name:?}")));
        parts.extend(self.turn.map(|turn| format!("turn is {turn}")));
        if parts.is_empty() { f.write_str("any request") } else { f.write_str(&parts.join(", ")) }
    }
}
