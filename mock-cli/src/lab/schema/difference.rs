//! A difference between two schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that only one of two schemas has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Kind,
    Field(String),
    /// A value that a field may have.
    Word(String, String),
    /// A field whose content has a schema, and which the library keeps as raw JSON.
    Raw(String),
}

/// Differences of one section, each with the kinds that have it.
pub(super) type Rows = BTreeMap<What, BTreeSet<String>>;

impl What {
    /// The name of the field.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Kind => "",
            Self::Field(path) | Self::Word(path, _) | Self::Raw(path) => path,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.write_str("the whole kind"),
            Self::Field(path) => f.write_str(path),
            Self::Word(path, word) => write!(f, "{path} = {word:?}"),
            Self::Raw(path) => write!(f, "{path}: kept as raw JSON, and has a schema"),
        }
    }
}
