//! What was compared with what a host did, field by field: whether each field is compared, ignored,
//! redacted or matched by a rule.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::recording::fields::is_redacted;

use super::difference::Difference;
use super::host_line::one_line;
use super::rules::Matcher;

/// The most fields that are listed of one candidate.
const MOST_FIELDS: usize = 300;

/// The longest difference that is kept of a field, in characters.
const LONGEST: usize = 400;

/// Something recorded that was compared with what a host did: a recording, or an event of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Candidate {
    name: String,
    /// Why it is out, whatever its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out: Option<String>,
    fields: Vec<FieldCheck>,
}

/// What a replay does with a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FieldCheck {
    at: String,
    treatment: Treatment,
    /// Of an ignored field the reason, of a rule what it accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Where the two differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    differs: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Treatment {
    Compared,
    Ignored,
    /// Compared, where a placeholder matches every text.
    Redacted,
    Rule,
}

impl Candidate {
    pub(super) fn new(name: String, mut fields: Vec<FieldCheck>) -> Self {
        let more = fields.len().saturating_sub(MOST_FIELDS);
        fields.truncate(MOST_FIELDS);
        if more > 0 {
            fields.push(FieldCheck::ignored("...", &format!("{more} more fields are not listed")));
        }
        Self { name, out: None, fields }
    }

    /// It is out, for this reason.
    pub(super) fn out(self, why: impl Into<String>) -> Self {
        Self { out: Some(why.into()), ..self }
    }
}

impl FieldCheck {
    /// A field that is compared, by its rule if it has one.
    pub(super) fn of(
        at: &str,
        rule: Option<&Matcher>,
        expected: Option<&Value>,
        differences: &[Difference],
    ) -> Self {
        let treatment = match rule {
            Some(_) => Treatment::Rule,
            None if expected.is_some_and(has_placeholder) => Treatment::Redacted,
            None => Treatment::Compared,
        };
        let differs = differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self {
            at: at.to_owned(),
            treatment,
            why: rule.map(ToString::to_string),
            differs: (!differs.is_empty()).then(|| one_line(&differs, LONGEST)),
        }
    }

    pub(super) fn ignored(at: &str, why: &str) -> Self {
        let (at, why) = (at.to_owned(), Some(why.to_owned()));
        Self { at, treatment: Treatment::Ignored, why, differs: None }
    }
}

fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => is_redacted(text),
        Value::Array(items) => items.iter().any(has_placeholder),
        Value::Object(fields) => {
            fields.iter().any(|(name, field)| is_redacted(name) || has_placeholder(field))
        }
        _ => false,
    }
}

/// A line for the candidate, and one for each field.
impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(out) = &self.out {
            write!(f, " ({out})")?;
        }
        for field in &self.fields {
            write!(f, "\n  {field}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = self.why.as_deref().unwrap_or_default();
        write!(f, "{}: ", self.at)?;
        match (self.treatment, &self.differs) {
            (Treatment::Ignored, _) => return write!(f, "ignored, {why}"),
            (Treatment::Compared, None) => return f.write_str("compared, equal"),
            (Treatment::Compared, Some(_)) => f.write_str("compared")?,
            (Treatment::Redacted, None) => {
                return f.write_str("redacted when it was recorded, fits");
            }
            (Treatment::Redacted, Some(_)) => f.write_str("redacted when it was recorded")?,
            (Treatment::Rule, None) if why == Matcher::Any.to_string() => {
                return f.write_str("ignored by a rule");
            }
            (Treatment::Rule, None) => return write!(f, "matched by a rule ({why})"),
            (Treatment::Rule, Some(_)) => write!(f, "compared by a rule ({why})")?,
        }
        match &self.differs {
            Some(differs) => write!(f, ", differs at {differs}"),
            None => Ok(()),
        }
    }
}
