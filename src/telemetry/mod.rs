//! What can be seen of sessions while they run.

#[cfg(feature = "metrics")]
pub mod metrics;
mod record;
mod spans;

pub(crate) use self::record::*;
pub(crate) use self::spans::*;
