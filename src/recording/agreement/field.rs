//! A field in which two lines differ.

use serde::Serialize;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct FieldDifference {
    /// Its path, such as `message.content[].text`; empty for a line that is not JSON.
    pub path: String,
    /// Its normalised JSON in the expected run, if it has the field.
    pub expected: Option<String>,
    /// Its normalised JSON in the actual run, if it has the field.
    pub actual: Option<String>,
}
