//! What is said of a host in a case.

use serde_json::Value;

/// What was found, and how it differs.
pub(super) struct Judged {
    pub(super) found: Value,
    pub(super) differences: Vec<String>,
}

impl Judged {
    pub(super) fn compared(expected: &Value, found: Value) -> Self {
        let differences = if *expected == found {
            vec![]
        } else {
            vec![format!("expected {expected}, found {found}")]
        };
        Self { found, differences }
    }
}
