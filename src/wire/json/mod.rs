//! JSON for the wire layer: one strict scan, then spans.
//!
//! `serde_json` reads what a caller requests ([`RawJson::to_value`], [`RawJson::deserialize`]). It
//! is not used for every line, for three reasons that were each seen on the wire: it refuses a
//! whole line for one lone surrogate escape or for a nesting deeper than 127, an internally tagged
//! enum buffers every payload, and a field of the wrong type fails its neighbours. The scanner here
//! accepts exactly the texts that `serde_json` accepts when it skips a value (`IgnoredAny`); a
//! property test and a fuzz target compare the two.

mod cursor;
mod raw;
mod scan;
mod skip;
mod text;

pub(crate) use self::cursor::{Cursor, Kind, Reader};
pub use self::raw::{JsonError, RawJson};
pub(crate) use self::scan::{Fault, object_end, string_end, value_end};
pub(crate) use self::skip::plain_end;
pub(crate) use self::text::Text;
