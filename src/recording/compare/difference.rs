//! One difference between two recordings.

use std::fmt;

use serde::Serialize;

/// What a difference means for a program written against the earlier recording. The most severe
/// sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Something a program could rely on is gone or different.
    Breaking,
    /// Something new.
    Additive,
    /// Nothing a program should rely on.
    Cosmetic,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A kind of line is gone.
    KindGone,
    /// A kind of line is new.
    KindNew,
    /// A field is gone.
    FieldGone,
    /// A field is new.
    FieldNew,
    /// A field was in every object, and now is missing from some.
    FieldOptional,
    /// A field has other types.
    Type,
    /// A value is gone from a set of words or booleans.
    ValueGone,
    /// A value is new in a set of words or booleans.
    ValueNew,
    /// A text or a number has changed.
    Text,
    /// There are more or fewer lines of a kind.
    Lines,
    /// There are more or fewer turns.
    Turns,
    /// In a turn, the first line of this kind now comes before that of another kind, which it used
    /// to follow.
    Order,
    /// The lines on stderr differ.
    Stderr,
    /// The CLI ended in another way.
    Exit,
}

/// One difference between two recordings; see [`compare`](super::compare).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// How much it matters.
    pub severity: Severity,
    /// The kind of line, unless it is about the whole recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The field, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What changed.
    pub change: Change,
    /// What it was before, if a few words can say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is now, if a few words can say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Difference {
    pub(super) fn whole(severity: Severity, change: Change) -> Self {
        Self { severity, kind: None, path: None, change, before: None, after: None }
    }

    pub(super) fn of(severity: Severity, change: Change, kind: &str) -> Self {
        Self { kind: Some(kind.to_owned()), ..Self::whole(severity, change) }
    }

    pub(super) fn at(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    pub(super) fn was(self, before: String) -> Self {
        Self { before: Some(before), ..self }
    }

    pub(super) fn now(self, after: String) -> Self {
        Self { after: Some(after), ..self }
    }

    pub(super) fn between(self, before: String, after: String) -> Self {
        self.was(before).now(after)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
            Self::Cosmetic => "cosmetic",
        })
    }
}

/// `breaking: out system/init: field old is gone`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.severity)?;
        if let Some(kind) = &self.kind {
            write!(f, "{kind}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "field {path} ")?;
        }
        let before = self.before.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        match self.change {
            Change::KindGone => f.write_str("no such line any more"),
            Change::KindNew => f.write_str("a new kind of line"),
            Change::FieldGone => f.write_str("is gone"),
            Change::FieldNew => write!(f, "is new ({after})"),
            Change::FieldOptional => f.write_str("is missing in some"),
            Change::Type => write!(f, "is {after}, was {before}"),
            Change::ValueGone => write!(f, "is never {before:?} any more"),
            Change::ValueNew => write!(f, "may be {after:?}"),
            Change::Text => f.write_str("has other values"),
            Change::Lines => write!(f, "{after} lines, were {before}"),
            Change::Turns => write!(f, "{after} turns, were {before}"),
            Change::Order => write!(f, "comes before {before} now"),
            Change::Stderr => f.write_str("other lines on stderr"),
            Change::Exit => write!(f, "ends with {after}, was {before}"),
        }
    }
}
