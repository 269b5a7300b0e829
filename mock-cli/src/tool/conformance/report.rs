//! The outcome of each case, and the tables.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::cases::Case;
use super::expect::Listed;
use super::judged::Judged;
use super::section::Section;
use crate::clip;
use crate::tool::terminal::{DIM, GREEN, RED, YELLOW, clipped, printable};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// The host does not have what the case needs, and that is not expected.
    Unsupported,
    /// It failed, or is unsupported, as expected.
    Expected,
    /// It passed, and a failure is expected.
    UnexpectedPass,
    /// The kit failed.
    Harness,
}

impl Verdict {
    const ALL: [Self; 6] = [
        Self::Passed,
        Self::Failed,
        Self::Unsupported,
        Self::Expected,
        Self::UnexpectedPass,
        Self::Harness,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unsupported => "unsupported",
            Self::Expected => "expected",
            Self::UnexpectedPass => "unexpected-pass",
            Self::Harness => "harness",
        }
    }
}

/// What a host did.
pub(super) enum Played {
    Judged(Judged),
    Unsupported(String),
    /// The host broke the protocol.
    Broken(String),
    Harness(String),
}

pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    why: Vec<String>,
    found: Value,
    /// The reason that is listed.
    reason: Option<String>,
    took: Duration,
}

impl Outcome {
    pub(super) fn new(played: Played, listed: Option<Listed<'_>>, took: Duration) -> Self {
        let (mut verdict, mut why, found) = match played {
            Played::Judged(Judged { found, differences }) if differences.is_empty() => {
                (Verdict::Passed, vec![], found)
            }
            Played::Judged(Judged { found, differences }) => (Verdict::Failed, differences, found),
            Played::Unsupported(why) => (Verdict::Unsupported, vec![why], json!({"not_run": true})),
            Played::Broken(why) => (Verdict::Failed, vec![why], json!({})),
            Played::Harness(why) => (Verdict::Harness, vec![why], json!({})),
        };
        let reason = listed.as_ref().map(|listed| listed.why.to_owned());
        if let Some(Listed { not_run, found: other, .. }) = listed {
            let is_any = other.as_object().is_none_or(serde_json::Map::is_empty);
            match verdict {
                Verdict::Passed => {
                    verdict = Verdict::UnexpectedPass;
                    why = vec![
                        "it passes, and a failure is expected: take it off the list".to_owned(),
                    ];
                }
                Verdict::Unsupported if not_run => verdict = Verdict::Expected,
                Verdict::Failed if not_run => {
                    why.insert(0, "the list says that it is not run, and it was".to_owned());
                }
                Verdict::Failed if is_any || other == found => verdict = Verdict::Expected,
                Verdict::Failed => why.insert(0, format!("by the list it differs as {other}")),
                Verdict::Unsupported => {
                    why.insert(0, "the list says that it is run".to_owned());
                }
                Verdict::Expected | Verdict::UnexpectedPass | Verdict::Harness => {}
            }
        }
        Self { verdict, why, found, reason, took }
    }

    /// Whether the run fails for it. Of what a client may do either way, only what is listed counts.
    pub(super) fn is_failure(&self, case: &Case) -> bool {
        match self.verdict {
            Verdict::Passed | Verdict::Expected | Verdict::Harness => false,
            Verdict::UnexpectedPass => true,
            Verdict::Failed | Verdict::Unsupported => case.level != "may" || self.reason.is_some(),
        }
    }

    pub(super) fn json(&self, case: &Case) -> Value {
        json!({
            "case": case.id(),
            "file": case.file,
            "level": case.level,
            "result": self.verdict.name(),
            "why": self.why,
            "reason": self.reason,
            "found": short(&self.found),
            "ms": self.took.as_millis() as u64,
        })
    }

    /// One line, for all but what passed.
    pub(super) fn print(&self, case: &Case, out: &mut dyn Write) -> io::Result<()> {
        let style = match self.verdict {
            Verdict::Passed => return Ok(()),
            Verdict::Expected => DIM,
            Verdict::Unsupported => YELLOW,
            _ => RED,
        };
        let name = self.verdict.name();
        let (id, level) = (case.id(), &case.level);
        writeln!(out, "{style}{name:<15}{style:#}  {}  {level}", printable(&id))?;
        for why in self.why.iter().chain(&self.reason) {
            writeln!(out, "                 {}", printable(&clipped(why, 400)))?;
        }
        Ok(())
    }
}

/// Long texts say how long they are.
fn short(value: &Value) -> Value {
    const MOST: usize = 2_000;
    match value {
        Value::String(text) => clip(text, MOST).into_owned().into(),
        Value::Array(items) => items.iter().map(short).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), short(value))).collect())
        }
        value => value.clone(),
    }
}

/// How many cases of each section had which outcome.
pub(super) fn table(done: &[(&Case, Outcome)], out: &mut dyn Write) -> io::Result<()> {
    let names = Verdict::ALL.map(Verdict::name);
    writeln!(out, "\n{:<18}{:>6}  {}", "section", "cases", names.join("  "))?;
    let row = |name: &str, of: &dyn Fn(&Case) -> bool| {
        let of: Vec<_> = done.iter().filter(|(case, _)| of(case)).collect();
        let counts = Verdict::ALL.map(|verdict| {
            let count = of.iter().filter(|(_, outcome)| outcome.verdict == verdict).count();
            format!("{count:>width$}", width = verdict.name().len())
        });
        (of.len(), format!("{name:<18}{:>6}  {}", of.len(), counts.join("  ")))
    };
    for section in Section::ALL {
        let (count, line) = row(section.name(), &|case| case.section == section);
        if count > 0 {
            writeln!(out, "{line}")?;
        }
    }
    let fails = done
        .iter()
        .any(|(case, outcome)| outcome.is_failure(case) || outcome.verdict == Verdict::Harness);
    let style = if fails { RED } else { GREEN };
    writeln!(out, "{style}{}{style:#}", row("all", &|_| true).1)
}
