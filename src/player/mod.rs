//! Plays the CLI's part from a recording or a scenario.

mod compare;
mod compile;
mod host_line;
mod ids;
mod machine;
mod matching;
mod play;
mod replay;
mod report;
mod script;
mod signal;

pub use self::play::{Streams, play};
pub use self::replay::Replay;
pub use self::report::{Divergence, Report};
pub use self::script::Script;
pub use self::signal::Signal;

/// The exit code of a player whose host did not do what was recorded.
pub const EXIT_DIVERGED: i32 = 70;
