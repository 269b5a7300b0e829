//! What `check` prints.

use std::borrow::Cow;
use std::fmt;

use claude_wire::CLI_VERSION;
use claude_wire::recording::{Agreement, FieldDifference, LineDifference};
use serde_json::{Value, json};

use crate::{Failure, Found, clip};

/// What a real CLI did differently from a scenario.
#[derive(Debug, Default)]
pub(super) struct Report {
    version: String,
    lines: usize,
    equal: usize,
    /// By launch.
    differences: Vec<(usize, LineDifference)>,
    /// What did not go as the scenario says.
    assumptions: Vec<String>,
    not_checked: Vec<String>,
}

impl Report {
    pub(super) fn new(version: &str) -> Self {
        Self { version: version.to_owned(), ..Self::default() }
    }

    pub(super) fn take(&mut self, launch: usize, agreement: Agreement) {
        self.lines += agreement.lines;
        self.equal += agreement.equal();
        let differences = agreement.differences.into_iter();
        self.differences.extend(differences.map(|difference| (launch, difference)));
    }

    pub(super) fn assumption(&mut self, what: String) {
        self.assumptions.push(what);
    }

    pub(super) fn not_checked(&mut self, what: Vec<String>) {
        self.not_checked.extend(what);
    }

    pub(super) fn verdict(&self) -> Result<Found, Failure> {
        if !self.differences.is_empty() || !self.assumptions.is_empty() {
            return Ok(Found::Something);
        }
        match self.not_checked.len() {
            0 => Ok(Found::Nothing),
            1 => Err("1 part of the scenario was not checked".to_owned()),
            count => Err(format!("{count} parts of the scenario were not checked")),
        }
    }

    pub(super) fn json(&self) -> Value {
        let differences = self.differences.iter().map(|(launch, difference)| {
            let mut object = serde_json::to_value(difference).unwrap_or_default();
            object["launch"] = (*launch).into();
            object
        });
        json!({
            "cli": self.version,
            "stand_in": CLI_VERSION,
            "lines": self.lines,
            "equal": self.equal,
            "differences": differences.collect::<Vec<_>>(),
            "assumptions": self.assumptions,
            "not_checked": self.not_checked,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.version != CLI_VERSION {
            let version = &self.version;
            writeln!(f, "the stand-in plays CLI {CLI_VERSION}, and this is CLI {version}")?;
        }
        for problem in &self.assumptions {
            writeln!(f, "not as the scenario says: {}", problem.replace('\n', "\n    "))?;
        }
        for (_, difference) in &self.differences {
            line(f, difference)?;
        }
        for step in &self.not_checked {
            writeln!(f, "not checked: {step}")?;
        }
        writeln!(
            f,
            "{} of {} lines of CLI {} are as the scenario says",
            self.equal, self.lines, self.version
        )
    }
}

fn line(f: &mut fmt::Formatter<'_>, difference: &LineDifference) -> fmt::Result {
    let kind = difference.kind.strip_prefix("out ").unwrap_or(&difference.kind);
    match (difference.expected, difference.actual) {
        (Some(at), None) => {
            writeln!(
                f,
                "line {at}, {kind}: the CLI writes it, and the scenario does not lead to it"
            )?;
            whole(f, difference)
        }
        (None, _) => {
            writeln!(f, "{kind}: the scenario leads to it, and the CLI does not write it")?;
            whole(f, difference)
        }
        (Some(at), Some(_)) => {
            difference.fields.iter().try_for_each(|field| self::field(f, at, kind, field))
        }
    }
}

fn field(
    f: &mut fmt::Formatter<'_>,
    at: usize,
    kind: &str,
    field: &FieldDifference,
) -> fmt::Result {
    let FieldDifference { path, expected, actual, .. } = field;
    let path = if path.is_empty() { "the text" } else { path };
    match (expected, actual) {
        (Some(real), Some(scenario)) => {
            let (real, scenario) = (short(real), short(scenario));
            writeln!(f, "line {at}, {kind}: {path} is {real}, and {scenario} in the scenario")
        }
        (Some(real), None) => {
            let real = short(real);
            writeln!(f, "line {at}, {kind}: {path} is {real}, and absent in the scenario")
        }
        (None, scenario) => {
            let scenario = short(scenario.as_deref().unwrap_or_default());
            writeln!(f, "line {at}, {kind}: {path} is absent, and {scenario} in the scenario")
        }
    }
}

/// A line that only one side has.
fn whole(f: &mut fmt::Formatter<'_>, difference: &LineDifference) -> fmt::Result {
    let lines = difference
        .fields
        .iter()
        .filter_map(|field| field.expected.as_deref().or(field.actual.as_deref()));
    lines.map(short).try_for_each(|line| writeln!(f, "    {line}"))
}

/// The beginning of a long value.
fn short(value: &str) -> Cow<'_, str> {
    clip(value, 200)
}

#[cfg(test)]
mod tests {
    use claude_wire::recording::{Event, EventKind, Header, Recording, agreement};

    use super::*;

    fn report(real: &[&str], simulated: &[&str]) -> Report {
        let recording = |lines: &[&str]| {
            let mut recording = Recording::new(Header::new());
            let events = lines.iter().map(|line| Event::new(0, EventKind::Out((*line).into())));
            recording.events = events.collect();
            recording
        };
        let mut report = Report::new(CLI_VERSION);
        report.take(1, agreement(&recording(real), &recording(simulated)));
        report
    }

    #[test]
    fn differences_are_named_in_words() {
        let report = report(
            &[r#"{"type":"a","n":1,"old":true}"#, r#"{"type":"b"}"#],
            &[r#"{"type":"a","n":2,"new":"x"}"#, r#"{"type":"c"}"#],
        );
        let expected = format!(
            "line 2, a: n is 1, and 2 in the scenario\n\
             line 2, a: old is true, and absent in the scenario\n\
             line 2, a: new is absent, and \"x\" in the scenario\n\
             line 3, b: the CLI writes it, and the scenario does not lead to it\n    \
             {{\"type\":\"b\"}}\n\
             c: the scenario leads to it, and the CLI does not write it\n    \
             {{\"type\":\"c\"}}\n\
             0 of 3 lines of CLI {CLI_VERSION} are as the scenario says\n"
        );
        assert_eq!(report.to_string(), expected);
        assert_eq!(report.verdict(), Ok(Found::Something));
        assert_eq!(report.json()["differences"][0]["fields"][0]["path"], "n");
    }

    #[test]
    fn a_step_that_was_not_checked_is_not_agreement() {
        let mut report = report(&[r#"{"type":"a"}"#], &[r#"{"type":"a"}"#]);
        assert_eq!(report.verdict(), Ok(Found::Nothing));
        report.not_checked(vec!["a step".to_owned()]);
        assert!(report.verdict().is_err());
        report.assumption("the API was asked once more".to_owned());
        assert_eq!(report.verdict(), Ok(Found::Something));
        assert!(report.to_string().starts_with(
            "not as the scenario says: the API was asked once more\nnot checked: a step\n"
        ));
    }
}
