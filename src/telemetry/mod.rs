// The documentation is `docs/observability.md`.

#[cfg(feature = "metrics")]
pub mod metrics;
mod record;
mod spans;

pub(crate) use self::record::*;
pub(crate) use self::spans::*;
