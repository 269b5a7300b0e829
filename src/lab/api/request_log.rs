//! The log of requests, replies and failures.

use std::fmt::{self, Write};

use tokio::sync::watch;

use super::request::ApiRequest;
use super::script::{ApiScript, Rule};
use crate::common::clip;
use crate::faults::{ArmedFaults, Injection};
use crate::player::model::{ApiReply, next_faulted};

/// The most characters of a text that a report shows.
const SHOWN: usize = 200;

/// The failures between the script and the CLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiReport {
    failures: Vec<String>,
}

impl ApiReport {
    /// The failures, in order: refused requests first, then replies that were not fetched.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl fmt::Display for ApiReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the fake API and its script disagree:")?;
        self.failures.iter().try_for_each(|failure| write!(f, "\n* {failure}"))
    }
}

impl std::error::Error for ApiReport {}

pub(super) struct RequestLog {
    rules: Vec<(Rule, usize)>,
    faults: ArmedFaults,
    requests: Vec<ApiRequest>,
    failures: Vec<String>,
    /// Whether there is a failure, for waiting tasks.
    failed: watch::Sender<bool>,
}

/// A reply, with a unique number.
pub(super) struct Served {
    pub(super) reply: ApiReply,
    pub(super) serial: usize,
    /// Whether the connection is closed instead.
    pub(super) refuses: bool,
}

impl RequestLog {
    pub(super) fn new(script: ApiScript) -> Self {
        let rules = script.rules.into_iter().map(|rule| (rule, 0)).collect();
        Self {
            rules,
            faults: script.faults.arm(),
            requests: Vec::new(),
            failures: Vec::new(),
            failed: watch::Sender::new(false),
        }
    }

    /// The reply to a request, or why there is none.
    pub(super) fn serve(&mut self, request: ApiRequest) -> Result<Served, String> {
        let serial = self.requests.len();
        let violations = request.violations();
        let answer = if violations.is_empty() {
            self.take(&request)
        } else {
            Err(broken(&request, &violations))
        };
        self.requests.push(request);
        answer
            .map(|(reply, refuses)| Served { reply, serial, refuses })
            .map_err(|miss| self.fail(format!("request {}: {miss}", serial + 1)))
    }

    /// Logs a failure and returns it.
    pub(super) fn fail(&mut self, failure: String) -> String {
        self.failures.push(failure.clone());
        self.failed.send_replace(true);
        failure
    }

    /// Becomes true with the first failure.
    pub(super) fn failed(&self) -> watch::Receiver<bool> {
        self.failed.subscribe()
    }

    pub(super) fn requests(&self) -> &[ApiRequest] {
        &self.requests
    }

    /// The failures so far, and the replies that were not fetched if all is done.
    pub(super) fn report(&self, done: bool) -> Option<ApiReport> {
        let mut failures = self.failures.clone();
        if done {
            failures.extend(
                self.rules
                    .iter()
                    .enumerate()
                    .filter(|(_, (rule, used))| !rule.repeat && *used < rule.replies.len())
                    .map(|(index, (rule, used))| {
                        format!(
                            "rule {} ({}): {} of {} replies fetched",
                            index + 1,
                            rule.when,
                            used,
                            rule.replies.len()
                        )
                    }),
            );
        }
        (!failures.is_empty()).then_some(ApiReport { failures })
    }

    /// The faults that were injected so far.
    pub(super) fn injections(&self) -> Vec<Injection> {
        self.faults.injections()
    }

    /// The reply to a request, and whether the connection is closed instead.
    fn take(&mut self, request: &ApiRequest) -> Result<(ApiReply, bool), String> {
        let place = format!("API request {}", self.requests.len() + 1);
        for (rule, used) in &mut self.rules {
            let next = if rule.repeat { *used % rule.replies.len().max(1) } else { *used };
            if let Some(reply) =
                rule.replies.get(next).filter(|_| rule.when.misfits(request).is_empty())
            {
                return Ok(match next_faulted(&self.faults, &place, reply) {
                    Some(made) => {
                        *used += usize::from(!made.keeps_reply);
                        (made.reply, made.refuses)
                    }
                    None => {
                        *used += 1;
                        (reply.clone(), false)
                    }
                });
            }
        }
        Err(self.miss(request))
    }

    /// The request, and why each rule did not answer it.
    fn miss(&self, request: &ApiRequest) -> String {
        let mut text = format!("no rule answers it: {}", describe(request));
        for (index, (rule, used)) in self.rules.iter().enumerate() {
            let misfits = rule.when.misfits(request);
            let why = match &misfits[..] {
                [] => format!("fits, but its {} replies are used up", used),
                misfits => format!("another {}", misfits.join(", another ")),
            };
            // Writing to a string does not fail.
            let _ = write!(text, "\n    rule {} ({}): {why}", index + 1, rule.when);
        }
        text
    }
}

fn broken(request: &ApiRequest, violations: &[String]) -> String {
    format!("the real API would refuse it: {}\n    {}", violations.join("; "), describe(request))
}

fn describe(request: &ApiRequest) -> String {
    let mut text = format!(
        "turn {}, model {:?}, prompt {:?}",
        request.turn(),
        request.model(),
        clip(&request.prompts().join(" / "), SHOWN)
    );
    for result in request.tool_results() {
        let error = if result.is_error { " (error)" } else { "" };
        let _ = write!(
            text,
            ", result of {}{error} {:?}",
            result.tool_use_id,
            clip(&result.text, SHOWN)
        );
    }
    text
}
