//! What a session does about each fault.
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use claude_wire::faults::FaultPlan;
use claude_wire::session::Matcher;
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::{Decision, Error, Scenario, Session};

/// What the program asks, and what the model answers: also for the programs on the other SDKs.
pub const SCENARIO: &str = include_str!("../../scenarios/faults.json");

/// What the program gets without a fault.
pub const ANSWERS: &str = "Done: é | Again: é";

/// A wait that takes longer is a hang: twice the time limit of a turn, and the time to stop.
const HANG: Duration = Duration::from_secs(700);

/// What the program did, in the words of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub word: &'static str,
    /// The predicate of a typed error.
    pub detail: String,
    /// The text of an error.
    pub text: String,
    /// How often the fault was injected.
    pub injected: usize,
    /// How often the permission handler and the hook were called.
    pub calls: (u32, u32),
}

impl Outcome {
    /// For the page.
    pub fn cell(&self) -> String {
        if self.detail.is_empty() {
            return self.word.to_owned();
        }
        format!("{}: `{}`", self.word, self.detail)
    }
}

/// Two questions to a session, with a permission to give and a hook, and its end.
async fn program(session: &Session) -> Result<String, Error> {
    let first = session.query("Hello").text().await?;
    let second = session.query("Again").text().await?;
    session.stop().await?;
    Ok(format!("{first} | {second}"))
}

/// What a session does about this fault. Run it with a paused clock.
pub async fn outcome(fault: &str) -> Outcome {
    let plan = FaultPlan::parse(fault).unwrap().seed(7);
    let scenario = Scenario::parse(SCENARIO).unwrap().unverified().faults(plan);
    let (asked, hooked) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (count_asked, count_hooked) = (asked.clone(), hooked.clone());
    let session = Session::builder()
        .transport(scenario.clone())
        .on_permission(move |_| {
            count_asked.fetch_add(1, Ordering::Relaxed);
            async { Decision::allow() }
        })
        .on_hook(Matcher::all(), move |_: PreToolUse, _| {
            count_hooked.fetch_add(1, Ordering::Relaxed);
            async { HookOutput::new() }
        })
        .start()
        .unwrap();
    let done = tokio::time::timeout(HANG, program(&session)).await;
    // Whatever happened, the session can be stopped.
    let stopped = tokio::time::timeout(HANG, session.stop()).await;
    let report = scenario.report();
    let (word, detail, text) = match (done, stopped) {
        _ if !report.not_simulated().is_empty() => ("not simulated", "", String::new()),
        (Err(_), _) | (_, Err(_)) => ("hang", "", String::new()),
        (Ok(Ok(answers)), _) if answers == ANSWERS => ("ignored", "", String::new()),
        (Ok(Ok(answers)), _) => ("wrong answer", "", answers),
        (Ok(Err(error)), _) => match predicate(&error) {
            "" => ("generic error", "", error.to_string()),
            name => ("typed error", name, error.to_string()),
        },
    };
    Outcome {
        word,
        detail: detail.to_owned(),
        text,
        injected: report.injected().len(),
        calls: (asked.load(Ordering::Relaxed), hooked.load(Ordering::Relaxed)),
    }
}

/// The predicate that tells this error from others.
fn predicate(error: &Error) -> &'static str {
    let predicates: [(&str, bool); 13] = [
        ("refusal", error.refusal().is_some()),
        ("is_rate_limited", error.is_rate_limited()),
        ("is_overloaded", error.is_overloaded()),
        ("is_auth", error.is_auth()),
        ("is_result", error.is_result()),
        ("is_timeout", error.is_timeout()),
        ("is_divergence", error.is_divergence()),
        ("is_start", error.is_start()),
        ("is_process", error.is_process()),
        ("is_ended_without_result", error.is_ended_without_result()),
        ("is_closed", error.is_closed()),
        ("is_overflow", error.is_overflow()),
        ("is_stopped", error.is_stopped()),
    ];
    predicates.into_iter().find(|(_, is)| *is).map_or("", |(name, _)| name)
}
