//! A recording as people read it: what each line says, and which lines belong together.
//!
//! Nothing is left out: each event is a row. What a row says comes from `describe`; `build` pairs
//! requests with their answers, tool calls with their results and prompts with their results.

mod build;
mod describe;
mod parts;
mod words;

pub(crate) use self::parts::{Row, Span, SpanKind, Timeline};
pub(crate) use self::words::{Class, From, count, dollars, duration};
